package rest_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// late delivers every connection but the first after a while, as a server far away does.
type late struct {
	net.Listener
	accepted atomic.Int64
	// second is closed when the second one has arrived.
	second chan struct{}
}

func (l *late) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	switch {
	case err != nil:
		return nil, err
	case l.accepted.Add(1) == 2:
		close(l.second)
	}
	if l.accepted.Load() > 1 {
		time.Sleep(100 * time.Millisecond)
	}
	return c, nil
}

// TestNoConnectionIsLeftOver: a request that is served while a connection is made for it
// leaves that one to the next, which has no other made.
func TestNoConnectionIsLeftOver(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	listener := &late{second: make(chan struct{})}
	arrived := make(chan string, 10)
	server := ca.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.URL.Path
		switch r.URL.Path {
		case "/first":
			<-listener.second
		case "/slow":
			time.Sleep(300 * time.Millisecond)
		}
	}), func(s *httptest.Server) {
		listener.Listener = s.Listener
		s.Listener = listener
	})
	client := ca.trusting(rest.Options{})
	get := func(path string) {
		if _, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL + path}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	var group sync.WaitGroup
	group.Go(func() { get("/first"); get("/after") })
	if path := <-arrived; path != "/first" {
		t.Fatal(path)
	}
	group.Go(func() { get("/slow") })
	group.Wait()
	if n := listener.accepted.Load(); n != 2 {
		t.Errorf("two requests at a time had %d connections made", n)
	}
}

// mute accepts connections and says nothing on them, until it is told to.
type mute struct {
	net.Listener
	talks atomic.Bool
	held  []net.Conn
}

func (l *mute) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.talks.Load() {
			return c, err
		}
		l.held = append(l.held, c)
	}
}

// TestDeadConnectionsHoldNobodyUp: a connection on which nothing comes keeps no other from being made.
func TestDeadConnectionsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	listener := &mute{}
	server := ca.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), func(s *httptest.Server) {
		listener.Listener = s.Listener
		s.Listener = listener
	})
	client := ca.trusting(rest.Options{Timeout: time.Second})
	_, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL})
	_ = failsIn(t, err, rest.PhaseTLS)
	listener.talks.Store(true)
	if _, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL}); err != nil {
		t.Error(err)
	}
}

// TestStaleConnection: net/http looks for another connection when the idle one that it took turns out to be dead,
// and that is the one that is on its way for the same request.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	listener := &late{second: make(chan struct{})}
	arrived := make(chan string, 10)
	var dead atomic.Bool
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- r.URL.Path
		if r.URL.Path == "/first" {
			<-listener.second
			return
		}
		if dead.CompareAndSwap(false, true) {
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = c.Close()
			}
		}
	}), func(s *httptest.Server) {
		listener.Listener = s.Listener
		s.Listener = listener
	})
	client := ca.trusting(rest.Options{})
	get := func(path string) {
		if _, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL + path, Retry: rest.RetrySafe}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	var group sync.WaitGroup
	group.Go(func() { get("/first") })
	if path := <-arrived; path != "/first" {
		t.Fatal(path)
	}
	group.Go(func() { get("/second") })
	group.Wait()
	if n := listener.accepted.Load(); n != 2 || !dead.Load() {
		t.Errorf("%d connections were made", n)
	}
}
