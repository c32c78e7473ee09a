package dcr_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	managedURI = "/clients/one?k=%7e%41&&x="
	readAnswer = `{"client_id":"one","client_name":"App","registration_access_token":"next-token"}`
)

func TestReadUsesTheURIByteForByte(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{managedURI, "/?", "/a//b/../c?client_id=x%2Fy+z", "/%E2%82%AC/%2f?q='()*;&q=%zz", "/register/one"} {
		t.Run(uri, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, always(200, readAnswer))
			m := b.managed()
			m.URI = b.URL + uri
			reg, err := b.connect(t).Read(bounded(t), m)
			succeeds(t, err)
			equal(t, "request", b.requests("GET")[0], seen{"GET", uri, "Bearer token-of-one", "application/json", "", ""})
			equal(t, "new token", reg.RegistrationAccessToken.Reveal(), "next-token")
			equal(t, "metadata", dcr.Canonical(reg.Metadata), `{"client_name":"App"}`)
		})
	}
}

// What an answer with another client_id, or with none, means for read and update alike.
func TestAnswerAboutAnotherClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, known, body, clientID string
		changed                     bool
		note                        string
	}{
		{"the same", "one", `{"client_id":"one"}`, "one", false, ""},
		{"another", "one", `{"client_id":"two","registration_access_token":"next-token"}`, "two", true, ""},
		{"none", "one", `{"client_name":"App"}`, "one", false, "RFC 7592 §3"},
		{"not known yet", "", `{"client_id":"two"}`, "two", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, always(200, c.body))
			m := b.managed()
			m.ClientID = c.known
			client := b.connect(t)
			for _, call := range []func() (*dcr.Registration, error){
				func() (*dcr.Registration, error) { return client.Read(bounded(t), m) },
				func() (*dcr.Registration, error) { return client.Replace(bounded(t), m, nil) },
			} {
				reg, err := call()
				if c.changed {
					different := as[*dcr.IdentityChangedError](t, err)
					equal(t, "change", *different, dcr.IdentityChangedError{Want: "one", Got: "two"})
				} else {
					succeeds(t, err)
				}
				equal(t, "client_id", reg.ClientID, c.clientID)
				notes := strings.Join(reg.Notes, "|")
				if !strings.Contains(notes, c.note) || (c.note == "") != (notes == "") {
					t.Errorf("notes %q", notes)
				}
			}
		})
	}
}

// An error with a status of success says nothing of the client: its members are not gone.
func TestAnswerThatIsAnError(t *testing.T) {
	t.Parallel()
	for body, reason := range map[string]string{
		`{"error":"server_error"}`: "the body is the error server_error", `{"error":{"code":500}}`: "the body is an error",
		"\xef\xbb\xbf" + `{"error":"server_error"}`: "the body is the error server_error", `{"error":"server_error"};`: "the body is the error server_error",
		signed(`{"iss":"https://bank.example","error":"server_error"}`): "the body is the error server_error",
		`{"errors":["backend is away"]}`:                                "the body is an error", `{"error":"the initial-token"}`: "the body is an error",
	} {
		b := newBank(t, always(200, body))
		client := b.connect(t)
		_, err := client.Read(bounded(t), b.managed())
		equal(t, "reason", as[*rest.BodyError](t, err).Reason, reason)
		_, err = client.Replace(bounded(t), b.managed(), nil)
		equal(t, "lost", dcr.Lost(err), true)
		_, err = client.Register(bounded(t), request(t, b))
		equal(t, "registered", as[*rest.BodyError](t, as[*dcr.AmbiguousError](t, err)).Reason, reason)
		b.counted(t, "POST", 1)
	}
}

func signed(claims string) string {
	return "eyJhbGciOiJQUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2lnbmF0dXJl"
}

// A signed answer may have the only copy of a token.
func TestAnswerThatIsSigned(t *testing.T) {
	t.Parallel()
	// What is said of the JWT itself differs each time, and is nothing of the client's.
	answer := signed(`{"iss":"https://bank.example","sub":"one","aud":["one"],"exp":1700000300,"nbf":1700000000,"iat":1700000000,"jti":"1",` + strings.TrimPrefix(readAnswer, "{"))
	b := newBank(t, always(200, answer+"\n", "Content-Type", "application/jwt"))
	client := b.connect(t)
	for _, call := range []func() (*dcr.Registration, error){
		func() (*dcr.Registration, error) { return client.Register(bounded(t), request(t, b)) },
		func() (*dcr.Registration, error) { return client.Read(bounded(t), b.managed()) },
		func() (*dcr.Registration, error) { return client.Replace(bounded(t), b.managed(), nil) },
	} {
		reg, err := call()
		succeeds(t, err)
		equal(t, "client_id", reg.ClientID, "one")
		equal(t, "token", reg.RegistrationAccessToken.Reveal(), "next-token")
		equal(t, "metadata", dcr.Canonical(reg.Metadata), `{"client_name":"App"}`)
	}
	for _, odd := range []string{"a.b.c", "e30.WzFd.e30", answer + ".x", "e30.!.e30", signed(`{"iss":"https://login.example","client_name":"App"}`)} {
		b := newBank(t, always(200, odd))
		_, err := b.connect(t).Read(bounded(t), b.managed())
		equal(t, odd, as[*rest.BodyError](t, err).Status, 200)
	}
}

// TestAnswerThatQuotesTheToken: what a server says a client is called is quoted without the
// token that it was sent, and not at any length.
func TestAnswerThatQuotesTheToken(t *testing.T) {
	t.Parallel()
	b := newBank(t, sequence(always(200, `{"client_id":"token-of-one`+strings.Repeat("x", 100_000)+`"}`), always(200, `{}`)))
	client, m := b.connect(t), b.managed()
	_, err := client.Read(bounded(t), m)
	_ = as[*dcr.IdentityChangedError](t, err)
	m.ClientID, m.URI = "", m.URI+"&token=token-of-one"
	_, unnamed := client.Read(bounded(t), m)
	_ = as[*dcr.UnidentifiedError](t, unnamed)
	for _, err := range []error{err, unnamed} {
		if text := err.Error(); strings.Contains(text, "token-of-one") || len(text) > 2000 {
			t.Errorf("%d bytes: %.300s", len(text), text)
		}
	}
}

func TestReplaceBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, given, want string }{
		{"nothing configured", `{}`, `{"client_id":"one"}`},
		{"client_id added", `{"client_name":"A & <B>","n":2.50}`, `{"client_id":"one","client_name":"A & <B>","n":2.50}`},
		{"client_id corrected", `{"client_id":"two"}`, `{"client_id":"one"}`},
		{"forbidden members removed", `{"registration_access_token":"x","registration_client_uri":"y","client_secret_expires_at":0,"client_id_issued_at":1,"scope":"a"}`, `{"client_id":"one","scope":"a"}`},
		{"nothing else removed", `{"client_secret":"s3cr3t-one","software_statement":"` + statement + `","created_at":1,"x":null,"y":""}`,
			`{"client_id":"one","client_secret":"s3cr3t-one","created_at":1,"software_statement":"` + statement + `","x":null,"y":""}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, always(200, readAnswer))
			given := metadata(t, c.given)
			reg, err := b.connect(t).Replace(bounded(t), b.managed(), given)
			succeeds(t, err)
			b.counted(t, "PUT", 1)
			equal(t, "request", b.requests("PUT")[0], seen{"PUT", managedURI, "Bearer token-of-one", "application/json", "application/json", c.want})
			equal(t, "given is untouched", dcr.Canonical(given), dcr.Canonical(metadata(t, c.given)))
			equal(t, "empty", reg.Empty, false)
		})
	}
}

func TestReplaceAnswersWithoutABody(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{204: "", 200: "", 202: " \r\n"} {
		b := newBank(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			if body != "" {
				_, _ = io.WriteString(w, body)
			}
		})
		reg, err := b.connect(t).Replace(bounded(t), b.managed(), dcr.Metadata{})
		succeeds(t, err)
		equal(t, "empty", reg.Empty, true)
		equal(t, "status", reg.Status, status)
		equal(t, "client_id", reg.ClientID, "")
	}
}

func TestReplaceRefusesWhatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(200, readAnswer))
	if _, err := b.connect(t).Replace(bounded(t), b.managed(), dcr.Metadata{"jwks": []byte("{")}); err == nil {
		t.Error("no error")
	}
	b.counted(t, "PUT", 0)
}

// Read and update are sent once where a rotating server may have taken the
// request, and again where nobody can have seen it.
func TestManagementIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		first http.HandlerFunc
		sent  int
	}{
		{"dropped", func(w http.ResponseWriter, _ *http.Request) { reset(w) }, 1},
		{"500", always(500, ""), 1}, {"502", always(502, ""), 1}, {"503", always(503, ""), 1}, {"504", always(504, ""), 1},
		{"cut off", truncated, 1}, {"HTML", always(200, "<html>"), 1}, {"null", always(200, "null"), 1}, {"list", always(200, "[]"), 1},
		{"401", always(401, ""), 1}, {"302", always(302, "", "Location", "/clients/two"), 1},
		{"429", always(429, "", "Retry-After", "0"), 2}, {"503 with Retry-After", always(503, "", "Retry-After", "0"), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{"GET", "PUT"} {
				b := newBank(t, sequence(c.first, always(200, readAnswer)))
				client, call := b.connect(t), (*dcr.Client).Read
				if method == "PUT" {
					call = func(client *dcr.Client, ctx ctx, m dcr.Management) (*dcr.Registration, error) {
						return client.Replace(ctx, m, dcr.Metadata{})
					}
				}
				_, err := call(client, bounded(t), b.managed())
				b.counted(t, method, c.sent)
				equal(t, method+" succeeds", err == nil, c.sent == 2)
			}
		})
	}
}

// The registration access token goes to trusted origins only, and a server
// anywhere else hears nothing at all.
func TestTokenStaysAtTrustedOrigins(t *testing.T) {
	t.Parallel()
	trusted, other := newBank(t, always(200, readAnswer)), newBank(t, always(200, readAnswer))
	client := trusted.connect(t)
	host := strings.TrimPrefix(trusted.URL, "https://")
	for _, c := range []struct {
		name, uri string
		origin    bool
	}{
		{"another port", other.URL + "/clients/one", true},
		{"plain http", "http://" + host + "/clients/one", true},
		{"another name of the same host", strings.Replace(trusted.URL, "127.0.0.1", "localhost", 1), true},
		{"a host that begins alike", "https://" + host + ".evil.example/clients/one", false},
		{"a trusted host as user", "https://" + host + "@evil.example/clients/one", false},
		{"a fragment", trusted.URL + "/clients/one#x", false},
		{"a relative reference", "/clients/one", false},
		{"nothing", "", false},
		{"another scheme", "ftp://" + host + "/", false},
		{"plain http elsewhere", "http://bank.example/clients/one", false},
	} {
		m := dcr.Management{URI: c.uri, Token: "token-of-one", ClientID: "one"}
		_, read := client.Read(bounded(t), m)
		_, put := client.Replace(bounded(t), m, dcr.Metadata{})
		removed := client.Remove(bounded(t), m)
		for method, err := range map[string]error{"GET": read, "PUT": put, "DELETE": removed} {
			var origin *dcr.OriginError
			switch {
			case err == nil:
				t.Errorf("%s %s: no error", method, c.name)
			case errors.As(err, &origin) != c.origin:
				t.Errorf("%s %s: %v", method, c.name, err)
			case c.origin && origin.URI != c.uri:
				t.Errorf("%s %s: the error names %q", method, c.name, origin.URI)
			}
			hidesSecrets(t, err)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		trusted.counted(t, method, 0)
		other.counted(t, method, 0)
	}
}

func TestRedirectsCarryNoToken(t *testing.T) {
	t.Parallel()
	other := newBank(t, always(200, readAnswer))
	for _, status := range []int{301, 302, 303, 307, 308} {
		b := newBank(t, always(status, "", "Location", other.URL+"/clients/one"))
		_, err := b.connect(t).Read(bounded(t), b.managed())
		equal(t, "location", as[*rest.StatusError](t, err).Location, other.URL)
		b.counted(t, "GET", 1)
	}
	other.counted(t, "GET", 0)
}

// Origins compare normalised: a default port or the case of a host is no other origin.
func TestTrustedOriginsAreNormalised(t *testing.T) {
	t.Parallel()
	client := dcr.New(dcr.Options{TrustedOrigins: []string{"https://Bank.example/register?x", "https://bank.example:443", "nonsense", "https://b.example:8443/"}})
	_, err := client.Read(bounded(t), dcr.Management{URI: "https://evil.example/one", Token: "token-of-one"})
	equal(t, "trusted", strings.Join(as[*dcr.OriginError](t, err).Trusted, " "), "https://bank.example:443 https://b.example:8443")
}

// After an interrupt an answer that is on its way is still read, for the grace
// and no longer; a request nobody has written yet is not sent.
func TestInterruptGrace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		grace    time.Duration
		answered bool
	}{{"answered within the grace", 20 * time.Second, true}, {"not answered within the grace", 50 * time.Millisecond, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			release, stop, ctx := make(chan struct{}), make(chan struct{}), newInterrupt(t)
			b := newBank(t, func(w http.ResponseWriter, _ *http.Request) {
				ctx.interrupt()
				select {
				case <-release:
				case <-stop:
				}
				answer(w, 201, registered)
			})
			t.Cleanup(func() { close(stop) })
			if c.answered {
				time.AfterFunc(100*time.Millisecond, func() { close(release) })
			}
			client := b.connect(t, func(_ *rest.Options, o *dcr.Options) { o.Grace = c.grace })
			reg, err := client.Register(ctx, request(t, b))
			b.counted(t, "POST", 1)
			if !c.answered {
				_ = as[*dcr.AmbiguousError](t, err)
				return
			}
			succeeds(t, err)
			equal(t, "token", reg.RegistrationAccessToken.Reveal(), "token-of-one")
		})
	}
}

func TestInterruptBeforeTheWrite(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(201, registered))
	ctx := newInterrupt(t)
	ctx.interrupt()
	_, err := b.connect(t).Register(ctx, request(t, b))
	plain(t, err)
	b.counted(t, "POST", 0)
}
