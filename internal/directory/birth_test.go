package directory

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLostCreationIsFound adopts the application of a lost answer only if there can be no doubt.
func TestLostCreationIsFound(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	entry := func(id, created, status string, uris ...string) string {
		encoded, _ := json.Marshal(uris)
		return fmt.Sprintf(`{"SoftwareStatementId":%q,"ClientName":"Budget","RedirectUri":%s,"Version":1,"Status":%q,"CreatedAt":%q}`, id, encoded, status, created)
	}
	const a, b = "https://a.example/cb", "https://b.example/cb"
	before := "[" + entry("there before", "2026-03-01T12:00:00Z", "Active", a, b) + "]"
	ours := entry("ours", "2026-03-01T12:00:01.000Z", "Active", b, a)
	tests := map[string]struct {
		list []string
		want string
	}{
		"the one":               {[]string{entry("old", "2025-01-01T00:00:00Z", "Active", a, b), ours}, "ours"},
		"stored notation":       {[]string{entry("ours", "2026-03-01 12:00:00.0", "Active", a, b)}, "ours"},
		"creation's notation":   {[]string{entry("ours", "Sun Mar  1 12:00:00 UTC 2026", "Active", a, b)}, "ours"},
		"two of them":           {[]string{ours, entry("twin", "2026-03-01T12:00:02Z", "Active", a, b)}, ""},
		"older":                 {[]string{entry("old", "2026-03-01T11:57:00Z", "Active", a, b)}, ""},
		"just before":           {[]string{entry("theirs", "2026-03-01T11:59:58Z", "Active", a, b)}, ""},
		"of unknown age":        {[]string{entry("old", "", "Active", a, b)}, ""},
		"there before":          {[]string{entry("there before", "2026-03-01T12:00:00Z", "Active", a, b)}, ""},
		"another before":        {[]string{entry("there before", "2026-03-01T12:00:00Z", "Active", a, b), ours}, "ours"},
		"deleted":               {[]string{entry("gone", "2026-03-01T12:00:01Z", "Inactive", a, b)}, ""},
		"other redirect URIs":   {[]string{entry("other", "2026-03-01T12:00:01Z", "Active", a)}, ""},
		"of another name":       {[]string{strings.Replace(ours, "Budget", "Payments", 1)}, ""},
		"nothing":               {nil, ""},
		"the list fails":        {[]string{"<html>"}, ""},
		"an unreadable listing": {[]string{`"x"`}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"POST " + appsURL: {{drop: true}}, "GET " + appsURL: {{status: 200, body: before}, {status: 200, body: "[" + strings.Join(test.list, ",") + "]"}}})
			options := f.options()
			options.Now = func() time.Time { return now }
			application, err := New(options).CreateApplication(t.Context(), Fields{"ClientName": "Budget", "RedirectUri": json.RawMessage(`["` + a + `","` + b + `"]`)})
			switch {
			case test.want == "" && (application != nil || kind(err) != "ambiguous"):
				t.Errorf("CreateApplication = %v, %v; want an ambiguous outcome", application, err)
			case test.want != "" && (err != nil || application.ID != test.want || !application.Recovered):
				t.Errorf("CreateApplication = %+v, %v; want %s, recovered", application, err, test.want)
			}
			if sent := len(f.sent(http.MethodPost)); sent != 1 {
				t.Errorf("the creation was sent %d times", sent)
			}
		})
	}
}

// TestLostCreationOfTwins never gives one application to two resources of the same name.
func TestLostCreationOfTwins(t *testing.T) {
	t.Parallel()
	body := `{"SoftwareStatementId":"first","ClientName":"Budget","RedirectUri":[],"Status":"Active","CreatedAt":"2999-01-01T00:00:00Z"}`
	f := newFake(t, routes{"POST " + appsURL: {{status: created, body: body}, {drop: true}}, "GET " + appsURL: {{status: 200, body: "[]"}, {status: 200, body: "[" + body + "]"}}})
	client := f.client()
	fields := Fields{"ClientName": "Budget", "RedirectUri": []string{}}
	if first, err := client.CreateApplication(t.Context(), fields); err != nil || first.Recovered {
		t.Fatalf("CreateApplication = %+v, %v", first, err)
	}
	if second, err := client.CreateApplication(t.Context(), fields); kind(err) != "ambiguous" {
		t.Errorf("CreateApplication = %+v, %v; want an ambiguous outcome", second, err)
	}
}

// TestLostCreationWithoutCensus leaves the outcome unknown where nobody knows what was there before.
func TestLostCreationWithoutCensus(t *testing.T) {
	t.Parallel()
	body := `{"SoftwareStatementId":"theirs","ClientName":"Budget","RedirectUri":[],"Status":"Active","CreatedAt":"2999-01-01T00:00:00Z"}`
	f := newFake(t, routes{"POST " + appsURL: {{drop: true}}, "GET " + appsURL: {{status: 403}, {status: 200, body: "[" + body + "]"}}})
	if application, err := f.client().CreateApplication(t.Context(), Fields{"ClientName": "Budget", "RedirectUri": []string{}}); kind(err) != "ambiguous" {
		t.Errorf("CreateApplication = %+v, %v; want an ambiguous outcome", application, err)
	}
}
