package dcr_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const statement = "eyJhbGciOiJQUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6Im9uZSJ9.c2lnbmF0dXJl"

const registered = `{"client_id":"one","client_secret":"s3cr3t-one","client_secret_expires_at":0,"client_id_issued_at":1700000000,` +
	`"registration_access_token":"token-of-one","registration_client_uri":"https://bank.example/clients/one?x=y","client_name":"App"}`

func request(t *testing.T, b *bank) dcr.RegisterRequest {
	t.Helper()
	return dcr.RegisterRequest{Endpoint: b.URL + "/register", InitialAccessToken: "initial-token",
		Metadata: metadata(t, `{"client_name":"A & <B>","n":1e3,"software_statement":"`+statement+`"}`)}
}

func TestRegisterSendsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(201, registered))
	reg, err := b.connect(t).Register(bounded(t), request(t, b))
	succeeds(t, err)
	b.counted(t, "POST", 1)
	got := b.requests("POST")[0]
	equal(t, "request", got, seen{"POST", "/register", "Bearer initial-token", "application/json", "application/json",
		`{"client_name":"A & <B>","n":1e3,"software_statement":"` + statement + `"}`})
	equal(t, "client_id", reg.ClientID, "one")
	equal(t, "client_secret", reg.ClientSecret.Reveal(), "s3cr3t-one")
	equal(t, "token", reg.RegistrationAccessToken.Reveal(), "token-of-one")
	equal(t, "uri", reg.RegistrationClientURI, "https://bank.example/clients/one?x=y")
	equal(t, "issued at", reg.ClientIDIssuedAt, 1700000000)
	equal(t, "metadata", dcr.Canonical(reg.Metadata), `{"client_name":"App"}`)
	equal(t, "notes", strings.Join(reg.Notes, "|"), "")
}

func TestRegisterWithoutInitialAccessToken(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(200, registered))
	reg, err := b.connect(t).Register(bounded(t), dcr.RegisterRequest{Endpoint: b.URL + "/register?tenant=a%20b", Metadata: dcr.Metadata{}})
	succeeds(t, err)
	equal(t, "status", reg.Status, 200)
	equal(t, "request", b.requests("POST")[0], seen{"POST", "/register?tenant=a%20b", "", "application/json", "application/json", "{}"})
}

// outcome is what a registration that gave no client must look like.
type outcome struct {
	name      string
	handler   http.HandlerFunc
	options   []option
	posts     int
	ambiguous bool
	status    int
	code      string
}

func refusals() []outcome {
	code := func(status int, code string) outcome {
		return outcome{name: http.StatusText(status) + " " + code, handler: always(status, `{"error":"`+code+`","error_description":"no"}`), posts: 1, status: status, code: code}
	}
	return []outcome{
		code(400, "invalid_redirect_uri"), code(400, "invalid_client_metadata"), code(400, "invalid_software_statement"),
		code(400, "unapproved_software_statement"), code(400, "invalid_webhook_uris"), code(400, "invalid_request"), code(400, "access_denied"),
		code(401, "invalid_token"), code(403, "insufficient_scope"),
		{name: "401 without a body", handler: always(401, ""), posts: 1, status: 401},
		{name: "400 HTML", handler: always(400, "<html><title>Error</title></html>", "Content-Type", "text/html"), posts: 1, status: 400},
		{name: "404", handler: always(404, "nothing"), posts: 1, status: 404},
		{name: "405", handler: always(405, ""), posts: 1, status: 405},
		{name: "413", handler: always(413, ""), posts: 1, status: 413},
		{name: "415", handler: always(415, ""), posts: 1, status: 415},
		{name: "422", handler: always(422, `{"message":"no"}`), posts: 1, status: 422},
		{name: "501", handler: always(501, ""), posts: 1, status: 501},
		{name: "301", handler: always(301, "", "Location", "https://elsewhere.example/register"), posts: 1, status: 301},
		{name: "302", handler: always(302, "", "Location", "/login"), posts: 1, status: 302},
		{name: "307", handler: always(307, "", "Location", "/register2"), posts: 1, status: 307},
		{name: "308", handler: always(308, "", "Location", "/register2"), posts: 1, status: 308},
		{name: "429 until the end", handler: always(429, "", "Retry-After", "0"), posts: 4, status: 429},
		{name: "429 for an hour", handler: always(429, "", "Retry-After", "3600"), posts: 1, status: 429},
		{name: "503 with Retry-After until the end", handler: always(503, "", "Retry-After", "0"), posts: 4, status: 503},
		{name: "503 with Retry-After of an hour", handler: always(503, "", "Retry-After", "3600"), posts: 1, status: 503},
	}
}

func ambiguities() []outcome {
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	drop := func(w http.ResponseWriter, _ *http.Request) { reset(w) }
	return []outcome{
		{name: "500 HTML", handler: always(500, "<html><title>Oops</title></html>", "Content-Type", "text/html"), status: 500},
		{name: "500 JSON", handler: always(500, `{"error":"server_error"}`), status: 500, code: "server_error"},
		{name: "502", handler: always(502, "Bad Gateway", "Content-Type", "text/plain"), status: 502},
		{name: "503 without Retry-After", handler: always(503, ""), status: 503},
		{name: "504", handler: always(504, ""), status: 504},
		{name: "520", handler: always(520, ""), status: 520},
		{name: "408", handler: always(408, ""), status: 408},
		{name: "303", handler: always(303, "", "Location", "/clients/one"), status: 303},
		{name: "dropped after the write", handler: drop},
		{name: "aborted stream", handler: abort, options: []option{http2}},
		{name: "HTML 200", handler: always(200, "<html>Sign in</html>", "Content-Type", "text/html")},
		{name: "empty 201", handler: always(201, "")},
		{name: "204", handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }},
		{name: "202 list", handler: always(202, `[]`)},
		{name: "201 null", handler: always(201, `null`)},
		{name: "201 text", handler: always(201, `"one"`)},
		{name: "201 without client_id", handler: always(201, `{"client_name":"App"}`)},
		{name: "201 empty client_id", handler: always(201, `{"client_id":""}`)},
		{name: "201 null client_id", handler: always(201, `{"client_id":null}`)},
		{name: "201 client_id of another kind", handler: always(201, `{"client_id":{"id":1}}`)},
		{name: "201 cut off", handler: truncated},
		{name: "201 oversized", handler: oversized},
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "4096")
	w.WriteHeader(201)
	_, _ = io.WriteString(w, registered[:60])
}

func oversized(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(201)
	_, _ = io.WriteString(w, `{"client_id":"one","pad":"`+strings.Repeat("x", 1<<20)+`"}`)
}

func TestRegisterOutcomes(t *testing.T) {
	t.Parallel()
	cases := refusals()
	for _, c := range ambiguities() {
		c.ambiguous, c.posts = true, 1
		cases = append(cases, c)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, c.handler, c.options...)
			at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
			client := b.connect(t, func(_ *rest.Options, o *dcr.Options) { o.Now = func() time.Time { return at } })
			reg, err := client.Register(bounded(t), request(t, b))
			b.counted(t, "POST", c.posts)
			if err == nil || reg != nil {
				t.Fatalf("registration %v, error %v", reg, err)
			}
			if maybe := new(dcr.AmbiguousError); errors.As(err, &maybe) != c.ambiguous {
				t.Fatalf("ambiguous %v, want %v: %v", !c.ambiguous, c.ambiguous, err)
			} else if c.ambiguous {
				equal(t, "endpoint", maybe.Endpoint, b.URL+"/register")
				equal(t, "time", maybe.At, at)
			}
			if c.status != 0 {
				status := as[*rest.StatusError](t, err)
				equal(t, "status", status.Status, c.status)
				equal(t, "code", dcr.Code(err), c.code)
			}
			hidesSecrets(t, err)
		})
	}
}

func hidesSecrets(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, secret := range []string{statement, "initial-token", "s3cr3t-one", "token-of-one"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error carries a secret: %v", err)
			}
		}
	}
}

func TestRegisterRepeatsWhatWasNotProcessed(t *testing.T) {
	t.Parallel()
	for _, first := range []struct {
		name  string
		reply http.HandlerFunc
	}{
		{"429", always(429, "", "Retry-After", "0")},
		{"429 without Retry-After", always(429, "")},
		{"503 with Retry-After", always(503, "", "Retry-After", "0")},
	} {
		t.Run(first.name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, sequence(first.reply, always(201, registered)))
			reg, err := b.connect(t).Register(bounded(t), request(t, b))
			succeeds(t, err)
			b.counted(t, "POST", 2)
			equal(t, "client_id", reg.ClientID, "one")
		})
	}
}

func TestRegisterKeepsPartialAnswers(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(201, `{"registration_access_token":"token-of-one","registration_client_uri":"https://bank.example/one"}`, "X-Fapi-Interaction-Id", "interaction-1"))
	_, err := b.connect(t).Register(bounded(t), request(t, b))
	maybe := as[*dcr.AmbiguousError](t, err)
	if _, theirs, _ := strings.Cut(maybe.InteractionID, ", answered as "); theirs != "interaction-1" {
		t.Errorf("interaction: %q", maybe.InteractionID)
	}
	equal(t, "partial token", maybe.Partial.RegistrationAccessToken.Reveal(), "token-of-one")
	equal(t, "partial uri", maybe.Partial.RegistrationClientURI, "https://bank.example/one")
	hidesSecrets(t, err)
}

// A connection that is reset before the request was written costs nothing: the
// one POST that is written reaches the server once.
func TestRegisterResetBeforeTheWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		resets, posts int
	}{{"twice", 2, 1}, {"for ever", 99, 0}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			listener := &moody{resets: c.resets}
			b := newBank(t, always(201, registered), func(s *httptest.Server) {
				listener.Listener = s.Listener
				s.Listener = listener
			})
			reg, err := b.connect(t).Register(bounded(t), request(t, b))
			b.counted(t, "POST", c.posts)
			if c.posts == 1 {
				succeeds(t, err)
				equal(t, "client_id", reg.ClientID, "one")
				return
			}
			plain(t, err)
			if !as[*rest.TransportError](t, err).Unprocessed() {
				t.Errorf("not unprocessed: %v", err)
			}
		})
	}
}

func plain(t *testing.T, err error) {
	t.Helper()
	if maybe := new(dcr.AmbiguousError); err == nil || errors.As(err, &maybe) {
		t.Fatalf("error %v, want a plain one", err)
	}
}

func TestRegisterNobodyThere(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(201, registered))
	client, r := b.connect(t, func(o *rest.Options, _ *dcr.Options) { o.MaxRetries = 0 }), request(t, b)
	b.Close()
	_, err := client.Register(bounded(t), r)
	plain(t, err)
	equal(t, "phase", as[*rest.TransportError](t, err).Phase, rest.PhaseDial)
}

func TestRegisterTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := newBank(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	client := b.connect(t, func(o *rest.Options, _ *dcr.Options) { o.Timeout = time.Second })
	_, err := client.Register(bounded(t), request(t, b))
	_ = as[*dcr.AmbiguousError](t, err)
	equal(t, "phase", as[*rest.TransportError](t, err).Phase, rest.PhaseTimeout)
	b.counted(t, "POST", 1)
}

func TestRegisterRefusesWhatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(201, registered))
	_, err := b.connect(t).Register(bounded(t), dcr.RegisterRequest{Endpoint: b.URL, Metadata: dcr.Metadata{"jwks": []byte("{")}})
	plain(t, err)
	b.counted(t, "POST", 0)
}

func TestRegisterNotesHalfManagement(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"client_id":"one","registration_access_token":"token-of-one"}`,
		`{"client_id":"one","registration_client_uri":"https://bank.example/one"}`,
	} {
		b := newBank(t, always(201, body))
		reg, err := b.connect(t).Register(bounded(t), request(t, b))
		succeeds(t, err)
		if len(reg.Notes) != 1 || !strings.Contains(reg.Notes[0], "RFC 7592 §3") {
			t.Errorf("notes %q for %s", reg.Notes, body)
		}
	}
}

// TestRegisterReadsALackingClientID keeps the token of an answer that has all
// but the client_id; a server that cannot be read leaves it open.
func TestRegisterReadsALackingClientID(t *testing.T) {
	t.Parallel()
	for name, readable := range map[string]bool{"readable": true, "not readable": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b *bank
			b = newBank(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPost:
					answer(w, 201, `{"registration_access_token":"first","registration_client_uri":"`+b.URL+`/clients/one"}`)
				case readable:
					answer(w, 200, `{"client_id":"one","registration_access_token":"second"}`)
				default:
					answer(w, 500, "")
				}
			})
			reg, err := b.connect(t).Register(bounded(t), request(t, b))
			b.counted(t, "POST", 1)
			var ambiguous *dcr.AmbiguousError
			switch {
			case readable && (err != nil || reg.ClientID != "one" || reg.RegistrationAccessToken.Reveal() != "second" || len(reg.Notes) == 0):
				t.Errorf("registration %+v, error %v", reg, err)
			case !readable && !errors.As(err, &ambiguous):
				t.Errorf("error %v, want one that says a client may exist", err)
			}
		})
	}
}
