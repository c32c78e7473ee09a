package softwarestatement

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
)

func TestStale(t *testing.T) {
	t.Parallel()
	roles := []directory.Role{{AuthorisationDomain: "A", Role: "DADOS", Status: "Active"}, {AuthorisationDomain: "B", Role: "DADOS", Status: "Active"}, {AuthorisationDomain: "A", Role: "PAGTO", Status: "Inactive"}}
	const said = `"software_client_name":"n","software_roles":["DADOS"],"software_redirect_uris":["b","a"],"software_version":"1.10"`
	const app = `"SoftwareStatementId":"id","ClientName":"n","Version":1.1,"RedirectUri":["a","b"],"Description":"d","OriginUri":["o"]`
	for name, tc := range map[string]struct {
		claims, app string
		want        string
	}{
		"same":                      {said, app, ""},
		"number for a version":      {strings.Replace(said, `"1.10"`, `1.1`, 1), app, ""},
		"nothing claimed":           {`"iss":"directory"`, app, ""},
		"name":                      {strings.Replace(said, `"n"`, `"m"`, 1), app, "software_client_name"},
		"version":                   {strings.Replace(said, "1.10", "1.2", 1), app, "software_version"},
		"URI missing":               {strings.Replace(said, `"b",`, "", 1), app, "software_redirect_uris"},
		"URI too many":              {strings.Replace(said, `"b",`, `"b","c",`, 1), app, "software_redirect_uris"},
		"role too many":             {strings.Replace(said, `["DADOS"]`, `["DADOS","PAGTO"]`, 1), app, "software_roles"},
		"no role any more":          {strings.Replace(said, `["DADOS"]`, `[]`, 1), app, "software_roles"},
		"claimed, not in the app":   {said + `,"software_policy_uri":"p"`, app, "software_policy_uri says [\"p\"], the application has nothing"},
		"claimed as nothing":        {said + `,"software_policy_uri":"","software_api_webhook_uris":[],"software_mode":null`, app, ""},
		"every difference":          {strings.Replace(said, `"n"`, `"m"`, 1) + `,"software_origin_uris":["p"]`, app, "software_client_name says [\"m\"], the application has [\"n\"]; software_origin_uris"},
		"other set":                 {said + `,"software_origin_uris":["p"]`, app, "software_origin_uris"},
		"names are not versions":    {strings.Replace(said, `"n"`, `"1.0"`, 1), strings.Replace(app, `"n"`, `"1"`, 1), "software_client_name"},
		"claims of another release": {said + `,"software_description":"x","org_name":"O"`, app, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var application directory.Application
			if err := json.Unmarshal([]byte("{"+tc.app+"}"), &application); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(stale("{"+tc.claims+"}", application, roles), "; ")
			if (got == "") != (tc.want == "") || !strings.HasPrefix(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
	if got := stale("", directory.Application{ID: "id", ClientName: "n"}, nil); len(got) > 0 {
		t.Errorf("after an import, without claims, found %q", got)
	}
}

func TestReissued(t *testing.T) {
	t.Parallel()
	triggers := func(value string) types.Map {
		return types.MapValueMust(types.StringType, map[string]attr.Value{"t": types.StringValue(value)})
	}
	base := Model{Assertion: types.StringValue("jwt"), ApplicationRevision: types.StringValue("1"), Triggers: triggers("1")}
	for name, tc := range map[string]struct {
		change func(plan, state *Model)
		want   bool
	}{
		"same":             {func(*Model, *Model) {}, false},
		"imported":         {func(_, state *Model) { state.Assertion = types.StringNull() }, true},
		"other revision":   {func(plan, _ *Model) { plan.ApplicationRevision = types.StringValue("2") }, true},
		"unknown revision": {func(plan, _ *Model) { plan.ApplicationRevision = types.StringUnknown() }, true},
		"no revision":      {func(plan, _ *Model) { plan.ApplicationRevision = types.StringNull() }, true},
		"other trigger":    {func(plan, _ *Model) { plan.Triggers = triggers("2") }, true},
		"no trigger":       {func(plan, _ *Model) { plan.Triggers = types.MapNull(types.StringType) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, state := base, base
			tc.change(&plan, &state)
			if got := plan.reissued(state); got != tc.want {
				t.Errorf("a new statement is planned: %t, want %t", got, tc.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.FixedZone("", 3600))
	m := Model{ApplicationID: types.StringValue("id")}
	m.apply(&jws.Statement{Token: "jwt", KeyID: "signer", IssuedAt: at, Claims: map[string]any{"software_id": "id"}})
	for name, got := range map[string]attr.Value{
		"id": m.ID, "jwt": m.Assertion, "signer": m.KeyID, "2026-03-14T11:00:00Z": m.IssuedAt, `{"software_id":"id"}`: m.Claims.StringValue,
	} {
		if !got.Equal(types.StringValue(name)) {
			t.Errorf("got %s, want %q", got, name)
		}
	}
	if !m.ExpiresAt.IsNull() {
		t.Errorf("a statement without exp expires at %s", m.ExpiresAt)
	}
	if !m.ApplicationLocked.ValueBool() {
		t.Error("the application is not locked after a statement was issued")
	}
	if len(m.Digest.ValueString()) != 64 {
		t.Errorf("the digest is %s", m.Digest)
	}
}
