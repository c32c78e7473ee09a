package rest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestStatusErrorKeepsTheStatusWhateverTheBody(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		contentType, body string
		code, description string
		messages          []string
	}{
		"empty":                {"", "", "", "", nil},
		"OAuth":                {"application/json", `{"error":"invalid_client","error_description":"No such client"}`, "invalid_client", "No such client", nil},
		"directory":            {"application/json", `{"errors":["Name is taken","Mode is not allowed"]}`, "", "", []string{"Name is taken", "Mode is not allowed"}},
		"gateway":              {"application/json", `{"message":"Forbidden"}`, "", "", []string{"Forbidden"}},
		"gateway, in capitals": {"application/json", `{"Message":"Denied"}`, "", "", []string{"Denied"}},
		"list of messages":     {"application/json", `{"message":["a","b"]}`, "", "", []string{"a", "b"}},
		"odd description":      {"application/json", `{"error":"invalid_request","error_description":{"x":1}}`, "invalid_request", "", nil},
		"odd code":             {"application/json", `{"error":{"code":1},"error_description":"words","errors":[{"a":1}]}`, "", "words", nil},
		"nulls":                {"application/json", `{"error":null,"error_description":null,"errors":null,"message":null}`, "", "", nil},
		"JSON, but no object":  {"application/json", `["hidden"]`, "", "", nil},
		"cut short":            {"application/json", `{"error":"hidden`, "", "", nil},
		"page":                 {"text/html; charset=utf-8", "<html><head><TITLE lang=en>\n 502 Bad&amp;Gateway </TITLE></head><body>hidden</body>", "", "", []string{"page titled 502 Bad&Gateway"}},
		"page without title":   {"text/html", "<html>hidden</html>", "", "", nil},
		"a sentence":           {"text/plain; charset=utf-8", "no healthy\nupstream\n", "", "", []string{"no healthy upstream"}},
		"a quoted sentence":    {"application/json", `"Access denied"`, "", "", []string{"Access denied"}},
		"a long plain text":    {"text/plain", strings.Repeat("hidden ", 50), "", "", nil},
		"cut JSON as text":     {"text/plain", `{"error":"hidden`, "", "", nil},
		"a page as text":       {"text/plain", "<p>hidden</p>", "", "", nil},
		"no text":              {"text/plain", "\x1b[0m\n", "", "", nil},
		"text of no kind":      {"application/octet-stream", "hidden", "", "", nil},
		"problem details":      {"application/problem+json", `{"type":"https://as/hidden","title":"Metadata is invalid","status":422,"detail":"redirect_uris has a loopback address","invalid-params":[{"name":"redirect_uris","reason":"no loopback"}]}`, "", "", []string{"Metadata is invalid", "redirect_uris has a loopback address", "redirect_uris: no loopback"}},
		"Open Banking UK":      {"application/json", `{"Code":"400 BadRequest","Id":"hidden","Message":"Invalid","Errors":[{"ErrorCode":"UK.OBIE.Field.Invalid","Message":"not in the statement","Path":"redirect_uris"}]}`, "", "", []string{"UK.OBIE.Field.Invalid: redirect_uris: not in the statement", "Invalid"}},
		"Australian CDR":       {"application/json", `{"errors":[{"code":"urn:au-cds:error:cds-all:Field/Invalid","title":"Invalid Field","detail":"redirect_uris","meta":{"hidden":1}}]}`, "", "", []string{"urn:au-cds:error:cds-all:Field/Invalid: Invalid Field: redirect_uris"}},
		"Okta":                 {"application/json", `{"errorCode":"hidden","errorSummary":"Api validation failed","errorId":"hidden","errorCauses":[{"errorSummary":"redirect_uris: no http"}]}`, "", "", []string{"Api validation failed", "redirect_uris: no http"}},
		"Ory":                  {"application/json", `{"error":{"code":400,"status":"hidden","reason":"The redirect is bad","message":"The request was malformed"}}`, "", "", []string{"The request was malformed: The redirect is bad"}},
		"WSO2":                 {"application/json", `{"code":"hidden","message":"Bad Request","description":"Redirect URI not valid","traceId":"hidden"}`, "", "", []string{"Bad Request", "Redirect URI not valid"}},
		"Authlete":             {"application/json", `{"resultCode":"hidden","resultMessage":"[A123] The redirect is bad"}`, "", "", []string{"[A123] The redirect is bad"}},
		"PingFederate":         {"application/json", `{"resultId":"hidden","message":"Validation failed","validationErrors":[{"fieldPath":"scope","message":"unknown scope"}]}`, "", "", []string{"Validation failed", "scope: unknown scope"}},
		"said twice":           {"application/json", `{"message":"Forbidden","reason":"Forbidden"}`, "", "", []string{"Forbidden"}},
		"lists in lists":       {"application/json", `{"errors":[["hidden"],{"message":["hidden"]},7,"shown"]}`, "", "", []string{"shown"}},
		"control characters":   {"application/json", `{"error":"a\u001b[31mb","error_description":"x\u0000\r\ny\u009bz\u202eq"}`, "ab", "x   y z q", nil},
	}
	for name, c := range cases {
		for _, code := range []int{400, 401, 403, 404, 500, 502} {
			t.Run(fmt.Sprint(name, " ", code), func(t *testing.T) {
				t.Parallel()
				ca := newAuthority(t)
				server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", c.contentType)
					w.WriteHeader(code)
					_, _ = w.Write([]byte(c.body))
				}))
				_, err := ca.trusting(rest.Options{}).Do(bounded(t), rest.Request{Method: http.MethodPost, URL: server.URL + "/path?query=hidden", Body: []byte("{}")})
				failure := as[*rest.StatusError](t, err)
				if failure.Status != code || failure.Method != http.MethodPost || failure.URL != server.URL+"/path" || failure.ContentType != c.contentType {
					t.Errorf("%+v", failure)
				}
				if failure.Code != c.code || failure.Description != c.description || !reflect.DeepEqual(failure.Messages, c.messages) {
					t.Errorf("code %q, description %q, messages %q", failure.Code, failure.Description, failure.Messages)
				}
				text := err.Error()
				if strings.Contains(text, "hidden") || strings.ContainsFunc(text, unicode.IsControl) || !strings.Contains(text, fmt.Sprint(code)) {
					t.Errorf("%q", text)
				}
			})
		}
	}
}

// TestStatusTextIsNoMessage: a plain text that is the status once more says nothing.
func TestStatusTextIsNoMessage(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for body, want := range map[string][]string{"bad request\n": nil, "400 Bad Request": nil, "Bad Request: no": {"Bad Request: no"}} {
		server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(body))
		}))
		if got := as[*rest.StatusError](t, post(t, ca.trusting(rest.Options{}), server.URL)).Messages; !reflect.DeepEqual(got, want) {
			t.Errorf("of %q the messages are %q", body, got)
		}
	}
}

func TestStatusErrorIsBounded(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Fapi-Interaction-Id", strings.Repeat("i", 10000))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error_description":"` + strings.Repeat("ü", 5000) + `"}`))
	}))
	failure := as[*rest.StatusError](t, post(t, ca.trusting(rest.Options{}), server.URL))
	if text := failure.Description; len(text) > 1100 || len(text) < 1000 || strings.ContainsRune(text, unicode.ReplacementChar) {
		t.Errorf("%d bytes: %q", len(text), text)
	}
	if len(failure.InteractionID) > 36 {
		t.Errorf("the ID has %d bytes", len(failure.InteractionID))
	}
}

func TestEchoedSecretsAreMasked(t *testing.T) {
	t.Parallel()
	basic := base64.StdEncoding.EncodeToString([]byte("user:the-password"))
	cases := map[string]struct {
		request rest.Request
		secrets []string
	}{
		"bearer":   {rest.Request{Bearer: "the-bearer"}, []string{"the-bearer"}},
		"password": {rest.Request{BasicUser: "user", BasicPassword: "the-password"}, []string{"the-password", basic}},
		"mask":     {rest.Request{Bearer: "the-bearer", Mask: []rest.Secret{"stmt", "stmt.payload.signature", ""}}, []string{"the-bearer", "stmt.payload.signature", "stmt"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			echo, err := json.Marshal("got " + strings.Join(c.secrets, " and "))
			must(t, err)
			answers := []string{
				fmt.Sprintf(`{"error":%[1]s,"error_description":%[1]s,"errors":[%[1]s],"message":%[1]s}`, echo),
				"<title>" + strings.Join(c.secrets, " ") + "</title>",
				"got " + strings.Join(c.secrets, " and "), string(echo),
			}
			var n atomic.Int64
			server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(answers[n.Add(1)-1]))
			}))
			client := ca.trusting(rest.Options{})
			for range answers {
				request := c.request
				request.Method, request.URL = http.MethodGet, server.URL
				_, err := client.Do(bounded(t), request)
				failure := as[*rest.StatusError](t, err)
				text := fmt.Sprintf("%v %+v", err, *failure)
				for _, secret := range c.secrets {
					if strings.Contains(text, secret) {
						t.Errorf("%q is echoed: %s", secret, text)
					}
				}
				if !strings.Contains(text, "[redacted]") || strings.Contains(text, "payload") {
					t.Errorf("nothing was masked: %s", text)
				}
			}
		})
	}
}

func TestRequestAsTheServerSeesIt(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var seen atomic.Pointer[http.Request]
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		w.Header().Set("X-Fapi-Interaction-Id", r.Header.Get("X-Fapi-Interaction-Id"))
	}))
	client := ca.trusting(rest.Options{UserAgent: "agent/1"})
	response, err := client.Do(bounded(t), rest.Request{Method: http.MethodPost, URL: server.URL + "/p?q=1", Header: http.Header{"X-Extra": {"e"}},
		Accept: "application/json", ContentType: "application/jwt", Body: []byte("body"), Bearer: "the-bearer"})
	must(t, err)
	r := seen.Load()
	for name, want := range map[string]string{"X-Extra": "e", "Accept": "application/json", "Content-Type": "application/jwt", "User-Agent": "agent/1", "Authorization": "Bearer the-bearer"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if id := r.Header.Get("X-Fapi-Interaction-Id"); !uuid.MatchString(id) || response.InteractionID != id {
		t.Errorf("interaction id sent %q, returned %q", id, response.InteractionID)
	}
	if r.ContentLength != 4 || r.URL.RawQuery != "q=1" || len(r.TransferEncoding) != 0 {
		t.Errorf("length %d, query %q, encoding %v", r.ContentLength, r.URL.RawQuery, r.TransferEncoding)
	}
	_, err = client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL, BasicUser: "u", BasicPassword: "p:q"})
	must(t, err)
	r = seen.Load()
	if user, password, ok := r.BasicAuth(); !ok || user != "u" || password != "p:q" {
		t.Errorf("basic authentication %q %q", user, password)
	}
	if r.ContentLength != 0 || len(r.TransferEncoding) != 0 {
		t.Errorf("a GET without a body was sent with length %d, encoding %v", r.ContentLength, r.TransferEncoding)
	}
}

func TestUnusableRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	client := newAuthority(t).trusting(rest.Options{})
	for name, request := range map[string]rest.Request{
		"user information": {URL: "https://user:hidden@example.com/"},
		"plain HTTP":       {URL: "http://example.com/?q=hidden"},
		"fragment":         {URL: "https://example.com/#hidden"},
		"unreadable":       {URL: "https://user:hidden@example.com/%zz"},
		"relative":         {URL: "/hidden-not"},
		"broken token":     {URL: "https://example.com/", Bearer: "hidden\n"},
		"method":           {Method: "G E T", URL: "https://example.com/?q=hidden"},
	} {
		_, err := client.Do(bounded(t), request)
		if err == nil || strings.Contains(strings.ReplaceAll(err.Error(), "hidden-not", ""), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
