package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	endpoint = "https://bank.example/register"
	uri      = endpoint + "/1"
)

func start(t *testing.T) (folder string, at time.Time) {
	t.Helper()
	return filepath.Join(t.TempDir(), "not", "there yet"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
}

// answered begins a registration and records an answer, as a run does that then crashes.
func answered(t *testing.T, folder, clientID, token string, at time.Time) {
	t.Helper()
	j := Open(folder)
	entry, err := j.Begin(endpoint, "digest", at)
	if err != nil {
		t.Fatal(err)
	}
	entry.ClientID, entry.RegistrationClientURI, entry.RegistrationAccessToken, entry.AnsweredAt = clientID, uri, token, at
	if err := j.Answer(entry); err != nil {
		t.Fatal(err)
	}
	left, err := j.Left(endpoint, "digest")
	if err != nil || slices.ContainsFunc(left, func(e Entry) bool { return e.ClientID == clientID }) {
		t.Errorf("what this run registered is left behind: %v, %v", left, err)
	}
}

func left(t *testing.T, j *Journal, want int) []Entry {
	t.Helper()
	entries, err := j.Left(endpoint, "digest")
	if err != nil || len(entries) != want {
		t.Fatalf("left are %v, %v; want %d", entries, err, want)
	}
	return entries
}

// TestLeftBehind finds what a run answered and no state has, until one has it.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	left(t, Open(folder), 0)
	answered(t, folder, "one", "token", at)
	answered(t, folder, "two", "token", at.Add(time.Minute))
	j := Open(folder)
	entries := left(t, j, 2)
	if entries[0].ClientID != "two" || !entries[0].Answered() || !entries[0].SentAt.Equal(at.Add(time.Minute)) {
		t.Errorf("the first is %+v", entries[0])
	}
	for _, other := range [][2]string{{"https://other.example", "digest"}, {endpoint, "other"}} {
		if entries, err := j.Left(other[0], other[1]); err != nil || len(entries) > 0 {
			t.Errorf("%v has %v, %v", other, entries, err)
		}
	}
	if !j.Claim(entries[0]) || j.Claim(entries[0]) {
		t.Error("an entry is claimed once")
	}
	left(t, j, 1)
	// A claim is not on disk before a state has the client: the run may crash again.
	left(t, Open(folder), 2)
	next := Open(folder)
	if err := next.Known("two", uri); err != nil {
		t.Fatal(err)
	}
	left(t, next, 1)
	left(t, Open(folder), 1)
	if kept, ok := next.Client("two", uri); !ok || kept.RegistrationAccessToken != "token" {
		t.Errorf("kept of the known client is %+v", kept)
	}
	if err := next.Drop(left(t, next, 1)[0]); err != nil {
		t.Fatal(err)
	}
	left(t, Open(folder), 0)
}

// TestNeverAnswered shows what was sent only, and nothing that was refused.
func TestNeverAnswered(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	j := Open(folder)
	if _, err := j.Begin(endpoint, "digest", at); err != nil {
		t.Fatal(err)
	}
	refused, err := j.Begin(endpoint, "digest", at)
	if err != nil || j.Drop(refused) != nil {
		t.Fatal(err)
	}
	if entries := left(t, Open(folder), 1); entries[0].Answered() || !entries[0].SentAt.Equal(at) {
		t.Errorf("left is %+v", entries[0])
	}
}

// TestNewestToken keeps the latest token and secret, whatever order files are settled in.
func TestNewestToken(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "first", at)
	j := Open(folder)
	for i, heard := range []Entry{{RegistrationAccessToken: "second", ClientSecret: "secret"}, {RegistrationAccessToken: "third"}, {RegistrationAccessToken: "third"}} {
		heard.ClientID, heard.RegistrationClientURI, heard.AnsweredAt = "one", uri, at.Add(time.Duration(i+1)*time.Second)
		if err := j.Heard(heard); err != nil {
			t.Fatal(err)
		}
	}
	if err := Open(folder).Known("one", uri); err != nil {
		t.Fatal(err)
	}
	if kept, ok := Open(folder).Client("one", uri); !ok || kept.RegistrationAccessToken != "third" || kept.ClientSecret != "secret" {
		t.Errorf("kept is %+v", kept)
	}
	if _, ok := j.Client("one", uri+"/other"); ok {
		t.Error("a client of another URI is another client")
	}
	if err := j.Forget("one", uri); err != nil {
		t.Fatal(err)
	}
	if _, ok := j.Client("one", uri); ok {
		t.Error("a client that was removed is kept")
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left are the files %v", files)
	}
}

// TestFiles are nobody else's business, and complete or not there.
func TestFiles(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	info, err := files[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	name := filepath.Join(folder, files[0].Name())
	if err := os.WriteFile(name, []byte(`{"client_id":"on`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder).Left(endpoint, "digest"); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a file that cannot be read gives %v", err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(blocked).Begin(endpoint, "digest", at); err == nil {
		t.Error("a journal that cannot be written begins a registration")
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	j := Open(folder)
	entry := left(t, j, 1)[0]
	var wg sync.WaitGroup
	claims := make(chan bool, 8)
	for range cap(claims) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			claims <- j.Claim(entry)
			if _, err := j.Begin(endpoint, "digest", at); err != nil {
				t.Error(err)
			}
			if err := j.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "t", AnsweredAt: at}); err != nil {
				t.Error(err)
			}
			j.Client("one", uri)
		}()
	}
	wg.Wait()
	close(claims)
	won := 0
	for claim := range claims {
		if claim {
			won++
		}
	}
	if won != 1 {
		t.Errorf("the entry was claimed %d times", won)
	}
}
