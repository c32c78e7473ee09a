package client_test

import (
	"net/http"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestProtectedFromCreation: a replacement of what was just created, without a refresh, fails at plan time.
func TestProtectedFromCreation(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever, AllowSecondRegistration: true}, map[string]any{"deletion_protection": true})
	id := ws.State(this)["client_id"]
	kept := ws.Keep()
	ws.Replace(this)
	if r := ws.ApplyUnrefreshed(); len(r.Errors) == 0 || sb.Count("DELETE /register/{client_id}") != 0 {
		t.Errorf("the replacement says %q", r.Errors)
	}
	oneClient(t, sb, id)
	// Once it is not protected any more, nothing is left of that.
	ws.Restore(kept)
	configure(map[string]any{"deletion_protection": false})
	applies(t, ws)
	ws.Replace(this)
	if r := ws.ApplyUnrefreshed(); len(r.Errors) > 0 || ws.State(this)["client_id"] == id {
		t.Errorf("without protection it says %q", r.Errors)
	}
}

// refusedRemoval has the removal of a tainted client refused, with so many reads in the run, and
// takes the taint back.
func refusedRemoval(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, status, reads int) {
	t.Helper()
	ws.Taint(this)
	before := sb.Count("GET /register/{client_id}")
	sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: status, Times: 1})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Errorf("the removal says %q", r.Errors)
	}
	if got := sb.Count("GET /register/{client_id}") - before; got != reads {
		t.Errorf("the client was read %d times, want %d", got, reads)
	}
	ws.Untaint(this)
}

// TestRemovalRefusedOfATainted: what a refused removal was told when it read is not asked for
// again, which could lose the token that reading replaced.
func TestRemovalRefusedOfATainted(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead, AllowSecondRegistration: true}, map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"})
	id := ws.State(this)["client_id"]
	refusedRemoval(t, sb, ws, http.StatusMethodNotAllowed, 1)
	configure(map[string]any{"client_name": "Other"})
	applies(t, ws)
	oneClient(t, sb, id)
}

// TestReadOfARemovalLost: a token that went with the answer to the read after a refused removal gives up no client.
func TestReadOfARemovalLost(t *testing.T) {
	t.Parallel()
	base := map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"}
	sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead, AllowSecondRegistration: true}, base)
	id := ws.State(this)["client_id"]
	ws.Taint(this)
	sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusMethodNotAllowed, Times: 1})
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultCommitThenDrop, Times: 1})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Errorf("the removal says %q", r.Errors)
	}
	ws.Untaint(this)
	for range 3 {
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks", "client_name": "Other"})
		if r := ws.Apply(); len(r.Errors) != 1 {
			t.Errorf("an update says %q", r.Errors)
		}
	}
	oneClient(t, sb, id)
}

// TestRelearntAfterARemoval: a removal that fails is followed, beside the read of the
// refresh, by the one that learns whether reading replaces the token.
func TestRelearntAfterARemoval(t *testing.T) {
	t.Parallel()
	sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	refusedRemoval(t, sb, ws, http.StatusForbidden, 2)
	if r := ws.Plan(); len(r.Warnings) > 0 {
		t.Errorf("afterwards the plan says %q", r.Warnings)
	}
}
