package directory

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestCreateApplication(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"POST " + appsURL: {{status: created, body: golden(t, "application.json")}}, "GET " + appsURL: {{status: 200, body: "[]"}}})
	application, err := f.client().CreateApplication(t.Context(), Fields{"ClientName": "Webhook test SS", "Version": 1.1, "Description": nil})
	if err != nil {
		t.Fatal(err)
	}
	sent := f.sent(http.MethodPost)[0]
	sameJSON(t, sent.body, `{"ClientName":"Webhook test SS","Version":1.1}`)
	if got := sent.header.Get("Authorization"); got != "Bearer access-token" {
		t.Errorf("Authorization is %q", got)
	}
	if application.ClientSecret.Reveal() != "one-time-secret" {
		t.Error("the client secret is lost")
	}
	if _, leaked := application.Raw["ClientSecret"]; leaked {
		t.Error("Raw has the client secret in the clear")
	}
	if !slices.Equal(application.OperationWarnings, []string{"IMAGE_UPLOAD_FAILURE_PLACEHOLDER_USED"}) {
		t.Errorf("warnings are %v", application.OperationWarnings)
	}
}

func TestCreateApplicationErrors(t *testing.T) {
	t.Parallel()
	retryLater := map[string]string{"Retry-After": "7200"}
	tests := []struct {
		name  string
		reply reply
		want  string
	}{
		{"refused", reply{status: 400, body: `{"errors":["ClientName must not be blank"]}`}, "400"},
		{"not allowed", reply{status: 403, body: `{"message":"Forbidden"}`}, "403"},
		{"not implemented", reply{status: 501}, "501"},
		{"busy", reply{status: 503, header: retryLater}, "503"},
		{"failed", reply{status: 500}, "ambiguous"},
		{"gateway gave up", reply{status: 504}, "ambiguous"},
		{"down", reply{status: 503}, "ambiguous"},
		{"took too long", reply{status: 408}, "ambiguous"},
		{"see elsewhere", reply{status: 303, header: map[string]string{"Location": appsURL + "/x"}}, "ambiguous"},
		{"dropped", reply{drop: true}, "ambiguous"},
		{"cut", reply{status: created, body: `{"SoftwareStatementId":"x"`}, "ambiguous"},
		{"HTML", reply{status: created, body: "<html>", contentType: "text/html"}, "ambiguous"},
		{"no identifier", reply{status: created, body: `{"ClientName":"x"}`}, "ambiguous"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"POST " + appsURL: {test.reply}, "GET " + appsURL: {{status: 200, body: "[]"}}})
			application, err := f.client().CreateApplication(t.Context(), Fields{"ClientName": "My app"})
			if got := kind(err); got != test.want || application != nil {
				t.Fatalf("CreateApplication = %v, %v (%s); want %s", application, err, got, test.want)
			}
			if sent := len(f.sent(http.MethodPost)); sent != 1 {
				t.Errorf("%d requests, a creation is sent once", sent)
			}
			if looked := len(f.sent(http.MethodGet)); (looked == 2) != (test.want == "ambiguous") {
				t.Errorf("%d lists, one is for what was there before and one to look for the application", looked)
			}
			var unsure *AmbiguousError
			if errors.As(err, &unsure) && (unsure.URL != f.server.URL+appsURL || !strings.Contains(unsure.What, "My app") || unsure.At.IsZero()) {
				t.Errorf("%+v does not say how to find the application", unsure)
			}
		})
	}
}

func TestCreateApplicationWithoutTokenIsNotAmbiguous(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	options := f.options()
	options.Tokens = &rotating{err: &rest.StatusError{Status: 502}}
	_, err := New(options).CreateApplication(t.Context(), Fields{})
	if kind(err) != "502" || len(f.sent("")) != 0 {
		t.Errorf("CreateApplication = %v after %d requests, want the token's own error after none", err, len(f.sent("")))
	}
}

func TestApplicationReadsEveryMember(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"GET " + appURL: {{status: 200, body: golden(t, "application.json")}}})
	a, err := f.client().Application(t.Context(), appID)
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]bool{
		"version":       a.Version == "1.10",
		"redirects":     slices.Equal(a.RedirectURIs, []string{"https://app.example/cb", "https://app.example/cb2"}),
		"null policy":   a.PolicyURI == nil,
		"absent terms":  a.TermsOfServiceURI == nil,
		"flags":         len(a.Flags) == 2 && a.Flags[0].Name == "pilot" && a.Flags[1].ID == "flag-2",
		"false boolean": a.TLSClientCertificateBoundAccessTokens != nil && !*a.TLSClientCertificateBoundAccessTokens,
		"metadata":      a.AdditionalMetadata != nil && *a.AdditionalMetadata == `{"a":1}`,
		"locked":        a.Locked && a.ClientCreated,
		"webhook":       a.NotificationWebhookStatus == "Pending" && slices.Equal(a.APIWebhookURIs, []string{"https://app.example/hook"}),
		"auth method":   a.TokenEndpointAuthMethod != nil && *a.TokenEndpointAuthMethod == "client_secret_basic",
		"unknown":       string(a.Raw["FieldOfTomorrow"]) == `{"kept": [1, 2.50]}`,
	}
	for name, ok := range checks {
		if !ok {
			t.Errorf("%s was read wrongly: %+v", name, a)
		}
	}
}

func TestApplicationGone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reply reply
		want  string
	}{
		{"inactive", reply{status: 200, body: golden(t, "deleted.json")}, "gone"},
		{"not found", reply{status: 404, body: `{"errors":["Software statement not found"]}`}, "gone"},
		{"page of a proxy", reply{status: 404, body: "<html>", contentType: "text/html"}, "404"},
		{"page of a proxy, in capitals", reply{status: 404, body: "<HTML>", contentType: "Text/HTML; charset=utf-8"}, "404"},
		{"page of a proxy, in XHTML", reply{status: 404, body: "<html>", contentType: "application/xhtml+xml"}, "404"},
		{"not allowed", reply{status: 403}, "403"},
		{"suspended", reply{status: 200, body: `{"SoftwareStatementId":"x","Status":"Suspended"}`}, ""},
		{"odd member", reply{status: 200, body: `{"SoftwareStatementId":"x","Version":"one","RedirectUri":"https://a","Locked":"yes","AdditionalSoftwareMetadata":{"a":1}}`}, ""},
		{"another object", reply{status: 200, body: `{}`}, "other"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"GET " + appURL: {test.reply}})
			application, err := f.client().Application(t.Context(), appID)
			if got := kind(err); got != test.want || (err == nil) != (application != nil) {
				t.Errorf("Application = %v, %v; want %q", application, err, test.want)
			}
		})
	}
}

func TestUpdateApplicationSendsAReplacement(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{
		"GET " + appURL: {{status: 200, body: golden(t, "application.json")}},
		"PUT " + appURL: {{status: 200, body: strings.Replace(golden(t, "application.json"), "Webhook test SS", "Renamed", 1)}},
	})
	application, err := f.client().UpdateApplication(t.Context(), appID, Fields{"ClientName": "Renamed", "Description": nil, "PolicyUri": nil})
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, f.sent(http.MethodPut)[0].body, golden(t, "replacement.json"))
	if application.ClientName != "Renamed" || application.ClientSecret.Empty() {
		t.Errorf("the answer to the update was not used: %+v", application)
	}
}

func TestUpdateKeepsASelfManagedClientID(t *testing.T) {
	t.Parallel()
	current := `{"SoftwareStatementId":"x","Status":"Odd","ClientId":"https://rp.example","OpenidFederationEntityManagementType":"openid_entity_self_managed"}`
	f := newFake(t, routes{"GET " + appURL: {{status: 200, body: current}}, "PUT " + appURL: {{status: 200, body: current}}})
	if _, err := f.client().UpdateApplication(t.Context(), appID, Fields{"Status": "Suspended"}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, f.sent(http.MethodPut)[0].body,
		`{"Status":"Suspended","ClientId":"https://rp.example","OpenidFederationEntityManagementType":"openid_entity_self_managed"}`)
}

func TestUpdateApplicationOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reply reply
		want  string
		gets  int
	}{
		{"no content", reply{status: 204}, "", 2},
		{"cut", reply{status: 200, body: `{"SoftwareState`}, "", 2},
		{"locked", reply{status: 400, body: `{"errors":["locked"]}`}, "400", 1},
		{"deleted meanwhile", reply{status: 404}, "gone", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"GET " + appURL: {{status: 200, body: golden(t, "application.json")}}, "PUT " + appURL: {test.reply}})
			application, err := f.client().UpdateApplication(t.Context(), appID, Fields{"ClientName": "Renamed"})
			if got := kind(err); got != test.want || (err == nil && application.ID != appID) {
				t.Errorf("UpdateApplication = %v, %v; want %q", application, err, test.want)
			}
			if gets := len(f.sent(http.MethodGet)); gets != test.gets {
				t.Errorf("%d reads, want %d", gets, test.gets)
			}
		})
	}
}

func TestUpdateOfAGoneApplicationWritesNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"GET " + appURL: {{status: 200, body: golden(t, "deleted.json")}}})
	if _, err := f.client().UpdateApplication(t.Context(), appID, Fields{"ClientName": "x"}); !errors.Is(err, ErrGone) {
		t.Errorf("UpdateApplication = %v, want ErrGone", err)
	}
	if puts := len(f.sent(http.MethodPut)); puts != 0 {
		t.Errorf("%d PUTs were sent", puts)
	}
}

func TestDeleteApplicationIsVerified(t *testing.T) {
	t.Parallel()
	alive, dead := reply{status: 200, body: golden(t, "application.json")}, reply{status: 200, body: golden(t, "deleted.json")}
	tests := []struct {
		name      string
		deletion  reply
		read      []reply
		list      []reply
		want      string
		wantCalls string
	}{
		{"yes", reply{status: 204}, nil, nil, "", "DELETE "},
		{"gone before", reply{status: 404}, []reply{{status: 404}}, []reply{{status: 200, body: "[]"}}, "", "DELETE , GET , GET " + appsURL},
		{"404 of a gateway", reply{status: 404}, []reply{{status: 404}}, []reply{{status: 200, body: "[" + alive.body + "]"}}, "404", "DELETE , GET , GET " + appsURL},
		{"404 in an outage", reply{status: 404}, []reply{{status: 404}}, []reply{{status: 500}}, "404", "DELETE , GET , GET " + appsURL},
		{"inactive before", reply{status: 400, body: `{"errors":["inactive"]}`}, []reply{dead}, nil, "", "DELETE , GET "},
		{"answer lost", reply{drop: true}, []reply{dead}, nil, "", "DELETE , GET "},
		{"refused", reply{status: 403}, []reply{alive}, nil, "403", "DELETE , GET "},
		{"404 on a live one", reply{status: 404}, []reply{alive}, nil, "404", "DELETE , GET "},
		{"cannot be verified", reply{status: 400}, []reply{{status: 403}}, nil, "400", "DELETE , GET "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"DELETE " + appURL: {test.deletion}, "GET " + appURL: test.read, "GET " + appsURL: test.list})
			err := f.client().DeleteApplication(t.Context(), appID)
			if got := kind(err); got != test.want {
				t.Errorf("DeleteApplication = %v, want %q", err, test.want)
			}
			if got := f.summary(); got != test.wantCalls {
				t.Errorf("calls %q, want %q", got, test.wantCalls)
			}
		})
	}
}

func TestUnlockUsesTheAdministrator(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ administrator, want string }{
		"administrator": {"admin-token", "Bearer admin-token"},
		"none":          {"", "Bearer access-token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"PUT " + appURL + "/unlock": {{status: 200, body: `{"SoftwareStatementId":"x","Locked":false}`}}})
			options := f.options()
			options.Administrator = rest.Secret(test.administrator)
			application, err := New(options).Unlock(t.Context(), appID)
			if err != nil || application.Locked {
				t.Fatalf("Unlock = %v, %v", application, err)
			}
			sent := f.sent(http.MethodPut)[0]
			sameJSON(t, sent.body, `{"Unlock":true}`)
			if got := sent.header.Get("Authorization"); got != test.want {
				t.Errorf("Authorization is %q, want %q", got, test.want)
			}
		})
	}
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	list := reply{status: 200, body: `[]`}
	tests := []struct {
		name    string
		replies []reply
		tokens  oauth.TokenSource
		want    string
		calls   int
	}{
		{"revoked early", []reply{{status: 401}, list}, &rotating{}, "", 2},
		{"refused again", []reply{{status: 401}}, &rotating{}, "401", 2},
		{"no other token", []reply{{status: 401}}, oauth.StaticToken("only"), "401", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"GET " + appsURL: test.replies})
			options := f.options()
			options.Tokens = test.tokens
			applications, err := New(options).Applications(t.Context())
			if got := kind(err); got != test.want || (err == nil && applications == nil) {
				t.Errorf("Applications = %v, %v; want %q", applications, err, test.want)
			}
			sent := f.sent("")
			if len(sent) != test.calls {
				t.Fatalf("%d requests, want %d", len(sent), test.calls)
			}
			if len(sent) == 2 && sent[0].header.Get("Authorization") == sent[1].header.Get("Authorization") {
				t.Error("the refused token was sent again")
			}
		})
	}
}

func TestAmbiguousErrorTellsWhatToDo(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cause := errors.New("cut")
	err := &AmbiguousError{What: "application x", URL: "https://api.example/list", At: at, InteractionID: "i-1", Err: cause}
	for _, part := range []string{"application x", "2026-01-02T03:04:05Z", "i-1", "GET https://api.example/list", "cut"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("message %q lacks %q", err, part)
		}
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}
