package client_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// What random lives found (package chaos): ways on that errors named and that led nowhere.

// TestRecreateWithAnotherChange: the decision to give up a client that is gone
// is kept although the update that brings it fails, also where no refresh reads.
func TestRecreateWithAnotherChange(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateNever, sandbox.RotateOnRead} {
		t.Run(string(rotate), func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: rotate}, nil)
			old := fmt.Sprint(ws.State(this)["client_id"])
			if err := sb.Server("bank").Delete(old); err != nil {
				t.Fatal(err)
			}
			configure(map[string]any{"client_name": "Another", "on_unauthorized": "recreate"})
			r := ws.Apply()
			if len(r.Errors) != 1 || !strings.Contains(fmt.Sprint(r.Warnings), "The decision to register the client anew was recorded") {
				t.Errorf("the first apply says %q, %q", r.Errors, r.Warnings)
			}
			if told := fmt.Sprint(r.Errors); strings.Contains(told, "set on_unauthorized = \"recreate\"") {
				t.Errorf("the first apply says %q", told)
			}
			if rotate == sandbox.RotateOnRead {
				if told := fmt.Sprint(r.Errors); !acctest.Words("No other is registered yet", "Apply again, twice.").MatchString(told) {
					t.Errorf("the first apply says %q", told)
				}
				if r = ws.Apply(); len(sb.Server("bank").Clients()) != 0 {
					t.Error("another client was registered")
				}
			}
			if told := fmt.Sprint(r.Errors); !acctest.Words("the next run registers another client", "Apply again.").MatchString(told) {
				t.Errorf("the last apply says %q", told)
			}
			applies(t, ws)
			if r := ws.Plan(); !r.Empty() {
				t.Errorf("left to do is %v with %q", r.Actions, r.Errors)
			}
			if now := ws.State(this)["client_id"]; now == old || len(sb.Server("bank").Clients()) != 1 {
				t.Errorf("%v is in state", now)
			}
		})
	}
}

// TestRefusalsThatPass: one update and one read that a server refuses although it has the
// client make no plan read it, which would lose the token that it replaces, and no apply
// register another.
func TestRefusalsThatPass(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead, AllowSecondRegistration: true}, map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"})
	id := ws.State(this)["client_id"]
	for _, name := range []string{"First", "Second"} {
		configure(map[string]any{"client_name": name, "on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"})
		for _, method := range []string{"PUT", "GET"} {
			sb.Inject(sandbox.Fault{Route: method + " /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
		}
		if r := ws.Apply(); len(r.Errors) != 1 {
			t.Errorf("the refused apply says %q", r.Errors)
		}
		ws.Plan()
		applies(t, ws)
		oneClient(t, sb, id)
	}
}

// TestReadableAgain: drift is looked for again once a server that would not let a registration
// be read did.
func TestReadableAgain(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateNever })
	ws := acctest.NewWorkspace(t, sb, nil)
	for i, refresh := range []string{"auto", "always", "always", "auto"} {
		if i == 0 {
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusMethodNotAllowed, Times: 1})
		}
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "Mine", "refresh": refresh})
		applies(t, ws)
	}
	if err := sb.Server("bank").Edit(fmt.Sprint(ws.State(this)["client_id"]), func(m map[string]any) { m["client_name"] = "Other" }); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); r.Empty() {
		t.Errorf("the change of others is not seen: %q", r.Warnings)
	}
}

// TestRecreateOfAClientThatExists: nobody is told to set what does nothing, because the
// token endpoint knows the client; and what is set does nothing, and says so.
func TestRecreateOfAClientThatExists(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, map[string]any{"grant_types": []string{"client_credentials"}})
	if err := sb.Server("bank").RotateToken(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); len(r.Errors) != 1 || strings.Contains(r.Errors[0], "recreate") {
		t.Errorf("without a decision the plan says %q", r.Errors)
	}
	configure(map[string]any{"on_unauthorized": "recreate"})
	if r := ws.Plan(); len(r.Errors) != 1 || strings.Contains(r.Errors[0], "set on_unauthorized = \"recreate\"") || !acctest.Words("No new client is planned in spite of").MatchString(r.Errors[0]) {
		t.Errorf("the plan says %q", r.Errors)
	}
}

// TestApplicationMadeAgain: a client whose application was deleted, with its
// certificate, and created again is of another software: the error says so, and
// the replacement it names can be carried out.
func TestApplicationMadeAgain(t *testing.T) {
	t.Parallel()
	const application, certificate, statement = "dcr_application.this", "dcr_transport_certificate.this", "dcr_software_statement.this"
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(application, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{callback}, "roles": []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}})
	id := acctest.Ref(application, "id")
	ws.Set(certificate, map[string]any{"application_id": id, "private_key": map[string]any{"algorithm": "ECDSA"}})
	ws.Set(statement, map[string]any{"application_id": id, "application_revision": acctest.Ref(application, "revision")})
	ws.Set(this, map[string]any{"issuer": sb.Server("bank").Issuer(), "ca_certificates_pem": sb.CACertificatesPEM(), "redirect_uris": []string{callback},
		"software_statement": acctest.Ref(statement, "assertion"), "client_certificate_pem": acctest.Ref(certificate, "certificate_pem"), "private_key_pem": acctest.Ref(certificate, "private_key_pem"),
		"grant_types": []string{"authorization_code"}, "response_types": []string{"code"}, "token_endpoint_auth_method": "client_secret_basic"})
	applies(t, ws)
	first := ws.State(this)["client_id"]
	if err := sb.Directory().Delete(fmt.Sprint(ws.State(application)["id"])); err != nil {
		t.Fatal(err)
	}
	if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "terraform apply -replace") || !strings.Contains(r.Errors[0], "The client is registered for software_id") {
		t.Errorf("the apply says %q", r.Errors)
	}
	ws.Taint(this)
	applies(t, ws)
	if clients := sb.Server("bank").Clients(); len(clients) != 1 || clients[0]["client_id"] == first {
		t.Errorf("the bank has %d clients", len(clients))
	}
}

// TestTakeOverNamesTheOthers: of several clients that lost states left behind, those not taken over are named.
func TestTakeOverNamesTheOthers(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", filepath.Join(t.TempDir(), "journal"))
	ids := map[string]string{}
	for _, name := range []string{"First", "Second"} {
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": name})
		applies(t, ws)
		ids[name] = fmt.Sprint(ws.State(this)["client_id"])
		ws.Lose(this)
	}
	if r := applies(t, ws); !strings.Contains(fmt.Sprint(r.Warnings), ids["First"]) || ws.State(this)["client_id"] != ids["Second"] {
		t.Errorf("the apply says %q", r.Warnings)
	}
	if r := ws.Destroy(); !strings.Contains(fmt.Sprint(r.Warnings), ids["First"]) || len(r.Errors) > 0 {
		t.Errorf("the removal says %q, %q", r.Errors, r.Warnings)
	}
}

// TestRefusalThatPassedIsOver: what a refresh was refused once stops no plan any more, once the read
// after a refused update was answered, although no plan may read to find that out.
func TestRefusalThatPassedIsOver(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, map[string]any{"refresh": "always", "on_unauthorized": "warn"})
	refuse := func(method string) {
		sb.Inject(sandbox.Fault{Route: method + " /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
	}
	refuse("GET")
	configure(map[string]any{"refresh": "auto"})
	applies(t, ws)
	configure(map[string]any{"refresh": "auto", "on_unauthorized": "error"})
	if r := ws.Plan(); len(r.Errors) != 1 {
		t.Fatalf("what was refused is not remembered: %q", r.Errors)
	}
	refuse("PUT")
	configure(map[string]any{"refresh": "auto", "client_name": "Second"})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Fatalf("the refused update says %q", r.Errors)
	}
	configure(map[string]any{"refresh": "auto", "client_name": "Second", "on_unauthorized": "error"})
	applies(t, ws)
}
