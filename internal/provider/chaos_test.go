package provider_test

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestRandomLives takes applications with their certificates and statements
// through random edits of the configuration, edits by others, faults at any
// request, and time. After each life a healing apply has to leave nothing to do
// and nothing at the directory that is not in state.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			live(t, seed)
		})
	}
}

const (
	lifeApp, lifeCert, lifeKey, lifeStatement = "dcr_application.app", "dcr_transport_certificate.cert", "dcr_public_key.key", "dcr_software_statement.ssa"
)

func live(t *testing.T, seed uint64) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // Repeatable on purpose.
	var days atomic.Int64
	clock := func() time.Time { return time.Now().AddDate(0, 0, int(days.Load())) }
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock, CertificateLifetime: 90 * 24 * time.Hour, Servers: []sandbox.Temper{}})
	ws := acctest.NewWorkspace(t, sb, nil).At(clock)
	for range 25 {
		configureLife(ws, dice, "Active", "Active", "Suspended")
		if dice.IntN(3) == 0 {
			others(t, sb, dice)
		}
		if dice.IntN(4) == 0 {
			days.Add(int64(dice.IntN(40)))
		}
		if kinds := acctest.FaultKinds(); dice.IntN(2) == 0 {
			sb.Inject(sandbox.Fault{Kind: kinds[dice.IntN(len(kinds))], Skip: dice.IntN(12)})
		}
		ws.Apply()
	}
	sb.Reset()
	// A suspended application gets no statement.
	configureLife(ws, dice, "Active")
	for range 3 {
		ws.Apply()
	}
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("seed %d: left to do is %v %v with %q", seed, r.Actions, r.Changes, r.Errors)
	}
	audit(t, sb, ws)
}

// configureLife draws a configuration.
func configureLife(ws *acctest.Workspace, dice *rand.Rand, statuses ...any) {
	pick := func(values ...any) any { return values[dice.IntN(len(values))] }
	app := map[string]any{"client_name": fmt.Sprint("App ", dice.IntN(3)), "version": pick(1, 1.5, 2), "unlock": "when_needed",
		"redirect_uris": pick([]string{"https://a.example.com"}, []string{"https://a.example.com", "https://b.example.com"}), "status": pick(statuses...)}
	optional := func(name string, values ...any) {
		if dice.IntN(2) == 0 {
			app[name] = values[dice.IntN(len(values))]
		}
	}
	optional("description", "One", "Two")
	optional("flags", []string{"pilot"})
	optional("token_endpoint_auth_method", "client_secret_basic", "tls_client_auth")
	optional("logo_uri", "https://a.example.com/l.png")
	optional("notification_webhook_uri", "https://a.example.com/n", "https://b.example.com/n")
	role := func(name string) any {
		return map[string]any{"authorisation_domain": "Sandbox Ecosystem", "role": name}
	}
	optional("roles", []any{role("TPP")}, []any{role("AISP"), role("TPP")})
	ws.Set(lifeApp, app)
	id := acctest.Ref(lifeApp, "id")
	key := map[string]any{"algorithm": "ECDSA"}
	ws.Set(lifeCert, map[string]any{"application_id": id, "private_key": key, "overlap": pick("0s", "7d", "20d"), "subject": pick(nil, map[string]any{"organization": "Other"})})
	ws.Set(lifeKey, map[string]any{"application_id": id, "private_key": key, "type": pick("sigkey", "sigkey", "enckey"), "overlap": pick("0s", "3d")})
	ws.Set(lifeStatement, map[string]any{"application_id": id, "application_revision": pick(nil, acctest.Ref(lifeApp, "revision")), "triggers": pick(nil, map[string]any{"a": "1"})})
	for _, address := range []string{lifeStatement, lifeCert, lifeKey} {
		if dice.IntN(6) == 0 {
			ws.Remove(address)
		}
	}
}

// others plays portal users and administrators.
func others(t *testing.T, sb *sandbox.Sandbox, dice *rand.Rand) {
	t.Helper()
	for _, app := range sb.Directory().Applications() {
		id := fmt.Sprint(app["SoftwareStatementId"])
		if app["Status"] == "Inactive" {
			continue
		}
		var err error
		switch dice.IntN(8) {
		case 0:
			err = sb.Directory().Edit(id, func(m map[string]any) { m["ClientName"], m["Description"] = "Theirs", nil })
		case 1:
			err = sb.Directory().Lock(id)
		case 2:
			err = sb.Directory().Unlock(id)
		case 3:
			err = sb.Directory().SetRole(id, "Sandbox Ecosystem", "TPP", "Inactive")
		case 4, 5:
			for _, c := range sb.Directory().Certificates(id) {
				err = sb.Directory().Revoke(c.Kid, "")
			}
		case 6:
			err = sb.Directory().RotateSigningKey()
		case 7:
			err = sb.Directory().Delete(id)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// audit compares what is alive at the directory with what is in state.
func audit(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace) {
	t.Helper()
	known := map[string]bool{}
	for _, address := range []string{lifeCert, lifeKey} {
		state := ws.State(address)
		known[fmt.Sprint(state["kid"])] = true
		previous, _ := state["previous"].([]any)
		for _, each := range previous {
			if object, ok := each.(map[string]any); ok {
				known[fmt.Sprint(object["kid"])] = true
			}
		}
	}
	for _, app := range sb.Directory().Applications() {
		id := fmt.Sprint(app["SoftwareStatementId"])
		if app["Status"] != "Inactive" && id != ws.State(lifeApp)["id"] {
			t.Errorf("application %s is alive and not in state", id)
		}
		for _, c := range sb.Directory().Certificates(id) {
			if c.Status == "Active" && !known[c.Kid] {
				t.Errorf("%s %s is active and not in state", c.Type, c.Kid)
			}
		}
	}
}
