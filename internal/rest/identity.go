package rest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// Identity is who a client is in mutual TLS and whom it trusts. Any part may
// be empty: without a certificate TLS is one-sided, without CA certificates the
// system's are trusted, with them both are.
type Identity struct {
	CertificatePEM    string
	PrivateKeyPEM     Secret
	CACertificatesPEM string
}

// IdentityError tells which part of an Identity cannot be used.
type IdentityError struct {
	// Field is client_certificate_pem, private_key_pem or ca_certificates_pem.
	Field string
	// Reason completes the sentence "<field> …".
	Reason string
	// Err is the cause, if there is one.
	Err error
}

// Error names the field and the reason; it never quotes PEM text.
func (e *IdentityError) Error() string { return e.Field + " " + e.Reason }

// Unwrap returns the cause.
func (e *IdentityError) Unwrap() error { return e.Err }

// skew is how far this machine's clock may be from the server's.
const skew = 15 * time.Minute

func (i Identity) config(now time.Time) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(64)}
	if err := i.authorities(config); err != nil {
		return nil, err
	}
	switch {
	case i.CertificatePEM == "" && i.PrivateKeyPEM.Empty():
		return config, nil
	case i.CertificatePEM == "":
		return nil, &IdentityError{Field: "client_certificate_pem", Reason: "is missing, although a private key is given"}
	case i.PrivateKeyPEM.Empty():
		return nil, &IdentityError{Field: "private_key_pem", Reason: "is missing, although a certificate is given"}
	}
	leaf, err := firstCertificate(i.CertificatePEM)
	if err != nil {
		return nil, err
	}
	// The server's clock counts. A certificate fresh from the directory is of use although this machine's clock is behind.
	switch clock := "; this machine's clock says " + now.UTC().Format(time.RFC3339); {
	case now.After(leaf.NotAfter.Add(skew)):
		return nil, &IdentityError{Field: "client_certificate_pem", Reason: "expired on " + leaf.NotAfter.UTC().Format(time.RFC3339) + clock}
	case now.Before(leaf.NotBefore.Add(-skew)):
		return nil, &IdentityError{Field: "client_certificate_pem", Reason: "is not valid before " + leaf.NotBefore.UTC().Format(time.RFC3339) + clock}
	}
	pair, err := tls.X509KeyPair([]byte(i.CertificatePEM), []byte(i.PrivateKeyPEM.Reveal()))
	if err != nil {
		return nil, keyError(err)
	}
	// The certificate is sent even when its issuer is not among those the server hints at: the server's own
	// refusal says more than a connection without a certificate.
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return config, nil
}

func (i Identity) authorities(config *tls.Config) error {
	if i.CACertificatesPEM == "" {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(i.CACertificatesPEM)) {
		return &IdentityError{Field: "ca_certificates_pem", Reason: "holds no certificate that can be read"}
	}
	config.RootCAs = pool
	return nil
}

func firstCertificate(text string) (*x509.Certificate, error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, &IdentityError{Field: "client_certificate_pem", Reason: "holds no certificate in PEM form"}
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &IdentityError{Field: "client_certificate_pem", Reason: fmt.Sprintf("cannot be read: %v", err), Err: err}
		}
		return leaf, nil
	}
}

// keyError words the errors of tls.X509KeyPair, which carry no key material.
// The certificate itself was read before.
func keyError(err error) error {
	switch {
	case strings.Contains(err.Error(), "does not match"):
		return &IdentityError{Field: "private_key_pem", Reason: "does not belong to client_certificate_pem", Err: err}
	case strings.Contains(err.Error(), "public key algorithm"):
		return &IdentityError{Field: "client_certificate_pem", Reason: "has a key of a kind that TLS does not know", Err: err}
	}
	return &IdentityError{Field: "private_key_pem", Reason: "is not an unencrypted private key in PEM form", Err: err}
}
