package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The canonical route names of an authorization server; the paths behind them are odd.
const (
	routeRegister    = "POST /register"
	routeFetch       = "GET /register/{client_id}"
	routeReplace     = "PUT /register/{client_id}"
	routePatch       = "PATCH /register/{client_id}"
	routeRemove      = "DELETE /register/{client_id}"
	routeToken       = "POST /token"
	routeKeys        = "GET /jwks"
	routeOpenID      = "GET /.well-known/openid-configuration"
	routeOAuth       = "GET /.well-known/oauth-authorization-server"
	managementPrefix = "/clienturi/"
)

// bank is one authorization server: an issuer on plain TLS and its alias on mutual TLS.
type bank struct {
	sandbox       *Sandbox
	name          string
	temper        Temper
	state         *bankState
	origin        string
	mutualOrigin  string
	strangeOrigin string // reaches the alias under a host name nobody announced
}

// bankState is what a bank keeps across restarts.
type bankState struct {
	OrganisationID string                   `json:"organisation_id"`
	ServerID       string                   `json:"server_id"`
	IssuerPath     string                   `json:"issuer_path"`
	RegisterPath   string                   `json:"register_path"`
	TokenPath      string                   `json:"token_path"`
	ManagePath     string                   `json:"manage_path"`
	Clients        map[string]*registration `json:"clients"`
	Order          []string                 `json:"order"`
	Statements     map[string]time.Time     `json:"statements"`       // seen, by digest
	Tokens         map[string]*clientToken  `json:"tokens,omitempty"` // that manage clients
}

func (s *Sandbox) newBank(temper Temper) *bank {
	known := s.state.Banks[temper.Name]
	if known == nil {
		known = &bankState{
			OrganisationID: newUUID(), ServerID: newUUID(),
			IssuerPath: "/" + s.pathSegment() + "/as", RegisterPath: "/" + s.pathSegment() + "/enrol", TokenPath: "/" + s.pathSegment() + "/t",
			ManagePath: "/" + s.pathSegment() + managementPrefix, Clients: map[string]*registration{}, Statements: map[string]time.Time{},
		}
		s.state.Banks[temper.Name] = known
	}
	return &bank{sandbox: s, name: temper.Name, temper: temper, state: known}
}

func (b *bank) issuer() string { return b.origin + b.state.IssuerPath }

// registrationEndpoint is the one that works: the alias, unless the server is without mutual TLS.
func (b *bank) registrationEndpoint() string {
	if b.temper.NoMutualTLS {
		return b.origin + b.state.RegisterPath
	}
	return b.mutualOrigin + b.state.RegisterPath
}

// ServeHTTP finds the canonical route and serves it.
func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, handle := b.route(r)
	b.sandbox.serve(w, r, b.name, route, handle)
}

func (b *bank) route(r *http.Request) (string, handler) {
	path := r.URL.EscapedPath()
	switch {
	case r.Method == http.MethodGet && path == b.state.IssuerPath+"/.well-known/openid-configuration":
		return routeOpenID, b.discovery
	case r.Method == http.MethodGet && path == "/.well-known/oauth-authorization-server"+b.state.IssuerPath:
		return routeOAuth, b.discovery
	case r.Method == http.MethodGet && path == b.state.IssuerPath+"/jwks":
		return routeKeys, b.sandbox.authorizationKeys
	case path == b.state.RegisterPath:
		return b.routeByMethod(r.Method, map[string]handler{routeRegister: b.register})
	case path == b.state.TokenPath:
		return b.routeByMethod(r.Method, map[string]handler{routeToken: b.token})
	case strings.HasPrefix(path, b.state.ManagePath), b.temper.ManagedByAccessToken && strings.HasPrefix(path, b.state.RegisterPath+"/"):
		return b.routeByMethod(r.Method, map[string]handler{
			routeFetch: b.fetch, routeReplace: b.replace, routePatch: b.patch, routeRemove: b.remove,
		})
	default:
		return r.Method + " (unknown)", func(*call) answer { return oauthError(http.StatusNotFound, "not_found", "there is nothing here") }
	}
}

// routeByMethod picks the route of a path that starts with the method, or answers 405.
func (b *bank) routeByMethod(method string, routes map[string]handler) (string, handler) {
	names := sortedKeys(routes)
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, method+" ") }); i >= 0 {
		return names[i], routes[names[i]]
	}
	return method + " (unknown)", func(*call) answer { return methodNotAllowed("the method is not supported here") }
}

func methodNotAllowed(description string, allow ...string) answer {
	return oauthError(http.StatusMethodNotAllowed, "invalid_request", description).with("Allow", strings.Join(allow, ", "))
}

// discovery is the metadata document (RFC 8414 §2, OpenID Connect Discovery §3, RFC 8705 §5).
func (b *bank) discovery(*call) answer {
	document := map[string]any{
		"issuer": b.issuer(), "authorization_endpoint": b.issuer() + "/authorize", "jwks_uri": b.issuer() + "/jwks",
		"registration_endpoint": b.origin + b.state.RegisterPath, "token_endpoint": b.origin + b.state.TokenPath,
		"scopes_supported": supportedScopes(), "response_types_supported": supportedResponses(), "grant_types_supported": supportedGrants(),
		"token_endpoint_auth_methods_supported":            b.temper.TokenAuthMethods,
		"token_endpoint_auth_signing_alg_values_supported": assertionAlgorithmNames(),
		"id_token_signing_alg_values_supported":            supportedAlgorithms(), "subject_types_supported": []string{"public", "pairwise"},
		"request_object_signing_alg_values_supported": supportedAlgorithms(), "tls_client_certificate_bound_access_tokens": !b.temper.NoMutualTLS,
		"code_challenge_methods_supported": []string{"S256"},
	}
	if !b.temper.NoMutualTLS {
		document["mtls_endpoint_aliases"] = map[string]any{
			"registration_endpoint": b.mutualOrigin + b.state.RegisterPath, "token_endpoint": b.mutualOrigin + b.state.TokenPath,
		}
	}
	return jsonAnswer(http.StatusOK, document)
}

func supportedScopes() []string {
	return []string{"openid", "accounts", "consents", "customers", "payments", "offline_access"}
}

func supportedGrants() []string {
	return []string{"authorization_code", "implicit", "refresh_token", "client_credentials", "urn:openid:params:grant-type:ciba"}
}

func supportedResponses() []string { return []string{"code", "code id_token", "id_token", "none"} }

func supportedAlgorithms() []string { return []string{"PS256", "RS256", "ES256"} }
