package directory

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestOrganisation(t *testing.T) {
	t.Parallel()
	const details = `{"OrganisationId":"org-1","OrganisationName":"Bank","RegistrationNumber":"133","Country":"BR","Size":7,"Tags":[]}`
	for name, body := range map[string]string{
		"beside its terms": `{"OrgDetails":` + details + `,"TncDetails":{"TnCSigned":true}}`,
		"bare":             details,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			organisation, err := newFake(t, routes{"GET /organisations/org-1": {{status: 200, body: body}}}).client().Organisation(t.Context())
			if err != nil || organisation.ID != "org-1" || organisation.Name != "Bank" || organisation.RegistrationNumber != "133" || string(organisation.Raw["Size"]) != "7" {
				t.Errorf("Organisation = %+v, %v", organisation, err)
			}
		})
	}
	f := newFake(t, routes{"GET /organisations/org-1": {{status: 404}}})
	if _, err := f.client().Organisation(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("Organisation = %v, want ErrGone", err)
	}
}

// TestOrganisationIsReadOnce: one request does, however callers and answer meet.
func TestOrganisationIsReadOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"GET /organisations/org-1": {{status: 200, body: `{"OrganisationId":"org-1"}`}}})
	client := f.client()
	f.askedOnce(func() { client.organisation = nil }, func(int) error { _, err := client.Organisation(t.Context()); return err })
}

func TestFlagsAndMetadata(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{
		"GET /references/flags":        {{status: 200, body: `{"content":[{"Id":"1","Name":"a","Value":"x"}],"totalPages":2}`}},
		"GET /references/flags?page=1": {{status: 200, body: `{"content":[{"Id":"2","Name":"b","AccessLevel":3}],"totalPages":2}`}},
		"GET " + appURL + "/metadata":  {{status: 200, body: `[{"MetadataId":"m","DomainRoleName":"DADOS","Type":"scope","Name":"accounts","Status":"Active"}]`}},
	})
	flags, err := f.client().Flags(t.Context())
	if err != nil || !slices.Equal(flags, []Flag{{ID: "1", Name: "a", Value: "x"}, {ID: "2", Name: "b"}}) {
		t.Errorf("Flags = %+v, %v", flags, err)
	}
	metadata, err := f.client().ApplicationMetadata(t.Context(), appID)
	if err != nil || !slices.Equal(metadata, []Metadata{{"m", "DADOS", "scope", "accounts", "Active"}}) {
		t.Errorf("ApplicationMetadata = %+v, %v", metadata, err)
	}
}

// TestPages: pages are counted from zero or from one, and a directory that does not count them at all is no endless list.
func TestPages(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	page := func(pages int, ids ...string) []reply {
		var entries []string
		for _, id := range ids {
			entries = append(entries, fmt.Sprintf(`{"Id":%q}`, id))
		}
		return []reply{{status: 200, body: fmt.Sprintf(`{"content":[%s],"totalPages":%d,"request":%d}`, strings.Join(entries, ","), pages, requests.Add(1))}}
	}
	large := func(name string) []reply { return page(9, name+strings.Repeat("x", 400<<10)) }
	const flags = "GET /references/flags"
	for name, c := range map[string]struct {
		routes routes
		want   int
		says   string
	}{
		"from zero":    {routes{flags: page(3, "a", "b"), flags + "?page=1": page(3, "c"), flags + "?page=2": page(3, "d")}, 4, ""},
		"from one":     {routes{flags: page(2, "a", "b"), flags + "?page=1": page(2, "a", "b"), flags + "?page=2": page(2, "c")}, 3, ""},
		"not at all":   {routes{flags: page(500, "a"), flags + "?page=1": page(500, "a"), flags + "?page=2": page(500, "a")}, 0, "like the one before it"},
		"without end":  {routes{flags: large("a"), flags + "?page=1": large("b"), flags + "?page=2": large("c")}, 0, "larger than 1 MiB"},
		"an empty one": {routes{flags: page(9, "a"), flags + "?page=1": page(9)}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newFake(t, c.routes).client()
			got, err := listWithin[Flag](t.Context(), client, client.apiURL("references", "flags"), 1<<20, false)
			if len(got) != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d flags, %v", len(got), err)
			}
		})
	}
}

// TestUnsaidPages: an array is a page where the directory says so by answering another for the next.
func TestUnsaidPages(t *testing.T) {
	t.Parallel()
	const flags = "GET /references/flags"
	ids := func(ids string) []reply {
		var entries []string
		for _, id := range strings.Fields(ids) {
			entries = append(entries, fmt.Sprintf(`{"Id":%q}`, id))
		}
		return []reply{{status: 200, body: "[" + strings.Join(entries, ",") + "]"}}
	}
	for name, c := range map[string]struct {
		routes routes
		want   int
	}{
		"from zero":  {routes{flags: ids("a b"), flags + "?page=1": ids("c d"), flags + "?page=2": ids("e"), flags + "?page=3": ids("")}, 5},
		"from one":   {routes{flags: ids("a b"), flags + "?page=1": ids("a b"), flags + "?page=2": ids("c"), flags + "?page=3": ids("")}, 3},
		"not at all": {routes{flags: ids("a b"), flags + "?page=1": ids("a b"), flags + "?page=2": ids("a b")}, 2},
		"unordered":  {routes{flags: ids("a b c"), flags + "?page=1": ids("c a b"), flags + "?page=2": ids("b a c")}, 3},
		"none":       {routes{flags: ids("")}, 0},
		"of pages":   {routes{flags: {{status: 200, body: `{"content":[{"Id":"a"}],"totalPages":1}`}}}, 1},
		"not as told": {routes{
			flags: {{status: 200, body: `{"content":[{"Id":"a"}],"totalPages":9}`}}, flags + "?page=1": {{status: 200, body: `{"content":[{"Id":"a"}],"totalPages":9}`}},
			flags + "?page=2": {{status: 200, body: `{"content":[{"Id":"a"}],"totalPages":9}`}},
		}, -1},
		"no such query": {routes{flags: ids("a b"), flags + "?page=1": {{status: 400}}}, 2},
		"no such value": {routes{flags: ids("a b"), flags + "?page=1": {{status: 422}}}, 2},
		"an outage":     {routes{flags: ids("a b"), flags + "?page=1": {{status: 404}}}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newFake(t, c.routes).client()
			got, err := listUnsaid[Flag](t.Context(), client, client.apiURL("references", "flags"))
			if (err != nil) != (c.want < 0) || err == nil && len(got) != c.want {
				t.Errorf("%d flags, %v", len(got), err)
			}
		})
	}
}

func TestListsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{
		"object": {status: 200, body: `{"ClientName":"x"}`},
		"HTML":   {status: 200, body: "<html>", contentType: "text/html"},
		"cut":    {status: 200, body: `[{"Id":`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if applications, err := newFake(t, routes{"GET " + appsURL: {answer}}).client().Applications(t.Context()); err == nil {
				t.Errorf("Applications = %v without an error", applications)
			}
		})
	}
}

func TestApplicationsListsInactiveOnesToo(t *testing.T) {
	t.Parallel()
	body := "[" + golden(t, "application.json") + "," + golden(t, "deleted.json") + "]"
	applications, err := newFake(t, routes{"GET " + appsURL: {{status: 200, body: body}}}).client().Applications(t.Context())
	if err != nil || len(applications) != 2 || !applications[0].Active() || applications[1].Active() {
		t.Errorf("Applications = %+v, %v", applications, err)
	}
}

func TestCertifications(t *testing.T) {
	t.Parallel()
	const address = appURL + "/certifications"
	const answer = `{"CertificationId":"c-1","SoftwareStatementId":"x","CertificationStartDate":"01/02/2026","ProfileType":"FAPI","ProfileVersion":1.0,"Status":"Certified"}`
	one, none := reply{status: 200, body: "[" + answer + "]"}, reply{status: 200, body: "[]"}
	f := newFake(t, routes{
		// The first two creations list what is there before, the lost ones also what is there after,
		// and a removal of what is not there whether it is listed.
		"GET " + address:               {one, none, none, none, one, none, one, none, one, one, one, {status: 503}, {status: 403}, none},
		"POST " + address:              {{status: created, body: answer}, {status: 409}, {drop: true}, {status: created, body: "<html>"}, {drop: true}, {drop: true}},
		"GET " + address + "/c-1":      {{status: 200, body: answer}, {status: 404}},
		"PUT " + address + "/c-1":      {{status: 204}},
		"DELETE " + address + "/c-1":   {{status: 204}, {status: 404}},
		"DELETE " + address + "/other": {{status: 403}},
		"GET " + address + "/other":    {{status: 200, body: answer}},
		"GET " + appURL:                {{status: 200, body: golden(t, "application.json")}},
	})
	client, ctx := f.client(), t.Context()
	listed, err := client.Certifications(ctx, appID)
	if err != nil || len(listed) != 1 || listed[0].ProfileVersion != "1.0" {
		t.Errorf("Certifications = %+v, %v", listed, err)
	}
	made, err := client.CreateCertification(ctx, appID, listed[0])
	if err != nil || made.ID != "c-1" {
		t.Errorf("CreateCertification = %+v, %v", made, err)
	}
	sameJSON(t, f.sent(http.MethodPost)[0].body, `{"CertificationStartDate":"01/02/2026","ProfileType":"FAPI","ProfileVersion":1.0,"Status":"Certified"}`)
	if _, err := client.CreateCertification(ctx, appID, listed[0]); kind(err) != "409" {
		t.Errorf("CreateCertification = %v, want 409", err)
	}
	// A lost answer is looked for, and taken for ours only if it is as it was sent.
	for range 2 {
		if found, err := client.CreateCertification(ctx, appID, Certification{ProfileType: "FAPI", ProfileVersion: "1", Status: "Certified"}); err != nil || found.ID != "c-1" || !found.Recovered {
			t.Errorf("CreateCertification = %+v, %v, want the one there is, recovered", found, err)
		}
	}
	// The last one is as it was sent, and was there before.
	for _, status := range []string{"Rejected", "Certified"} {
		if _, err := client.CreateCertification(ctx, appID, Certification{ProfileType: "FAPI", ProfileVersion: "1", Status: status}); kind(err) != "ambiguous" {
			t.Errorf("CreateCertification = %v, want an ambiguous outcome", err)
		}
	}
	updated, err := client.UpdateCertification(ctx, appID, "c-1", listed[0])
	if err != nil || updated.ID != "c-1" {
		t.Errorf("UpdateCertification = %+v, %v", updated, err)
	}
	for _, test := range []struct{ id, want string }{{"c-1", ""}, {"c-1", "404"}, {"c-1", "404"}, {"c-1", ""}, {"c-1", ""}, {"other", "403"}} {
		if err := client.DeleteCertification(ctx, appID, test.id); kind(err) != test.want {
			t.Errorf("DeleteCertification(%s) = %v, want %q", test.id, err, test.want)
		}
	}
}

// TestOddCertifications: a member of another type takes nothing else with it.
func TestOddCertifications(t *testing.T) {
	t.Parallel()
	for _, version := range []string{`"v1"`, `""`, `{}`} {
		answer := `{"CertificationId":"c-1","ProfileType":"FAPI","ProfileVersion":` + version + `,"Status":"Certified"}`
		f := newFake(t, routes{"GET " + appURL + "/certifications": {{status: 200, body: "[" + answer + "]"}}, "POST " + appURL + "/certifications": {{status: created, body: answer}}})
		listed, err := f.client().Certifications(t.Context(), appID)
		if err != nil || len(listed) != 1 || listed[0].ID != "c-1" || listed[0].Status != "Certified" || listed[0].ProfileVersion != "" {
			t.Errorf("%s: listed are %+v, %v", version, listed, err)
		}
		if made, err := f.client().CreateCertification(t.Context(), appID, Certification{ProfileType: "FAPI"}); err != nil || made.ID != "c-1" {
			t.Errorf("%s: created is %+v, %v", version, made, err)
		}
	}
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	f := newFake(t, routes{"GET /participants": {{status: 200, body: golden(t, "participants.json")}, {status: 200, body: `null`}, {status: 404}}})
	participants, err := Participants(t.Context(), f.http(), f.server.URL+"/participants")
	if err != nil || len(participants) != 2 || len(participants[0].AuthorizationServers) != 1 {
		t.Fatalf("Participants = %+v, %v", participants, err)
	}
	server := participants[0].AuthorizationServers[0]
	if server.Issuer != "https://as.bank-one.example" || server.SupportsDCR == nil || !*server.SupportsDCR || len(server.Certifications) != 1 {
		t.Errorf("authorization server is %+v", server)
	}
	if server.APIResources[0].Version != "1" || server.APIResources[1].Version != "4.0.0" || server.APIResources[0].Endpoints[0] != "https://api.bank-one.example/accounts" {
		t.Errorf("API resources are %+v", server.APIResources)
	}
	if role := participants[0].Roles[0]; role.AuthorisationDomain != brasil || role.Role != "DADOS" {
		t.Errorf("role is %+v", role)
	}
	if odd := participants[1].AuthorizationServers[0]; odd.ID != "as-2" || odd.SupportsDCR != nil {
		t.Errorf("the odd participant is %+v", odd)
	}
	for range 2 {
		if _, err := Participants(t.Context(), f.http(), f.server.URL+"/participants"); err == nil {
			t.Error("no list and no error")
		}
	}
}

// TestLargeParticipants reads a list beyond what other answers may have, with
// entries in every shape.
func TestLargeParticipants(t *testing.T) {
	t.Parallel()
	const entry = `{"OrganisationId":"o","OrgDomainClaims":[{"AuthorisationDomainName":"d ","Status":"Active"}],"Padding":"%s","AuthorisationServers":[
{"AuthorisationServerCertifications":[{"ProfileType":"T","ProfileVersion":1.0},{"ProfileType":7,"ProfileVersion":"2"},{"ProfileType":"U"}]}]}`
	f := newFake(t, routes{"GET /participants": {{status: 200, body: "[" + fmt.Sprintf(entry, strings.Repeat("x", 3<<20)) + "]"}, {status: 200, body: "null"}}})
	list, err := Participants(t.Context(), f.http(), f.server.URL+"/participants")
	if err != nil || len(list) != 1 || len(list[0].Domains) != 1 || list[0].Domains[0].AuthorisationDomain != "d " {
		t.Fatalf("Participants = %d, %v", len(list), err)
	}
	var versions []string
	for _, c := range list[0].AuthorizationServers[0].Certifications {
		versions = append(versions, c.ProfileType+c.Version())
	}
	if !slices.Equal(versions, []string{"T1.0", "2", "U"}) {
		t.Errorf("certifications %q", versions)
	}
	var body *rest.BodyError
	if _, err := Participants(t.Context(), f.http(), f.server.URL+"/participants"); !errors.As(err, &body) || body.Reason != "the answer is not a list" {
		t.Errorf("Participants = %v", err)
	}
}

func TestEcosystems(t *testing.T) {
	t.Parallel()
	names := Ecosystems()
	if len(names) < 9 || !slices.IsSorted(names) {
		t.Errorf("Ecosystems = %v", names)
	}
	deployment, ok := Ecosystem("open_finance_brasil_sandbox")
	if !ok || deployment.KeystoreURL != "https://keystore.sandbox.directory.openbankingbrasil.org.br" {
		t.Errorf("Ecosystem = %+v, %v", deployment, ok)
	}
	if _, ok := Ecosystem("atlantis"); ok {
		t.Error("an ecosystem nobody knows")
	}
}
