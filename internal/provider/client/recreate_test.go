package client_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// oneClient fails unless the bank has one client, the one it had.
func oneClient(t *testing.T, sb *sandbox.Sandbox, id any) {
	t.Helper()
	clients := sb.Server("bank").Clients()
	if len(clients) != 1 || clients[0]["client_id"] != id {
		t.Errorf("the bank has %d clients", len(clients))
	}
}

// TestTakeOverWithoutID: a client of which the journal has no client_id is read
// before it is taken over, and nothing is registered in its place while it cannot be.
func TestTakeOverWithoutID(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusNotFound} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			sb := open(t, nil)
			ws, folder := journalled(t, sb, nil)
			applies(t, ws)
			id := ws.State(this)["client_id"]
			files, err := filepath.Glob(filepath.Join(folder, "*.json"))
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			for _, file := range files {
				if strings.HasPrefix(filepath.Base(file), "client-") {
					err = os.Remove(file)
				} else if raw, errRead := os.ReadFile(file); errRead == nil {
					err = os.WriteFile(file, regexp.MustCompile(`(?m)^  "client_id": .*\n`).ReplaceAll(raw, nil), 0o600) //nolint:gosec // A file of the test's own folder.
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			ws.Lose(this)
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: status, Times: 1})
			if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "A client of an earlier run cannot be taken over") {
				t.Errorf("the apply says %q", r.Errors)
			}
			oneClient(t, sb, id)
			applies(t, ws)
			oneClient(t, sb, id)
			if ws.State(this)["client_id"] != id {
				t.Error("the client was not taken over")
			}
		})
	}
}

func selfManagedBank(t *testing.T, now func() time.Time, lifetime time.Duration) (*sandbox.Sandbox, *acctest.Workspace) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{Now: now, Servers: []sandbox.Temper{
		{Name: "bank", SignedRequests: "application/jwt", ManagedByAccessToken: true, ManagementScope: "cdr:registration", StrictCertificate: true, AllowSecondRegistration: true, SecretLifetime: lifetime},
	}})
	return sb, acctest.NewWorkspace(t, sb, nil).At(now)
}

// TestSelfManagedTakeOverRefused: one refusal of a client's own credentials, which may be for
// their age, is no reason to register another, whatever on_unauthorized says.
func TestSelfManagedTakeOverRefused(t *testing.T) {
	t.Parallel()
	clock := &movable{at: time.Now()}
	sb, ws := selfManagedBank(t, clock.Now, time.Hour)
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "client_secret_basic"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.Lose(this)
	refused := func(why string) {
		t.Helper()
		if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("cannot be taken over", fmt.Sprint(id), "refuses its credentials", "x-fapi-interaction-id", "No other was registered").MatchString(r.Errors[0]) {
			t.Errorf("with %s the apply says %q", why, r.Errors)
		}
		if held := sb.Server("bank").Clients(); len(held) != 1 {
			t.Errorf("with %s the bank has %d clients", why, len(held))
		}
	}
	sb.Inject(sandbox.Fault{Route: "POST /token", Kind: sandbox.FaultStatus, Status: 401, Body: `{"error":"invalid_client"}`, Times: 1})
	refused("a server that is not well")
	clock.set(time.Now().Add(2 * time.Hour))
	refused("an expired secret")
	clock.set(time.Now())
	warned(t, applies(t, ws), "taken over", fmt.Sprint(id))
	oneClient(t, sb, id)
}

// TestSelfManagedGoneBesideChanges: that a client is gone is found by an update as well, and
// what that says about the next applies is so.
func TestSelfManagedGoneBesideChanges(t *testing.T) {
	t.Parallel()
	sb, ws := selfManagedBank(t, time.Now, 0)
	selfManaged(sb, ws, nil)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	if err := sb.Server("bank").Delete(fmt.Sprint(id)); err != nil {
		t.Fatal(err)
	}
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate", "client_name": "Other", "refresh": "never"})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("acts once two refreshes in a row were refused", `set refresh = "auto"`).MatchString(r.Errors[0]) {
		t.Errorf("without a refresh the apply says %q", r.Errors)
	}
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate", "client_name": "Other"})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("is recorded", "apply again, up to twice").MatchString(r.Errors[0]) || len(sb.Server("bank").Clients()) != 0 {
		t.Errorf("the apply says %q", r.Errors)
	}
	applies(t, ws)
	settled(t, ws, sb)
	if held := sb.Server("bank").Clients(); len(held) != 1 || ws.State(this)["client_id"] == id {
		t.Errorf("the bank has %v", held)
	}
}

// TestTakeOverOfKnownClient: a client that got a token is there, whatever the registration endpoint says.
func TestTakeOverOfKnownClient(t *testing.T) {
	t.Parallel()
	sb, ws := selfManagedBank(t, time.Now, 0)
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.Lose(this)
	sb.Inject(sandbox.Fault{Server: "bank", Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 2})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Errorf("the apply says %q", r.Errors)
	}
	oneClient(t, sb, id)
	applies(t, ws)
	oneClient(t, sb, id)
}

// TestExpiredSecretIsNoDeletion: a client whose own secret has expired is not registered anew.
func TestExpiredSecretIsNoDeletion(t *testing.T) {
	t.Parallel()
	clock := &movable{at: time.Now()}
	sb, ws := selfManagedBank(t, clock.Now, time.Hour)
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "client_secret_basic"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	clock.set(time.Now().Add(2 * time.Hour))
	for range 3 {
		if r := ws.Apply(); len(r.Errors) > 0 || !strings.Contains(fmt.Sprint(r.Warnings), "The client secret in state expired at") {
			t.Errorf("the apply says %q, %q", r.Errors, r.Warnings)
		}
	}
	oneClient(t, sb, id)
}

// TestExpiredTokenIsNoDeletion: a client whose registration access token says that it has expired
// is not registered anew, neither by a refresh nor after updates that were refused.
func TestExpiredTokenIsNoDeletion(t *testing.T) {
	t.Parallel()
	for _, rotation := range []sandbox.Rotation{sandbox.RotateOnUpdate, sandbox.RotateOnRead} {
		t.Run(string(rotation), func(t *testing.T) {
			t.Parallel()
			clock := &movable{at: time.Now()}
			sb := acctest.Sandbox(t, sandbox.Options{Now: clock.Now, Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: rotation, TokenLifetime: time.Hour}}})
			ws := acctest.NewWorkspace(t, sb, nil).At(clock.Now)
			configure := func(name, policy string) {
				ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": name, "on_unauthorized": policy,
					// The token endpoint cannot be asked about it: the provider has no key of the client's.
					"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"})
			}
			configure("First", "recreate")
			applies(t, ws)
			id := ws.State(this)["client_id"]
			clock.set(time.Now().Add(2 * time.Hour))
			configure("Second", "recreate")
			for range 3 {
				if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "says that it expired at") || !strings.Contains(r.Errors[0], "in spite of on_unauthorized") {
					t.Errorf("the apply says %q, %q", r.Errors, r.Warnings)
				}
				oneClient(t, sb, id)
			}
			configure("First", "error")
			ws.Apply()
			if r := ws.Apply(); rotation != sandbox.RotateOnRead && (len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "says that it expired at")) {
				t.Errorf("without recreate the apply says %q", r.Errors)
			}
			oneClient(t, sb, id)
		})
	}
}

// TestTakeOverWithAnExpiredToken: the refusal of a token that has expired is told as such, and
// what is advised is not what the configuration has already.
func TestTakeOverWithAnExpiredToken(t *testing.T) {
	t.Parallel()
	clock := &movable{at: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.Now, Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, TokenLifetime: time.Hour}}})
	ws := acctest.NewWorkspace(t, sb, nil).At(clock.Now).With("journal_path", t.TempDir())
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "on_unauthorized": "recreate"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.Lose(this)
	clock.set(time.Now().Add(2 * time.Hour))
	r := ws.Apply()
	if len(r.Errors) != 1 || !acctest.Words("cannot be taken over", "says that it expired at", "delete registration-").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "or set on_unauthorized") {
		t.Errorf("the apply says %q", r.Errors)
	}
	oneClient(t, sb, id)
}

// TestNewKeyIsNoDeletion: a refusal of the key in state says nothing when the
// configuration has another one already.
func TestNewKeyIsNoDeletion(t *testing.T) {
	t.Parallel()
	sb, ws := selfManagedBank(t, time.Now, 0)
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate"})
	const next = "dcr_signing_certificate.next"
	ws.Set(next, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	if err := sb.Directory().Revoke(fmt.Sprint(ws.State(signingCert)["kid"]), "superseded"); err != nil {
		t.Fatal(err)
	}
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate", "signing_key_pem": ws.State(next)["private_key_pem"], "signing_key_id": ws.State(next)["kid"]})
	ws.Remove(signingCert)
	for range 2 {
		applies(t, ws)
		oneClient(t, sb, id)
	}
	// Once it is gone indeed, the first apply records it and the second registers another.
	if err := sb.Server("bank").Delete(fmt.Sprint(id)); err != nil {
		t.Fatal(err)
	}
	applies(t, ws)
	if len(sb.Server("bank").Clients()) != 0 {
		t.Error("another was registered at the first refusal")
	}
	applies(t, ws)
	if clients := sb.Server("bank").Clients(); len(clients) != 1 || clients[0]["client_id"] != ws.State(this)["client_id"] {
		t.Errorf("then the bank has %v", clients)
	}
}

// TestDiscardedPlanIsNoDeletion: with refresh = "always" and no journal, a plan that is thrown away
// loses the token of a client at a server that replaces it at each read, or may do so. The refusal
// that follows registers no other.
func TestDiscardedPlanIsNoDeletion(t *testing.T) {
	t.Parallel()
	for name, unread := range map[string]bool{"learnt": false, "not learnt": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateOnRead}}})
			if unread {
				sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusForbidden, Times: 1})
			}
			ws := acctest.NewWorkspace(t, sb, nil)
			config := map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "on_unauthorized": "recreate", "refresh": "always"}
			ws.Set(this, config)
			applies(t, ws)
			id := ws.State(this)["client_id"]
			if r := ws.Plan(); !r.Empty() || len(r.Errors) > 0 {
				t.Fatalf("the plan says %q", r.Errors)
			}
			told := acctest.Words("No new client is planned", "a plan that was thrown away", "terraform state rm")
			if r := ws.Apply(); len(r.Errors) != 1 || !told.MatchString(r.Errors[0]) {
				t.Errorf("the apply says %q", r.Errors)
			}
			config["client_name"] = "Other"
			ws.Set(this, config)
			if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || !acctest.Words("No other is registered", "a plan that was thrown away", "terraform state rm").MatchString(r.Errors[0]) {
				t.Errorf("the refused update says %q", r.Errors)
			}
			ws.Apply()
			oneClient(t, sb, id)
		})
	}
}

// TestGatewayIsNoDeletion: a 404 that a gateway answers while its server is down registers no other
// client, neither in place of one in state nor of one that is left behind. One that stays does.
func TestGatewayIsNoDeletion(t *testing.T) {
	t.Parallel()
	gateway := sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusNotFound, Body: `{"message":"no Route matched with those values"}`, Times: 1}
	open := func(t *testing.T) (*sandbox.Sandbox, *acctest.Workspace) {
		t.Helper()
		sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, AllowSecondRegistration: true}}})
		ws := acctest.NewWorkspace(t, sb, nil)
		ws.Set(this, map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "on_unauthorized": "recreate"})
		return sb, ws
	}
	t.Run("in state", func(t *testing.T) {
		t.Parallel()
		sb, ws := open(t)
		applies(t, ws)
		id := ws.State(this)["client_id"]
		sb.Inject(gateway)
		warned(t, applies(t, ws), "may be that of a gateway", "the first apply records this")
		oneClient(t, sb, id)
		// It is forgotten once the server is there again, and a plan alone records nothing.
		applies(t, ws)
		for range 2 {
			sb.Inject(gateway)
			if r := ws.Plan(); !r.Empty() || len(r.Errors) > 0 {
				t.Errorf("planned is %v with %q", r.Actions, r.Errors)
			}
		}
		gateway := gateway
		gateway.Times = 2
		sb.Inject(gateway)
		applies(t, ws)
		applies(t, ws)
		if ws.State(this)["client_id"] == id || sb.Pending() != 0 {
			t.Error("no other was registered")
		}
	})
	t.Run("left behind", func(t *testing.T) {
		t.Parallel()
		sb, ws := open(t)
		ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
		applies(t, ws)
		id := ws.State(this)["client_id"]
		ws.Lose(this)
		sb.Inject(gateway)
		if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("cannot be taken over", "apply again later", "No other was registered", "delete").MatchString(r.Errors[0]) {
			t.Errorf("the apply says %q", r.Errors)
		}
		oneClient(t, sb, id)
		warned(t, applies(t, ws), "was taken over")
	})
}
