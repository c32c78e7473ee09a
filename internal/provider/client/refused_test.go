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

// TestRefusedUpdateOfALiveClient: that an update is refused does not say that the client
// is gone. With on_unauthorized = "recreate" the apply finds out, keeps the token that
// this may replace, and plans that are thrown away cost nothing.
func TestRefusedUpdateOfALiveClient(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateNever, sandbox.RotateOnRead} {
		for _, status := range []int{401, 404} {
			t.Run(fmt.Sprintf("%s %d", rotate, status), func(t *testing.T) {
				t.Parallel()
				sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: rotate}, map[string]any{"on_unauthorized": "recreate"})
				id := ws.State(this)["client_id"]
				sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: status, Times: 1})
				configure(map[string]any{"client_name": "Other"})
				if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("the registration is there", "No other is registered").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "the next run registers another") {
					t.Errorf("the apply says %q", r.Errors)
				}
				for range 2 {
					ws.Plan()
				}
				if left := sb.Pending(); left != 0 {
					t.Errorf("%d refusals are left", left)
				}
				applies(t, ws)
				if held := sb.Server("bank").Clients(); len(held) != 1 || held[0]["client_id"] != id || ws.State(this)["client_id"] != id {
					t.Errorf("the bank has %v", held)
				}
				settled(t, ws, sb)
			})
		}
	}
}

// TestRefusedUpdateIsNoLeaveToRead: neither another policy at the time of the refusal, nor
// a read after it that gave no answer, lets a later plan read what reading replaces.
func TestRefusedUpdateIsNoLeaveToRead(t *testing.T) {
	t.Parallel()
	for name, more := range map[string][]sandbox.Fault{"read": nil, "no answer": {{Route: "GET /register/{client_id}", Kind: sandbox.FaultDrop, Times: 1}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, nil)
			id := ws.State(this)["client_id"]
			sb.Inject(append(more, sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1})...)
			configure(map[string]any{"client_name": "Other"})
			if r := ws.Apply(); len(r.Errors) != 1 || sb.Pending() != 0 {
				t.Errorf("the apply says %q, and %d faults are left", r.Errors, sb.Pending())
			}
			configure(map[string]any{"on_unauthorized": "recreate"})
			applies(t, ws)
			for range 2 {
				ws.Plan()
			}
			configure(map[string]any{"client_name": "Other", "on_unauthorized": "recreate"})
			applies(t, ws)
			if held := sb.Server("bank").Clients(); len(held) != 1 || held[0]["client_id"] != id {
				t.Errorf("the bank has %v", held)
			}
			settled(t, ws, sb)
		})
	}
}

// TestReplacedTokenIsNoLostClient: where a lost answer to an update had the new token, the
// client is there, also if no token endpoint says so, and no other is registered.
func TestReplacedTokenIsNoLostClient(t *testing.T) {
	t.Parallel()
	const put, get = "PUT /register/{client_id}", "GET /register/{client_id}"
	for name, c := range map[string]struct {
		says   string
		faults []sandbox.Fault
	}{
		"read after it is refused": {"The registration access token was most likely replaced", []sandbox.Fault{{Route: put, Kind: sandbox.FaultCommitThenDrop, Times: 1}}},
		"no answer after it":       {"gave no answer", []sandbox.Fault{{Route: put, Kind: sandbox.FaultCommitThenDrop, Times: 1}, {Route: get, Skip: 1, Kind: sandbox.FaultStatus, Status: 503, Times: 1}}},
		"lost at the second try":   {"gave no answer", []sandbox.Fault{{Route: put, Kind: sandbox.FaultDrop, Times: 1}, {Route: put, Kind: sandbox.FaultCommitThenDrop, Times: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, AllowSecondRegistration: true}}})
			ws := acctest.NewWorkspace(t, sb, nil)
			configure := func(name string) {
				ws.Set(this, map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "client_name": name, "on_unauthorized": "recreate"})
			}
			configure("First")
			applies(t, ws)
			id := ws.State(this)["client_id"]
			sb.Inject(c.faults...)
			configure("Second")
			if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words(c.says).MatchString(r.Errors[0]) || sb.Pending() != 0 {
				t.Errorf("the apply says %q, with %d faults left", r.Errors, sb.Pending())
			}
			for range 2 {
				r := ws.Apply()
				if len(r.Errors) == 0 || !acctest.Words("No new client is planned", "may have replaced the token", "run terraform state rm and apply").MatchString(strings.Join(r.Errors, "\n")) {
					t.Errorf("then it says %q", r.Errors)
				}
				if held := sb.Server("bank").Clients(); len(held) != 1 || ws.State(this)["client_id"] != id {
					t.Errorf("the bank has %v", held)
				}
			}
		})
	}
}

// TestStaleRefusal: what a refresh was told once stops no plan that replaces the certificate
// with which no later refresh could ask.
func TestStaleRefusal(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", Rotate: sandbox.RotateNever}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	const other = "dcr_transport_certificate.other"
	ws.Set(softwareApp, map[string]any{"client_name": "App", "version": 1, "redirect_uris": []string{callback}})
	for _, address := range []string{transport, other} {
		ws.Set(address, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	}
	ws.Set(statementSSA, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "application_revision": acctest.Ref(softwareApp, "revision")})
	configure := func(certificate, policy string) {
		ws.Set(this, map[string]any{"issuer": sb.Server("bank").Issuer(), "ca_certificates_pem": sb.CACertificatesPEM(), "redirect_uris": []string{callback}, "software_statement": acctest.Ref(statementSSA, "assertion"),
			"client_certificate_pem": acctest.Ref(certificate, "certificate_pem"), "private_key_pem": acctest.Ref(certificate, "private_key_pem"), "on_unauthorized": policy})
	}
	configure(transport, "warn")
	applies(t, ws)
	id := ws.State(this)["client_id"]
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1})
	applies(t, ws)
	if err := sb.Directory().Revoke(fmt.Sprint(ws.State(transport)["kid"]), "superseded"); err != nil {
		t.Fatal(err)
	}
	configure(other, "error")
	applies(t, ws)
	if held := sb.Server("bank").Clients(); len(held) != 1 || ws.State(this)["client_id"] != id {
		t.Errorf("the bank has %v", held)
	}
}

// TestRefusedUpdateWithoutRefresh: what to do about a refused update is said as it works
// where no refresh asks the server, and where the read after it gave no answer.
func TestRefusedUpdateWithoutRefresh(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, map[string]any{"on_unauthorized": "recreate"})
	id := fmt.Sprint(ws.State(this)["client_id"])
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1}, sandbox.Fault{Route: "GET /register/{client_id}", Skip: 1, Kind: sandbox.FaultStatus, Status: 403, Times: 1})
	configure(map[string]any{"client_name": "Other"})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("Whether the client is there is not known", "No other is registered").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "Apply again") {
		t.Errorf("without an answer the apply says %q", r.Errors)
	}
	if left := sb.Pending(); left != 0 {
		t.Errorf("%d faults are left", left)
	}
	configure(map[string]any{"refresh": "never"})
	applies(t, ws)
	if err := sb.Server("bank").Delete(id); err != nil {
		t.Fatal(err)
	}
	configure(map[string]any{"refresh": "never", "client_name": "Other"})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("Reading was refused as well", `set refresh = "auto"`, "take back the other changes").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "the next run") {
		t.Errorf("without a refresh the apply says %q", r.Errors)
	}
	configure(map[string]any{"refresh": "auto"})
	for range 2 {
		applies(t, ws)
	}
	settled(t, ws, sb)
	if ws.State(this)["client_id"] == id {
		t.Error("no other was registered")
	}
}

// TestRefusedAfterUnreadImport: an import that went on without its read is in state, and a
// refusal after it is no refusal to import.
func TestRefusedAfterUnreadImport(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	state := ws.State(this)
	ws.Lose(this)
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": state["registration_access_token"]})
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 403, Times: 1})
	if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":%q}`, state["registration_client_uri"], state["client_id"])); len(r.Errors) > 0 || sb.Pending() != 0 {
		t.Fatalf("the import says %q", r.Errors)
	}
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1})
	configure(nil)
	if r := ws.Plan(); len(r.Errors) != 1 || strings.Contains(r.Errors[0], "The client to import could not be read") {
		t.Errorf("the plan says %q", r.Errors)
	}
	applies(t, ws)
	settled(t, ws, sb)
}

// TestRefusedUpdateThatChangesRefresh: the advice after a refused update is true of the next
// refresh, whatever the state's refresh and policy were before.
func TestRefusedUpdateThatChangesRefresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, planned map[string]any
		next            bool
	}{
		"never to auto":            {map[string]any{"refresh": "never", "on_unauthorized": "recreate"}, map[string]any{"on_unauthorized": "recreate"}, true},
		"auto to never":            {map[string]any{"on_unauthorized": "recreate"}, map[string]any{"refresh": "never", "on_unauthorized": "recreate"}, false},
		"never, and the policy":    {map[string]any{"refresh": "never"}, map[string]any{"refresh": "never", "on_unauthorized": "recreate"}, false},
		"auto, and the policy":     {map[string]any{}, map[string]any{"on_unauthorized": "recreate"}, true},
		"both, policy and refresh": {map[string]any{"refresh": "never"}, map[string]any{"on_unauthorized": "recreate"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
			configure(c.before)
			applies(t, ws)
			id := ws.State(this)["client_id"]
			if err := sb.Server("bank").Delete(fmt.Sprint(id)); err != nil {
				t.Fatal(err)
			}
			c.planned["client_name"] = "Other"
			configure(c.planned)
			var r *acctest.Result
			if _, reads := c.before["refresh"]; !reads {
				r = ws.ApplyUnrefreshed()
			} else {
				r = ws.Apply()
			}
			said := strings.Join(append(r.Errors, r.Warnings...), "\n")
			if promised := strings.Contains(said, "the next run registers another"); len(r.Errors) != 1 || promised != c.next || acctest.Words("with refresh = \"never\" there are none").MatchString(said) == c.next {
				t.Errorf("it says %q", said)
			}
			ws.Apply()
			if registered := ws.State(this)["client_id"] != id; registered != c.next {
				t.Errorf("another was registered: %t", registered)
			}
		})
	}
}

// TestPolicyBeforeRefresh: a client that a plan would register anew is kept by the
// -refresh=false that the warning names.
func TestPolicyBeforeRefresh(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateNever}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	configure := func(policy string) {
		ws.Set(this, map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "on_unauthorized": policy})
	}
	configure("recreate")
	applies(t, ws)
	id := ws.State(this)["client_id"]
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 2})
	warned(t, ws.Plan(), "leaves state and a new client is planned", "terraform apply -refresh=false")
	configure("error")
	if r := ws.ApplyUnrefreshed(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if r := ws.Plan(); len(r.Errors) != 1 || sb.Pending() != 0 {
		t.Errorf("the plan says %q, and %d faults are left", r.Errors, sb.Pending())
	}
	applies(t, ws)
	settled(t, ws, sb)
	if ws.State(this)["client_id"] != id {
		t.Error("another was registered")
	}
}

// TestRefusedUpdateCounts: an update that is answered with a 404 without an error code, and whose reading
// is too, is the first of the two answers after which another client is registered, as its error says.
func TestRefusedUpdateCounts(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, AllowSecondRegistration: true}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	config := map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "on_unauthorized": "recreate"}
	ws.Set(this, config)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	config["client_name"] = "Other"
	ws.Set(this, config)
	gone := func(method string, skip, times int) {
		sb.Inject(sandbox.Fault{Route: method + " /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusNotFound, Body: `{}`, Skip: skip, Times: times})
	}
	gone(http.MethodPut, 0, 1)
	gone(http.MethodGet, 1, 2)
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("the next run registers another client").MatchString(r.Errors[0]) {
		t.Fatalf("the refused update says %q", r.Errors)
	}
	applies(t, ws)
	if ws.State(this)["client_id"] == id || sb.Pending() != 0 {
		t.Errorf("no other was registered, and %d faults are left", sb.Pending())
	}
}

// TestRefusedAndMayBeGone: where no other client is registered for a refusal, whoever has not asked for
// one is told what to do about a client that is gone, too.
func TestRefusedAndMayBeGone(t *testing.T) {
	t.Parallel()
	sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, map[string]any{"refresh": "always"})
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("refused the registration access token", "finds no such client any more", "terraform state rm and apply").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], `on_unauthorized = "recreate"`) {
		t.Errorf("the plan says %q", r.Errors)
	}
}

// TestRefusedButKnown: a client that its token endpoint knows is said to be known by it, and not to have
// lost its token with a plan, which a journal would have kept.
func TestRefusedButKnown(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprint(kept), func(t *testing.T) {
			t.Parallel()
			sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, map[string]any{"refresh": "always", "on_unauthorized": "recreate", "grant_types": []string{"client_credentials", "authorization_code"}})
			if kept {
				ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
				applies(t, ws)
			}
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 5})
			if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("because the token endpoint knows this one").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "terraform state rm and apply") {
				t.Errorf("the plan says %q with %q", r.Errors, r.Warnings)
			}
		})
	}
}
