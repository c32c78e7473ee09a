package dcr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// seen is a request as it reached a server.
type seen struct{ method, uri, bearer, accept, contentType, body string }

// bank is an authorization server that records every request it reads whole.
type bank struct {
	*httptest.Server

	mu   sync.Mutex
	seen []seen
}

type option func(*httptest.Server)

func http2(s *httptest.Server) { s.EnableHTTP2 = true }

func newBank(t *testing.T, handler http.HandlerFunc, options ...option) *bank {
	t.Helper()
	b := &bank{}
	b.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		b.mu.Lock()
		b.seen = append(b.seen, seen{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Accept"), r.Header.Get("Content-Type"), string(body)})
		b.mu.Unlock()
		handler(w, r)
	}))
	b.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, o := range options {
		o(b.Server)
	}
	b.StartTLS()
	t.Cleanup(func() { b.CloseClientConnections(); b.Close() })
	return b
}

// requests are the recorded requests of a method.
func (b *bank) requests(method string) []seen {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []seen
	for _, s := range b.seen {
		if s.method == method {
			out = append(out, s)
		}
	}
	return out
}

func (b *bank) counted(t *testing.T, method string, want int) {
	t.Helper()
	if got := len(b.requests(method)); got != want {
		t.Errorf("%d %s requests reached the server, want %d", got, method, want)
	}
}

func (b *bank) certificate() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.Certificate().Raw}))
}

// connect returns a client that trusts the bank's certificate and origin, and
// would repeat three times whatever may be repeated.
func (b *bank) connect(t *testing.T, change ...func(*rest.Options, *dcr.Options)) *dcr.Client {
	t.Helper()
	transport := rest.Options{MaxRetries: 3, Timeout: 20 * time.Second}
	options := dcr.Options{TrustedOrigins: []string{b.URL + "/register"}}
	for _, c := range change {
		c(&transport, &options)
	}
	pool := rest.NewPool(transport)
	t.Cleanup(pool.CloseIdleConnections)
	client, err := pool.Client(rest.Identity{CACertificatesPEM: b.certificate()})
	if err != nil {
		t.Fatal(err)
	}
	options.HTTP = client
	return dcr.New(options)
}

// managed is a registration at the bank, with a query as the conformance suite makes one.
func (b *bank) managed() dcr.Management {
	return dcr.Management{URI: b.URL + "/clients/one?k=%7e%41&&x=", Token: "token-of-one", ClientID: "one"}
}

// answer writes one JSON (or other) answer.
func answer(w http.ResponseWriter, status int, body string, headers ...string) {
	for i := 0; i+1 < len(headers); i += 2 {
		w.Header().Set(headers[i], headers[i+1])
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) //nolint:gosec // G705: no browser reads it, and some servers do answer with what was sent.
}

func always(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body, headers...) }
}

// reset ends the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// moody resets the first connections before a byte was exchanged.
type moody struct {
	net.Listener

	mu               sync.Mutex
	resets, accepted int
}

func (m *moody) Accept() (net.Conn, error) {
	conn, err := m.Listener.Accept()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.accepted++
	if m.accepted <= m.resets {
		_ = conn.Close()
	}
	return conn, nil
}

func metadata(t *testing.T, text string) dcr.Metadata {
	t.Helper()
	var m dcr.Metadata
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// as asserts that an error is, or wraps, one of type E.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	var found E
	if !errors.As(err, &found) {
		t.Fatalf("error %v (%T), want a %T", err, err, found)
	}
	return found
}

func succeeds(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// sequence answers each request in its turn, and the last for ever.
func sequence(replies ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		reply := replies[0]
		if len(replies) > 1 {
			replies = replies[1:]
		}
		mu.Unlock()
		reply(w, r)
	}
}

type ctx = context.Context

// interrupt is a context that ends as it does when a user presses Ctrl-C.
type interrupt struct {
	ctx
	interrupt context.CancelFunc
}

func newInterrupt(t *testing.T) interrupt {
	t.Helper()
	inner, cancel := context.WithCancel(bounded(t))
	return interrupt{inner, cancel}
}
