package directory

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const token = "eyJhbGciOiJQUzI1NiJ9.eyJpYXQiOjF9.c2ln-_8"

func TestAssertion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reply reply
		want  string
	}{
		{"raw", reply{status: 200, body: token, contentType: "application/jwt"}, ""},
		{"raw with line end", reply{status: 200, body: token + "\r\n", contentType: "text/plain"}, ""},
		{"quoted", reply{status: 200, body: ` "` + token + `" `}, ""},
		{"HTML", reply{status: 200, body: "<html>a.b.c</html>", contentType: "text/html"}, "other"},
		{"two parts", reply{status: 200, body: "a.b"}, "other"},
		{"empty part", reply{status: 200, body: "a..c"}, "other"},
		{"object", reply{status: 200, body: `{"a":"b.c.d"}`}, "other"},
		{"gone", reply{status: 404}, "gone"},
		{"not allowed", reply{status: 403}, "403"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"GET " + appURL + "/assertion": {test.reply}})
			got, err := f.client().Assertion(t.Context(), appID)
			if kind(err) != test.want || (err == nil && got != token) {
				t.Fatalf("Assertion = %q, %v; want %q", got, err, test.want)
			}
			var body *rest.BodyError
			if test.want == "other" && !errors.As(err, &body) {
				t.Errorf("error %T is not a *rest.BodyError", err)
			}
		})
	}
}

func keySet(t *testing.T, keyIDs ...string) string {
	t.Helper()
	// One key of a type nobody knows must not hide the others.
	entries := []string{`{"kty":"XYZ","kid":"odd"}`}
	for _, keyID := range keyIDs {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, err := json.Marshal(jose.JSONWebKey{Key: private.Public(), KeyID: keyID, Use: "sig"})
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, string(key))
	}
	return `{"keys":[` + strings.Join(entries, ",") + `]}`
}

func TestStatementKeysAreReadOnceAndRefreshed(t *testing.T) {
	t.Parallel()
	const address = "GET /keystore/openbanking.jwks"
	f := newFake(t, routes{address: {{status: 200, body: keySet(t, "old")}, {status: 200, body: keySet(t, "old", "new")}}})
	client := f.client()
	for _, step := range []struct {
		refresh     bool
		keys, calls int
	}{{false, 1, 1}, {false, 1, 1}, {true, 2, 2}, {false, 2, 2}} {
		keys, err := client.StatementKeys(t.Context(), step.refresh)
		if err != nil || len(keys.Keys) != step.keys {
			t.Fatalf("StatementKeys(%v) = %d keys, %v; want %d", step.refresh, len(keys.Keys), err, step.keys)
		}
		if calls := len(f.sent("")); calls != step.calls {
			t.Fatalf("%d requests, want %d", calls, step.calls)
		}
	}
	if keys, err := client.StatementKeys(t.Context(), false); err != nil || len(keys.Keys) != 2 {
		t.Errorf("StatementKeys = %v, %v", keys, err)
	}
	if got := f.sent("")[0].header.Get("Authorization"); got != "" {
		t.Error("the access token went to the keystore")
	}
}

// TestStatementKeysAreReadOnce: one request does, however callers and answer meet.
func TestStatementKeysAreReadOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"GET /keystore/openbanking.jwks": {{status: 200, body: keySet(t, "a")}}})
	client := f.client()
	f.askedOnce(func() { client.keys = nil }, func(int) error { _, err := client.StatementKeys(t.Context(), false); return err })
}

func TestStatementKeysErrors(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"HTML":           "<html>",
		"list":           "[]",
		"no keys":        `{}`,
		"no usable keys": keySet(t),
		"symmetric":      `{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"s"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"GET /keystore/openbanking.jwks": {{status: 200, body: body}, {status: 200, body: keySet(t, "a")}}})
			client := f.client()
			if _, err := client.StatementKeys(t.Context(), false); err == nil {
				t.Fatal("no error")
			}
			if keys, err := client.StatementKeys(t.Context(), false); err != nil || len(keys.Keys) != 1 {
				t.Errorf("an error is remembered: %v", err)
			}
		})
	}
}

func TestWithoutKeystore(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	options := f.options()
	options.KeystoreURL = ""
	client := New(options)
	if _, err := client.StatementKeys(t.Context(), false); !errors.Is(err, ErrNoKeystore) {
		t.Errorf("StatementKeys = %v, want ErrNoKeystore", err)
	}
	if client.ApplicationKeysURL("x") != "" || client.TransportKeysURL("x") != "" {
		t.Error("key set URLs without a keystore")
	}
}

func TestKeystoreURLs(t *testing.T) {
	t.Parallel()
	for _, configured := range []string{"https://keystore.example/", "https://keystore.example/openbanking.jwks"} {
		client := New(Options{KeystoreURL: configured, OrganisationID: "org-1"})
		for got, want := range map[string]string{
			client.ApplicationKeysURL("app"): "https://keystore.example/org-1/app/application.jwks",
			client.TransportKeysURL("app"):   "https://keystore.example/org-1/app/transport.jwks",
			client.statementKeysURL():        "https://keystore.example/openbanking.jwks",
		} {
			if got != want {
				t.Errorf("with %s: %q, want %q", configured, got, want)
			}
		}
	}
}

func TestOneCallersInterruptLeavesTheOthers(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	f := newFake(t, routes{"GET /keystore/openbanking.jwks": {{status: 200, body: keySet(t, "a")}}})
	plain := f.server.Config.Handler
	f.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-answer
		plain.ServeHTTP(w, r)
	})
	client := f.client()
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := client.StatementKeys(ctx, false); first <- err }()
	<-asked
	go func() { _, err := client.StatementKeys(t.Context(), false); second <- err }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the interrupted caller got %v", err)
	}
	close(answer)
	if err := <-second; err != nil {
		t.Errorf("the other caller got %v", err)
	}
}
