package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestSettledAfterForget: a client that this run removed is none that a lost state had.
func TestSettledAfterForget(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	if err := Open(folder, newRun()).Known("one", uri); err != nil {
		t.Fatal(err)
	}
	j := Open(folder, newRun())
	if got, err := j.Settled([]string{endpoint}, "other"); err != nil || len(got) != 0 {
		t.Fatal(got, err)
	}
	if err := j.Forget("one", uri); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Settled([]string{endpoint}, "digest"); err != nil || len(got) != 0 {
		t.Errorf("a client that was removed is still settled: %v, %v", got, err)
	}
}

// TestRefusedIsForgotten: a server that tells of a client again has it.
func TestRefusedIsForgotten(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	j := Open(folder, newRun())
	if err := j.Known("one", uri); err != nil {
		t.Fatal(err)
	}
	if err := j.Refused("one", uri, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := j.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "token", AnsweredAt: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(folder, newRun()).Settled([]string{endpoint}, "digest"); err != nil || len(got) != 1 {
		t.Errorf("settled are %v, %v", got, err)
	}
}

// TestSettledAndAFileThatJustWent: another process of the run may remove its client.
func TestSettledAndAFileThatJustWent(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	if err := Open(folder, newRun()).Known("one", uri); err != nil {
		t.Fatal(err)
	}
	// Listed, and gone when it is read: another process of the run removed that client.
	if err := os.Symlink(filepath.Join(folder, "gone"), filepath.Join(folder, "client-gone.json")); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(folder, newRun()).Settled([]string{endpoint}, "digest"); err != nil || len(got) != 1 {
		t.Errorf("settled are %v, %v", got, err)
	}
}
