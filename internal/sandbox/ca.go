package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// authority is the trust framework's certificate authority: a root and the issuing CA below it.
type authority struct {
	root, issuing *x509.Certificate
	issuingKey    crypto.Signer
}

// authorityState is what is kept of an authority across restarts.
type authorityState struct {
	Root       string `json:"root"`
	Issuing    string `json:"issuing"`
	IssuingKey string `json:"issuing_key"`
}

// farPast and farFuture bound what the authority itself is good for, whatever the clock says.
func farPast() time.Time   { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }
func farFuture() time.Time { return time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC) }

func newAuthorityState(name string) (authorityState, error) {
	rootKey, err := newECKey()
	if err != nil {
		return authorityState{}, err
	}
	issuingKey, err := newECKey()
	if err != nil {
		return authorityState{}, err
	}
	rootTemplate := authorityTemplate(name + " Root CA")
	rootDER, err := x509.CreateCertificate(rand.Reader, rootTemplate, rootTemplate, rootKey.Public(), rootKey)
	if err != nil {
		return authorityState{}, fmt.Errorf("sandbox: root certificate: %w", err)
	}
	root, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return authorityState{}, fmt.Errorf("sandbox: root certificate: %w", err)
	}
	issuingDER, err := x509.CreateCertificate(rand.Reader, authorityTemplate(name+" Issuing CA"), root, issuingKey.Public(), rootKey)
	if err != nil {
		return authorityState{}, fmt.Errorf("sandbox: issuing certificate: %w", err)
	}
	keyPEM, err := encodeKey(issuingKey)
	if err != nil {
		return authorityState{}, err
	}
	return authorityState{Root: encodeCertificate(rootDER), Issuing: encodeCertificate(issuingDER), IssuingKey: keyPEM}, nil
}

func authorityTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Trust Framework Sandbox"}, Country: []string{"BR"}},
		NotBefore:             farPast(),
		NotAfter:              farFuture(),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
}

func (a authorityState) load() (*authority, error) {
	root, err := decodeCertificate(a.Root)
	if err != nil {
		return nil, err
	}
	issuing, err := decodeCertificate(a.Issuing)
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(a.IssuingKey)
	if err != nil {
		return nil, err
	}
	return &authority{root: root, issuing: issuing, issuingKey: key}, nil
}

// issue signs one leaf certificate and returns its DER.
func (a *authority) issue(template *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	template.SerialNumber = newSerial()
	template.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, template, a.issuing, public, a.issuingKey)
	if err != nil {
		return nil, fmt.Errorf("sandbox: issue certificate: %w", err)
	}
	return der, nil
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	// Clients present the leaf alone, so the issuing CA has to be an anchor as well.
	pool.AddCert(a.issuing)
	return pool
}

// loopback are the names of this machine.
func loopback() []string { return []string{"localhost", "127.0.0.1", "::1"} }

// serverCertificate is for the given names and addresses; all listeners share one.
func (a *authority) serverCertificate(until time.Time, hosts ...string) (tls.Certificate, error) {
	key, err := newECKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: hosts[0], Organization: []string{"Trust Framework Sandbox"}},
		NotBefore:   farPast(),
		NotAfter:    until,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if host != "" {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := a.issue(template, key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der, a.issuing.Raw}, PrivateKey: key}, nil
}

func newECKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sandbox: EC key: %w", err)
	}
	return key, nil
}

func newRSAKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("sandbox: RSA key: %w", err)
	}
	return key, nil
}

func newSerial() *big.Int {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return big.NewInt(1)
	}
	return serial.Add(serial, big.NewInt(1))
}

func encodeCertificate(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func decodeCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("sandbox: no PEM certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("sandbox: certificate: %w", err)
	}
	return certificate, nil
}

func encodeKey(key crypto.Signer) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("sandbox: private key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func decodeKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("sandbox: no PEM private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("sandbox: the private key does not parse")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("sandbox: the private key cannot sign")
	}
	return signer, nil
}

// These are the subject attributes of the Brazilian profile that pkix.Name does not read.
func oidUserID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
}

func oidOrganizationIdentifier() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{2, 5, 4, 97}
}

func oidBusinessCategory() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{2, 5, 4, 15}
}

func oidJurisdictionCountry() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 3}
}

// nameValue returns the first value of a subject attribute.
func nameValue(name pkix.Name, oid asn1.ObjectIdentifier) string {
	for _, attribute := range name.Names {
		if attribute.Type.Equal(oid) {
			text, _ := attribute.Value.(string)
			return text
		}
	}
	return ""
}
