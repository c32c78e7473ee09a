package sandbox

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	scopeSoftware = "directory:software"
	scopeWebsite  = "directory:website"
	scopeAdmin    = "directory:admin"
)

// token is one access token of the directory.
type token struct {
	ClientID      string    `json:"client_id,omitempty"`
	Scope         []string  `json:"scope"`
	ExpiresAt     time.Time `json:"expires_at"`
	Thumbprint    string    `json:"thumbprint,omitempty"`
	User          bool      `json:"user,omitempty"`
	Administrator bool      `json:"administrator,omitempty"`
}

func splitWords(text string) []string { return strings.Fields(text) }

// mint gives a token its value and keeps it; the sandbox is locked or not yet running.
func (s *Sandbox) mint(t *token) string {
	value := randomText(43, alphanumerics+"-_")
	if slices.Contains(t.Scope, scopeAdmin) {
		t.Administrator = true
	}
	s.state.Tokens[value] = t
	s.remember(value)
	return value
}

// principalName is how history calls the bearer.
func (t *token) principalName() string {
	switch {
	case t.Administrator:
		return "administrator"
	case t.User:
		return "user"
	default:
		return t.ClientID
	}
}

// bearer reads the access token of a request (RFC 6750 §2.1).
func bearer(r *http.Request) (string, bool) {
	scheme, value, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || value == "" {
		return "", false
	}
	return value, true
}

// tokenHandler is the directory's authorization server.
func (s *Sandbox) tokenHandler() http.Handler {
	mux := s.routes(hostAuth, map[string]handler{
		"GET /.well-known/openid-configuration": s.directoryDiscovery,
		"GET /jwks":                             s.authorizationKeys,
	})
	// The path is odd, the name in faults and history is not.
	mux.HandleFunc("POST "+s.state.TokenPath, func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, hostAuth, "POST /token", s.directoryToken)
	})
	return mux
}

func (s *Sandbox) directoryDiscovery(*call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"issuer": s.urls.auth, "token_endpoint": s.urls.auth + s.state.TokenPath, "jwks_uri": s.urls.auth + "/jwks",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"grant_types_supported":                            []string{"client_credentials"},
		"scopes_supported":                                 []string{"openid", scopeSoftware, scopeWebsite},
		"token_endpoint_auth_methods_supported":            []string{methodPrivateKey, methodMutualTLS, methodBasic},
		"token_endpoint_auth_signing_alg_values_supported": assertionAlgorithmNames(),
		"id_token_signing_alg_values_supported":            []string{"PS256"},
		"tls_client_certificate_bound_access_tokens":       true,
		"mtls_endpoint_aliases":                            map[string]any{"token_endpoint": s.urls.authMutual + s.state.TokenPath},
	})
}

func (s *Sandbox) authorizationKeys(*call) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"keys": []any{}})
}

func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, map[string]any{"error": code, "error_description": description}).with("Cache-Control", "no-store")
}

func invalidClient() answer {
	return oauthError(http.StatusUnauthorized, "invalid_client", "client authentication failed").with("WWW-Authenticate", `Basic realm="token"`)
}

// directoryToken is the token endpoint (RFC 6749 §4.4, RFC 8705 §2.1, RFC 7523 §2.2).
func (s *Sandbox) directoryToken(c *call) answer {
	form, refused := readForm(c)
	if refused != nil {
		return *refused
	}
	if form.Get("grant_type") != "client_credentials" {
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "only client_credentials is served here")
	}
	identity, ok := s.directoryClient(c, readCredentials(c, form))
	if !ok {
		return invalidClient()
	}
	c.principal = identity.id
	scope := splitWords(form.Get("scope"))
	if len(scope) == 0 {
		scope = identity.scopes
	}
	for _, word := range scope {
		if !slices.Contains(identity.scopes, word) {
			return oauthError(http.StatusBadRequest, "invalid_scope", "the client may not ask for this scope")
		}
	}
	granted := &token{ClientID: identity.id, Scope: scope, ExpiresAt: s.options.Now().Add(s.options.TokenLifetime)}
	if c.certificate != nil {
		granted.Thumbprint = thumbprint(c.certificate.Raw)
	}
	value := s.mint(granted)
	c.effect = "issued token"
	return jsonAnswer(http.StatusOK, map[string]any{
		"access_token": value, "token_type": "Bearer", "expires_in": int(s.options.TokenLifetime.Seconds()), "scope": strings.Join(scope, " "),
	}).with("Cache-Control", "no-store")
}

// identity is an authenticated client of the directory's authorization server.
type identity struct {
	id     string
	scopes []string
}

// directoryClient authenticates the bootstrap client or an application.
func (s *Sandbox) directoryClient(c *call, given credentials) (identity, bool) {
	audiences := []string{s.urls.auth, s.urls.auth + s.state.TokenPath, s.urls.authMutual + s.state.TokenPath}
	if given.clientID == s.state.Client.ID {
		return identity{id: given.clientID, scopes: s.options.ClientScopes}, s.bootstrapAuthenticated(c, given, audiences)
	}
	app := s.applicationOf(given.clientID)
	if app == nil || app.Status != statusActive {
		return identity{}, false
	}
	out := identity{id: app.clientID(), scopes: []string{scopeSoftware}}
	switch given.method {
	case methodMutualTLS:
		return out, c.certificate != nil && s.activeTransport(app, c.certificate)
	case methodBasic:
		return out, sameSecret(given.secret, app.Secret)
	case methodPrivateKey:
		return out, s.assertionHolds(given, s.signingKeys(app), audiences)
	default:
		return identity{}, false
	}
}

func (s *Sandbox) bootstrapAuthenticated(c *call, given credentials, audiences []string) bool {
	switch given.method {
	case methodMutualTLS:
		return c.certificate != nil && s.isBootstrap(c.certificate)
	case methodBasic:
		return sameSecret(given.secret, s.state.Client.Secret)
	case methodPrivateKey:
		if s.state.Client.SigningKey == "" {
			return false
		}
		key, err := s.key(s.state.Client.SigningKey)
		return err == nil && s.assertionHolds(given, []verifier{{kid: s.state.Client.SigningKeyID, key: key.Public()}}, audiences)
	default:
		return false
	}
}

// isBootstrap recognises the bootstrap client's certificate, or a newer one for the same subject.
func (s *Sandbox) isBootstrap(certificate *x509.Certificate) bool {
	return certificate.Subject.CommonName == s.state.Client.ID
}

func (s *Sandbox) activeTransport(app *application, certificate *x509.Certificate) bool {
	kid := thumbprint(certificate.Raw)
	for _, held := range app.Certificates {
		if held.Kid == kid {
			return held.isTransport() && held.status(s.now(), app) == statusActive
		}
	}
	return false
}
