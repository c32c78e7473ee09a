package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// TestEchoedCredentials: wherever a server puts what it was sent, an error does not repeat it.
func TestEchoedCredentials(t *testing.T) {
	t.Parallel()
	const token = "token-that-nobody-may-see"
	for name, answer := range map[string]func(http.ResponseWriter){
		"cut by a sequence": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error_description":"%s\u001b[0m%s"}`, token[:9], token[9:])
		},
		"redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://"+token+".example/x")
			w.WriteHeader(http.StatusFound)
		},
		"interaction id": func(w http.ResponseWriter) {
			w.Header().Set("X-Fapi-Interaction-Id", token)
			w.WriteHeader(http.StatusBadRequest)
		},
		"content type": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/plain; "+token)
			w.WriteHeader(http.StatusBadRequest)
		},
		"content type of an answer": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/plain; "+token)
			_, _ = fmt.Fprint(w, "hello")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
			t.Cleanup(server.Close)
			resp, err := connect(t, rest.Options{}, rest.Identity{}).Do(t.Context(), rest.Request{Method: http.MethodGet, URL: server.URL, Bearer: token})
			if err == nil {
				err = resp.JSON(new(map[string]any))
			}
			if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, token) {
				t.Error("the token is in the error")
			}
		})
	}
}

// unparsable answers with bytes that are no HTTP, and leaves the connection open until the client closes it.
func unparsable(t *testing.T, answer string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = connection.Close() }() // The client is gone by then.
		_, _ = buffered.WriteString(answer)
		_ = buffered.Flush()
		_, _ = io.Copy(io.Discard, connection)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestQuotedCredentials: what net/http quotes of an answer that it cannot follow is no way around that.
func TestQuotedCredentials(t *testing.T) {
	t.Parallel()
	const token = `token-that-"nobody"-may-see`
	for name, answer := range map[string]string{
		"status":            "HTTP/1.1 " + token + " x\r\n\r\n",
		"header":            "HTTP/1.1 200 OK\r\nYour Bearer " + token + "\r\n\r\n",
		"length":            "HTTP/1.1 200 OK\r\nContent-Length: Bearer " + token + "\r\n\r\n",
		"transfer encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: Bearer " + token + "\r\n\r\n",
		"version":           token + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told error
			client := connect(t, rest.Options{Observe: observe(func(e rest.Exchange) { told = e.Err })}, rest.Identity{})
			_, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: unparsable(t, answer).URL, Bearer: token})
			_ = as[*rest.TransportError](t, err)
			if told == nil {
				t.Fatal("nobody was told")
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), told.Error()} {
				if strings.Contains(text, "may-see") {
					t.Errorf("the token is in %s", text)
				}
			}
		})
	}
}

// TestAnotherProtocol: an answer that is none, and never ends, takes no longer than another.
func TestAnotherProtocol(t *testing.T) {
	t.Parallel()
	server := unparsable(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
	for _, grace := range []time.Duration{0, time.Second} {
		_, err := connect(t, rest.Options{}, rest.Identity{}).Do(bounded(t), rest.Request{Method: http.MethodPost, URL: server.URL, Body: []byte("{}"), Grace: grace})
		if failure := failsIn(t, err, rest.PhaseSent); failure.Unprocessed() || !strings.Contains(failure.Error(), "another protocol") {
			t.Error(failure)
		}
	}
}

// TestInteractionIDs: an error names the ID that is in the log, and the server's if it has one of its own.
func TestInteractionIDs(t *testing.T) {
	t.Parallel()
	for answered, want := range map[string]string{"": "sent-1", "sent-1": "sent-1", "the-servers-2": "sent-1, answered as the-servers-2", "with space": "sent-1", strings.Repeat("x", 65): "sent-1"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Fapi-Interaction-Id", answered)
			w.WriteHeader(http.StatusBadRequest)
		}))
		t.Cleanup(server.Close)
		_, err := connect(t, rest.Options{}, rest.Identity{}).Do(t.Context(), rest.Request{Method: http.MethodGet, URL: server.URL, Header: http.Header{"X-Fapi-Interaction-Id": {"sent-1"}}})
		if got := rest.InteractionID(err); got != want {
			t.Errorf("answered %q: %q, not %q", answered, got, want)
		}
	}
}

// TestHeldBackIsTold: what the rate limit kept back until there was no time left is in the count, with its ID.
func TestHeldBackIsTold(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	var told []rest.Exchange
	c := connect(t, rest.Options{RequestsPerSecond: 0.1, Observe: observe(func(e rest.Exchange) { told = append(told, e) })}, rest.Identity{})
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := c.Do(ctx, rest.Request{Method: http.MethodGet, URL: server.URL})
		cancel()
		if err != nil && rest.InteractionID(err) == "" {
			t.Error("the error has no ID")
		}
	}
	if len(told) != 2 || told[1].Err == nil || told[1].InteractionID == "" {
		t.Errorf("told was %+v", told)
	}
}
