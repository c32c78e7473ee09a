package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// KeyError tells that the signing key cannot be used.
type KeyError struct{ Field, Reason string }

// Error names the field and the reason.
func (e *KeyError) Error() string { return e.Field + " " + e.Reason }

// SigningAlgorithms are the JWS algorithms (RFC 7518 §3.1, RFC 8037 §3.1) that
// a Signer can use: asymmetric ones only.
func SigningAlgorithms() []string {
	return []string{"PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "RS256", "EdDSA"}
}

// Signer signs JWTs (RFC 7519) with one private key.
type Signer struct {
	signer    jose.Signer
	algorithm jose.SignatureAlgorithm
}

// NewSigner returns a signer for a private key in PEM form. The key ID goes into
// the header if there is one. An empty algorithm is PS256 for RSA keys, ES256,
// ES384 or ES512 for EC keys, and EdDSA for Ed25519 keys. Its error is a *KeyError.
func NewSigner(keyPEM rest.Secret, keyID, algorithm string) (*Signer, error) {
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	s := &Signer{algorithm: jose.SignatureAlgorithm(algorithm)}
	if algorithm == "" {
		s.algorithm = algorithmOf(key)
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if keyID != "" {
		options = options.WithHeader("kid", keyID)
	}
	if s.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: s.algorithm, Key: key}, options); err != nil {
		return nil, s.cannot()
	}
	// A curve that is not the algorithm's shows up in signing only.
	if _, err := s.Sign([]byte("{}")); err != nil {
		return nil, err
	}
	return s, nil
}

// Sign returns the compact serialisation (RFC 7515 §3.1) of signed claims, which
// are a JSON object and go in as they are.
func (s *Signer) Sign(claims []byte) (string, error) {
	signed, err := s.signer.Sign(claims)
	if err != nil {
		return "", s.cannot()
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		return "", s.cannot()
	}
	return text, nil
}

// Format implements fmt.Formatter: no verb prints the key.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "[signer with %s]", s.algorithm) }

func (s *Signer) cannot() error {
	return &KeyError{Field: "signing_key_pem", Reason: fmt.Sprintf("cannot sign with %s", s.algorithm)}
}

func algorithmOf(key crypto.Signer) jose.SignatureAlgorithm {
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		switch k.Curve.Params().BitSize {
		case 384:
			return jose.ES384
		case 521:
			return jose.ES512
		}
		return jose.ES256
	case ed25519.PrivateKey:
		return jose.EdDSA
	}
	return jose.PS256
}

// parseKey reads a private key; its errors never quote it.
func parseKey(text rest.Secret) (crypto.Signer, error) {
	block, rest := pem.Decode([]byte(text.Reveal()))
	for block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY") && len(rest) > 0 {
		block, rest = pem.Decode(rest) // What openssl ecparam writes begins with the curve.
	}
	if block == nil {
		return nil, &KeyError{Field: "signing_key_pem", Reason: "is not in PEM form"}
	}
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
		func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
	} {
		key, err := parse(block.Bytes)
		if err != nil && strings.HasSuffix(err.Error(), "unknown elliptic curve") {
			return nil, &KeyError{Field: "signing_key_pem", Reason: "is on a curve that no signing algorithm is for: take P-256, P-384 or P-521"}
		}
		if err != nil {
			continue
		}
		signer, ok := key.(crypto.Signer)
		if r, isRSA := key.(*rsa.PrivateKey); !ok || isRSA && r.N.BitLen() < 2048 {
			return nil, &KeyError{Field: "signing_key_pem", Reason: "is not an RSA key of at least 2048 bits, an EC key or an Ed25519 key"}
		}
		return signer, nil
	}
	return nil, &KeyError{Field: "signing_key_pem", Reason: "is not an unencrypted private key in PEM form"}
}
