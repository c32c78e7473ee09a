package journal

import (
	"errors"
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

// TestAskingLeavesSecrets: that something is asked is noted without opening what rests, whatever key there is.
func TestAskingLeavesSecrets(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, id := range []string{"one", ""} {
		if err := Open(folder, newRun()).Heard(Entry{ClientID: id, RegistrationClientURI: uri, RegistrationAccessToken: "not a real token", ClientSecret: "not a secret", AnsweredAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(filepath.Join(folder, fileOf(id, uri)))
		if err != nil {
			t.Fatal(err)
		}
		j := OpenSealed(folder, newRun(), blind{})
		if lost, err := j.Asking("one", uri, time.Now()); lost || err != nil {
			t.Errorf("lost before: %t, %v", lost, err)
		}
		if lost, err := Open(folder, newRun()).Lost("one", uri); !lost || err != nil {
			t.Errorf("lost: %t, %v", lost, err)
		}
		if err := j.Read("one", uri); err != nil {
			t.Error(err)
		}
		if after, err := os.ReadFile(filepath.Join(folder, fileOf(id, uri))); err != nil || string(after) != string(before) {
			t.Errorf("the file is now %s, %v", after, err)
		}
		if err := os.Remove(filepath.Join(folder, fileOf(id, uri))); err != nil {
			t.Fatal(err)
		}
	}
}

// blind can neither seal nor open anything.
type blind struct{}

func (blind) Seal(string) (string, error) { return "", errors.New("there is no key") }
func (blind) Open(string) (string, error) { return "", errors.New("there is no key") }
func (blind) Current(string) bool         { return false }
