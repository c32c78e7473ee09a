package conn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// TestKilledWhileAsking: that a process asked what may have replaced the token, and never heard the answer, the next
// one knows, until somebody is answered. What the server refused changes nothing of that.
func TestKilledWhileAsking(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	asked := dcr.Management{URI: "https://bank.example/1", ClientID: "one"}
	process := func() *conn.Journal {
		return conn.New(conn.Settings{JournalPath: folder, Now: time.Now}).Journal
	}
	lost := func(want bool, files int) {
		t.Helper()
		next := process()
		if got := next.Lost(asked); got != want || next.Trouble() != nil {
			t.Errorf("lost: %t, want %t, with %v", got, want, next.Trouble())
		}
		if names, err := os.ReadDir(folder); err != nil || len(names) != files {
			t.Errorf("there are %v, want %d, %v", names, files, err)
		}
	}
	lost(false, 0)
	process().Asking(asked)()
	lost(false, 0)
	process().Asking(asked)
	lost(true, 1)
	process().Asking(asked)()
	lost(true, 1)
	process().Heard(asked, &dcr.Registration{ClientID: "one", RegistrationAccessToken: "not a real token"})
	lost(false, 1)
	last := process()
	last.Asking(asked)
	lost(true, 2)
	last.Heard(asked, &dcr.Registration{ClientID: "one"})
	lost(false, 1)
	if kept, ok := process().Newest(asked); !ok || kept.RegistrationAccessToken != "not a real token" {
		t.Error("the token is not kept")
	}
	// Known tells of what an earlier process missed, and reading forgets it.
	process().Asking(asked)
	next := process()
	next.Known("one", asked.URI)
	next.Read("one", asked.URI)
	lost(false, 1)
}

// TestAskingWithoutAJournal is known to the process alone.
func TestAskingWithoutAJournal(t *testing.T) {
	t.Parallel()
	asked := dcr.Management{URI: "https://bank.example/1", ClientID: "one"}
	journal := conn.New(conn.Settings{Now: time.Now}).Journal
	journal.Asking(asked)
	if !journal.Lost(asked) || journal.Lost(dcr.Management{URI: asked.URI, ClientID: "two"}) {
		t.Error("it is not known which answer was lost")
	}
	journal.Heard(asked, &dcr.Registration{})
	if journal.Lost(asked) {
		t.Error("an answer does not end it")
	}
}

// TestHeardAndNotKept: an answer whose token could not be kept is as good as lost.
func TestHeardAndNotKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	asked := dcr.Management{URI: "https://bank.example/1", ClientID: "one"}
	journal := conn.New(conn.Settings{JournalPath: folder, Now: time.Now}).Journal
	journal.Asking(asked)
	names, err := filepath.Glob(filepath.Join(folder, "asking-*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	// Nothing can be put in the place of a folder that has something in it.
	if err := os.MkdirAll(filepath.Join(folder, strings.Replace(filepath.Base(names[0]), "asking-", "client-", 1), "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	journal.Heard(asked, &dcr.Registration{ClientID: "one", RegistrationAccessToken: "not a real token"})
	if !journal.Lost(asked) || !conn.New(conn.Settings{JournalPath: folder, Now: time.Now}).Journal.Lost(asked) {
		t.Error("it is not known that the token was not kept")
	}
}
