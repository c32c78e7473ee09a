package dcr

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
)

// Signing has registration requests sent as signed JWTs, whose claims are the
// client metadata (Open Banking UK Dynamic Client Registration 3.3, Australian
// Consumer Data Standards).
type Signing struct {
	Signer *oauth.Signer
	// Issuer is the iss claim: the software_id of the software statement.
	Issuer string
	// Audience is the aud claim: the server, by the name it goes by.
	Audience string
	// Lifetime is how long after its iat a request expires.
	Lifetime time.Duration
	// ContentType is what the server wants such a body to be called.
	ContentType string
}

// Signed returns a client that signs what it registers and replaces; nil signs nothing.
func (c *Client) Signed(signing *Signing) *Client {
	return &Client{options: c.options, signing: signing}
}

// sign makes one request: each has a jti, iat and exp of its own, since servers
// take each jti once.
func (s Signing) sign(metadata Metadata, now time.Time) ([]byte, error) {
	claims := metadata.Clone()
	claims.Set("iss", s.Issuer)
	claims.Set("aud", s.Audience)
	claims.Set("iat", now.Unix())
	claims.Set("exp", now.Add(s.Lifetime).Unix())
	claims.Set("jti", newID())
	body, err := encode(claims)
	if err != nil {
		return nil, fmt.Errorf("the client metadata cannot be encoded: %w", err)
	}
	signed, err := s.Signer.Sign(body)
	return []byte(signed), err
}

// newID is a random UUID (RFC 9562 §5.4), which Open Banking UK asks of a jti.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it aborts the program instead.
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ConfigurationURI is where a client is managed at servers that do not say: below
// the registration endpoint, by its client ID (Open Banking UK DCR 3.3).
func ConfigurationURI(registrationEndpoint, clientID string) string {
	return strings.TrimSuffix(registrationEndpoint, "/") + "/" + url.PathEscape(clientID)
}
