package rest_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// counting counts the connections a server accepts.
func counting(n *atomic.Int64) func(*httptest.Server) {
	return func(s *httptest.Server) {
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				n.Add(1)
			}
		}
	}
}

func http2(s *httptest.Server) { s.EnableHTTP2 = true }

func TestPoolSharesConnections(t *testing.T) {
	t.Parallel()
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var connections atomic.Int64
			server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Proto != name && r.Proto != name+".0" {
					t.Errorf("protocol %s, want %s", r.Proto, name)
				}
				if r.URL.Path == "/missing" {
					http.Error(w, `{"error":"x"}`, http.StatusNotFound)
				}
			}), counting(&connections), protocol)
			pool := rest.NewPool(rest.Options{})
			t.Cleanup(pool.CloseIdleConnections)
			identity := rest.Identity{CACertificatesPEM: ca.pem()}
			visit := func(identity rest.Identity, path string) {
				client, err := pool.Client(identity)
				must(t, err)
				if _, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL + path}); path == "/" {
					must(t, err)
				}
			}
			expect := func(want int64, after string) {
				t.Helper()
				if got := connections.Load(); got != want {
					t.Errorf("%d connections after %s, want %d", got, after, want)
				}
			}
			for range 3 {
				visit(identity, "/")
				visit(identity, "/missing")
			}
			expect(1, "six requests of one identity, errors among them")
			cert, key := ca.client(-time.Hour, time.Hour)
			visit(rest.Identity{CertificatePEM: cert, PrivateKeyPEM: key, CACertificatesPEM: ca.pem()}, "/")
			expect(2, "a request of another identity")
			pool.CloseIdleConnections()
			visit(identity, "/")
			expect(3, "closing the idle connections")
		})
	}
}

// TestOpenConnectionsAreBounded: identities have connections of their own, and a process has only so many files.
func TestOpenConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	var open, most atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			if n := open.Add(1); n > most.Load() {
				most.Store(n)
			}
		case http.StateClosed:
			open.Add(-1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	ca := newAuthority(t)
	pool := rest.NewPool(rest.Options{})
	t.Cleanup(pool.CloseIdleConnections)
	for i := range 300 {
		client, err := pool.Client(rest.Identity{CACertificatesPEM: ca.pem() + strings.Repeat("\n", i)})
		must(t, err)
		_, err = client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL})
		must(t, err)
	}
	// The server notices a little later than the client closes them.
	if most.Load() > 200 {
		t.Errorf("%d connections were open at once", most.Load())
	}
}

func TestPoolGivesOneClientForOneIdentity(t *testing.T) {
	t.Parallel()
	pool := rest.NewPool(rest.Options{})
	var group sync.WaitGroup
	clients := make([]*rest.Client, 20)
	for i := range clients {
		group.Go(func() { clients[i], _ = pool.Client(rest.Identity{}) })
	}
	group.Wait()
	for _, client := range clients {
		if client == nil || client != clients[0] {
			t.Fatal("concurrent callers were given different clients for one identity")
		}
	}
}

func TestRateLimitIsSharedByAllClientsOfAHost(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	server := ca.serve(http.NotFoundHandler())
	pool := rest.NewPool(rest.Options{RequestsPerSecond: 20})
	t.Cleanup(pool.CloseIdleConnections)
	cert, key := ca.client(-time.Hour, time.Hour)
	started := time.Now()
	var group sync.WaitGroup
	for i := range 7 {
		identity := rest.Identity{CACertificatesPEM: ca.pem()}
		if i%2 == 0 {
			identity.CertificatePEM, identity.PrivateKeyPEM = cert, key
		}
		client, err := pool.Client(identity)
		must(t, err)
		group.Go(func() { _, _ = client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL}) })
	}
	group.Wait()
	if took := time.Since(started); took < 290*time.Millisecond {
		t.Errorf("7 requests at 20 a second took %v, want at least 300ms", took)
	}
}

func TestRateLimitIsPerHostAndEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var hits atomic.Int64
	count := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	one, other := ca.serve(count), ca.serve(count)
	client := ca.trusting(rest.Options{RequestsPerSecond: 0.01})
	for _, url := range []string{one.URL, other.URL} {
		_, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: url})
		must(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := client.Do(ctx, rest.Request{Method: http.MethodPost, URL: one.URL})
	if !failsIn(t, err, rest.PhaseWaiting).Unprocessed() || hits.Load() != 2 || !strings.HasSuffix(err.Error(), "the rate limit requests_per_second would have made it wait past the deadline") {
		t.Errorf("%d requests arrived, want 2: %v", hits.Load(), err)
	}
	interrupted, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	_, err = client.Do(interrupted, rest.Request{Method: http.MethodPost, URL: one.URL})
	if !failsIn(t, err, rest.PhaseCancelled).Unprocessed() || hits.Load() != 2 {
		t.Errorf("%d requests arrived, want 2: %v", hits.Load(), err)
	}
}
