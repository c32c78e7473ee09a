package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestBusyRemoval: a server that fails or is busy is to be asked again, and only
// one that never removes clients is a matter for its operator. Either error
// names the client and its server.
func TestBusyRemoval(t *testing.T) {
	t.Parallel()
	for status, later := range map[int]bool{500: true, 503: true, 429: true, 405: false, 501: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
			id, issuer := fmt.Sprint(ws.State(this)["client_id"]), sb.Info().AuthorizationServers[0].Issuer
			sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: status, Times: 1})
			r := ws.Destroy()
			if len(r.Errors) != 1 || !acctest.Words(id, issuer).MatchString(r.Errors[0]) {
				t.Fatalf("the removal says %q", r.Errors)
			}
			if abandon := strings.Contains(r.Errors[0], "abandon"); acctest.Words("again later").MatchString(strings.ToLower(r.Errors[0])) != later || abandon == later {
				t.Errorf("the removal says %q", r.Errors)
			}
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
				t.Errorf("the next removal says %q", r.Errors)
			}
		})
	}
}

// TestLearntByAFailedRemoval: the read that finds the client alive is the first one, and the
// server answers it with another token. No plan reads it from then on.
func TestLearntByAFailedRemoval(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, map[string]any{"refresh": "never"})
	configure(map[string]any{"refresh": "auto"})
	applies(t, ws)
	sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: 405, Times: 1})
	if r := ws.Destroy(); len(r.Errors) != 1 {
		t.Fatalf("the removal says %q", r.Errors)
	}
	warned(t, ws.Plan(), "Drift was not looked for", "throws away what its refresh learns")
	if reads := sb.Count("GET /register/{client_id}"); reads != 1 {
		t.Errorf("the client was read %d times", reads)
	}
	if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
		t.Errorf("the next removal says %q", r.Errors)
	}
}

// TestFailedRemovalOfATaintedClient: Terraform passes its removal no private state, and keeps
// what that leaves. Untainted, the client is planned as before.
func TestFailedRemovalOfATaintedClient(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateNever, sandbox.RotateOnRead} {
		for _, reads := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, can be read: %t", rotate, reads), func(t *testing.T) {
				t.Parallel()
				sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: rotate}, map[string]any{"scope": "openid accounts"})
				ws.Taint(this)
				sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: 405, Times: 1})
				if !reads {
					sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 403, Times: -1, Skip: map[sandbox.Rotation]int{sandbox.RotateNever: 1}[rotate]})
				}
				if r := ws.Apply(); len(r.Errors) != 1 {
					t.Fatalf("the apply says %q", r.Errors)
				}
				ws.Untaint(this)
				sb.Reset()
				r := ws.Plan()
				switch asked := sb.Count("GET /register/{client_id}"); {
				case !reads:
					warned(t, r, "Drift was not looked for", "found out inside an apply", "was not made or failed")
				case rotate == sandbox.RotateNever && (asked != 1 || len(r.Warnings) > 0):
					t.Errorf("after %d reads the plan warns %q", asked, r.Warnings)
				case rotate == sandbox.RotateOnRead:
					warned(t, r, "Drift was not looked for", "throws away what its refresh learns")
				}
				settled(t, ws, sb)
			})
		}
	}
}

// TestProtectionHoldsAgainstReplace: the plan of -replace fails, and not only its apply.
func TestProtectionHoldsAgainstReplace(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, nil)
	configure(map[string]any{"deletion_protection": true})
	applies(t, ws)
	ws.Replace(this)
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("dcr_client.this.deletion_protection", "The client is protected from deletion", "replaces").MatchString(r.Errors[0]) {
		t.Errorf("the plan says %q", r.Errors)
	}
	configure(map[string]any{"deletion_protection": false})
	if r := ws.Plan(); len(r.Errors) == 0 || sb.Count("DELETE /register/{client_id}") > 0 {
		t.Error("protection that is switched off in the same change does not count")
	}
}

// TestDestroyOfAClientThatIsGone: terraform destroy plans first, whose error names the way out.
func TestDestroyOfAClientThatIsGone(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("refused the registration access token", `set deletion_policy = "abandon", apply, and destroy`).MatchString(r.Errors[0]) {
		t.Errorf("the plan says %q", r.Errors)
	}
	configure(map[string]any{"deletion_policy": "abandon"})
	applies(t, ws)
	if r := ws.Destroy(); len(r.Errors) > 0 {
		t.Errorf("the removal says %q", r.Errors)
	}
}
