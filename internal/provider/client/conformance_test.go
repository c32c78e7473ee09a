package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// relyingPartyTest is a server that behaves as the OpenID Foundation's
// relying-party registration test for Brazil: registration over mutual TLS by
// the software's own certificate, a fresh statement at POST and PUT that is
// checked whole, client IDs of any printable characters, a management URI with
// random path and query that has to come back byte for byte, and, in the FAPI 2
// edition, another registration access token at every read.
func relyingPartyTest(rotate sandbox.Rotation) sandbox.Options {
	return sandbox.Options{Servers: []sandbox.Temper{{Name: "suite", Rotate: rotate, StrictCertificate: true, PrintableClientIDs: true, SingleUseStatements: true}}}
}

// TestRelyingPartyTest goes through the main job against such a server, and
// checks of each request what the suite checks.
func TestRelyingPartyTest(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]sandbox.Rotation{"FAPI 1": sandbox.RotateNever, "FAPI 2": sandbox.RotateOnRead} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, relyingPartyTest(rotate))
			ws := acctest.NewWorkspace(t, sb, nil)
			const app, cert, ssa = "dcr_application.this", "dcr_transport_certificate.this", "dcr_software_statement.this"
			configure := func(redirects ...string) {
				ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": redirects, "roles": []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}})
				ws.Set(cert, map[string]any{"application_id": acctest.Ref(app, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
				ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
				ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": redirects, "software_statement": acctest.Ref(ssa, "assertion"), "software_statement_use": "single",
					"client_certificate_pem": acctest.Ref(cert, "certificate_pem"), "private_key_pem": acctest.Ref(cert, "private_key_pem"), "jwks_uri": acctest.Ref(app, "jwks_uri"),
					"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": acctest.Ref(cert, "subject_dn"), "refresh": "always"})
			}
			configure(callback)
			applies(t, ws)
			id := ws.State(this)["client_id"]
			applies(t, ws)
			configure(callback, added)
			applies(t, ws)
			if r := applies(t, ws); !r.Empty() || ws.State(this)["client_id"] != id {
				t.Errorf("left to do is %v, the client was %v and is %v", r.Changes, id, ws.State(this)["client_id"])
			}
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("suite").Clients()) != 0 {
				t.Errorf("the removal says %q", r.Errors)
			}
			suite(t, sb)
		})
	}
}

// suite checks every request to the server as the test of the suite does.
func suite(t *testing.T, sb *sandbox.Sandbox) {
	t.Helper()
	var routes []string
	for _, r := range sb.History() {
		if r.Server != "suite" || strings.Contains(r.Route, "well-known") {
			continue
		}
		routes = append(routes, r.Route)
		if r.Status >= 400 {
			t.Errorf("%s was answered %d", r.Route, r.Status)
		}
		if sends := strings.HasPrefix(r.Route, "POST") || strings.HasPrefix(r.Route, "PUT"); sends {
			for _, unwanted := range []string{`"jwks":`, "registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret", "null", `""`} {
				if strings.Contains(r.Body, unwanted) {
					t.Errorf("%s sends %s", r.Route, unwanted)
				}
			}
			for _, wanted := range []string{"software_statement", `"jwks_uri":`, `"tls_client_auth_subject_dn":`} {
				if !strings.Contains(r.Body, wanted) {
					t.Errorf("%s does not send %s", r.Route, wanted)
				}
			}
		}
	}
	count := func(method string) (n int) {
		for _, route := range routes {
			if strings.HasPrefix(route, method) {
				n++
			}
		}
		return n
	}
	if got := fmt.Sprint(count("POST"), count("PUT"), count("DELETE")); got != "1 1 1" || count("GET") < 2 {
		t.Errorf("the requests are %q", routes)
	}
	if slices.Index(routes, "POST /register") != 0 {
		t.Errorf("the first request is %s", routes[0])
	}
}
