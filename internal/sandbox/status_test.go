package sandbox_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const hostileName = `<script>document.title="taken over"</script>`

// page is the text of the status page, as a reader sees it, with its white space put in order.
func (w *world) page() string {
	w.t.Helper()
	text := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/", client: http.DefaultClient}).text
	text = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " ")
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

func (w *world) shows(page string, wanted ...string) {
	w.t.Helper()
	for _, text := range wanted {
		if !strings.Contains(page, text) {
			w.t.Errorf("the page lacks %q", text)
		}
	}
	if w.t.Failed() {
		w.t.Log(page)
	}
}

func TestStatusPageShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := start(t, sandbox.Options{Now: clock.now, Servers: []sandbox.Temper{{SecretLifetime: 48 * time.Hour}, {Name: "quiet"}}})
	id := w.application()
	made, _ := w.certificate(id)
	body := w.metadata(w.statement(id))
	body["client_name"] = hostileName
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: body}).object(t)
	w.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 504, Route: "GET /participants", Times: 3}, sandbox.Fault{Kind: sandbox.FaultDrop, Server: "quiet", Times: -1})
	w.want(504, ask{method: "GET", url: w.info.ParticipantsURL + "?token=in-the-query"})
	w.want(404, ask{method: "GET", url: w.info.KeystoreURL + "/" + w.statement(id)})
	page := w.page()
	w.shows(page,
		"Aurora "+id+" Active yes 1.5 DADOS (Open Banking Brasil ) 2", "Software statements issued: 2",
		"CN="+id, "kid "+str(t, made, "kid")+" "+clock.now().UTC().Add(395*24*time.Hour).Format(time.DateOnly)+" 394 days left Active",
		hostileName+" "+str(t, created, "client_id")+" client_secret_basic "+clock.now().UTC().Add(48*time.Hour).Format(time.DateOnly),
		"quiet "+w.info.AuthorizationServers[1].Issuer+" No registration here.",
		"status 504 any GET /participants 0 2", "drop quiet any 0 for ever",
		"participants GET /participants 504 status", "keystore GET /[redacted] 404",
	)
	for _, secret := range append(w.Secrets(), "in-the-query", "<script") {
		if text := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/"}).text; strings.Contains(text, secret) {
			t.Errorf("the page holds %.12s…", secret)
		}
	}
}

func TestStatusPageCountsDays(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := start(t, sandbox.Options{Now: clock.now, Servers: []sandbox.Temper{}})
	w.certificate(w.application())
	for _, step := range []struct {
		forward time.Duration
		wanted  string
	}{
		{365 * 24 * time.Hour, "29 days left Active"}, {28 * 24 * time.Hour, "1 day left Active"},
		{24 * time.Hour, "less than a day left Active"}, {24 * time.Hour, "expired Inactive"},
	} {
		clock.forward(step.forward)
		w.shows(w.page(), step.wanted)
	}
}

func TestStatusPageOfNothing(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	w.shows(w.page(), "No application yet.", "No certificate yet.", "There is no authorization server.", "No fault is armed.", "No request yet.")
}

func TestStatusPageShowsTheLastHundred(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	for i := range 102 {
		w.want(404, ask{method: "GET", url: fmt.Sprintf("%s/asked/%d/", w.info.KeystoreURL, i)})
	}
	page := w.page()
	w.shows(page, "Requests 100", "/asked/2/", "/asked/101/")
	if strings.Contains(page, "/asked/1/") || strings.Index(page, "/asked/101/") > strings.Index(page, "/asked/2/") {
		t.Error("not the last hundred, the newest first")
	}
}

func TestStatusPageRunsAndLoadsNothing(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	got := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/"})
	for name, wanted := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	} {
		if value := got.header.Get(name); value != wanted {
			t.Errorf("%s: %q", name, value)
		}
	}
	for _, loads := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(got.text, -1) {
		if target, err := url.Parse(loads[1]); err != nil || target.IsAbs() || target.Host != "" {
			t.Errorf("it points to %s", loads[1])
		}
	}
	if style := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/status.css"}); style.header.Get("Content-Type") != "text/css; charset=utf-8" || strings.Contains(style.text, "url(") {
		t.Error("the style sheet is none, or loads something")
	}
	w.want(405, ask{method: "POST", url: w.info.ControlURL + "/"})
}

func TestControlRefusesOtherSites(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	w.want(200, ask{method: "GET", url: w.info.ParticipantsURL})
	own := strings.TrimPrefix(w.info.ControlURL, "http://")
	for name, test := range map[string]struct {
		method, path, host, origin, site string
		status                           int
	}{
		"own":                  {"GET", "/", own, "", "", 200},
		"localhost":            {"GET", "/history", "LocalHost:80", "", "", 200},
		"IPv6":                 {"GET", "/", "[::1]:8080", "", "", 200},
		"rebound name":         {"GET", "/", "evil.example", "", "", 403},
		"rebound, with port":   {"GET", "/history", "evil.example:8080", "", "same-origin", 403},
		"name like an address": {"GET", "/stats", "127.0.0.1.evil.example", "", "", 403},
		"rebound write":        {"POST", "/reset", "evil.example", "http://evil.example", "same-origin", 403},
		"other origin":         {"POST", "/reset", own, "http://evil.example", "", 403},
		"other site":           {"POST", "/reset", own, "", "cross-site", 403},
		"followed link":        {"GET", "/", own, "", "cross-site", 200},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, w.info.ControlURL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		request.Header.Set("Origin", test.origin)
		request.Header.Set("Sec-Fetch-Site", test.site)
		response, err := w.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: status %d instead of %d", name, response.StatusCode, test.status)
		}
	}
	if w.Count("GET /participants") != 1 {
		t.Error("a refused request was done")
	}
	w.want(204, ask{method: "POST", url: w.info.ControlURL + "/reset", header: map[string]string{"Origin": w.info.ControlURL, "Sec-Fetch-Site": "same-origin"}})
}
