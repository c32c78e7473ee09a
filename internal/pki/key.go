package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// Sizes every trust framework accepts.
const (
	minimumRSABits = 2048
	maximumRSABits = 8192
	minimumECBits  = 256
)

const wantPrivateKey = "a PEM private key"

// AlgorithmError says that a key of this kind cannot be made.
type AlgorithmError struct {
	Algorithm string
	Bits      int
}

// Error implements error.
func (e *AlgorithmError) Error() string {
	return fmt.Sprintf("no %q key of %d bits: RSA takes %d to %d bits, ECDSA 256, 384 or 521", e.Algorithm, e.Bits, minimumRSABits, maximumRSABits)
}

// GenerateKey makes an RSA or ECDSA key. Zero bits means RSA 2048 or ECDSA P-256.
func GenerateKey(algorithm string, bits int) (crypto.Signer, error) {
	switch {
	case algorithm == "RSA" && bits == 0:
		return rsa.GenerateKey(rand.Reader, minimumRSABits)
	case algorithm == "RSA" && bits >= minimumRSABits && bits <= maximumRSABits:
		return rsa.GenerateKey(rand.Reader, bits)
	case algorithm == "ECDSA" && (bits == 0 || bits == 256):
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case algorithm == "ECDSA" && bits == 384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case algorithm == "ECDSA" && bits == 521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, &AlgorithmError{Algorithm: algorithm, Bits: bits}
}

// KeyPEM writes a private key as PKCS#8 PEM (RFC 5958, RFC 7468 §10).
func KeyPEM(key crypto.Signer) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("write private key: %w", err)
	}
	return encodePEM(blockPrivateKey, der), nil
}

// ParseKey reads the first private key of a PEM text: PKCS#8, PKCS#1 or SEC 1, not
// encrypted. The error never says more than the kind of mistake.
func ParseKey(text string) (crypto.Signer, error) {
	found, err := blocks(text, wantPrivateKey)
	if err != nil {
		return nil, err
	}
	for _, block := range found {
		if strings.HasSuffix(block.Type, blockPrivateKey) {
			return decodeKey(block)
		}
	}
	return nil, &PEMError{Want: wantPrivateKey, Reason: fmt.Sprintf("it is a %q block", found[0].Type)}
}

// decodeKey drops the library's errors: they may describe the key's numbers.
func decodeKey(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, &PEMError{Want: wantPrivateKey, Reason: "it is encrypted; decrypt it first"}
	}
	var key any
	var err error
	switch block.Type {
	case blockPrivateKey:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA " + blockPrivateKey:
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC " + blockPrivateKey:
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, &PEMError{Want: wantPrivateKey, Reason: fmt.Sprintf("%q blocks are not supported, use PKCS#8", block.Type)}
	}
	if err != nil {
		return nil, &PEMError{Want: wantPrivateKey, Reason: undecoded(block.Bytes)}
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, &PEMError{Want: wantPrivateKey, Reason: "it cannot sign"}
	}
	return signer, nil
}

// PublicKeyPEM writes a public key as SubjectPublicKeyInfo PEM (RFC 7468 §13).
func PublicKeyPEM(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("write public key: %w", err)
	}
	return encodePEM(blockPublicKey, der), nil
}

// ParsePublicKey reads the first public key of a PEM text (RFC 7468 §13), or that of a
// certificate.
func ParsePublicKey(text string) (crypto.PublicKey, error) {
	const want = "a PEM public key"
	found, err := blocks(text, want)
	if err != nil {
		return nil, err
	}
	switch found[0].Type {
	case blockPublicKey:
		key, err := x509.ParsePKIXPublicKey(found[0].Bytes)
		if err != nil {
			return nil, &PEMError{Want: want, Reason: undecoded(found[0].Bytes), Err: err}
		}
		return key, nil
	case blockCertificate:
		certificates, err := ParseCertificates(text)
		if err != nil {
			return nil, err
		}
		return certificates[0].PublicKey, nil
	}
	return nil, &PEMError{Want: want, Reason: fmt.Sprintf("it is a %q block", found[0].Type)}
}

// SameKey reports whether two public keys are the same key.
func SameKey(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && key.Equal(b)
}
