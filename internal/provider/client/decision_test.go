package client_test

import (
	"net/http"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// refusing has the next update, and the read after it, refused in passing.
func refusing(sb *sandbox.Sandbox) {
	for _, method := range []string{"PUT", "GET"} {
		sb.Inject(sandbox.Fault{Route: method + " /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusUnauthorized, Times: 1})
	}
}

// TestRefusalsBeforeTheDecision: what was refused before recreate was chosen gives up no client.
func TestRefusalsBeforeTheDecision(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]bool{"alone": false, "with another change": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := map[string]any{"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"}
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead, AllowSecondRegistration: true}, base)
			id := ws.State(this)["client_id"]
			for _, name := range []string{"First", "Second"} {
				configure(map[string]any{"client_name": name})
				refusing(sb)
				if r := ws.Apply(); len(r.Errors) != 1 {
					t.Errorf("the refused apply says %q", r.Errors)
				}
			}
			recreate := map[string]any{"on_unauthorized": "recreate"}
			if together {
				recreate["client_name"] = "Third"
				refusing(sb)
				configure(recreate)
				if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("No other is registered yet").MatchString(r.Errors[0]) {
					t.Errorf("the apply of the decision says %q", r.Errors)
				}
			} else {
				configure(nil)
				applies(t, ws)
				configure(recreate)
				applies(t, ws)
			}
			applies(t, ws)
			oneClient(t, sb, id)
		})
	}
}

// TestDecisionTakenBack: recreate that is taken back is not carried out, also if the update beside it is refused.
func TestDecisionTakenBack(t *testing.T) {
	t.Parallel()
	base := map[string]any{"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks", "on_unauthorized": "recreate"}
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead, AllowSecondRegistration: true}, base)
	id := ws.State(this)["client_id"]
	for range 2 {
		configure(map[string]any{"client_name": "First"})
		refusing(sb)
		if r := ws.Apply(); len(r.Errors) != 1 {
			t.Errorf("the refused apply says %q", r.Errors)
		}
	}
	configure(map[string]any{"client_name": "First", "on_unauthorized": "error"})
	refusing(sb)
	if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || ws.State(this)["on_unauthorized"] != "error" {
		t.Errorf("the apply that takes it back says %q", r.Errors)
	}
	applies(t, ws)
	oneClient(t, sb, id)
}
