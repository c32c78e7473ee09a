package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// first answers the first request in one way and all others with 200.
func first(hits *atomic.Int64, answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1) == 1 {
			answer(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"ok":true}`))
	})
}

func status(code int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
	}
}

func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(`{"half":`))
}

func TestRetryByPolicy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name                    string
		answer                  http.HandlerFunc
		unprocessed, safe, none int64
	}{
		{"reset", reset, 1, 2, 1},
		{"broken body", truncated, 1, 2, 1},
		{"500", status(500, ""), 1, 1, 1},
		{"500 with Retry-After", status(500, "0"), 1, 1, 1},
		{"502", status(502, ""), 1, 2, 1},
		{"503", status(503, ""), 1, 2, 1},
		{"503 with Retry-After", status(503, "0"), 2, 2, 1},
		{"504", status(504, ""), 1, 2, 1},
		{"429", status(429, ""), 2, 2, 1},
		{"429 with Retry-After", status(429, "0"), 2, 2, 1},
		{"400", status(400, ""), 1, 1, 1},
		{"401 with Retry-After", status(401, "0"), 1, 1, 1},
		{"404", status(404, ""), 1, 1, 1},
	}
	for _, c := range cases {
		for method, body := range map[string][]byte{http.MethodPost: []byte(`{"a":1}`), http.MethodGet: nil, http.MethodDelete: nil} {
			for policy, want := range map[rest.Retry]int64{rest.RetryUnprocessed: c.unprocessed, rest.RetrySafe: c.safe, rest.RetryNever: c.none} {
				t.Run(fmt.Sprintf("%s %s policy %d", c.name, method, policy), func(t *testing.T) {
					t.Parallel()
					ca := newAuthority(t)
					var hits atomic.Int64
					server := ca.serve(first(&hits, c.answer))
					response, err := ca.trusting(rest.Options{MaxRetries: 3}).Do(bounded(t), rest.Request{Method: method, URL: server.URL, Body: body, Retry: policy})
					if hits.Load() != want {
						t.Fatalf("sent %d times, want %d: %v", hits.Load(), want, err)
					}
					if repeated := want > 1; repeated != (err == nil) || repeated != (response != nil) {
						t.Errorf("after %d attempts: %v", want, err)
					}
				})
			}
		}
	}
}

func TestRetriesAreBoundedAndRepeatTheBody(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var hits atomic.Int64
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		body := make([]byte, 20)
		if n, _ := r.Body.Read(body); string(body[:n]) != `{"a":1}` {
			t.Errorf("attempt %d carried the body %q", hits.Load(), body[:n])
		}
		status(429, "0")(w, r)
	}))
	var numbers []int
	var ids = map[string]bool{}
	options := rest.Options{MaxRetries: 2, Observe: observe(func(e rest.Exchange) {
		numbers = append(numbers, e.Attempt)
		ids[e.InteractionID] = true
		if e.Status != 429 || e.URL != server.URL+"/p" {
			t.Errorf("observed %+v", e)
		}
	})}
	_, err := ca.trusting(options).Do(bounded(t), rest.Request{Method: http.MethodPost, URL: server.URL + "/p?token=hidden", Body: []byte(`{"a":1}`)})
	if got := as[*rest.StatusError](t, err).Status; got != 429 || hits.Load() != 3 {
		t.Errorf("status %d after %d attempts, want 429 after 3", got, hits.Load())
	}
	if fmt.Sprint(numbers) != "[1 2 3]" || len(ids) != 1 {
		t.Errorf("attempts %v with %d interaction ids, want [1 2 3] with 1", numbers, len(ids))
	}
}

func TestRefusedConnectionIsRepeatedUntilItIsThere(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	must(t, listener.Close())
	var hits atomic.Int64
	failed := make(chan rest.Phase, 10)
	started := make(chan struct{})
	go func() {
		defer close(started)
		<-failed
		again, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("the port is gone: %v", err)
			return
		}
		ca.serve(first(&hits, status(201, "")), onListener(again))
	}()
	options := rest.Options{MaxRetries: 5, Observe: observe(func(e rest.Exchange) { failed <- e.Phase })}
	must(t, post(t, ca.trusting(options), "https://"+address))
	<-started
	if hits.Load() != 1 {
		t.Errorf("the POST arrived %d times, want 1", hits.Load())
	}
}

// A server that read the second request of a connection and hung up may have
// carried it out. net/http repeats such a GET on its own; with a token that
// rotates, that would lose the registration.
func TestReadIsNotReplayedBehindOurBack(t *testing.T) {
	t.Parallel()
	for policy, want := range map[rest.Retry]int64{rest.RetryUnprocessed: 2, rest.RetryNever: 2, rest.RetrySafe: 3} {
		t.Run(fmt.Sprint("policy ", policy), func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var requests atomic.Int64
			server := newRaw(ca, func(c net.Conn, number int64) {
				serveAll(c, func(n int) string {
					requests.Add(1)
					if number == 1 && n == 2 {
						return "" // Hang up.
					}
					return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
				})
			})
			client := ca.trusting(rest.Options{})
			request := rest.Request{Method: http.MethodGet, URL: server.url, Bearer: "rotating", Retry: policy}
			_, err := client.Do(bounded(t), request)
			must(t, err)
			_, err = client.Do(bounded(t), request)
			if requests.Load() != want {
				t.Fatalf("%d requests arrived, want %d: %v", requests.Load(), want, err)
			}
			if policy != rest.RetrySafe && failsIn(t, err, rest.PhaseSent).Unprocessed() {
				t.Error("the lost read counts as unprocessed")
			}
		})
	}
}

const protocolError, refusedStream = 1, 7

// TestResetStream: what an HTTP/2 server refused is repeated, and what it reset for another
// reason may have been processed, and is not, whatever net/http would do on its own.
func TestResetStream(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		code byte
		body []byte
		// warm is set if the host was asked before; repeated, if what was reset is sent again.
		warm, repeated bool
	}{
		{"a read that is refused", refusedStream, nil, false, true},
		{"a read that is reset", protocolError, nil, false, false},
		{"a registration that is refused", refusedStream, []byte(`{}`), true, true},
		{"a registration that is reset", protocolError, []byte(`{}`), true, false},
		// Of the first request nobody knows which of the two it is.
		{"the first request, refused", refusedStream, []byte(`{}`), false, false},
		{"the first request, reset", protocolError, []byte(`{}`), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var streams atomic.Int64
			before, method := int64(0), http.MethodGet
			if c.body != nil {
				method = http.MethodPost
			}
			if c.warm {
				before = 1
			}
			server := newRaw(ca, func(conn net.Conn, _ int64) { resetStream(conn, &streams, before+1, c.code) }, "h2")
			client := ca.trusting(rest.Options{MaxRetries: 2})
			if c.warm {
				_, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.url})
				must(t, err)
			}
			_, err := client.Do(bounded(t), rest.Request{Method: method, URL: server.url, Body: c.body})
			want := before + 1
			if c.repeated {
				must(t, err)
				want++
			} else if failsIn(t, err, rest.PhaseSent).Unprocessed() {
				t.Error("what was reset counts as unprocessed")
			}
			if streams.Load() != want {
				t.Errorf("%d streams, want %d", streams.Load(), want)
			}
		})
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	theirs := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, value := range map[string]string{"seconds": "1", "date": theirs.Add(time.Second).Format(http.TimeFormat)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var hits atomic.Int64
			server := ca.serve(first(&hits, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", theirs.Format(http.TimeFormat))
				status(503, value)(w, r)
			}))
			// This machine's clock is far behind, and does not count.
			client := ca.trusting(rest.Options{MaxRetries: 1, Now: func() time.Time { return theirs.Add(-10 * time.Minute) }})
			started := time.Now()
			_, err := client.Do(t.Context(), rest.Request{Method: http.MethodPost, URL: server.URL, Body: []byte(`{}`)})
			must(t, err)
			if took := time.Since(started); took < 990*time.Millisecond || took > time.Minute || hits.Load() != 2 {
				t.Errorf("%d attempts in %v", hits.Load(), took)
			}
		})
	}
}

func TestRetryAfterThatIsTooLongIsReported(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		value string
		want  time.Duration
	}{
		"beyond the deadline":        {"120", 2 * time.Minute},
		"beyond any patience":        {"3600", time.Hour},
		"a date":                     {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), time.Hour},
		"more than a duration holds": {"99999999999", (1<<31 - 1) * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var hits atomic.Int64
			server := ca.serve(first(&hits, status(503, c.value)))
			_, err := ca.trusting(rest.Options{MaxRetries: 3}).Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, Retry: rest.RetrySafe})
			failure := as[*rest.StatusError](t, err)
			if off := failure.RetryAfter - c.want; !failure.HasRetryAfter || off > 0 || off < -20*time.Second {
				t.Errorf("Retry-After %v (%v), want %v", failure.RetryAfter, failure.HasRetryAfter, c.want)
			}
			if hits.Load() != 1 {
				t.Errorf("sent %d times, want 1", hits.Load())
			}
		})
	}
}

func TestRetryAfterThatIsNoTimeIsIgnored(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "-1", "soon", "1.5"} {
		ca := newAuthority(t)
		var hits atomic.Int64
		server := ca.serve(first(&hits, status(503, value)))
		err := post(t, ca.trusting(rest.Options{MaxRetries: 3}), server.URL)
		if failure := as[*rest.StatusError](t, err); failure.HasRetryAfter || failure.RetryAfter != 0 || hits.Load() != 1 {
			t.Errorf("%q: %v, sent %d times", value, failure.RetryAfter, hits.Load())
		}
	}
}

func TestWaitingForARetryEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	ctx, cancel := context.WithCancel(t.Context())
	server := ca.serve(status(429, "60"))
	options := rest.Options{MaxRetries: 3, Observe: observe(func(rest.Exchange) { time.AfterFunc(50*time.Millisecond, cancel) })}
	started := time.Now()
	_, err := ca.trusting(options).Do(ctx, rest.Request{Method: http.MethodPost, URL: server.URL, Body: []byte(`{}`)})
	if !errors.Is(err, context.Canceled) || time.Since(started) > 20*time.Second {
		t.Errorf("after %v: %v", time.Since(started), err)
	}
}
