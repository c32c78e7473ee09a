package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// AuthMethod is how a client authenticates at a token endpoint.
type AuthMethod string

// The client authentication methods, by their registered names.
const (
	// AuthTLSClient is RFC 8705 §2.1.
	AuthTLSClient AuthMethod = "tls_client_auth"
	// AuthPrivateKeyJWT is OpenID Connect Core 1.0 §9 and RFC 7523 §2.2.
	AuthPrivateKeyJWT AuthMethod = "private_key_jwt"
	// AuthClientSecretBasic is RFC 6749 §2.3.1.
	AuthClientSecretBasic AuthMethod = "client_secret_basic"
	// AuthClientSecretPost is RFC 6749 §2.3.1.
	AuthClientSecretPost AuthMethod = "client_secret_post"
)

// ClientCredentials are a client and how it authenticates.
type ClientCredentials struct {
	ClientID      string
	Method        AuthMethod
	Secret        rest.Secret
	SigningKeyPEM rest.Secret
	SigningKeyID  string
	// Algorithm signs assertions; empty is PS256 for RSA, ES256, ES384 or ES512 for EC, EdDSA for Ed25519 keys.
	Algorithm string
	Scope     string
}

// KeyError tells that the signing key cannot be used.
type KeyError struct{ Field, Reason string }

// Error names the field and the reason.
func (e *KeyError) Error() string { return e.Field + " " + e.Reason }

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate adds the client's authentication to a token request.
func (c ClientCredentials) authenticate(request *rest.Request, form url.Values, audience string, now time.Time) error {
	switch c.Method {
	case AuthPrivateKeyJWT:
		assertion, err := c.assertion(audience, now)
		if err != nil {
			return err
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
		request.Mask = append(request.Mask, rest.Secret(assertion))
		// An assertion may be used once only, and a retry would repeat it.
		request.Retry = rest.RetryUnprocessed
	case AuthClientSecretBasic:
		request.BasicUser, request.BasicPassword = url.QueryEscape(c.ClientID), rest.Secret(url.QueryEscape(c.Secret.Reveal()))
		request.Mask = append(request.Mask, c.Secret)
		return nil
	case AuthClientSecretPost:
		form.Set("client_secret", c.Secret.Reveal())
		request.Mask = append(request.Mask, c.Secret)
	}
	form.Set("client_id", c.ClientID)
	return nil
}

// assertion signs a client assertion (RFC 7523 §3).
func (c ClientCredentials) assertion(audience string, now time.Time) (string, error) {
	key, err := parseKey(c.SigningKeyPEM)
	if err != nil {
		return "", err
	}
	algorithm := jose.SignatureAlgorithm(c.Algorithm)
	if algorithm == "" {
		algorithm = algorithmOf(key)
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if c.SigningKeyID != "" {
		options = options.WithHeader("kid", c.SigningKeyID)
	}
	cannot := &KeyError{Field: "signing_key_pem", Reason: fmt.Sprintf("cannot sign with %s", algorithm)}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		return "", cannot
	}
	text, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: c.ClientID, Subject: c.ClientID, Audience: jwt.Audience{audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-10 * time.Second)), Expiry: jwt.NewNumericDate(now.Add(time.Minute)),
	}).Serialize()
	if err != nil {
		return "", cannot // A curve that is not the algorithm's shows up here only.
	}
	return text, nil
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
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, &KeyError{Field: "signing_key_pem", Reason: "is not in PEM form"}
	}
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
		func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
	} {
		key, err := parse(block.Bytes)
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
