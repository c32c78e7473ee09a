package sandbox

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// token is the bank's token endpoint, enough of it to tell a live client from a dead one (RFC 6749 §4.4).
func (b *bank) token(c *call) answer {
	form, refused := readForm(c)
	if refused != nil {
		return *refused
	}
	given := readCredentials(c, form)
	client := b.state.Clients[given.clientID]
	if client == nil || !b.authenticated(c, client, given) {
		return invalidClient()
	}
	c.principal = client.ID
	return b.grant(c, client, form)
}

func (b *bank) grant(c *call, client *registration, form url.Values) answer {
	switch {
	case form.Get("grant_type") != "client_credentials":
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "only client_credentials is served here")
	case !slices.Contains(textsOf(client.Metadata["grant_types"]), "client_credentials"):
		return oauthError(http.StatusBadRequest, "unauthorized_client", "the client did not register the grant type client_credentials")
	}
	registered := splitWords(textOf(client.Metadata, "scope"))
	scope := splitWords(form.Get("scope"))
	if len(scope) == 0 {
		scope = registered
	}
	for _, word := range scope {
		if !slices.Contains(registered, word) && (word != b.temper.ManagementScope || !b.temper.ManagedByAccessToken) {
			return oauthError(http.StatusBadRequest, "invalid_scope", "the client did not register this scope")
		}
	}
	value := randomText(43, alphanumerics+"-_")
	b.sandbox.remember(value)
	b.keepToken(c, client, value, scope)
	c.effect = "issued token"
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": value, "token_type": "Bearer", "expires_in": 300, "scope": strings.Join(scope, " "),
	}).with("Cache-Control", "no-store")
}

// authenticated checks a client by the one method it registered.
func (b *bank) authenticated(c *call, client *registration, given credentials) bool {
	registered := textOf(client.Metadata, "token_endpoint_auth_method")
	if registered == methodNone {
		return given.secret == "" && given.assertion == ""
	}
	if given.method != registered {
		return false
	}
	switch registered {
	case methodBasic, methodPost:
		return sameSecret(given.secret, client.Secret) && !client.secretExpired(b.sandbox.now())
	case methodMutualTLS:
		return c.certificate != nil && !b.sandbox.isRevoked(c.certificate) && client.matches(c.certificate)
	case methodPrivateKey:
		audiences := []string{b.issuer(), b.origin + b.state.TokenPath, b.mutualOrigin + b.state.TokenPath}
		return b.sandbox.assertionHolds(given, b.clientKeys(client), audiences)
	default:
		return false
	}
}

// matches compares a certificate with the registered subject (RFC 8705 §2.1.2) or the software.
func (client *registration) matches(certificate *x509.Certificate) bool {
	if belongsTo(certificate, client.SoftwareID) || textOf(client.Metadata, "tls_client_auth_subject_dn") == certificate.Subject.String() {
		return true
	}
	if slices.Contains(certificate.EmailAddresses, textOf(client.Metadata, "tls_client_auth_san_email")) {
		return true
	}
	return slices.Contains(certificate.DNSNames, textOf(client.Metadata, "tls_client_auth_san_dns"))
}

// clientKeys are the keys by value, or those the keystore publishes under the registered URI.
func (b *bank) clientKeys(client *registration) []verifier {
	if value, given := client.Metadata["jwks"]; given {
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(encodeJSON(value), &set); err != nil {
			return nil
		}
		var keys []verifier
		for _, key := range set.Keys {
			keys = append(keys, verifier{kid: key.KeyID, key: key.Key})
		}
		return keys
	}
	s := b.sandbox
	rest, ours := strings.CutPrefix(textOf(client.Metadata, "jwks_uri"), s.urls.keystore+"/"+s.state.OrganisationID+"/")
	if !ours {
		return nil
	}
	app := s.state.Applications[strings.TrimSuffix(rest, "/application.jwks")]
	if app == nil {
		return nil
	}
	return s.signingKeys(app)
}
