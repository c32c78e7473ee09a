package client_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestLostReadIsNoDeletion: where reading replaces the token, an answer to a read that was lost had the
// new one. That the old one is refused from then on registers no other client, whatever was read for.
func TestLostReadIsNoDeletion(t *testing.T) {
	t.Parallel()
	const get, put = "GET /register/{client_id}", "PUT /register/{client_id}"
	lost := sandbox.Fault{Route: get, Kind: sandbox.FaultCommitThenDrop, Times: 1}
	for name, c := range map[string]struct {
		// created is what befalls the read after the registration.
		created []sandbox.Fault
		config  map[string]any
		// then loses the answer.
		then func(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, configure func(map[string]any))
		// plain is set without a journal.
		plain bool
	}{
		"a plan's": {config: map[string]any{"refresh": "always"}, then: func(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, _ func(map[string]any)) {
			t.Helper()
			sb.Inject(lost)
			if r := ws.Plan(); len(r.Errors) != 1 {
				t.Errorf("the plan says %q", r.Errors)
			}
		}},
		"after the registration":            {created: []sandbox.Fault{lost}},
		"after one that a gateway answered": {created: []sandbox.Fault{{Route: get, Kind: sandbox.FaultStatus, Status: http.StatusGatewayTimeout, Times: 1}, lost}},
		"after a refused update": {then: func(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, configure func(map[string]any)) {
			t.Helper()
			sb.Inject(lost, sandbox.Fault{Route: put, Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
			configure(map[string]any{"client_name": "Other"})
			if r := ws.Apply(); len(r.Errors) != 1 {
				t.Errorf("the apply says %q", r.Errors)
			}
		}},
		"after a refused update, without a journal": {plain: true, then: func(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, configure func(map[string]any)) {
			t.Helper()
			sb.Inject(lost, sandbox.Fault{Route: put, Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
			configure(map[string]any{"client_name": "Other"})
			if r := ws.Apply(); len(r.Errors) != 1 {
				t.Errorf("the apply says %q", r.Errors)
			}
			if r := ws.Apply(); len(r.Errors) != 1 {
				t.Errorf("the next apply says %q", r.Errors)
			}
		}},
		"of a take-over": {then: func(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, _ func(map[string]any)) {
			t.Helper()
			ws.Lose(this)
			sb.Inject(lost)
			ws.Apply()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateOnRead, AllowSecondRegistration: true}}})
			ws := acctest.NewWorkspace(t, sb, nil)
			if !c.plain {
				ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
			}
			configure := func(more map[string]any) {
				// No token endpoint is known that could tell that the client is there.
				config := map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "on_unauthorized": "recreate"}
				for _, from := range []map[string]any{c.config, more} {
					for name, value := range from {
						config[name] = value
					}
				}
				ws.Set(this, config)
			}
			configure(nil)
			sb.Inject(c.created...)
			applies(t, ws)
			id := sb.Server("bank").Clients()[0]["client_id"]
			if c.then != nil {
				c.then(t, sb, ws, configure)
			}
			if left := sb.Pending(); left != 0 {
				t.Errorf("%d faults are left", left)
			}
			var told []string
			for range 3 {
				r := ws.Apply()
				told = append(append(told, r.Errors...), r.Warnings...)
				oneClient(t, sb, id)
			}
			if all := strings.Join(told, "\n"); !acctest.Words("spite of on_unauthorized", "did not arrive", "finds no such client any more, run terraform state rm and apply").MatchString(all) && !acctest.Words("cannot be taken over", "did not arrive", "delete registration-").MatchString(all) {
				t.Errorf("what to do is not said in %q", told)
			}
		})
	}
}
