//go:build browser

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const hostileName = `<script>document.title = "taken over"</script><img src=x onerror="document.title = 'taken over'">`

// rowsOf reads the table rows of a part of the page as they are shown.
const rowsOf = `(part => [...document.querySelectorAll(part + " tbody tr")].map(row => [...row.cells].map(cell => cell.innerText.replace(/\s+/g, " ").trim())))`

// paleTexts are the texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2 §1.4.3).
const paleTexts = `(() => {
  const channels = text => text.match(/[\d.]+/g).map(Number)
  const light = text => channels(text).slice(0, 3).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
  const behind = node => { for (; node; node = node.parentElement) { const color = getComputedStyle(node).backgroundColor; if (channels(color)[3] !== 0) return color } }
  return [...document.body.querySelectorAll("*")].filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())).filter(node => {
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort()
    return (b + .05) / (a + .05) < 4.5
  }).map(node => node.outerHTML)
})()`

// onboard puts an application, its certificate, a registration and a fault into a sandbox.
func onboard(t *testing.T, client *http.Client, info sandbox.Info) (application, clientID string) {
	t.Helper()
	object := func(data []byte) map[string]any {
		t.Helper()
		out := map[string]any{}
		if err := json.Unmarshal(data, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	api := info.APIURL + "/organisations/" + info.OrganisationID + "/softwarestatements"
	application, _ = object(do(t, client, http.MethodPost, api, info.AccessToken, `{"ClientName":"Budget planner","Version":2,"LogoUri":"https://app.example/logo.png",
		"RedirectUri":["https://app.example/cb"],"Roles":[{"AuthorisationDomain":"Open Banking Brasil ","Role":"DADOS","Status":"Active"}]}`, http.StatusCreated))["SoftwareStatementId"].(string)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+"/"+application+"/certificates/rtstransport", strings.NewReader(signingRequest(t, application, info)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-pem-file")
	request.Header.Set("Authorization", "Bearer "+info.AccessToken)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("the certificate: status %d", response.StatusCode)
	}
	statement := do(t, client, http.MethodGet, api+"/"+application+"/assertion", info.AccessToken, "", http.StatusOK)
	metadata, err := json.Marshal(map[string]any{
		"client_name": hostileName, "redirect_uris": []string{"https://app.example/cb"}, "token_endpoint_auth_method": "client_secret_basic",
		"software_statement": string(statement),
	})
	if err != nil {
		t.Fatal(err)
	}
	created := object(do(t, client, http.MethodPost, info.AuthorizationServers[0].RegistrationEndpoint, "", string(metadata), http.StatusCreated))
	clientID, _ = created["client_id"].(string)
	do(t, client, http.MethodPost, info.ControlURL+"/faults", "", `{"kind":"status","status":504,"route":"GET /participants","times":3}`, http.StatusOK)
	do(t, client, http.MethodGet, info.ParticipantsURL, "", "", http.StatusGatewayTimeout)
	return application, clientID
}

func signingRequest(t *testing.T, application string, info sandbox.Info) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{
		CommonName: application, OrganizationalUnit: []string{info.OrganisationID}, Organization: []string{"Aurora"}, Country: []string{"BR"},
	}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func TestStatusPageInABrowser(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	info, stop := launch(t, build(t), "-authorization-servers", "2", "-out", folder, "-certificate-lifetime", "481h")
	defer stop()
	application, clientID := onboard(t, httpClient(t, folder), info)
	b := openBrowser(t)
	b.resize(1280, "light")
	b.open(info.ControlURL + "/")
	b.checkContent(application, clientID)
	b.checkNothingRan(info.ControlURL)
	b.checkLooks()
}

// checkContent compares the rows that are shown.
func (b *browser) checkContent(application, clientID string) {
	b.t.Helper()
	rows := func(part string) [][]string {
		var out [][]string
		b.evaluate(rowsOf+`("`+part+`")`, &out)
		return out
	}
	for part, wanted := range map[string][][]string{
		"#applications":  {{"Budget planner " + application, "Active", "yes", "2", "DADOS (Open Banking Brasil )", "1"}},
		"#registrations": {{hostileName, clientID, "client_secret_basic", "never"}},
		"#faults":        {{"status 504", "any", "GET /participants", "0", "2"}},
	} {
		if got := rows(part); !reflect.DeepEqual(got, wanted) {
			b.t.Errorf("%s shows %q instead of %q", part, got, wanted)
		}
	}
	held := rows("#certificates")
	if len(held) != 1 || held[0][0] != "rtstransport of Budget planner" || !strings.HasSuffix(held[0][2], " 20 days left") || held[0][3] != "Active" {
		b.t.Errorf("certificates %q", held)
	}
	asked := rows("#requests")
	if len(asked) != 5 || !slices.Equal(asked[0][1:], []string{"participants", "GET /participants", "504", "status"}) {
		b.t.Errorf("requests %q", asked)
	}
}

// checkNothingRan looks for a script that ran, for complaints of the browser and for requests to anybody else.
func (b *browser) checkNothingRan(own string) {
	b.t.Helper()
	var found struct {
		Title   string
		Scripts int
		Lang    string
	}
	b.evaluate(`({title: document.title, scripts: document.querySelectorAll("script, img").length, lang: document.documentElement.lang})`, &found)
	if !strings.HasPrefix(found.Title, "Sandbox status") || found.Scripts != 0 || found.Lang != "en" {
		b.t.Errorf("%+v", found)
	}
	for _, kind := range []string{"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"} {
		if complaints := b.seen(kind); len(complaints) > 0 {
			b.t.Errorf("%s: %s", kind, complaints)
		}
	}
	var asked []string
	for _, event := range b.seen("Network.requestWillBeSent") {
		var sent struct{ Request struct{ URL string } }
		if err := json.Unmarshal([]byte(event), &sent); err != nil {
			b.t.Fatal(err)
		}
		asked = append(asked, strings.TrimPrefix(sent.Request.URL, own))
	}
	if !slices.Equal(asked, []string{"/", "/status.css"}) {
		b.t.Errorf("it asked for %q", asked)
	}
}

// checkLooks takes pictures on a desktop and a phone, light and dark, and measures what can be measured of them.
func (b *browser) checkLooks() {
	b.t.Helper()
	grounds := map[string]string{}
	for _, look := range []struct {
		name, scheme string
		width        int
	}{{"desktop", "light", 1280}, {"desktop-dark", "dark", 1280}, {"phone", "light", 360}, {"phone-dark", "dark", 360}} {
		b.resize(look.width, look.scheme)
		var width int
		b.evaluate(`document.documentElement.scrollWidth`, &width)
		if width > look.width {
			b.t.Errorf("%s: the page is %d pixels wide", look.name, width)
		}
		var ground string
		b.evaluate(`getComputedStyle(document.body).backgroundColor`, &ground)
		grounds[look.scheme] = ground
		var pale []string
		b.evaluate(paleTexts, &pale)
		if len(pale) > 0 {
			b.t.Errorf("%s: hard to read: %s", look.name, pale)
		}
		for role, least := range map[string]int{"table": 5, "columnheader": 23, "rowheader": 4, "row": 14, "heading": 8, "main": 1, "navigation": 1} {
			if got := b.roles()[role]; got < least {
				b.t.Errorf("%s: %d of the role %s instead of %d", look.name, got, role, least)
			}
		}
		b.screenshot(look.name + ".png")
	}
	if grounds["light"] == grounds["dark"] {
		b.t.Errorf("dark is light: %v", grounds)
	}
}

func TestAForeignPageInABrowser(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var stderr bytes.Buffer
	info, stop := launchTelling(t, &stderr, build(t), "-authorization-servers", "0", "-out", folder, "-log-format", "json")
	client := httpClient(t, folder)
	do(t, client, http.MethodGet, info.ParticipantsURL, "", "", http.StatusOK)
	b := openBrowser(t)
	b.open("http://rebound.example" + strings.TrimPrefix(info.ControlURL, "http://127.0.0.1") + "/")
	var text string
	b.evaluate(`document.body.innerText`, &text)
	if !strings.Contains(text, "not to another Host header") {
		t.Errorf("a foreign name reads %q", text)
	}
	b.evaluate(`fetch("`+info.ControlURL+`/reset", {method: "POST", mode: "no-cors"}).then(answer => answer.type)`, &text)
	var history []any
	if err := json.Unmarshal(do(t, client, http.MethodGet, info.ControlURL+"/history", "", "", http.StatusOK), &history); err != nil || len(history) != 1 {
		t.Errorf("a foreign page reset the history: %d exchanges, %v", len(history), err)
	}
	stop()
	refused := slices.ContainsFunc(entries(t, stderr.String()), func(e entry) bool { return e.Path == "/reset" && e.Status == http.StatusForbidden })
	if !refused {
		t.Errorf("the foreign page's request did not arrive: %s", stderr.String())
	}
}
