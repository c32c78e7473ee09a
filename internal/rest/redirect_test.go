package rest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestRedirectsAreNeverFollowedWithCredentials(t *testing.T) {
	t.Parallel()
	requests := map[string]rest.Request{
		"not asked to": {Method: http.MethodGet},
		"bearer":       {Method: http.MethodGet, Bearer: "token-value", FollowRedirects: true},
		"basic":        {Method: http.MethodGet, BasicUser: "u", BasicPassword: "password", FollowRedirects: true},
		"body":         {Method: http.MethodPost, Body: []byte("client_secret=x"), FollowRedirects: true},
	}
	for name, request := range requests {
		for _, code := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(name, " ", code), func(t *testing.T) {
				t.Parallel()
				ca := newAuthority(t)
				var hits, followed atomic.Int64
				server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					hits.Add(1)
					if r.URL.Path == "/next" {
						followed.Add(1)
						return
					}
					w.Header().Set("Location", "/next?code=hidden")
					w.WriteHeader(code)
				}))
				request := request
				request.URL = server.URL + "/first"
				_, err := ca.trusting(rest.Options{MaxRetries: 2}).Do(bounded(t), request)
				failure := as[*rest.StatusError](t, err)
				if failure.Status != code || failure.Location != server.URL {
					t.Errorf("status %d to %q, want %d to %q", failure.Status, failure.Location, code, server.URL)
				}
				if followed.Load() != 0 || hits.Load() != 1 {
					t.Errorf("%d requests, %d of them to the target", hits.Load(), followed.Load())
				}
			})
		}
	}
}

func TestRedirectsOfTheSameOriginAreFollowedWithoutCredentials(t *testing.T) {
	t.Parallel()
	for hops, followed := range map[int]bool{1: true, 3: true, 4: false} {
		ca := newAuthority(t)
		server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if done := strings.Count(r.URL.Path, "x"); done < hops {
				w.Header().Set("Location", "/"+strings.Repeat("x", done+1))
				w.WriteHeader(http.StatusFound)
				return
			}
			_, _ = w.Write([]byte(`{"here":true}`))
		}))
		response, err := ca.trusting(rest.Options{}).Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL + "/", FollowRedirects: true})
		if followed {
			must(t, err)
			if string(response.Body) != `{"here":true}` {
				t.Errorf("%d redirects led to %q", hops, response.Body)
			}
		} else if got := as[*rest.StatusError](t, err).Status; got != http.StatusFound {
			t.Errorf("%d redirects ended with %d, want 302", hops, got)
		}
	}
}

func TestRedirectsToAnotherOriginAreRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var reached atomic.Int64
	count := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	other, plain := ca.serve(count), httptest.NewServer(count)
	t.Cleanup(plain.Close)
	for name, target := range map[string]string{
		"another port": other.URL, "plain HTTP": plain.URL,
		"another name": strings.Replace(other.URL, "127.0.0.1", "localhost", 1), "user information": strings.Replace(other.URL, "//", "//u:hidden@", 1),
	} {
		server := ca.serve(http.RedirectHandler(target+"/stolen?secret=hidden", http.StatusFound))
		_, err := ca.trusting(rest.Options{}).Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, FollowRedirects: true})
		failure := as[*rest.StatusError](t, err)
		if failure.Status != http.StatusFound || failure.Location != strings.Replace(target, "u:hidden@", "", 1) {
			t.Errorf("%s: status %d to %q", name, failure.Status, failure.Location)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d redirects to another origin were followed", reached.Load())
	}
}

func TestRedirectToNowhereKeepsTheStatus(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "https://[broken", "%zz", "http://a b/"} {
		ca := newAuthority(t)
		server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(http.StatusTemporaryRedirect)
		}))
		for _, follow := range []bool{true, false} {
			_, err := ca.trusting(rest.Options{}).Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, FollowRedirects: follow})
			if failure := as[*rest.StatusError](t, err); failure.Status != http.StatusTemporaryRedirect || failure.Location != "" {
				t.Errorf("Location %q: status %d to %q", location, failure.Status, failure.Location)
			}
		}
	}
}
