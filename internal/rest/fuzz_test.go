package rest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzExplain feeds error bodies that may echo the request's secrets: none of
// them, nothing that turns a terminal, and nothing endless gets into the error.
func FuzzExplain(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"error":"invalid_client","error_description":"no SECRET here"}`, `{"errors":["a SECRET","b"]}`, `{"message":{"a":1},"error":["x","y"]}`, `<title>Oops SECRET</title>`, "<TITLE\n>x</TITLE>", "\x1b[31mred", `{"error":"` + strings.Repeat("x", 5000) + `"}`, `{"error":"\u202eSECRET"}`, `{"error_description":"hide-\u001b[0mme-please"}`, "<title>hide\x1b[1m-me-please</title>", "{\"error\":\"hide-me\x1b[m-please\"}",
		`{"errors":["a"` + strings.Repeat(`,"a"`, 5000) + `]}`,
	} {
		f.Add([]byte(strings.ReplaceAll(seed, "SECRET", "hide-me-please")), "hide-me-please")
	}
	f.Fuzz(func(t *testing.T, body []byte, secret string) {
		failure := &StatusError{Method: "GET", URL: "https://bank.example/one", Status: http.StatusBadRequest}
		failure.explain(body, []Secret{Secret(secret)})
		if len(failure.Messages) > maxMessages+1 {
			t.Errorf("%d messages are kept", len(failure.Messages))
		}
		for _, text := range append(failure.Messages, failure.Code, failure.Description) {
			if len(secret) >= 8 && !strings.Contains(redacted, secret) && strings.Contains(text, secret) {
				t.Errorf("the secret %q is in %q", secret, text)
			}
			if len(text) > 2*maxWords || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
				t.Errorf("%q is not fit to print", text)
			}
		}
	})
}

// FuzzRetryAfter: the pause a server asks for is never negative.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "-1", "1.5", "99999999999999999999", "Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(seed, "Fri, 31 Dec 1999 23:59:59 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		resp := &http.Response{Header: http.Header{"Retry-After": {value}, "Date": {date}}}
		if wait, told := retryAfter(resp, time.Unix(0, 0)); wait < 0 || !told && wait != 0 {
			t.Errorf("%q at %q gives %v, %v", value, date, wait, told)
		}
	})
}

// FuzzCheckURL: what may be called is https, or http on this machine, without anything that hides where it leads.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"", "https://a", "http://a", "http://127.0.0.1:1/x", "https://user:pass@a", "https://a\\@b", "https://[::1", "//a", "https://a#f", "HTTPS://A", "https://a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if CheckURL(address) != nil {
			return
		}
		if u, err := url.Parse(address); err != nil || u.User != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
			t.Errorf("%q may be called", address)
		}
		if origin, err := Origin(address); err != nil || !strings.HasPrefix(origin, "https://") && !strings.HasPrefix(origin, "http://") {
			t.Errorf("%q has the origin %q, %v", address, origin, err)
		}
	})
}
