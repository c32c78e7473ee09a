package sandbox

import (
	"crypto"
	"crypto/subtle"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Client authentication methods (RFC 7591 §2, RFC 8705 §2.1.1, OpenID Connect Core §9).
const (
	methodPrivateKey = "private_key_jwt"
	methodMutualTLS  = "tls_client_auth"
	methodBasic      = "client_secret_basic"
	methodPost       = "client_secret_post"
	methodNone       = "none"

	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	clockSkew     = 60 * time.Second
)

// credentials is what a token request says about its client.
type credentials struct {
	method    string
	clientID  string
	secret    string
	assertion string
}

// verifier is one public key that may have signed a client assertion.
type verifier struct {
	kid string
	key crypto.PublicKey
}

func assertionAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.PS256, jose.RS256, jose.ES256}
}

func assertionAlgorithmNames() []string { return []string{"PS256", "RS256", "ES256"} }

// readForm reads a token request, which is a form and nothing else (RFC 6749 §4.4.2).
func readForm(c *call) (url.Values, *answer) {
	media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		refused := oauthError(http.StatusBadRequest, "invalid_request", "the request is not a form")
		return nil, &refused
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		refused := oauthError(http.StatusBadRequest, "invalid_request", "the form does not parse")
		return nil, &refused
	}
	return form, nil
}

// readCredentials finds out which method a token request uses.
func readCredentials(c *call, form url.Values) credentials {
	if user, password, ok := c.request.BasicAuth(); ok {
		// Both are form-encoded before they are joined (RFC 6749 §2.3.1).
		id, idErr := url.QueryUnescape(user)
		secret, secretErr := url.QueryUnescape(password)
		if idErr != nil || secretErr != nil {
			return credentials{}
		}
		return credentials{method: methodBasic, clientID: id, secret: secret}
	}
	if form.Get("client_assertion_type") == assertionType {
		raw := form.Get("client_assertion")
		return credentials{method: methodPrivateKey, clientID: assertionSubject(raw, form.Get("client_id")), assertion: raw}
	}
	if form.Has("client_secret") {
		return credentials{method: methodPost, clientID: form.Get("client_id"), secret: form.Get("client_secret")}
	}
	return credentials{method: methodMutualTLS, clientID: form.Get("client_id")}
}

// assertionClaims are the claims of a client assertion (RFC 7523 §3).
type assertionClaims struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience json.RawMessage `json:"aud"`
	Expiry   float64         `json:"exp"`
	ID       string          `json:"jti"`
}

// assertionSubject reads the client an assertion claims to be; a client_id beside it must agree.
func assertionSubject(raw, clientID string) string {
	parsed, err := jose.ParseSignedCompact(raw, assertionAlgorithms())
	if err != nil {
		return ""
	}
	var claims assertionClaims
	if err := json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return ""
	}
	if clientID != "" && clientID != claims.Subject {
		return ""
	}
	return claims.Subject
}

// assertionHolds checks signature, claims and single use of a client assertion (RFC 7523 §3).
func (s *Sandbox) assertionHolds(given credentials, keys []verifier, audiences []string) bool {
	parsed, err := jose.ParseSignedCompact(given.assertion, assertionAlgorithms())
	if err != nil || len(parsed.Signatures) != 1 {
		return false
	}
	payload, ok := verifyWith(parsed, keys)
	if !ok {
		return false
	}
	var claims assertionClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return false
	}
	expiry := time.Unix(int64(claims.Expiry), 0)
	now := s.now()
	if claims.Issuer != given.clientID || claims.Subject != given.clientID || !now.Before(expiry) || expiry.After(now.Add(time.Hour)) {
		return false
	}
	return audienceMatches(claims.Audience, audiences) && s.firstUse(given.clientID, claims.ID, expiry)
}

func verifyWith(parsed *jose.JSONWebSignature, keys []verifier) ([]byte, bool) {
	kid := parsed.Signatures[0].Header.KeyID
	for _, candidate := range keys {
		if kid != "" && candidate.kid != kid {
			continue
		}
		if payload, err := parsed.Verify(candidate.key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

func audienceMatches(raw json.RawMessage, audiences []string) bool {
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return false
		}
		many = []string{one}
	}
	return slices.ContainsFunc(many, func(audience string) bool { return slices.Contains(audiences, audience) })
}

// firstUse refuses a jti seen before and forgets those that have expired.
func (s *Sandbox) firstUse(clientID, id string, expiry time.Time) bool {
	if id == "" {
		return false
	}
	now := s.now()
	for known, until := range s.state.Assertions {
		if until.Before(now) {
			delete(s.state.Assertions, known)
		}
	}
	name := clientID + "\n" + id
	if _, seen := s.state.Assertions[name]; seen {
		return false
	}
	s.state.Assertions[name] = expiry.Add(clockSkew)
	return true
}

// sameSecret compares in constant time; an empty secret never matches.
func sameSecret(given, held string) bool {
	return held != "" && subtle.ConstantTimeCompare([]byte(given), []byte(held)) == 1
}
