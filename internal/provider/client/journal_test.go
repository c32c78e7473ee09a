package client_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const this = "dcr_client.this"

// journalled is a workspace with a client and a journal.
func journalled(t *testing.T, sb *sandbox.Sandbox, more map[string]any) (ws *acctest.Workspace, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "journal")
	ws = acctest.NewWorkspace(t, sb, nil).With("journal_path", folder)
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}}
	for name, value := range more {
		config[name] = value
	}
	ws.Set(this, config)
	return ws, folder
}

func applies(t *testing.T, ws *acctest.Workspace) *acctest.Result {
	t.Helper()
	r := ws.Apply()
	if len(r.Errors) > 0 {
		t.Fatalf("the apply says %q", r.Errors)
	}
	return r
}

// settled expects one client at the bank, which is the one in state, and nothing left to do.
func settled(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox) {
	t.Helper()
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("left to do is %v with %q", r.Changes, r.Errors)
	}
	clients := sb.Server("bank").Clients()
	if len(clients) != 1 || clients[0]["client_id"] != ws.State(this)["client_id"] {
		t.Errorf("the bank has %d clients, state has %v", len(clients), ws.State(this)["client_id"])
	}
}

func warned(t *testing.T, r *acctest.Result, words ...string) {
	t.Helper()
	for _, warning := range r.Warnings {
		if acctest.Words(words...).MatchString(warning) {
			return
		}
	}
	t.Errorf("no warning has %q, given were %q", words, r.Warnings)
}

// TestLostState loses the state of a client after each thing that could be the
// last a run did: the next run takes the client over, whatever its token is by now.
func TestLostState(t *testing.T) {
	t.Parallel()
	for name, temper := range map[string]func(*sandbox.Temper){
		"rotating on update": nil,
		"rotating on read":   func(t *sandbox.Temper) { t.Rotate = sandbox.RotateOnRead },
		"never rotating":     func(t *sandbox.Temper) { t.Rotate = sandbox.RotateNever },
		"unmanageable":       func(t *sandbox.Temper) { t.NoManagement = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := open(t, temper)
			ws, _ := journalled(t, sb, map[string]any{"token_endpoint_auth_method": "client_secret_basic"})
			applies(t, ws)
			secret := ws.State(this)["client_secret"]
			ws.Lose(this)
			r := applies(t, ws)
			warned(t, r, "A client of an earlier run was taken over", "no other was registered")
			settled(t, ws, sb)
			if got := sb.Count("POST /register"); got != 1 || secret == nil || ws.State(this)["client_secret"] != secret {
				t.Errorf("%d registrations, and the secret is the same: %t", got, ws.State(this)["client_secret"] == secret)
			}
			if name == "unmanageable" {
				return
			}
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
				t.Errorf("the removal says %q", r.Errors)
			}
		})
	}
}

// TestLostUpdate loses the state after an update that replaced the token: the
// journal has the new one, for reading, updating and removing.
func TestLostUpdate(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox, config map[string]any){
		"read": func(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox, _ map[string]any) {
			t.Helper()
			applies(t, ws)
			settled(t, ws, sb)
		},
		"update": func(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox, config map[string]any) {
			t.Helper()
			config["refresh"], config["client_name"] = "never", "Third"
			applies(t, ws)
			if clients := sb.Server("bank").Clients(); len(clients) != 1 || clients[0]["client_name"] != "Third" {
				t.Errorf("the bank has %v", clients)
			}
		},
		"remove": func(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox, _ map[string]any) {
			t.Helper()
			if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
				t.Errorf("the removal says %q", r.Errors)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := open(t, nil)
			ws, folder := journalled(t, sb, nil)
			config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "First"}
			ws.Set(this, config)
			applies(t, ws)
			before := ws.Keep()
			config["client_name"] = "Second"
			applies(t, ws)
			ws.Restore(before)
			then(t, ws, sb, config)
			if files, err := os.ReadDir(folder); err != nil || len(files) > 1 {
				t.Errorf("the journal has %v, %v", files, err)
			}
		})
	}
}

// TestDiscardedPlans reads a registration whose token each read replaces, in
// plans that are thrown away.
func TestDiscardedPlans(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateOnRead })
	ws, _ := journalled(t, sb, map[string]any{"refresh": "always"})
	applies(t, ws)
	for range 3 {
		if r := ws.Plan(); !r.Empty() {
			t.Fatalf("the plan says %q", r.Errors)
		}
	}
	applies(t, ws)
	if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 0 {
		t.Errorf("the removal says %q", r.Errors)
	}
}

// TestNeverTakenOver registers another client where the one left behind is not
// what is asked for, is known to a state, was never answered, or is gone by the
// user's decision.
func TestNeverTakenOver(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, folder := journalled(t, sb, nil)
	applies(t, ws)
	// A plan has seen that the state has it, so losing it later is the user's own doing.
	ws.Plan()
	ws.Lose(this)
	applies(t, ws)
	if got := sb.Count("POST /register"); got != 2 {
		t.Errorf("%d registrations, want 2", got)
	}
	ws.Lose(this)
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "Another"})
	warned(t, applies(t, ws), "The journal has another client of this server", "was asked for with other metadata", "registration-")
	if got := sb.Count("POST /register"); got != 3 {
		t.Errorf("%d registrations, want 3", got)
	}
	bank := sb.Server("bank")
	if err := bank.Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	ws.Lose(this)
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("on_unauthorized", "cannot be taken over", "No other was registered", "delete registration-").MatchString(r.Errors[0]) || sb.Count("POST /register") != 3 {
		t.Errorf("the apply says %q", r.Errors)
	}
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "Another", "on_unauthorized": "recreate"})
	warned(t, applies(t, ws), "A client of an earlier run is gone", "another was registered in its place")
	ws.Plan()
	ws.Lose(this)
	sb.Inject(sandbox.Fault{Route: "POST /register", Kind: sandbox.FaultCommitThenDrop})
	if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "A client may have been created, but the answer was lost") {
		t.Errorf("the lost registration says %q", r.Errors)
	}
	sb.Inject(sandbox.Fault{Route: "POST /register", Kind: sandbox.FaultStatus, Status: 400})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Errorf("the refused registration says %q", r.Errors)
	}
	warned(t, applies(t, ws), "An earlier registration at 127.0.0.1", "was never answered", "Ask the server's operator", "Then delete registration-")
	if files, err := filepath.Glob(filepath.Join(folder, "registration-*.json")); err != nil || len(files) != 3 {
		t.Errorf("left behind are %v, %v: one of another name, one never answered, and the last", files, err)
	}
}

// TestJournalCannotBeWritten sends nothing that could not be kept.
func TestJournalCannotBeWritten(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, folder := journalled(t, sb, nil)
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("The registration journal cannot be used", folder, "Nothing was sent").MatchString(r.Errors[0]) || sb.Count("POST /register") != 0 {
		t.Errorf("the apply says %q", r.Errors)
	}
}

// TestUnlearntWithoutJournal: after a verification that failed, the warning names a
// way to find out that sends nothing, and that way leads there.
func TestUnlearntWithoutJournal(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateOnRead}}})
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 404, Times: 1})
	ws := acctest.NewWorkspace(t, sb, nil)
	configure := func(refresh string) {
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "refresh": refresh})
	}
	configure("auto")
	applies(t, ws)
	warned(t, ws.Plan(), "is not known: that is found out inside an apply", "journal_path", "refresh = \"always\" and apply, run terraform apply -refresh-only")
	configure("always")
	applies(t, ws)
	applies(t, ws)
	configure("auto")
	applies(t, ws)
	warned(t, ws.Plan(), "replaces the registration access token of client", "at every read")
	settled(t, ws, sb)
	if len(puts(sb)) > 0 {
		t.Errorf("the bank was sent %v", puts(sb))
	}
}

// TestUnlearntWithJournal: where there is a journal, the next run finds out, also in
// plans that are thrown away.
func TestUnlearntWithJournal(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateNever, sandbox.RotateOnRead} {
		t.Run(string(rotate), func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: rotate}}})
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 404, Times: 1})
			ws, _ := journalled(t, sb, map[string]any{"client_name": "Ours"})
			applies(t, ws)
			for range 2 {
				if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
					t.Errorf("the plan says %q, %q", r.Errors, r.Warnings)
				}
			}
			if err := sb.Server("bank").Edit(fmt.Sprint(ws.State(this)["client_id"]), func(m map[string]any) { m["client_name"] = "Theirs" }); err != nil {
				t.Fatal(err)
			}
			if r := ws.Plan(); len(r.Drift[this]) == 0 {
				t.Errorf("the drift is not found: %q", r.Warnings)
			}
			applies(t, ws)
			settled(t, ws, sb)
		})
	}
}

// TestBrokenJournalIsNoLeaveToRead: a journal that cannot be written keeps no token, so a
// plan does not read what reading may replace, neither where that is not known nor with
// refresh = "always", which the journal makes safe.
func TestBrokenJournalIsNoLeaveToRead(t *testing.T) {
	t.Parallel()
	for _, refresh := range []string{"auto", "always"} {
		for _, broken := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, broken %t", refresh, broken), func(t *testing.T) {
				t.Parallel()
				sb := open(t, func(temper *sandbox.Temper) { temper.Rotate = sandbox.RotateOnRead })
				ws, folder := journalled(t, sb, map[string]any{"refresh": refresh})
				if refresh == "auto" {
					sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultDrop, Times: -1})
				}
				applies(t, ws)
				sb.Reset()
				aside := folder + ".aside"
				if broken {
					if err := errors.Join(os.Rename(folder, aside), os.WriteFile(folder, nil, 0o600)); err != nil {
						t.Fatal(err)
					}
				}
				r := ws.Plan()
				if reads := sb.Count("GET /register/{client_id}"); reads > 0 == broken || len(r.Errors) > 0 {
					t.Errorf("%d reads, and the plan says %q", reads, r.Errors)
				}
				if broken {
					warned(t, r, "Drift was not looked for", "Make the folder of journal_path writable")
					warned(t, r, "The registration journal could not be read or written", "not a directory")
					if err := errors.Join(os.Remove(folder), os.Rename(aside, folder)); err != nil {
						t.Fatal(err)
					}
				}
				ws.Plan()
				applies(t, ws)
				settled(t, ws, sb)
			})
		}
	}
}
