package client_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// removes has the bank remove the client.
func removes(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace) {
	t.Helper()
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
}

// anew expects another client after some applies at most, and not before the last of those.
func anew(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, within int) {
	t.Helper()
	for i := range within {
		if n := len(sb.Server("bank").Clients()); n != 0 {
			t.Errorf("after %d applies the bank has %d clients", i, n)
		}
		ws.Apply()
	}
	settled(t, ws, sb)
}

// TestGoneForGood: a client that the bank removed is registered anew, wherever nothing else explains the refusal.
func TestGoneForGood(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateNever, sandbox.RotateOnUpdate, sandbox.RotateOnRead} {
		for _, journal := range []bool{false, true} {
			for _, created := range []string{"auto", "never"} {
				t.Run(fmt.Sprintf("%s, journal: %t, created with %s", rotate, journal, created), func(t *testing.T) {
					t.Parallel()
					sb, ws, configure := doubted(t, sandbox.Temper{Rotate: rotate})
					if journal {
						ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
					}
					configure(map[string]any{"refresh": created})
					applies(t, ws)
					configure(nil)
					if applies(t, ws); created == "never" && journal {
						// The journal lets a plan find out what reading does.
						applies(t, ws)
					}
					removes(t, sb, ws)
					within := 1
					if read := rotate != sandbox.RotateOnRead && (created == "auto" || journal); !read {
						// No plan reads it, so two updates have to be refused.
						within = 3
						configure(map[string]any{"client_name": "Other"})
					}
					anew(t, sb, ws, within)
				})
			}
		}
	}
}

// TestGoneBeforeItWasRead: so is one that no plan has read, but that a journal lets plans read.
func TestGoneBeforeItWasRead(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateNever})
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	configure(map[string]any{"refresh": "never"})
	applies(t, ws)
	removes(t, sb, ws)
	configure(nil)
	ws.ApplyUnrefreshed()
	anew(t, sb, ws, 1)
}

// TestGoneWithASecretOfItsOwn: a secret is the server's own, and needs no proof.
func TestGoneWithASecretOfItsOwn(t *testing.T) {
	t.Parallel()
	sb, ws, configure := ownBank(t)
	configure(map[string]any{"token_endpoint_auth_method": "client_secret_basic", "refresh": "never"})
	applies(t, ws)
	removes(t, sb, ws)
	configure(map[string]any{"token_endpoint_auth_method": "client_secret_basic"})
	ws.ApplyUnrefreshed()
	anew(t, sb, ws, 2)
}

// TestGoneWhileTheJournalWasShut: once its key is there again, the journal explains nothing any more.
func TestGoneWhileTheJournalWasShut(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateNever})
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	configure(nil)
	applies(t, ws)
	before := ws.Keep()
	ws.With("sealing_key", acctest.SealingKey)
	applies(t, ws)
	ws.Restore(before)
	removes(t, sb, ws)
	ws.With("sealing_key", nil)
	configure(map[string]any{"client_name": "Other"})
	if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || !acctest.Words("spite of on_unauthorized", "cannot be read or opened").MatchString(r.Errors[0]) {
		t.Errorf("the update says %q", r.Errors)
	}
	ws.With("sealing_key", acctest.SealingKey)
	anew(t, sb, ws, 1)
}

// TestJournalIsBroughtBack: who does what the error says, after however many refusals, has the client with the token
// that the journal kept.
func TestJournalIsBroughtBack(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateOnUpdate, sandbox.RotateOnRead} {
		t.Run(string(rotate), func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := doubted(t, sandbox.Temper{Rotate: rotate})
			folder := filepath.Join(t.TempDir(), "journal")
			ws.With("journal_path", folder)
			configure(nil)
			applies(t, ws)
			applies(t, ws)
			id, before := ws.State(this)["client_id"], ws.Keep()
			configure(map[string]any{"client_name": "Other"})
			applies(t, ws)
			ws.Restore(before)
			ws.With("journal_path", nil)
			keeps(t, sb, ws, id, "the last run kept the client in is not there now")
			ws.With("journal_path", folder)
			applies(t, ws)
			settled(t, ws, sb)
			oneClient(t, sb, id)
		})
	}
}

// TestJournalOfAnUnreadClient: that a journal has a client is known from its registration on.
func TestJournalOfAnUnreadClient(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnUpdate})
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	configure(map[string]any{"refresh": "never"})
	applies(t, ws)
	id, before := ws.State(this)["client_id"], ws.Keep()
	configure(map[string]any{"refresh": "never", "client_name": "Other"})
	applies(t, ws)
	ws.Restore(before)
	ws.With("journal_path", nil)
	configure(map[string]any{"client_name": "Other"})
	stays(t, sb, ws, id)
}
