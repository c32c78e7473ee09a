package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	appID   = "39c82433-6c6a-4b4f-b1f3-5e6e1c7f0b11"
	appsURL = "/organisations/org-1/softwarestatements"
	appURL  = appsURL + "/" + appID
	created = http.StatusCreated
)

// reply is one scripted answer. The last reply of a route is repeated.
type reply struct {
	status      int
	body        string
	contentType string
	header      map[string]string
	// drop cuts the connection instead of answering.
	drop bool
	// meanwhile is called while the caller waits.
	meanwhile func()
}

// call is one recorded request.
type call struct {
	method, path, query, body string
	header                    http.Header
}

// fake is a directory that answers by script and records what it was asked.
type fake struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	routes map[string][]reply
	calls  []call
}

// routes maps "METHOD path" to replies in order.
type routes map[string][]reply

func newFake(t *testing.T, script routes) *fake {
	t.Helper()
	f := &fake{t: t, routes: script}
	f.server = httptest.NewTLSServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Errorf("read request: %v", err)
	}
	answer := f.next(call{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()})
	if answer.meanwhile != nil {
		answer.meanwhile()
	}
	if answer.drop {
		// net/http closes the connection without an answer and without a log entry.
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", cmp.Or(answer.contentType, "application/json"))
	w.Header().Set("x-fapi-interaction-id", "interaction-1")
	for name, value := range answer.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.status)
	if _, err := io.WriteString(w, answer.body); err != nil {
		f.t.Logf("write answer: %v", err)
	}
}

func (f *fake) next(c call) reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
	route := c.method + " " + c.path
	if c.query != "" {
		route += "?" + c.query
	}
	replies := f.routes[route]
	switch len(replies) {
	case 0:
		f.t.Errorf("unexpected %s", route)
		return reply{status: http.StatusTeapot}
	case 1:
	default:
		f.routes[route] = replies[1:]
	}
	return replies[0]
}

// sent lists the recorded requests of a method, or all.
func (f *fake) sent(method string) []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []call
	for _, c := range f.calls {
		if method == "" || c.method == method {
			found = append(found, c)
		}
	}
	return found
}

// summary is what was asked, in order.
func (f *fake) summary() string {
	var lines []string
	for _, c := range f.sent("") {
		lines = append(lines, c.method+" "+strings.TrimPrefix(c.path, appURL))
	}
	return strings.Join(lines, ", ")
}

func (f *fake) http() *rest.Client {
	f.t.Helper()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: f.server.Certificate().Raw}))
	client, err := rest.NewPool(rest.Options{UserAgent: "test", Timeout: 10 * time.Second}).Client(rest.Identity{CACertificatesPEM: ca})
	if err != nil {
		f.t.Fatal(err)
	}
	return client
}

func (f *fake) options() Options {
	return Options{
		HTTP: f.http(), Tokens: oauth.StaticToken("access-token"), APIURL: f.server.URL + "/",
		KeystoreURL: f.server.URL + "/keystore/", OrganisationID: "org-1",
	}
}

func (f *fake) client() *Client { return New(f.options()) }

// rotating gives a new token after each invalidation.
type rotating struct {
	mu          sync.Mutex
	issued      int
	invalidated []rest.Secret
	err         error
}

func (r *rotating) Token(context.Context) (rest.Secret, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return rest.Secret(fmt.Sprintf("token-%d", r.issued)), r.err
}

func (r *rotating) Invalidate(token rest.Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.issued++
	r.invalidated = append(r.invalidated, token)
}

func golden(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// sameJSON compares two JSON texts by value, numbers as written.
func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	if !reflect.DeepEqual(decoded(t, got), decoded(t, want)) {
		t.Errorf("JSON is\n%s, want\n%s", got, want)
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// kind names what an error is, for tables.
func kind(err error) string {
	var unsure *AmbiguousError
	var status *rest.StatusError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unsure):
		return "ambiguous"
	case errors.Is(err, ErrGone):
		return "gone"
	case errors.As(err, &status):
		return fmt.Sprint(status.Status)
	}
	return "other"
}

// askedOnce has eight callers ask at once, again and again, and fails unless one request did each
// time: that callers and answer meet badly takes many tries to show. What is forgotten is what a
// client keeps: of a new one the connection would be new, and slower than any race.
func (f *fake) askedOnce(forget func(), ask func(caller int) error) {
	f.t.Helper()
	const tries, callers = 250, 8
	for range tries {
		forget()
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				if err := ask(caller); err != nil {
					f.t.Error(err)
				}
			})
		}
		group.Wait()
	}
	if got := len(f.sent("")); got != tries {
		f.t.Errorf("%d requests in %d tries", got, tries)
	}
}
