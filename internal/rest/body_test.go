package rest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const mebibyte = 1 << 20

// zipped compresses n spaces that make up one JSON string.
func zipped(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, `"`+strings.Repeat(" ", n-2)+`"`)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size   int
		gzip   bool
		status int
		fits   bool
	}{
		"plain, at the bound":    {mebibyte, false, 200, true},
		"plain, above the bound": {mebibyte + 1, false, 200, false},
		"gzip, at the bound":     {mebibyte, true, 200, true},
		"gzip, above the bound":  {mebibyte + 1, true, 201, false},
		"gzip bomb":              {8 * mebibyte, true, 200, false},
		"error above the bound":  {mebibyte + 1, false, 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			body := zipped(t, c.size)
			var hits atomic.Int64
			server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				w.Header().Set("Content-Type", "application/json")
				if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
					t.Error("the client does not accept gzip")
				}
				if c.gzip {
					w.Header().Set("Content-Encoding", "gzip")
					w.WriteHeader(c.status)
					_, _ = w.Write(body)
					return
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, `"`+strings.Repeat(" ", c.size-2)+`"`)
			}))
			response, err := ca.trusting(rest.Options{MaxRetries: 2}).Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, Retry: rest.RetrySafe})
			switch {
			case c.fits:
				must(t, err)
				if len(response.Body) != c.size {
					t.Errorf("%d bytes, want %d", len(response.Body), c.size)
				}
			case c.status == 400:
				if got := as[*rest.StatusError](t, err).Status; got != 400 {
					t.Errorf("status %d", got)
				}
			default:
				failure := as[*rest.BodyError](t, err)
				if failure.Status != c.status || !strings.Contains(failure.Reason, "1 MiB") || failure.ContentType != "application/json" || failure.InteractionID == "" {
					t.Errorf("%+v", failure)
				}
			}
			if hits.Load() != 1 {
				t.Errorf("asked %d times: a body that is too large stays so", hits.Load())
			}
		})
	}
}

// TestBodyOfAnotherBound lets one request read more, or less.
func TestBodyOfAnotherBound(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `"`+strings.Repeat(" ", 3*mebibyte-2)+`"`)
	}))
	client := ca.trusting(rest.Options{})
	response, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, MaxBody: 3 * mebibyte})
	must(t, err)
	if len(response.Body) != 3*mebibyte {
		t.Errorf("%d bytes", len(response.Body))
	}
	_, err = client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, MaxBody: 2 * mebibyte})
	if failure := as[*rest.BodyError](t, err); !strings.Contains(failure.Reason, "larger than 2 MiB") {
		t.Errorf("%+v", failure)
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	for name, protocol := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var phase atomic.Value
			server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/refused" {
					w.WriteHeader(http.StatusForbidden)
				}
				_, _ = w.Write([]byte(`{"client_id":"a`))
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}), protocol)
			client := ca.trusting(rest.Options{Observe: observe(func(e rest.Exchange) { phase.Store(e.Phase) })})
			_, err := client.Do(bounded(t), rest.Request{Method: http.MethodPost, URL: server.URL, Body: []byte(`{}`)})
			failure := as[*rest.BodyError](t, err)
			if failure.Status != 200 || failure.Err == nil || !strings.Contains(failure.Reason, "broke off") || phase.Load() != rest.PhaseBody {
				t.Errorf("%+v, observed in phase %v", failure, phase.Load())
			}
			_, err = client.Do(bounded(t), rest.Request{Method: http.MethodPost, URL: server.URL + "/refused", Body: []byte(`{}`)})
			if got := as[*rest.StatusError](t, err).Status; got != http.StatusForbidden {
				t.Errorf("status %d, want 403: the status says what the body cannot", got)
			}
		})
	}
}

func TestBodyThatIsNotGzip(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte(`{"plain":true}`))
	}))
	if failure := as[*rest.BodyError](t, post(t, ca.trusting(rest.Options{MaxRetries: 2}), server.URL)); failure.Err == nil {
		t.Error("the cause is lost")
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for body, reason := range map[string]string{
		`{"n":12345678901234567890}`: "",
		" {} \n":                     "",
		"":                           "empty",
		" \n":                        "empty",
		"<html>hidden</html>":        "not the JSON",
		`{"a":1`:                     "not the JSON",
		`[1]`:                        "not the JSON",
		`{"a":1}{"b":2}`:             "more follows",
		`{"a":1} hidden`:             "more follows",
	} {
		ca := newAuthority(t)
		server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		response, err := ca.trusting(rest.Options{}).Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL})
		must(t, err)
		var out map[string]any
		err = response.JSON(&out)
		if reason == "" {
			must(t, err)
			if n, ok := out["n"].(json.Number); ok && n != "12345678901234567890" {
				t.Errorf("the number became %v", n)
			}
			continue
		}
		if failure := as[*rest.BodyError](t, err); !strings.Contains(failure.Reason, reason) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// TestBodyThatCannotBeMade: why is told, and nothing is sent.
func TestBodyThatCannotBeMade(t *testing.T) {
	t.Parallel()
	cause := errors.New("the key cannot sign")
	var hits atomic.Int64
	ca := newAuthority(t)
	server := ca.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	_, err := ca.trusting(rest.Options{}).Do(bounded(t), rest.Request{
		Method: http.MethodPost, URL: server.URL + "?query=hidden",
		Fresh: func() ([]byte, rest.Secret, error) { return nil, "", cause },
	})
	if !errors.Is(err, cause) || strings.Contains(err.Error(), "hidden") || hits.Load() != 0 {
		t.Errorf("%d requests, %v", hits.Load(), err)
	}
}
