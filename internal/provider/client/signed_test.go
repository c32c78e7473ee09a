package client_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	softwareApp  = "dcr_application.this"
	transport    = "dcr_transport_certificate.this"
	signingCert  = "dcr_signing_certificate.this"
	statementSSA = "dcr_software_statement.this"
	unheard      = "The authorization server does not let the client manage its registration"
)

// openBanking is a server as in Open Banking UK or the Australian Consumer Data
// Right: signed requests, and clients that manage themselves.
func openBanking(t *testing.T) (*sandbox.Sandbox, *acctest.Workspace) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{
		{Name: "bank", SignedRequests: "application/jwt", ManagedByAccessToken: true, ManagementScope: "cdr:registration", StrictCertificate: true},
	}})
	return sb, acctest.NewWorkspace(t, sb, nil)
}

// selfManaged configures the whole job for such a server.
func selfManaged(sb *sandbox.Sandbox, ws *acctest.Workspace, more map[string]any) {
	ws.Set(softwareApp, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{callback, added}, "roles": []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}})
	ws.Set(transport, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	ws.Set(signingCert, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	ws.Set(statementSSA, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "application_revision": acctest.Ref(softwareApp, "revision")})
	client := map[string]any{
		"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "software_statement": acctest.Ref(statementSSA, "assertion"),
		"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "jwks_uri": acctest.Ref(softwareApp, "jwks_uri"),
		"token_endpoint_auth_method": "private_key_jwt", "request_format": "jwt", "management_auth": "client_credentials", "management_scope": "cdr:registration",
		"signing_key_pem": acctest.Ref(signingCert, "private_key_pem"), "signing_key_id": acctest.Ref(signingCert, "kid"),
		"client_certificate_pem": acctest.Ref(transport, "certificate_pem"), "private_key_pem": acctest.Ref(transport, "private_key_pem"),
	}
	for name, value := range more {
		if client[name] = value; value == nil {
			delete(client, name)
		}
	}
	ws.Set(this, client)
}

// TestSelfManagedLifecycle goes through the life of a client that signs its
// requests and manages itself, for each way of authenticating.
func TestSelfManagedLifecycle(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]map[string]any{
		"private_key_jwt":     {},
		"tls_client_auth":     {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": acctest.Ref(transport, "subject_dn")},
		"client_secret_basic": {"token_endpoint_auth_method": "client_secret_basic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws := openBanking(t)
			configure := func(values map[string]any) {
				for name, value := range more {
					values[name] = value
				}
				selfManaged(sb, ws, values)
			}
			configure(map[string]any{})
			if r := applies(t, ws); len(r.Warnings) > 0 {
				t.Errorf("the creation warns %q", r.Warnings)
			}
			settled(t, ws, sb)
			state := ws.State(this)
			id, uri := state["client_id"], state["registration_client_uri"]
			if state["registration_access_token"] != nil || !strings.HasPrefix(fmt.Sprint(uri), sb.Info().AuthorizationServers[0].RegistrationEndpoint+"/") {
				t.Errorf("the registration is managed at %v with %v", uri, state["registration_access_token"])
			}
			if err := sb.Server("bank").Edit(fmt.Sprint(id), func(m map[string]any) { m["client_name"] = "Another" }); err != nil {
				t.Fatal(err)
			}
			configure(map[string]any{"redirect_uris": []string{callback, added}, "client_name": "Budget"})
			if r := applies(t, ws); !r.Updates(this, "redirect_uris", "client_name", "client_secret", "client_secret_expires_at", "registered_metadata") {
				t.Errorf("the update is %v", r.Changes)
			}
			settled(t, ws, sb)
			if ws.State(this)["client_id"] != id {
				t.Errorf("the client %v became %v", id, ws.State(this)["client_id"])
			}
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) > 0 {
				t.Errorf("the removal says %q", r.Errors)
			}
			wire(t, sb)
		})
	}
}

// wire checks what was sent: nothing refused, one token for each run at most, one POST.
func wire(t *testing.T, sb *sandbox.Sandbox) {
	t.Helper()
	posts := 0
	for _, request := range sb.History() {
		if request.Server != "bank" {
			continue
		}
		if request.Status >= 400 {
			t.Errorf("%s was answered %d", request.Route, request.Status)
		}
		if request.Route == "POST /register" {
			posts++
		}
	}
	if posts != 1 {
		t.Errorf("%d registrations were sent", posts)
	}
}

// TestSelfManagedGone: whoever is refused by the token endpoint may be gone or
// not, which only the user can decide.
func TestSelfManagedGone(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, nil)
	applies(t, ws)
	first := fmt.Sprint(ws.State(this)["client_id"])
	if err := sb.Server("bank").Delete(first); err != nil {
		t.Fatal(err)
	}
	r := ws.Apply()
	if !slices.ContainsFunc(r.Errors, acctest.Words(unheard, "invalid_client", "recreate").MatchString) || ws.State(this)["client_id"] != first {
		t.Fatalf("the apply says %q", r.Errors)
	}
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate"})
	applies(t, ws)
	applies(t, ws)
	settled(t, ws, sb)
	if ws.State(this)["client_id"] == first {
		t.Error("no other client was registered")
	}
}

// TestSelfManagedRefused: the server knows the client and does not let it manage
// itself. That never registers another one.
func TestSelfManagedRefused(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	sb.Inject(sandbox.Fault{Server: "bank", Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 100})
	for range 2 {
		r := ws.Apply()
		if !slices.ContainsFunc(r.Errors, acctest.Words(unheard, "knows the client").MatchString) || ws.State(this)["client_id"] != id {
			t.Fatalf("the apply says %q", r.Errors)
		}
	}
}

// TestSelfManagedTokenRevoked: a token that the server takes back is replaced by another, once.
func TestSelfManagedTokenRevoked(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, nil)
	applies(t, ws)
	sb.Inject(sandbox.Fault{Server: "bank", Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
	settled(t, ws, sb)
	selfManaged(sb, ws, map[string]any{"client_name": "Other"})
	sb.Inject(sandbox.Fault{Server: "bank", Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
	applies(t, ws)
	settled(t, ws, sb)
}

// TestSelfManagedSwitch: a client of a server without registration access tokens
// begins to manage itself without a call, and changes its credentials without one.
func TestSelfManagedSwitch(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, map[string]any{"grant_types": []string{"authorization_code"}})
	warned(t, ws.Plan(), "may not be able to manage itself", "client_credentials")
	selfManaged(sb, ws, map[string]any{"management_auth": nil, "management_scope": nil})
	warned(t, applies(t, ws), "cannot be managed", "management_auth = \"client_credentials\"")
	selfManaged(sb, ws, map[string]any{"management_scope": "openid"})
	if r := applies(t, ws); !r.Updates(this, "management_auth", "management_scope", "registration_client_uri") {
		t.Errorf("the switch is %v", r.Changes)
	}
	// The scope is the wrong one, which the server says, and which can be mended.
	if r := ws.Plan(); len(r.Errors) > 0 || len(r.Warnings) == 0 {
		t.Errorf("the plan says %q and %q", r.Errors, r.Warnings)
	}
	selfManaged(sb, ws, nil)
	applies(t, ws)
	settled(t, ws, sb)
	puts := 0
	for _, request := range sb.History() {
		if request.Route == "PUT /register/{client_id}" {
			puts++
		}
	}
	if puts > 0 {
		t.Errorf("%d updates were sent for what is none of the server's business", puts)
	}
}

// TestSelfManagedImport takes a client over with nothing but its client ID.
func TestSelfManagedImport(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, nil)
	applies(t, ws)
	kept := ws.State(this)
	id, uri := fmt.Sprint(kept["client_id"]), fmt.Sprint(kept["registration_client_uri"])
	key, kid := kept["signing_key_pem"], kept["signing_key_id"]
	ws.Lose(this)
	ws.With("registration", map[string]any{
		"ca_certificates_pem": sb.CACertificatesPEM(), "signing_key_pem": key, "signing_key_id": kid,
		"client_certificate_pem": kept["client_certificate_pem"], "private_key_pem": kept["private_key_pem"],
	})
	if r := ws.Import(this, `{"registration_client_uri":"`+uri+`","management_auth":"client_credentials"}`); !slices.ContainsFunc(r.Errors, acctest.Words("manages itself needs client_id").MatchString) {
		t.Errorf("the import says %q", r.Errors)
	}
	importID := `{"registration_client_uri":"` + uri + `","client_id":"` + id + `","issuer":"` + sb.Info().AuthorizationServers[0].Issuer + `","management_auth":"client_credentials","management_scope":"cdr:registration"}`
	if r := ws.Import(this, importID); len(r.Errors) > 0 {
		t.Fatalf("the import says %q", r.Errors)
	}
	puts := len(sb.History())
	applies(t, ws)
	settled(t, ws, sb)
	for _, request := range sb.History()[puts:] {
		if request.Server == "bank" && (request.Route == "PUT /register/{client_id}" || request.Route == "POST /register") {
			t.Errorf("after the import the apply sends %s", request.Route)
		}
	}
}

// TestSelfManagedTakeOver: a client whose registration got into no state is
// found again in the journal.
func TestSelfManagedTakeOver(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	selfManaged(sb, ws, nil)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.Lose(this)
	warned(t, applies(t, ws), "taken over", fmt.Sprint(id))
	settled(t, ws, sb)
	if ws.State(this)["client_id"] != id {
		t.Errorf("the client %v became %v", id, ws.State(this)["client_id"])
	}
}

// TestSigningMistakes are told before anything is sent, at the attribute to blame.
func TestSigningMistakes(t *testing.T) {
	t.Parallel()
	rsa := map[string]any{"algorithm": "RS256"}
	for name, c := range map[string]struct {
		more  map[string]any
		words []string
	}{
		"no key":            {map[string]any{"signing_key_pem": nil, "signing_key_id": nil}, []string{"request_format", "The key that signs requests is missing", "DCR_REGISTRATION_SIGNING_KEY_FILE"}},
		"another algorithm": {map[string]any{"request_signing": rsa}, []string{"The signing key cannot be used", "cannot sign with RS256"}},
		"a patch":           {map[string]any{"update_method": "PATCH"}, []string{"update_method", "Signed requests cannot be patches"}},
		"no audience":       {map[string]any{"issuer": nil, "registration_endpoint": "https://bank.example/register", "token_endpoint": "https://bank.example/token"}, []string{"request_signing", "audience"}},
		"no token endpoint": {map[string]any{"issuer": nil, "registration_endpoint": "https://bank.example/register"}, []string{"management_auth", "token endpoint is missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws := openBanking(t)
			selfManaged(sb, ws, c.more)
			r := ws.Apply()
			if !slices.ContainsFunc(r.Errors, acctest.Words(c.words...).MatchString) {
				t.Errorf("the apply says %q", r.Errors)
			}
			if len(sb.Server("bank").Clients()) > 0 {
				t.Error("a client was registered")
			}
		})
	}
}

// TestSelfManagedUnknown: whether the client manages itself is not known before the apply.
func TestSelfManagedUnknown(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, map[string]any{"management_auth": nil, "management_scope": nil})
	applies(t, ws)
	for _, name := range []string{"management_auth", "management_scope", "signing_key_pem", "signing_key_id", "request_signing", "token_endpoint"} {
		selfManaged(sb, ws, map[string]any{name: acctest.Unknown{}})
		if r := ws.Plan(); len(r.Errors) > 0 {
			t.Errorf("with an unknown %s the plan says %q", name, r.Errors)
		}
	}
	selfManaged(sb, ws, nil)
	applies(t, ws)
	settled(t, ws, sb)
}
