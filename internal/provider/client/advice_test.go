package client_test

import (
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestAdviceBeforeSending warns in the plan, at the attribute, of what the
// server does not publish or the statement does not list; what is not known
// yet, and what fits, is not warned of.
func TestAdviceBeforeSending(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.TokenAuthMethods = []string{"client_secret_basic", "tls_client_auth"} })
	issuer := sb.Info().AuthorizationServers[0].Issuer
	ws := acctest.NewWorkspace(t, sb, nil)
	for name, tc := range map[string]struct {
		more map[string]any
		want []string
	}{
		"fits":                    {map[string]any{"token_endpoint_auth_method": "client_secret_basic", "grant_types": []string{"client_credentials"}}, nil},
		"method not supported":    {map[string]any{"token_endpoint_auth_method": "none"}, []string{this + ".token_endpoint_auth_method", `"none" is not among what ` + issuer, "may refuse the registration"}},
		"no subject":              {map[string]any{"token_endpoint_auth_method": "tls_client_auth"}, []string{this + ".token_endpoint_auth_method", "tls_client_auth needs exactly one of"}},
		"subject not known yet":   {map[string]any{"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": acctest.Unknown{}}, nil},
		"anything may be in here": {map[string]any{"token_endpoint_auth_method": "tls_client_auth", "additional_metadata": acctest.Unknown{}}, nil},
		"statement not known yet": {map[string]any{"token_endpoint_auth_method": "tls_client_auth", "software_statement": acctest.Unknown{}}, nil},
	} {
		config := map[string]any{"issuer": issuer, "redirect_uris": []string{callback}}
		for name, value := range tc.more {
			config[name] = value
		}
		ws.Set(this, config)
		r := ws.Plan()
		if len(r.Errors) > 0 || (len(r.Warnings) == 0) != (tc.want == nil) || tc.want != nil && !acctest.Words(tc.want...).MatchString(strings.Join(r.Warnings, "\n")) {
			t.Errorf("%s: the plan warns %q with %q", name, r.Warnings, r.Errors)
		}
	}
	if got := sb.Count("POST /register"); got != 0 {
		t.Errorf("%d registrations were sent", got)
	}
}

// TestAdviceOnUpdate advises on what an update sends, and not on what stays as it is.
func TestAdviceOnUpdate(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}}
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, config)
	applies(t, ws)
	sb.Reset()
	if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 || sb.Count("GET /.well-known/openid-configuration") != 0 {
		t.Errorf("without a change the plan warns %q", r.Warnings)
	}
	config["grant_types"], config["response_types"] = []string{"authorization_code"}, []string{"none"}
	if r := ws.Plan(); len(r.Warnings) != 1 || !acctest.Words(this+".response_types", `goes with a response type that has "code"`).MatchString(r.Warnings[0]) {
		t.Errorf("the update warns %q", r.Warnings)
	}
}

// TestAdviceWithoutMetadata goes on when the server's metadata cannot be had.
func TestAdviceWithoutMetadata(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	sb.Inject(sandbox.Fault{Route: "GET /.well-known/openid-configuration", Kind: sandbox.FaultStatus, Status: 500})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	r := ws.Plan()
	if len(r.Errors) > 0 || len(r.Warnings) != 1 || !acctest.Words(this+".issuer", "could not be looked up", "answered 500", "The plan goes on without").MatchString(r.Warnings[0]) {
		t.Errorf("the plan says %q and warns %q", r.Errors, r.Warnings)
	}
	applies(t, ws)
}

// TestAdviceOnStatement compares with what the directory's statement claims.
func TestAdviceOnStatement(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoMutualTLS: true}}})
	const app, ssa = "dcr_application.this", "dcr_software_statement.this"
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{callback}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	applies(t, ws)
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "software_statement": acctest.Ref(ssa, "assertion"),
		"redirect_uris": []string{callback, callback + "2"}, "jwks_uri": "https://elsewhere.example.com/jwks"})
	r := ws.Plan()
	for _, want := range [][]string{{this + ".redirect_uris", callback + `2" is not in the software statement's software_redirect_uris`}, {this + ".jwks_uri", "is not the software statement's software_jwks_uri"}} {
		if len(r.Warnings) != 2 || !acctest.Words(want...).MatchString(strings.Join(r.Warnings, "\n")) {
			t.Errorf("the plan warns %q, want %q", r.Warnings, want)
		}
	}
}

// TestMisspeltIssuer: an issuer that publishes nothing is named with the URL that was
// asked, and the URL of its document is not taken for an issuer.
func TestMisspeltIssuer(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	issuer := sb.Info().AuthorizationServers[0].Issuer
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"issuer": issuer + "/misspelt", "redirect_uris": []string{callback}})
	r := ws.Apply()
	if len(r.Errors) != 1 || !acctest.Words(this+".issuer: The authorization server gives no discovery document", issuer+"/misspelt", "/misspelt/.well-known/openid-configuration", "likely misspelt").MatchString(r.Errors[0]) ||
		acctest.Words("organisation_id").MatchString(r.Errors[0]) {
		t.Errorf("the apply says %q", r.Errors)
	}
	for _, document := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/"} {
		ws.Set(this, map[string]any{"issuer": issuer + document, "redirect_uris": []string{callback}})
		if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words(this+".issuer: The value of", "Leave out /.well-known/").MatchString(r.Errors[0]) {
			t.Errorf("with %s the plan says %q", document, r.Errors)
		}
	}
}

// TestImpossibleMetadata is refused before anything is sent.
func TestImpossibleMetadata(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	for name, c := range map[string]struct {
		member string
		value  any
		want   string
	}{
		"https":              {"redirect_uris", []string{callback}, ""},
		"loopback":           {"redirect_uris", []string{"http://127.0.0.1/cb", "http://localhost:8080/cb"}, ""},
		"a scheme of an app": {"redirect_uris", []string{"com.example.app:/cb", "myapp://callback"}, ""},
		"not known":          {"redirect_uris", []any{acctest.Unknown{}}, ""},
		"no scheme":          {"redirect_uris", []string{callback, "app.example.com/cb"}, "has no scheme"},
		"a path":             {"redirect_uris", []string{"/cb"}, "has no scheme"},
		"no host":            {"redirect_uris", []string{"https:///cb"}, "names no host"},
		"a fragment":         {"redirect_uris", []string{callback + "#x"}, "has a fragment"},
		"no URI":             {"redirect_uris", []string{"https://app.example.com/%zz"}, "is no URI"},
		"white space":        {"redirect_uris", []string{" " + callback}, "white space"},
		"a negative age":     {"default_max_age", -1, "at least 0"},
		"no age":             {"default_max_age", 0, ""},
	} {
		ws := acctest.NewWorkspace(t, sb, nil)
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, c.member: c.value})
		r := ws.Plan()
		if c.want == "" && len(r.Errors) > 0 || c.want != "" && (len(r.Errors) != 1 || !acctest.Words(this+"."+c.member, c.want).MatchString(r.Errors[0])) {
			t.Errorf("%s: the plan says %q", name, r.Errors)
		}
	}
}
