package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// expiring is a workspace with a client whose secret lasts thirty days, and a clock to move.
func expiring(t *testing.T, change func(*sandbox.Temper), more map[string]any) (ws *acctest.Workspace, sb *sandbox.Sandbox, days *atomic.Int64) {
	t.Helper()
	days = &atomic.Int64{}
	clock := func() time.Time { return time.Now().AddDate(0, 0, int(days.Load())) }
	temper := sandbox.Temper{Name: "bank", NoStatement: true, NoMutualTLS: true, SecretLifetime: 30 * 24 * time.Hour}
	if change != nil {
		change(&temper)
	}
	sb = acctest.Sandbox(t, sandbox.Options{Now: clock, Servers: []sandbox.Temper{temper}, CertificateLifetime: 365 * 24 * time.Hour})
	ws = acctest.NewWorkspace(t, sb, nil).At(clock)
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "token_endpoint_auth_method": "client_secret_basic"}
	for name, value := range more {
		config[name] = value
	}
	ws.Set(this, config)
	applies(t, ws)
	return ws, sb, days
}

// TestSecretIsRenewed renews the secret in place, within the time and not before.
func TestSecretIsRenewed(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"PUT", "PATCH"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			ws, sb, days := expiring(t, func(t *sandbox.Temper) { t.RotateSecret, t.PatchOnly = true, method == "PATCH" }, map[string]any{"secret_renew_before": "10d", "update_method": method})
			id, first := ws.State(this)["client_id"], ws.State(this)["client_secret"]
			days.Store(19)
			if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
				t.Errorf("too early planned is %v with %q", r.Changes, r.Warnings)
			}
			days.Store(21)
			if r := ws.Plan(); !r.Updates(this, "client_secret", "client_secret_expires_at", "registered_metadata", "registration_access_token") {
				t.Errorf("planned is %v with %q", r.Changes, r.Errors)
			}
			applies(t, ws)
			if ws.State(this)["client_id"] != id || ws.State(this)["client_secret"] == first || sb.Count("POST /register") != 1 {
				t.Error("the secret was not renewed in place")
			}
			if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
				t.Errorf("then planned is %v with %q", r.Changes, r.Warnings)
			}
		})
	}
}

// TestSecretIsNotRenewed asks a server that keeps its secrets once, and says so from then on.
func TestSecretIsNotRenewed(t *testing.T) {
	t.Parallel()
	ws, sb, days := expiring(t, nil, map[string]any{"secret_renew_before": "10d"})
	days.Store(25)
	warned(t, applies(t, ws), this+".client_secret_expires_at", "The client secret needs renewal", "did not make the server renew it")
	asked := sb.Count("PUT /register/{client_id}")
	for range 2 {
		r := ws.Apply()
		warned(t, r, "expires", "did not make the server renew it")
		if !r.Empty() {
			t.Errorf("planned is %v with %q", r.Changes, r.Errors)
		}
	}
	if got := sb.Count("PUT /register/{client_id}"); asked != 1 || got != asked {
		t.Errorf("the server was asked %d times, then %d times", asked, got)
	}
}

// TestSecretHasExpired is told where nobody asked for a renewal, or nobody can renew.
func TestSecretHasExpired(t *testing.T) {
	t.Parallel()
	ws, _, days := expiring(t, nil, nil)
	days.Store(25)
	if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
		t.Errorf("planned is %v with %q", r.Changes, r.Warnings)
	}
	days.Store(31)
	warned(t, ws.Plan(), this+".client_secret_expires_at", "has expired", "Set secret_renew_before")
	ws, _, days = expiring(t, func(t *sandbox.Temper) { t.NoManagement = true }, map[string]any{"secret_renew_before": "10d"})
	days.Store(25)
	r := ws.Plan()
	warned(t, r, "expires", "cannot be managed from here")
	if !r.Empty() {
		t.Errorf("planned is %v with %q", r.Changes, r.Errors)
	}
}

// TestSecretOfNoUse: of a client that authenticates with a key by now, nobody is told that its
// former secret expires, and least of all to replace the client for it.
func TestSecretOfNoUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		algorithm string
		needed    bool
	}{"a key alone": {"PS256", false}, "ID tokens signed with it": {"HS256", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws, sb, days := expiring(t, nil, map[string]any{"secret_renew_before": "10d"})
			ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "secret_renew_before": "10d",
				"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks", "userinfo_signed_response_alg": c.algorithm})
			applies(t, ws)
			for _, day := range []int64{21, 31} {
				days.Store(day)
				if r := ws.Plan(); r.Empty() == c.needed || len(r.Errors) > 0 || !c.needed && len(r.Warnings) > 0 {
					t.Errorf("after %d days planned is %v with %q", day, r.Changes, r.Warnings)
				}
			}
		})
	}
}

// TestEchoedToken: a server that registers the client's own secrets as its metadata
// does not get them into a warning.
func TestEchoedToken(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, map[string]any{"client_name": "Mine"})
	state := ws.State(this)
	token := fmt.Sprint(state["registration_access_token"])
	answer := map[string]any{"client_id": state["client_id"], "client_name": token, "redirect_uris": []string{callback}, "contacts": []string{token}}
	raw, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	sb.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: http.StatusOK, Route: "PUT /register/{client_id}", Body: string(raw), Times: -1},
		sandbox.Fault{Kind: sandbox.FaultStatus, Status: http.StatusOK, Route: "GET /register/{client_id}", Body: string(raw), Times: -1})
	configure(map[string]any{"client_name": "Other"})
	r := ws.Apply()
	if said := strings.Join(append(r.Warnings, r.Errors...), "\n"); strings.Contains(said, token) || !strings.Contains(said, "registered other values") {
		t.Errorf("it says %s", strings.ReplaceAll(said, token, "THE TOKEN"))
	}
}
