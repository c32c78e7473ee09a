package rest_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func requireCertificate(s *httptest.Server) { s.TLS.ClientAuth = tls.RequireAndVerifyClientCert }

// protocols are the ways to serve both HTTP versions.
func protocols() map[string]func(*httptest.Server) {
	return map[string]func(*httptest.Server){"HTTP/1.1": func(*httptest.Server) {}, "HTTP/2": http2}
}

func version(v uint16) func(*httptest.Server) {
	return func(s *httptest.Server) { s.TLS.MinVersion, s.TLS.MaxVersion = v, v }
}

// post sends one POST that may not be repeated unless it provably was not processed.
func post(t *testing.T, client *rest.Client, url string) error {
	t.Helper()
	_, err := client.Do(bounded(t), rest.Request{Method: http.MethodPost, URL: url + "?q=hidden-query", Body: []byte(`{}`), ContentType: "application/json"})
	return err
}

// attemptsOf returns options that count attempts.
func attemptsOf(n *atomic.Int64, retries int) rest.Options {
	return rest.Options{MaxRetries: retries, Observe: observe(func(rest.Exchange) { n.Add(1) })}
}

func TestPhaseResolve(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	err := post(t, newAuthority(t).trusting(attemptsOf(&attempts, 2)), "https://no-such-host.invalid")
	failure := failsIn(t, err, rest.PhaseResolve)
	if !failure.Unprocessed() {
		t.Error("a name that was not resolved counts as processed")
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound && attempts.Load() != 1 {
		t.Errorf("%d attempts for a name that does not exist, want 1", attempts.Load())
	}
}

func TestPhaseDialIsRepeatedForAnyMethod(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	url := "https://" + listener.Addr().String()
	must(t, listener.Close())
	var attempts atomic.Int64
	err = post(t, newAuthority(t).trusting(attemptsOf(&attempts, 1)), url)
	failure := failsIn(t, err, rest.PhaseDial)
	if !failure.Unprocessed() || attempts.Load() != 2 {
		t.Errorf("unprocessed %v after %d attempts, want true after 2", failure.Unprocessed(), attempts.Load())
	}
	if strings.Contains(err.Error(), "hidden-query") || failure.URL != url {
		t.Errorf("the error carries the query: %v", err)
	}
}

func TestPhaseTLSIsPermanent(t *testing.T) {
	t.Parallel()
	trusted, unknown := newAuthority(t), newAuthority(t)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	wrongName := strings.Replace(trusted.serve(http.NotFoundHandler()).URL, "127.0.0.1", "localhost", 1)
	for name, url := range map[string]string{
		"unknown authority": unknown.serve(http.NotFoundHandler()).URL,
		"wrong name":        wrongName,
		"plain HTTP":        strings.Replace(plain.URL, "http:", "https:", 1),
		"TLS 1.1 only":      trusted.serve(http.NotFoundHandler(), version(tls.VersionTLS11)).URL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int64
			err := post(t, trusted.trusting(attemptsOf(&attempts, 2)), url)
			if failure := failsIn(t, err, rest.PhaseTLS); !failure.Unprocessed() || attempts.Load() != 1 {
				t.Errorf("unprocessed %v after %d attempts, want true after 1: %v", failure.Unprocessed(), attempts.Load(), err)
			}
		})
	}
}

func TestPhaseTLSThatBreaksOffIsRepeated(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	server := newRaw(ca, func(c net.Conn, n int64) {
		if n > 1 {
			serveAll(c, func(int) string { return "HTTP/1.1 204 No Content\r\n\r\n" })
		}
	})
	must(t, post(t, ca.trusting(rest.Options{MaxRetries: 1}), server.url))
}

func TestPhaseRefused(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	badCert, badKey := stranger.client(-time.Hour, time.Hour)
	identities := map[string]rest.Identity{
		"no certificate":  {CACertificatesPEM: ca.pem()},
		"bad certificate": {CACertificatesPEM: ca.pem(), CertificatePEM: badCert, PrivateKeyPEM: badKey},
	}
	for versionName, v := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		for protocolName, protocol := range protocols() {
			for name, identity := range identities {
				t.Run(strings.Join([]string{versionName, protocolName, name}, " "), func(t *testing.T) {
					t.Parallel()
					var hits, attempts atomic.Int64
					server := ca.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }), requireCertificate, version(v), protocol)
					err := post(t, connect(t, attemptsOf(&attempts, 2), identity), server.URL)
					failure := failsIn(t, err, rest.PhaseRefused)
					if !failure.Unprocessed() || attempts.Load() != 1 || hits.Load() != 0 {
						t.Errorf("unprocessed %v, %d attempts, %d requests; want true, 1, 0", failure.Unprocessed(), attempts.Load(), hits.Load())
					}
				})
			}
		}
	}
}

func TestPhaseSentAfterAReset(t *testing.T) {
	t.Parallel()
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var hits atomic.Int64
			server := ca.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler)
			}), protocol)
			err := post(t, ca.trusting(rest.Options{MaxRetries: 3}), server.URL)
			if failsIn(t, err, rest.PhaseSent).Unprocessed() || hits.Load() != 1 {
				t.Errorf("%d requests, want 1, and it counts as perhaps processed: %v", hits.Load(), err)
			}
		})
	}
}

func TestPhaseTimeout(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var hits atomic.Int64
	over := make(chan struct{})
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1) == 1 && r.URL.Path == "/failing-first" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		<-over
	}))
	t.Cleanup(func() { close(over) })
	client := ca.trusting(rest.Options{Timeout: time.Second, MaxRetries: 5}) // The handshake is part of it, on a busy machine too.
	err := post(t, client, server.URL)
	if failsIn(t, err, rest.PhaseTimeout).Unprocessed() || hits.Load() != 1 {
		t.Errorf("a POST that timed out was sent %d times, want 1: %v", hits.Load(), err)
	}
	hits.Store(0)
	_, err = client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, Retry: rest.RetrySafe})
	if failsIn(t, err, rest.PhaseTimeout).Unprocessed() || hits.Load() != 2 {
		t.Errorf("a safe GET that timed out was sent %d times, want 2: a timeout is repeated once", hits.Load())
	}
	hits.Store(0)
	_, err = client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL + "/failing-first", Retry: rest.RetrySafe})
	if failsIn(t, err, rest.PhaseTimeout).Unprocessed() || hits.Load() != 3 {
		t.Errorf("a safe GET that failed and then timed out was sent %d times, want 3: what failed before is no timeout", hits.Load())
	}
}
