package journal

import (
	"fmt"
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

// TestKnownAtTheSameInstant: of an answer to a registration and one after it that the clock
// does not tell apart, the later one is kept.
func TestKnownAtTheSameInstant(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "first", at)
	if err := Open(folder, newRun()).Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "second", AnsweredAt: at}); err != nil {
		t.Fatal(err)
	}
	j := Open(folder, newRun())
	if err := j.Known("one", uri); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Client("one", uri); err != nil || got.RegistrationAccessToken != "second" {
		t.Errorf("the token is %q, %v", got.RegistrationAccessToken, err)
	}
	if owner, found := j.Owner("second"); !found || owner.ClientID != "one" {
		t.Errorf("the token is said to be of %q", owner.ClientID)
	}
	if _, found := j.Owner("first"); found {
		t.Error("a token that was replaced has an owner")
	}
}

// TestAmended: a client is found by what it was last asked to be, and a secret keeps its end.
func TestAmended(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	j := Open(folder, newRun())
	for i, expires := range []int64{500, 0} {
		heard := Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "token", ClientSecret: "not a real secret", ClientSecretExpiresAt: expires, AnsweredAt: at.Add(time.Duration(i) * time.Hour)}
		if i == 1 {
			heard.RegistrationAccessToken = "another"
		}
		if err := j.Heard(heard); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Known("one", uri); err != nil {
		t.Fatal(err)
	}
	if err := j.Amended("one", uri, "https://elsewhere.example", "https://bank.example", "digest 2"); err != nil {
		t.Fatal(err)
	}
	if err := j.Amended("nobody", uri, endpoint, "", "digest 2"); err != nil {
		t.Error(err)
	}
	for place, request := range map[string]string{endpoint: "digest 2", "https://bank.example": "digest 2"} {
		if got, err := Open(folder, newRun()).Settled([]string{place}, request); err != nil || len(got) != 1 || got[0].ClientSecretExpiresAt != 500 {
			t.Errorf("at %s there are %v, %v", place, got, err)
		}
	}
	if got, err := Open(folder, newRun()).Settled([]string{endpoint}, "digest"); err != nil || len(got) != 0 {
		t.Errorf("what it was first asked to be finds %v, %v", got, err)
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

// TestAskingBesideAnother: what one process asks about a client leaves alone what another hears of it, and that a server
// refused it.
func TestAskingBesideAnother(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	one, two := Open(folder, newRun()), Open(folder, newRun())
	for i := range 100 {
		want := fmt.Sprint("token ", i)
		asked := make(chan error)
		go func() {
			_, err := two.Asking("one", uri, at)
			asked <- err
		}()
		if err := one.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: want, AnsweredAt: at}); err != nil {
			t.Fatal(err)
		}
		if err := <-asked; err != nil {
			t.Fatal(err)
		}
		if kept, err := Open(folder, newRun()).Client("one", uri); err != nil || kept.RegistrationAccessToken != want {
			t.Fatalf("token %d is lost, %v", i, err)
		}
	}
	if err := one.Refused("one", uri, at); err != nil {
		t.Fatal(err)
	}
	if err := two.Answered("one", uri); err != nil {
		t.Fatal(err)
	}
	if kept, err := one.Client("one", uri); err != nil || kept.RefusedAt.IsZero() {
		t.Errorf("that it was refused is forgotten, %v", err)
	}
}

// TestForgottenQuestion: of a client that was removed, nothing is left that was asked.
func TestForgottenQuestion(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	j := Open(folder, newRun())
	if lost, err := j.Asking("one", uri, at); lost || err != nil {
		t.Fatal(lost, err)
	}
	if lost, err := Open(folder, newRun()).Asking("one", uri, at); !lost || err != nil {
		t.Errorf("lost: %t, %v", lost, err)
	}
	if err := j.Forget("one", uri); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) != 0 {
		t.Errorf("left are %v, %v", names, err)
	}
}
