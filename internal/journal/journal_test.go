package journal

import (
	"crypto/rand"
	"errors"
	"io/fs"
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
	j := Open(folder, newRun())
	entry, err := j.Begin(endpoint, "", "digest", at)
	if err != nil {
		t.Fatal(err)
	}
	entry.ClientID, entry.RegistrationClientURI, entry.RegistrationAccessToken, entry.AnsweredAt = clientID, uri, token, at
	if err := j.Answer(entry); err != nil {
		t.Fatal(err)
	}
	left, _, err := j.Left([]string{endpoint}, "digest")
	if err != nil || slices.ContainsFunc(left, func(e Entry) bool { return e.ClientID == clientID }) {
		t.Errorf("what this run registered is left behind: %v, %v", left, err)
	}
}

// newRun is the run of each process that is opened: each is one of its own.
func newRun() string { return rand.Text() }

func left(t *testing.T, j *Journal, want int) []Entry {
	t.Helper()
	entries, _, err := j.Left([]string{endpoint}, "digest")
	if err != nil || len(entries) != want {
		t.Fatalf("left are %v, %v; want %d", entries, err, want)
	}
	return entries
}

// TestLeftBehind finds what a run answered and no state has, until one has it.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	left(t, Open(folder, newRun()), 0)
	answered(t, folder, "one", "token", at)
	answered(t, folder, "two", "token", at.Add(time.Minute))
	j := Open(folder, newRun())
	entries := left(t, j, 2)
	if entries[0].ClientID != "two" || !entries[0].Answered() || !entries[0].SentAt.Equal(at.Add(time.Minute)) {
		t.Errorf("the first is %+v", entries[0])
	}
	for _, other := range [][2]string{{"https://other.example", "digest"}, {endpoint, "other"}} {
		if entries, _, err := j.Left([]string{other[0]}, other[1]); err != nil || len(entries) > 0 {
			t.Errorf("%v has %v, %v", other, entries, err)
		}
	}
	if !j.Claim(entries[0]) || j.Claim(entries[0]) {
		t.Error("an entry is claimed once")
	}
	left(t, j, 1)
	// A claim is not on disk before a state has the client: the run may crash again.
	left(t, Open(folder, newRun()), 2)
	next := Open(folder, newRun())
	if err := next.Known("two", uri); err != nil {
		t.Fatal(err)
	}
	left(t, next, 1)
	left(t, Open(folder, newRun()), 1)
	if kept, err := next.Client("two", uri); err != nil || kept.RegistrationAccessToken != "token" {
		t.Errorf("kept of the known client is %+v", kept)
	}
	if err := next.Drop(left(t, next, 1)[0]); err != nil {
		t.Fatal(err)
	}
	left(t, Open(folder, newRun()), 0)
}

// TestNeverAnswered shows what was sent only, and nothing that was refused.
func TestNeverAnswered(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	j := Open(folder, newRun())
	if _, err := j.Begin(endpoint, "", "digest", at); err != nil {
		t.Fatal(err)
	}
	refused, err := j.Begin(endpoint, "", "digest", at)
	if err != nil || j.Drop(refused) != nil {
		t.Fatal(err)
	}
	if entries := left(t, Open(folder, newRun()), 1); entries[0].Answered() || !entries[0].SentAt.Equal(at) {
		t.Errorf("left is %+v", entries[0])
	}
}

// TestNewestToken keeps the latest token and secret, whatever order files are settled in.
func TestNewestToken(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "first", at)
	j := Open(folder, newRun())
	for i, heard := range []Entry{{RegistrationAccessToken: "second", ClientSecret: "secret"}, {RegistrationAccessToken: "third"}, {RegistrationAccessToken: "third"}} {
		heard.ClientID, heard.RegistrationClientURI, heard.AnsweredAt = "one", uri, at.Add(time.Duration(i+1)*time.Second)
		if err := j.Heard(heard); err != nil {
			t.Fatal(err)
		}
	}
	if err := Open(folder, newRun()).Known("one", uri); err != nil {
		t.Fatal(err)
	}
	if kept, err := Open(folder, newRun()).Client("one", uri); err != nil || kept.RegistrationAccessToken != "third" || kept.ClientSecret != "secret" {
		t.Errorf("kept is %+v", kept)
	}
	if _, err := j.Client("one", uri+"/other"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a client of another URI is another client")
	}
	if err := j.Forget("one", uri); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Client("one", uri); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a client that was removed is kept")
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left are the files %v", files)
	}
}

// TestTokenOfTheRegistration: of a client that no state was seen to have, the answer to its
// registration has the token, also where a later answer has told a secret and no token.
func TestTokenOfTheRegistration(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "first", at)
	token := func(clientID, address, want string) {
		t.Helper()
		if got, err := Open(folder, newRun()).Client(clientID, address); got.RegistrationAccessToken != want || (err == nil) != (want != "") {
			t.Errorf("the token of client %q at %s is %q, %v", clientID, address, got.RegistrationAccessToken, err)
		}
	}
	token("one", uri, "first")
	token("", uri, "first")
	token("two", uri, "")
	token("one", uri+"/other", "")
	if err := Open(folder, newRun()).Heard(Entry{ClientID: "one", RegistrationClientURI: uri, ClientSecret: "new secret", AnsweredAt: at.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	token("", uri, "first")
	if got, err := Open(folder, newRun()).Client("one", uri); err != nil || got.RegistrationAccessToken != "first" || got.ClientSecret != "new secret" {
		t.Errorf("token and secret are %q and %q, %v", got.RegistrationAccessToken, got.ClientSecret, err)
	}
	if err := Open(folder, newRun()).Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "second", AnsweredAt: at.Add(2 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	token("one", uri, "second")
	token("", uri, "second")
	// A server that answers another registration with the same client has replaced the token.
	known := func() {
		t.Helper()
		if err := Open(folder, newRun()).Known("one", uri); err != nil {
			t.Fatal(err)
		}
	}
	known()
	answered(t, folder, "one", "third", at.Add(3*time.Minute))
	token("one", uri, "third")
	// What cannot be read is another client's, and hides nothing.
	known()
	if err := os.WriteFile(filepath.Join(folder, sent+"odd"+suffix), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	token("one", uri, "third")
}

// TestSecretOfTheRegistration: a later answer that told a token and no secret does not hide the secret.
func TestSecretOfTheRegistration(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	j := Open(folder, newRun())
	entry, err := j.Begin(endpoint, "", "digest", at)
	if err != nil {
		t.Fatal(err)
	}
	entry.ClientID, entry.RegistrationClientURI, entry.RegistrationAccessToken, entry.ClientSecret, entry.AnsweredAt = "one", uri, "first", "its secret", at
	later := Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "second", AnsweredAt: at.Add(time.Minute)}
	if err := errors.Join(j.Answer(entry), j.Heard(later)); err != nil {
		t.Fatal(err)
	}
	for _, clientID := range []string{"one", ""} {
		if got, err := Open(folder, newRun()).Client(clientID, uri); err != nil || got.RegistrationAccessToken != "second" || got.ClientSecret != "its secret" {
			t.Errorf("of client %q, token and secret are %q and %q, %v", clientID, got.RegistrationAccessToken, got.ClientSecret, err)
		}
	}
}

// TestOddFolder: the name of the folder is no pattern.
func TestOddFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"[payments]", "[payments"} {
		_, at := start(t)
		folder := filepath.Join(t.TempDir(), name)
		answered(t, folder, "one", "token", at)
		if err := Open(folder, newRun()).Known("one", uri); err != nil {
			t.Fatal(name, err)
		}
		half := filepath.Join(folder, writing+"half")
		if err := os.WriteFile(half, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		j := Open(folder, newRun())
		if got, err := j.Client("", uri); err != nil || got.RegistrationAccessToken != "token" {
			t.Errorf("%s: the token is %q, %v", name, got.RegistrationAccessToken, err)
		}
		if owner, found := j.Owner("token"); !found || owner.ClientID != "one" {
			t.Errorf("%s: the token is said to be of %q", name, owner.ClientID)
		}
		if _, known, err := j.Entries(); err != nil || len(known) != 1 {
			t.Errorf("%s: listed are %v, %v", name, known, err)
		}
		if got, err := j.Settled([]string{endpoint}, "digest"); err != nil || len(got) != 1 {
			t.Errorf("%s: settled are %v, %v", name, got, err)
		}
		if _, err := j.Begin(endpoint, "", "digest", time.Now().Add(2*time.Hour)); err != nil {
			t.Fatal(name, err)
		}
		if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: what is half written is still there: %v", name, err)
		}
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
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode is %v, %v", info.Mode(), err)
	}
	name := filepath.Join(folder, files[0].Name())
	if err := os.WriteFile(name, []byte(`{"client_id":"on`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(folder, newRun()).Left([]string{endpoint}, "digest"); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("a file that cannot be read gives %v", err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(blocked, newRun()).Begin(endpoint, "", "digest", at); err == nil {
		t.Error("a journal that cannot be written begins a registration")
	}
}

// TestSweep removes what a killed process left half-written, and not what another is writing.
func TestSweep(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, age := range map[string]time.Duration{".writing-old": 2 * time.Hour, ".writing-new": 0} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(folder, newRun()).Begin(endpoint, "", "digest", time.Now()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, ".writing-*")); err != nil || len(left) != 1 || filepath.Base(left[0]) != ".writing-new" {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "one", "token", at)
	j := Open(folder, newRun())
	entry := left(t, j, 1)[0]
	var wg sync.WaitGroup
	claims := make(chan bool, 8)
	for range cap(claims) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			claims <- j.Claim(entry)
			if _, err := j.Begin(endpoint, "", "digest", at); err != nil {
				t.Error(err)
			}
			if err := j.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "t", AnsweredAt: at}); err != nil {
				t.Error(err)
			}
			if _, err := j.Client("one", uri); err != nil {
				t.Error(err)
			}
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

// TestOneRun: what another process of the same run registers is on its way into
// the state, and not left behind; a client that the run removed leaves nothing.
func TestOneRun(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	run := Run()
	one, two := Open(folder, run), Open(folder, run)
	left(t, two, 0)
	entry, err := one.Begin(endpoint, "", "digest", at)
	if err != nil {
		t.Fatal(err)
	}
	left(t, Open(folder, run), 0)
	entry.ClientID, entry.RegistrationClientURI, entry.RegistrationAccessToken, entry.AnsweredAt = "one", uri, "token", at
	if err := one.Answer(entry); err != nil {
		t.Fatal(err)
	}
	left(t, Open(folder, run), 0)
	left(t, Open(folder, run+"/another start"), 1)
	if err := two.Forget("one", uri); err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("left are the files %v", files)
	}
}

// TestPartialAnswers: a client without ID is found by its URI, a newer secret
// survives a newer token, and a broken file keeps neither out.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	folder, at := start(t)
	answered(t, folder, "", "token", at)
	j := Open(folder, newRun())
	if entries := left(t, j, 1); !entries[0].Answered() {
		t.Error("an answer without client ID is none")
	}
	if err := j.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "newer", AnsweredAt: at.Add(-time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if err := j.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, ClientSecret: "secret", AnsweredAt: at.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if err := j.Known("one", uri); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"one", ""} {
		if kept, err := j.Client(id, uri); err != nil || kept.RegistrationAccessToken != "newer" || kept.ClientSecret != "secret" || kept.ClientID != "one" {
			t.Errorf("kept of %q is %+v, %v", id, kept, err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, fileOf("one", uri)), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Client("one", uri); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a broken file gives %v", err)
	}
	if err := j.Heard(Entry{ClientID: "one", RegistrationClientURI: uri, RegistrationAccessToken: "newest", AnsweredAt: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if kept, err := j.Client("one", uri); err != nil || kept.RegistrationAccessToken != "newest" {
		t.Errorf("then kept is %+v, %v", kept, err)
	}
}

// TestTry finds out what writing an entry would, and leaves nothing.
func TestTry(t *testing.T) {
	t.Parallel()
	folder, _ := start(t)
	if err := Open(folder, newRun()).Try(); err != nil {
		t.Error(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) > 0 {
		t.Errorf("left are %v, %v", files, err)
	}
	if err := OpenSealed(folder, newRun(), refusing{}).Try(); !errors.Is(err, errSealing) {
		t.Errorf("where nothing can be sealed it says %v", err)
	}
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Open(file, newRun()).Try(); err == nil {
		t.Error("a folder that is a file is taken for a journal")
	}
}

var errSealing = errors.New("no key")

// refusing seals nothing.
type refusing struct{ unsealed }

func (refusing) Seal(string) (string, error) { return "", errSealing }
