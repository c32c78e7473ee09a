package rest_test

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// held is a server that says when a request arrived and answers when told to.
func held(ca *authority) (url string, arrived, release chan struct{}) {
	ca.t.Helper()
	arrived, release = make(chan struct{}), make(chan struct{})
	over := make(chan struct{})
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		select {
		case <-release:
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"client_id":"abc"}`))
		case <-over:
		}
	}))
	ca.t.Cleanup(func() { close(over) })
	return server.URL, arrived, release
}

func TestGraceReadsTheAnswerOfAWrittenRequest(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"cancelled": context.WithCancel,
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 500*time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			url, arrived, release := held(ca)
			ctx, cancel := end(t.Context())
			defer cancel()
			go func() {
				<-arrived
				if name == "cancelled" {
					cancel()
				}
				<-ctx.Done()
				time.Sleep(100 * time.Millisecond) // A client that gave up would have gone by now.
				close(release)
			}()
			response, err := ca.trusting(rest.Options{}).Do(ctx, rest.Request{Method: http.MethodPost, URL: url, Body: []byte(`{}`), Grace: 20 * time.Second})
			must(t, err)
			if response.Status != http.StatusCreated || string(response.Body) != `{"client_id":"abc"}` {
				t.Errorf("%d %s", response.Status, response.Body)
			}
		})
	}
}

func TestGraceEnds(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"without grace": 0, "with grace": 200 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			url, arrived, _ := held(ca)
			ctx, cancel := context.WithCancel(t.Context())
			var cancelled atomic.Pointer[time.Time]
			go func() { <-arrived; now := time.Now(); cancelled.Store(&now); cancel() }()
			_, err := ca.trusting(rest.Options{MaxRetries: 3}).Do(ctx, rest.Request{Method: http.MethodPost, URL: url, Body: []byte(`{}`), Grace: grace, Retry: rest.RetrySafe})
			if failsIn(t, err, rest.PhaseTimeout).Unprocessed() {
				t.Error("a request that was written counts as unprocessed")
			}
			<-ctx.Done()
			if took := time.Since(*cancelled.Load()); took < grace-10*time.Millisecond || took > grace+10*time.Second {
				t.Errorf("it ended %v after it was cancelled, the grace was %v", took, grace)
			}
		})
	}
}

func TestCancelledBeforeTheRequestWasWritten(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"without grace": 0, "with grace": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var hits atomic.Int64
			server := ca.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
			client := ca.trusting(rest.Options{MaxRetries: 3})
			request := rest.Request{Method: http.MethodPost, URL: server.URL, Body: []byte(`{}`), Grace: grace}
			_, err := client.Do(bounded(t), request)
			must(t, err) // There is an idle connection now, on which a request would be written at once.
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for range 50 {
				_, err = client.Do(ctx, request)
				if !failsIn(t, err, rest.PhaseCancelled).Unprocessed() {
					t.Error("it counts as processed")
				}
			}
			if hits.Load() != 1 {
				t.Errorf("%d requests were sent after the caller had given up", hits.Load()-1)
			}
		})
	}
}

func TestCancelledDuringTheHandshake(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	connected, over := make(chan struct{}), make(chan struct{})
	server := newRaw(ca, func(net.Conn, int64) { close(connected); <-over })
	t.Cleanup(func() { close(over) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-connected; cancel() }()
	started := time.Now()
	_, err := ca.trusting(rest.Options{}).Do(ctx, rest.Request{Method: http.MethodPost, URL: server.url, Body: []byte(`{}`), Grace: 20 * time.Second})
	if !failsIn(t, err, rest.PhaseCancelled).Unprocessed() || time.Since(started) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(started), err)
	}
}
