package client_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// behind is a workspace whose state is that of before the last update: the
// journal has what the update brought.
func behind(t *testing.T, temper func(*sandbox.Temper), more map[string]any) (*sandbox.Sandbox, *acctest.Workspace, map[string]any, map[string]any) {
	t.Helper()
	sb := open(t, temper)
	ws, _ := journalled(t, sb, nil)
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "First", "token_endpoint_auth_method": "client_secret_basic"}
	for name, value := range more {
		config[name] = value
	}
	ws.Set(this, config)
	applies(t, ws)
	before := ws.Keep()
	config["client_name"] = "Second"
	applies(t, ws)
	newest := ws.State(this)
	ws.Restore(before)
	return sb, ws, config, newest
}

// TestJournalIsNoRotation: the journal's token in place of the state's is not
// taken for one that reading replaced, so drift is looked for as before.
func TestJournalIsNoRotation(t *testing.T) {
	t.Parallel()
	sb, ws, _, _ := behind(t, nil, nil)
	applies(t, ws)
	if err := sb.Server("bank").Edit(fmt.Sprint(ws.State(this)["client_id"]), func(m map[string]any) { m["client_name"] = "Theirs" }); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); !slices.Contains(r.Drift[this], "client_name") || len(r.Warnings) > 0 {
		t.Errorf("drift is %v with %q", r.Drift, r.Warnings)
	}
}

// TestJournalledSecret: with the journal's token comes the secret of the same
// answer, and a newer secret comes also where the token is still good.
func TestJournalledSecret(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]sandbox.Rotation{"another token": sandbox.RotateOnUpdate, "the same token": sandbox.RotateNever} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, ws, _, newest := behind(t, func(t *sandbox.Temper) { t.Rotate, t.RotateSecret, t.OmitTokenOnRead = rotate, true, true }, nil)
			applies(t, ws)
			if got := ws.State(this)["client_secret"]; got != newest["client_secret"] {
				t.Error("the state has not the newest secret")
			}
		})
	}
}

// TestPatchFromBehind says everything where no refresh has compared state and server.
func TestPatchFromBehind(t *testing.T) {
	t.Parallel()
	sb, ws, config, _ := behind(t, func(t *sandbox.Temper) { t.PatchOnly, t.Rotate = true, sandbox.RotateOnRead }, map[string]any{"update_method": "PATCH"})
	config["client_name"], config["client_uri"] = "First", "https://app.example.com"
	applies(t, ws)
	if got := sb.Server("bank").Clients()[0]["client_name"]; got != "First" {
		t.Errorf("the bank has %v", got)
	}
}

// TestPatchWithinObjects removes what is gone from within an object also where everything is said.
func TestPatchWithinObjects(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{PatchOnly: true, KeepUnknownMetadata: true, Rotate: sandbox.RotateOnRead}, map[string]any{"update_method": "PATCH", "additional_metadata": `{"x_limits":{"day":5,"hour":1}}`})
	configure(map[string]any{"additional_metadata": `{"x_limits":{"day":6}}`})
	applies(t, ws)
	if got := fmt.Sprint(sb.Server("bank").Clients()[0]["x_limits"]); got != "map[day:6]" {
		t.Errorf("the bank has %s", got)
	}
}

// TestRemovalFromBehind: a DELETE whose answer was lost, with a token that is
// dead, says nothing; the journal's token is tried, and then says it.
func TestRemovalFromBehind(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"500":     {Kind: sandbox.FaultStatus, Status: http.StatusInternalServerError},
		"503":     {Kind: sandbox.FaultStatus, Status: http.StatusServiceUnavailable},
		"dropped": {Kind: sandbox.FaultDrop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, _, _ := behind(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateOnRead }, nil)
			fault.Route = "DELETE /register/{client_id}"
			sb.Inject(fault)
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
				t.Errorf("the removal says %q, and the bank has %d clients", r.Errors, len(sb.Server("bank").Clients()))
			}
		})
	}
}

// TestRemovalWithALostToken: that a dead token is refused after a DELETE that
// failed does not mean that the client is gone.
func TestRemovalWithALostToken(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	applies(t, ws)
	id := fmt.Sprint(ws.State(this)["client_id"])
	if err := sb.Server("bank").RotateToken(id); err != nil {
		t.Fatal(err)
	}
	sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusBadGateway})
	if r := ws.Destroy(); len(r.Errors) != 1 || ws.State(this)["client_id"] != id {
		t.Errorf("the removal says %q and leaves %v", r.Errors, ws.State(this)["client_id"])
	}
}

// TestRemovalAfterALostUpdate: a token that a lost answer may have replaced cannot tell
// that a client is gone either, where no refresh asked in between.
func TestRemovalAfterALostUpdate(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, http.StatusServiceUnavailable} {
		sb := open(t, nil)
		ws := acctest.NewWorkspace(t, sb, nil)
		configure := func(name string) {
			ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": name, "refresh": "never"})
		}
		configure("First")
		applies(t, ws)
		id := fmt.Sprint(ws.State(this)["client_id"])
		sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop})
		if status != 0 {
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: status})
		}
		configure("Second")
		if r := ws.Apply(); len(r.Errors) != 1 {
			t.Errorf("the update says %q", r.Errors)
		}
		sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultDrop})
		if r := ws.Destroy(); len(r.Errors) != 1 || ws.State(this)["client_id"] != id || len(sb.Server("bank").Clients()) != 1 {
			t.Errorf("the removal says %q and leaves %v", r.Errors, ws.State(this)["client_id"])
		}
	}
}

// TestTakeOverIsRefused: a gateway's 404 must neither register a second client
// nor make the journal forget the first.
func TestTakeOverIsRefused(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, _ := journalled(t, sb, nil)
	applies(t, ws)
	ws.Lose(this)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusNotFound})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Errorf("the apply says %q", r.Errors)
	}
	warned(t, applies(t, ws), "was taken over")
	settled(t, ws, sb)
}

// TestImportWithJournal: the read that follows an import may replace the token,
// and the plan may be thrown away.
func TestImportWithJournal(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateOnRead })
	ws, _ := journalled(t, sb, nil)
	applies(t, ws)
	state := ws.State(this)
	other := acctest.NewWorkspace(t, sb, nil).With("journal_path", filepath.Join(t.TempDir(), "journal")).
		With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": state["registration_access_token"]})
	for range 2 {
		other.Lose(this)
		if r := other.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) > 0 || other.State(this)["client_id"] != state["client_id"] {
			t.Errorf("the import says %q and has %v", r.Errors, other.State(this)["client_id"])
		}
	}
}

// TestAnswerWithoutID: a client whose answer lacked the client_id is found by
// where and with what it is managed.
func TestAnswerWithoutID(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, folder := journalled(t, sb, nil)
	applies(t, ws)
	files, err := filepath.Glob(filepath.Join(folder, "registration-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], regexp.MustCompile(`(?m)^  "client_id": .*\n`).ReplaceAll(raw, nil), 0o600); err != nil { //nolint:gosec // The test's own file.
		t.Fatal(err)
	}
	ws.Lose(this)
	warned(t, applies(t, ws), "was taken over")
	settled(t, ws, sb)
}

// TestBrokenJournal: a file that cannot be read keeps no newer token out, and is told where it was needed.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, folder := journalled(t, sb, nil)
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "First"}
	ws.Set(this, config)
	applies(t, ws)
	ws.Plan()
	files, err := filepath.Glob(filepath.Join(folder, "client-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	before := ws.Keep()
	break1 := func() {
		if err := os.WriteFile(files[0], nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	break1()
	config["client_name"] = "Second"
	applies(t, ws)
	ws.Restore(before)
	applies(t, ws)
	settled(t, ws, sb)
	ws.Restore(before)
	break1()
	warned(t, ws.Plan(), "The registration journal could not be read or written", "is not an entry")
}

// TestJournalPathUnknown sends nothing that could not be kept.
func TestJournalPathUnknown(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, _ := journalled(t, sb, nil)
	ws.With("journal_path", acctest.Unknown{})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("journal_path is not known yet", "Nothing was sent").MatchString(r.Errors[0]) || sb.Count("POST /register") != 0 {
		t.Errorf("the apply says %q", r.Errors)
	}
}

// TestImportWithoutReading: a client whose ID nobody told is not in state before it was read.
func TestImportWithoutReading(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateNever })
	ws, _ := journalled(t, sb, nil)
	applies(t, ws)
	state := ws.State(this)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusForbidden, Times: -1})
	other := acctest.NewWorkspace(t, sb, nil).With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": state["registration_access_token"]})
	other.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	if r := other.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) == 0 {
		t.Error("the import succeeds without knowing the client")
	}
}
