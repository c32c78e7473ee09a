package client_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestAnswerInLatin1: an answer whose texts are in ISO 8859-1 is odd, and costs no client.
func TestAnswerInLatin1(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	var last map[string]any
	mux := http.NewServeMux()
	listening := httptest.NewServer(mux)
	t.Cleanup(listening.Close)
	answer := func(w http.ResponseWriter, status int, out map[string]any) {
		raw, _ := json.Marshal(out)
		raw = bytes.ReplaceAll(raw, []byte("ú"), []byte{0xfa})
		w.Header().Set("Content-Type", "application/json;charset=ISO-8859-1")
		w.WriteHeader(status)
		_, _ = w.Write(raw)
	}
	mux.HandleFunc("POST /register", func(w http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		out := map[string]any{}
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &out)
		out["client_id"], out["registration_access_token"], out["registration_client_uri"] = "one", "the-registration-token", listening.URL+"/manage/one"
		last = out
		answer(w, 201, out)
	})
	mux.HandleFunc("GET /manage/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, last) })
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}, "client_name": "Saúde"})
	r := ws.Apply()
	if len(r.Errors) > 0 || ws.State(this)["client_id"] != "one" {
		t.Error("the client is lost or tainted")
	}
	r = ws.Plan()
	if !r.Empty() {
		t.Errorf("left to do is %v", r.Actions)
	}
}

// TestWholeAnswersThatAreOdd: what a server said in full is not thrown away for what stands around it.
func TestWholeAnswersThatAreOdd(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]func(w http.ResponseWriter, status int, raw []byte){
		"a byte order mark": func(w http.ResponseWriter, status int, raw []byte) {
			w.WriteHeader(status)
			_, _ = w.Write(append([]byte("\xef\xbb\xbf"), raw...))
		},
		"more after it": func(w http.ResponseWriter, status int, raw []byte) {
			w.WriteHeader(status)
			_, _ = w.Write(append(raw, "\n<!-- served by node 7 -->"...))
		},
		"an envelope": func(w http.ResponseWriter, status int, raw []byte) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"data":` + string(raw) + `,"links":{}}`))
		},
		"a wrong length": func(w http.ResponseWriter, status int, raw []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(raw)+7))
			w.WriteHeader(status)
			_, _ = w.Write(raw)
		},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodPut} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				posts, version := 0, 1
				last := map[string]any{}
				mux := http.NewServeMux()
				listening := httptest.NewServer(mux)
				t.Cleanup(listening.Close)
				answer := func(w http.ResponseWriter, r *http.Request, status int) {
					last["client_id"], last["registration_access_token"], last["registration_client_uri"] = "one", fmt.Sprintf("registration-token-%d", version), listening.URL+"/manage/one"
					raw, _ := json.Marshal(last)
					w.Header().Set("Content-Type", "application/json")
					if r.Method == method {
						odd(w, status, raw)
						return
					}
					w.WriteHeader(status)
					_, _ = w.Write(raw)
				}
				take := func(r *http.Request) {
					last = map[string]any{}
					raw, _ := io.ReadAll(r.Body)
					_ = json.Unmarshal(raw, &last)
				}
				mux.HandleFunc("POST /register", func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					posts++
					take(r)
					answer(w, r, 201)
				})
				mux.HandleFunc("/manage/one", func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					if r.Header.Get("Authorization") != fmt.Sprintf("Bearer registration-token-%d", version) {
						http.Error(w, `{}`, http.StatusUnauthorized)
						return
					}
					if r.Method == http.MethodPut {
						version++
						take(r)
					}
					answer(w, r, 200)
				})
				sb := acctest.Sandbox(t, sandbox.Options{})
				ws := acctest.NewWorkspace(t, sb, nil)
				configure := func(name string) {
					ws.Set(this, map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}, "client_name": name})
				}
				configure("First")
				r := ws.Apply()
				if method == http.MethodPut {
					configure("Second")
					r = ws.Apply()
				}
				if got, want := ws.State(this)["registration_access_token"], fmt.Sprintf("registration-token-%d", version); got != want {
					t.Errorf("the state has %v, the server %s: %.200q", got, want, r.Errors)
				}
				if r := ws.Plan(); len(r.Errors) > 0 || !r.Empty() {
					t.Errorf("left to do is %v: %.200q", r.Actions, r.Errors)
				}
			})
		}
	}
}

// TestOddClientIDs: a number is an ID as well, and one that is missing is read, again if that fails in passing.
func TestOddClientIDs(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]any{"a number": 4711, "none, and a read that fails once": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clients, reads := 0, 0
			mux := http.NewServeMux()
			listening := httptest.NewServer(mux)
			t.Cleanup(listening.Close)
			answer := func(w http.ResponseWriter, status int, id any) {
				out := map[string]any{"registration_access_token": "registration-token", "registration_client_uri": listening.URL + "/manage/one", "redirect_uris": []string{callback}}
				if id != nil {
					out["client_id"] = id
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_ = json.NewEncoder(w).Encode(out)
			}
			mux.HandleFunc("POST /register", func(w http.ResponseWriter, _ *http.Request) { clients++; answer(w, 201, odd) })
			mux.HandleFunc("DELETE /manage/one", func(w http.ResponseWriter, _ *http.Request) { clients--; w.WriteHeader(204) })
			mux.HandleFunc("GET /manage/one", func(w http.ResponseWriter, _ *http.Request) {
				if reads++; odd == nil && reads == 1 {
					w.WriteHeader(503)
					return
				}
				if odd == nil {
					answer(w, 200, "one")
					return
				}
				answer(w, 200, odd)
			})
			sb := acctest.Sandbox(t, sandbox.Options{})
			ws := acctest.NewWorkspace(t, sb, nil)
			ws.Set(this, map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}})
			r := ws.Apply()
			if got := fmt.Sprint(ws.State(this)["registration_access_token"]); clients > 0 && got != "registration-token" {
				t.Errorf("%d clients at the server, state has the token %q: %.300q", clients, got, r.Errors)
			}
		})
	}
}

// TestManagementURLBehindAProxy: a server that takes its own address from what a proxy tells it gives
// one of plain http. Nothing is sent there, what to do is said, and it works.
func TestManagementURLBehindAProxy(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	listening := httptest.NewServer(mux)
	t.Cleanup(listening.Close)
	last := map[string]any{}
	answer := func(w http.ResponseWriter, r *http.Request) {
		if raw, _ := io.ReadAll(r.Body); len(raw) > 0 {
			last = map[string]any{}
			_ = json.Unmarshal(raw, &last)
		}
		last["client_id"], last["registration_access_token"], last["registration_client_uri"] = "one", "registration-token", "http://bank.example/manage/one"
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(last)
	}
	mux.HandleFunc("POST /register", answer)
	mux.HandleFunc("/manage/one", answer)
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	configure := func(name string) {
		ws.Set(this, map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}, "client_name": name})
	}
	told := []string{"The registration_client_uri cannot be used", "plain http", "copy its token", "import"}
	configure("First")
	warned(t, applies(t, ws), told...)
	warned(t, ws.Plan(), append([]string{"Drift was not looked for"}, told...)...)
	configure("Second")
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words(told...).MatchString(r.Errors[0]) {
		t.Errorf("the update says %q", r.Errors)
	}
	ws.Lose(this)
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": "registration-token"})
	if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":"%[1]s/manage/one","client_id":"one","registration_endpoint":"%[1]s/register"}`, listening.URL)); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	applies(t, ws)
	if r := ws.Plan(); !r.Empty() || len(r.Errors) > 0 || last["client_name"] != "Second" {
		t.Errorf("left to do is %v with %q, and the server has %v", r.Changes, r.Errors, last["client_name"])
	}
}
