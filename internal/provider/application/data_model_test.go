package application

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// dataComplete has every member, in the directory's notation.
const dataComplete = `{"SoftwareStatementId":"app","OrganisationId":"org","ClientId":"client","ClientSecret":"hidden","ClientName":"n","Version":1.50,"LogoUri":"https://l.example",
"RedirectUri":["https://b.example","https://a.example"],"ClientUri":"https://c.example","HomepageUri":"https://h.example","PolicyUri":"https://p.example","TermsOfServiceUri":"https://t.example",
"PostLogoutRedirectUris":["https://out.example"],"Description":"d","Environment":"Sandbox","Mode":"Test","OnBehalfOf":"o","Flags":[{"Id":"f1","Name":"journey","Value":"data"},{"Id":"f1","Name":"journey","Value":"data"}],
"NotificationWebhook":"https://n.example","NotificationWebhookStatus":"Pending","ApiWebhookUri":["https://w.example"],"OriginUri":["https://or.example"],"RelatedAuthorisationServer":"as",
"OpenidFederationEnabled":true,"FederationEndpoint":"https://f.example.com","OpenidFederationEntityManagementType":"openid_entity_self_managed","RequireSignedRequestObject":false,"TlsClientCertificateBoundAccessTokens":true,
"IdTokenSignedResponseAlgorithm":"PS256","TokenEndpointAuthMethod":"private_key_jwt","AdditionalSoftwareMetadata":"{\"b\": 1, \"a\": [2]}","Status":"Active","Locked":true,"CreatedAt":"2026-01-01T00:00:00.000Z"}`

func dataApplication(t *testing.T, text string) directory.Application {
	t.Helper()
	var app directory.Application
	if err := json.Unmarshal([]byte(text), &app); err != nil {
		t.Fatal(err)
	}
	return app
}

// TestListed shows every member; a wrong name in the table would read as null.
func TestListed(t *testing.T) {
	t.Parallel()
	client := directory.New(directory.Options{KeystoreURL: "https://keys.example", OrganisationID: "org"})
	app := dataApplication(t, dataComplete)
	values := listed(client, &app)
	for name, value := range values {
		if value.IsNull() || value.IsUnknown() {
			t.Errorf("%s is %s", name, value)
		}
	}
	if got, want := slices.Sorted(maps.Keys(values)), slices.Sorted(maps.Keys(listedAttributes())); !slices.Equal(got, want) {
		t.Errorf("values %v, schema %v", got, want)
	}
	for name, want := range map[string]string{"version": "1.500000", "additional_metadata": `{"a":[2],"b":1}`, "related_authorization_server_id": "as", "federation_management": "openid_entity_self_managed"} {
		got := values[name].String()
		if text, ok := values[name].(interface{ ValueString() string }); ok {
			got = text.ValueString()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if flags, ok := values["flags"].(types.Set); !ok || len(flags.Elements()) != 1 {
		t.Errorf("flags %s", values["flags"])
	}
	bare := dataApplication(t, `{"SoftwareStatementId":"app","AdditionalSoftwareMetadata":"{}"}`)
	for name, value := range listed(client, &bare) {
		if known := slices.Contains([]string{"id", "flags", "locked", "jwks_uri", "transport_jwks_uri"}, name); known == value.IsNull() {
			t.Errorf("%s is %s", name, value)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	got := scopes([]directory.Metadata{{Type: "scope", Name: "a", Status: "Active"}, {Type: "grant_type", Name: "b"}, {Type: "scope", Name: "c"}, {Type: "scope", Name: "d", Status: "Inactive"}})
	if !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("scopes %q", got)
	}
}

// TestCertificateListOfKeys has keys without a certificate, in an order of its own.
func TestCertificateListOfKeys(t *testing.T) {
	t.Parallel()
	a, b := directory.Certificate{KeyID: "a", Type: "sigkey", Status: "Active"}, directory.Certificate{KeyID: "b", Type: "enckey", Status: "Inactive"}
	one, other := certificateList([]directory.Certificate{a, b}), certificateList([]directory.Certificate{b, a})
	if !one.Equal(other) {
		t.Errorf("%s, in another order %s", one, other)
	}
	first, ok := one.Elements()[0].(types.Object)
	if each := (fw.Object{Values: first.Attributes()}); !ok || each.Text("kid") != "b" || !first.Attributes()["not_after"].IsNull() {
		t.Errorf("first %s", first)
	}
}

// TestMisspelt: a filter that no application passes is told, one that a deleted
// application passes is not, and nothing is where there is no application yet.
func TestMisspelt(t *testing.T) {
	t.Parallel()
	all := []directory.Application{dataApplication(t, dataComplete), dataApplication(t, `{"ClientName":"Gone","Environment":"Production","Status":"Inactive"}`), dataApplication(t, `{"ClientName":"bare"}`)}
	text := types.StringValue
	for _, c := range []struct {
		m    ListModel
		all  []directory.Application
		want string
	}{
		{ListModel{}, all, ""},
		{ListModel{Environment: text("Production"), ClientNameRegex: text("^Go")}, all, ""},
		{ListModel{Environment: text("production")}, all, `Nothing in the organisation's applications has "production", so nothing passes the filter for it.` + "\n\n" + `What there is: "Production", "Sandbox".`},
		{ListModel{ClientNameRegex: text("gone")}, all, `Nothing in the organisation's applications has "gone", so nothing passes the filter for it.` + "\n\n" + `What there is: "Gone", "bare", "n".`},
		{ListModel{Environment: text("production"), ClientNameRegex: text("gone")}, nil, ""},
	} {
		got := ""
		for _, one := range c.m.misspelt(c.all) {
			got += one.Detail()
		}
		if got != c.want {
			t.Errorf("%v: %q", c.m, got)
		}
	}
}
