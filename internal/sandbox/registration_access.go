package sandbox

import (
	"net/http"
	"slices"
	"time"
)

const clientTokenLifetime = 300 * time.Second

// clientToken is an access token of a client that manages its own registration.
type clientToken struct {
	ClientID    string    `json:"client_id"`
	Scope       []string  `json:"scope"`
	ExpiresAt   time.Time `json:"expires_at"`
	Certificate string    `json:"certificate,omitempty"`
}

// keepToken remembers a token where clients are managed with theirs, bound to
// the certificate it was asked for with (RFC 8705 §3).
func (b *bank) keepToken(c *call, client *registration, value string, scope []string) {
	if !b.temper.ManagedByAccessToken {
		return
	}
	if b.state.Tokens == nil {
		b.state.Tokens = map[string]*clientToken{}
	}
	held := &clientToken{ClientID: client.ID, Scope: scope, ExpiresAt: b.sandbox.now().Add(clientTokenLifetime)}
	if c.certificate != nil {
		held.Certificate = thumbprint(c.certificate.Raw)
	}
	b.state.Tokens[value] = held
}

// managedByAccessToken checks the token of a client configuration request. One
// that is used for a client it is not of, or for none, is revoked (Open Banking UK DCR 3.3).
func (b *bank) managedByAccessToken(c *call, client *registration, given string) (*registration, *answer) {
	refused := b.unauthorized()
	held := b.state.Tokens[given]
	switch {
	case held == nil || !b.sandbox.now().Before(held.ExpiresAt):
		return nil, &refused
	case client == nil || held.ClientID != client.ID || held.Certificate != "" && (c.certificate == nil || held.Certificate != thumbprint(c.certificate.Raw)):
		delete(b.state.Tokens, given)
		c.effect = "revoked the access token of client " + held.ClientID
		return nil, &refused
	case b.temper.ManagementScope != "" && !slices.Contains(held.Scope, b.temper.ManagementScope):
		out := oauthError(http.StatusForbidden, "insufficient_scope", "the scope "+b.temper.ManagementScope+" is required")
		return nil, &out
	}
	c.principal = client.ID
	return client, nil
}

// checkSigned verifies a request that has to be a JWT with the keys of the
// software it is about: who signed, for whom, when, and once only.
func (b *bank) checkSigned(e *enrolment) *refusal {
	if e.signed == nil {
		return nil
	}
	software := textOf(e.claims, "software_id")
	app := b.sandbox.state.Applications[software]
	if app == nil {
		return refuse(codeMetadata, "the request is signed by a software nobody here knows")
	}
	if _, ok := verifyWith(e.signed, b.sandbox.signingKeys(app)); !ok {
		return refuse(codeMetadata, "the signature of the request does not verify with the keys of the software")
	}
	issued, okIssued := toInt(e.given["iat"])
	expires, okExpires := toInt(e.given["exp"])
	now := b.sandbox.now()
	switch {
	case textOf(e.given, "iss") != software:
		return refuse(codeMetadata, "iss has to be the software_id")
	case !audienceMatches(encodeJSON(e.given["aud"]), []string{b.issuer(), b.state.ServerID, b.state.OrganisationID}):
		return refuse(codeMetadata, "aud has to be this server")
	case !okIssued || time.Unix(issued, 0).After(now.Add(clockSkew)) || now.Sub(time.Unix(issued, 0)) > time.Hour:
		return refuse(codeMetadata, "iat is missing, in the future or long ago")
	case !okExpires || !now.Before(time.Unix(expires, 0)) || expires-issued > int64(time.Hour/time.Second):
		return refuse(codeMetadata, "exp is missing, past or more than an hour after iat")
	case !b.sandbox.firstUse(software+"\n"+b.name, textOf(e.given, "jti"), time.Unix(expires, 0)):
		return refuse(codeMetadata, "jti is missing or was used before")
	}
	for _, name := range []string{"iss", "aud", "iat", "exp", "jti"} {
		delete(e.given, name)
	}
	return nil
}
