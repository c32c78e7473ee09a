package oauth

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"time"

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

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate puts the form into a token request, with the client's authentication in the
// form or beside it. The audience is that of an assertion (RFC 7523 §3).
func (c ClientCredentials) authenticate(request *rest.Request, form url.Values, audience string, now func() time.Time) error {
	switch c.Method {
	case AuthPrivateKeyJWT:
		signer, err := NewSigner(c.SigningKeyPEM, c.SigningKeyID, c.Algorithm)
		if err != nil {
			return err
		}
		form.Set("client_id", c.ClientID)
		form.Set("client_assertion_type", assertionType)
		// An assertion may be presented once only, so each attempt has its own.
		request.Fresh = func() ([]byte, rest.Secret, error) {
			assertion, err := c.assertion(signer, audience, now())
			if err != nil {
				return nil, "", err
			}
			whole := maps.Clone(form)
			whole.Set("client_assertion", assertion)
			return []byte(whole.Encode()), rest.Secret(assertion), nil
		}
		request.Retry = rest.RetryUnprocessed
		return nil
	case AuthClientSecretBasic:
		request.BasicUser, request.BasicPassword = url.QueryEscape(c.ClientID), rest.Secret(url.QueryEscape(c.Secret.Reveal()))
		request.Mask = append(request.Mask, c.Secret)
		request.Body = []byte(form.Encode())
		return nil
	case AuthClientSecretPost:
		form.Set("client_secret", c.Secret.Reveal())
		request.Mask = append(request.Mask, c.Secret)
	}
	form.Set("client_id", c.ClientID)
	request.Body = []byte(form.Encode())
	return nil
}

// assertion signs a client assertion (RFC 7523 §3).
func (c ClientCredentials) assertion(signer *Signer, audience string, now time.Time) (string, error) {
	claims, err := json.Marshal(jwt.Claims{
		Issuer: c.ClientID, Subject: c.ClientID, Audience: jwt.Audience{audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-10 * time.Second)), Expiry: jwt.NewNumericDate(now.Add(time.Minute)),
	})
	if err != nil {
		return "", fmt.Errorf("the client assertion cannot be encoded: %w", err)
	}
	return signer.Sign(claims)
}
