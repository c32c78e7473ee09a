package conn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

func ring(t *testing.T, c string) *seal.Ring {
	t.Helper()
	r, err := seal.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHeardWithAnotherKey: a newer token does not overwrite the only copy of a secret that another key opens.
func TestHeardWithAnotherKey(t *testing.T) {
	t.Parallel()
	a, b := ring(t, strings.Repeat("A", 43)), ring(t, strings.Repeat("B", 42)+"A")
	dir := t.TempDir()
	j := journal.OpenSealed(dir, "1", a)
	if err := j.Heard(journal.Entry{ClientID: "c", RegistrationClientURI: "u", RegistrationAccessToken: "tok1", ClientSecret: "onlysecret", AnsweredAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	j2 := journal.OpenSealed(dir, "2", b)
	if err := j2.Heard(journal.Entry{ClientID: "c", RegistrationClientURI: "u", RegistrationAccessToken: "tok2", AnsweredAt: time.Now()}); err != nil {
		t.Fatal("refused:", err)
	}
	both, err := seal.New(strings.Repeat("A", 43), strings.Repeat("B", 42)+"A")
	if err != nil {
		t.Fatal(err)
	}
	e, err := journal.OpenSealed(dir, "3", both).Client("c", "u")
	if err != nil {
		t.Fatal(err)
	}
	if e.ClientSecret != "onlysecret" {
		t.Errorf("secret lost: %+v", e)
	}
}

// TestLeftBehindIsSealed: what an earlier run left behind in clear is sealed once there is a key.
func TestLeftBehindIsSealed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := journal.Open(dir, "1")
	e, err := j.Begin("https://e", "", "r", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e.ClientID, e.RegistrationClientURI, e.RegistrationAccessToken, e.ClientSecret = "c", "u", "tok1", "clearsecret"
	if err := j.Answer(e); err != nil {
		t.Fatal(err)
	}
	j2 := journal.OpenSealed(dir, "2", ring(t, strings.Repeat("A", 43)))
	if _, _, err := j2.Left([]string{"https://e"}, "r"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := j2.Entries(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "clearsecret") {
			t.Errorf("%s still in clear", filepath.Base(f))
		}
	}
}

// TestHeardByTheProviderWithAnotherKey is TestHeardWithAnotherKey with what the provider seals with.
func TestHeardByTheProviderWithAnotherKey(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("A", 43), strings.Repeat("B", 42)+"A"
	for name, second := range map[string][]string{"another key": {b}, "no key": {""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			open := func(keys ...string) *conn.Journal {
				r, err := seal.New(keys[0], keys[1:]...)
				if err != nil {
					t.Fatal(err)
				}
				return conn.New(conn.Settings{JournalPath: folder, Run: strings.Join(keys, "+"), Now: time.Now, Ring: r}).Journal
			}
			m := dcr.Management{URI: "https://bank.example/1", ClientID: "one"}
			heard := func(j *conn.Journal, token, secret rest.Secret) {
				j.Heard(m, &dcr.Registration{ClientID: "one", RegistrationAccessToken: token, ClientSecret: secret})
			}
			heard(open(a), "the first token", "the only secret")
			heard(open(second...), "the second token", "")
			j := open(a, b)
			entry, ok := j.Newest(m)
			if !ok {
				t.Fatalf("the journal says nothing: %v", j.Trouble())
			}
			if entry.ClientSecret != "the only secret" || entry.RegistrationAccessToken != "the second token" {
				t.Errorf("the secret is %.12q…, the token %q", entry.ClientSecret, entry.RegistrationAccessToken)
			}
		})
	}
}
