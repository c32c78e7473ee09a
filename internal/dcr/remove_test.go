package dcr_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func drop(w http.ResponseWriter, _ *http.Request) { reset(w) }

// removal is a DELETE, what reading answers afterwards, and what comes of both.
type removal struct {
	name         string
	delete, read http.HandlerFunc
	reads        int
	status       int  // What the DELETE was answered with, of a client that is alive.
	verified     bool // The server said that the client is gone.
	unverified   bool // The client is taken to be gone, with a note.
	alive        bool
	refused      bool
}

func removals() []removal {
	empty := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	denied := `{"error":"access_denied"}`
	there, gone := always(200, readAnswer), always(401, "")
	return []removal{
		{name: "204", delete: empty(204), verified: true},
		{name: "200 without a body", delete: empty(200), verified: true},
		{name: "200 with an HTML type and no body", delete: always(200, "", "Content-Type", "text/html"), verified: true},
		{name: "200 HTML, and gone", delete: always(200, "<html>", "Content-Type", "text/html"), read: gone, reads: 1, unverified: true, refused: true},
		{name: "200 HTML in capitals, and there", delete: always(200, "<HTML>", "Content-Type", "Text/HTML"), read: there, reads: 1, status: 200, alive: true},
		{name: "200 XHTML, and there", delete: always(200, "<html>", "Content-Type", "application/xhtml+xml"), read: there, reads: 1, status: 200, alive: true},
		{name: "200 HTML, and there", delete: always(200, "<html>", "Content-Type", "text/html"), read: there, reads: 1, status: 200, alive: true},
		{name: "200 with words", delete: always(200, `{"message":"deleted","error":null,"errors":[]}`), verified: true},
		{name: "200 with an error of zero", delete: always(200, `{"error":0}`), verified: true},
		{name: "200 with an error behind a mark, and there", delete: always(200, "\xef\xbb\xbf"+`{"error":"access_denied"}`), read: there, reads: 1, status: 200, alive: true},
		{name: "200 with an error, and gone", delete: always(200, `{"error":"not_found"}`), read: gone, reads: 1, unverified: true, refused: true},
		{name: "200 with an error, and there", delete: always(200, `{"error":"access_denied"}`), read: there, reads: 1, status: 200, alive: true},
		{name: "200 with errors, and there", delete: always(200, `{"errors":[{"code":1}]}`), read: there, reads: 1, status: 200, alive: true},
		{name: "200 with an object, and there", delete: always(200, `{"error":{"code":400}}`), read: there, reads: 1, status: 200, alive: true},
		{name: "202", delete: empty(202), verified: true},
		{name: "200 cut off", delete: truncated, verified: true},

		{name: "401, and refused again", delete: gone, read: gone, reads: 1, refused: true},
		{name: "401, and there", delete: gone, read: there, reads: 1, status: 401, alive: true},
		{name: "400 access_denied, and refused again", delete: always(400, denied), read: always(400, denied), reads: 1, refused: true},
		{name: "400, and there", delete: always(400, `{"error":"invalid_request"}`), read: there, reads: 1, status: 400, alive: true},
		{name: "404, and there", delete: always(404, "not found"), read: there, reads: 1, status: 404, alive: true},
		{name: "404, and gone", delete: always(404, ""), read: always(404, ""), reads: 1, refused: true},
		{name: "410, and gone", delete: always(410, ""), read: always(410, ""), reads: 1, refused: true},
		{name: "401, and unclear", delete: gone, read: always(503, ""), reads: 1},
		{name: "404, and unclear", delete: always(404, ""), read: drop, reads: 1},
		{name: "404, and another page", delete: always(404, ""), read: always(200, "<html>"), reads: 1},
		{name: "405, and there", delete: always(405, ""), read: there, reads: 1, status: 405, alive: true},
		{name: "405, and refused", delete: always(405, ""), read: gone, reads: 1},
		{name: "501, and there", delete: always(501, ""), read: there, reads: 1, status: 501, alive: true},
		{name: "403", delete: always(403, `{"error":"insufficient_scope"}`)},
		{name: "302", delete: always(302, "", "Location", "/login")},
		{name: "429", delete: always(429, "", "Retry-After", "3600")},

		{name: "lost, then refused", delete: drop, read: gone, reads: 1, unverified: true, refused: true},
		{name: "lost, then 404", delete: drop, read: always(404, ""), reads: 1, refused: true},
		{name: "lost, then 404 with a code", delete: drop, read: always(404, `{"error":"invalid_token"}`), reads: 1, unverified: true, refused: true},
		{name: "lost, then there", delete: drop, read: there, reads: 1, alive: true},
		{name: "lost, then lost", delete: drop, read: drop, reads: 1},
		{name: "lost, then 503", delete: drop, read: always(503, ""), reads: 1},
		{name: "500, then refused", delete: always(500, ""), read: gone, reads: 1, unverified: true, refused: true},
		{name: "502, then there", delete: always(502, ""), read: there, reads: 1, status: 502, alive: true},
		{name: "504, then 504", delete: always(504, ""), read: always(504, ""), reads: 1},
		{name: "408, then refused", delete: always(408, ""), read: gone, reads: 1, unverified: true, refused: true},
		{name: "503 for an hour, then refused", delete: always(503, "", "Retry-After", "3600"), read: gone, reads: 1},
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	for _, c := range removals() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodDelete {
					c.delete(w, r)
					return
				}
				c.read(w, r)
			})
			err := b.connect(t).Remove(bounded(t), b.managed())
			b.counted(t, "DELETE", 1)
			b.counted(t, "GET", c.reads)
			equal(t, "request", b.requests("DELETE")[0], seen{"DELETE", managedURI, "Bearer token-of-one", "application/json", "", ""})
			var unverified *dcr.UnverifiedError
			equal(t, "unverified", errors.As(err, &unverified), c.unverified)
			equal(t, "succeeds", err == nil, c.verified)
			equal(t, "refused", dcr.Refused(err), c.refused)
			if c.alive {
				alive := as[*dcr.AliveError](t, err)
				equal(t, "status in the error", alive.Status, c.status)
				equal(t, "new token", alive.Registration.RegistrationAccessToken.Reveal(), "next-token")
			} else if err != nil && strings.Contains(err.Error(), "still exists") {
				t.Errorf("said to be alive: %v", err)
			}
			hidesSecrets(t, err)
		})
	}
}

// A client whose reading answers about another one has not been shown to be gone.
func TestRemoveAndAnotherClientAnswers(t *testing.T) {
	t.Parallel()
	b := newBank(t, sequence(always(404, ""), always(200, `{"client_id":"two"}`)))
	err := b.connect(t).Remove(bounded(t), b.managed())
	_ = as[*dcr.IdentityChangedError](t, err)
	equal(t, "refused", dcr.Refused(err), false)
	if !strings.Contains(err.Error(), "answered 404") {
		t.Errorf("the DELETE is not told: %v", err)
	}
}

func TestRemoveNobodyThere(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(204, ""))
	client, m := b.connect(t, func(o *rest.Options, _ *dcr.Options) { o.MaxRetries = 0 }), b.managed()
	b.Close()
	equal(t, "phase", as[*rest.TransportError](t, client.Remove(bounded(t), m)).Phase, rest.PhaseDial)
}

func TestRemoveWaitsWhenAsked(t *testing.T) {
	t.Parallel()
	b := newBank(t, sequence(always(503, "", "Retry-After", "0"), always(204, "")))
	err := b.connect(t).Remove(bounded(t), b.managed())
	succeeds(t, err)
	b.counted(t, "DELETE", 2)
}
