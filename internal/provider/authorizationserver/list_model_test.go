package authorizationserver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// published is a list with one entry for each case.
const published = `[
{"OrganisationId":"o1","OrganisationName":"One","Status":"Active",
 "OrgDomainClaims":[{"AuthorisationDomainName":"Insurance","Status":"Active"}],
 "OrgDomainRoleClaims":[{"AuthorisationDomain":"Banking ","Role":"CONTA","Status":"Active"},{"AuthorisationDomain":"Sandbox","Role":"TPP","Status":"Active"},{"AuthorisationDomain":"Banking ","Role":"PAGTO","Status":"Inactive"}],
 "AuthorisationServers":[
  {"AuthorisationServerId":"a","Issuer":"https://a.example","SupportsDCR":true,"ApiResources":[{"ApiFamilyType":"payments","ApiVersion":1},{"ApiFamilyType":"accounts","ApiVersion":"1.0"},{"ApiFamilyType":"accounts","ApiVersion":"1.0"}],
   "AuthorisationServerCertifications":[{"ProfileType":"T","ProfileVariant":"V","Status":"Certified"},{"ProfileType":"U","Status":"Rejected"}]},
  {"AuthorisationServerId":"b","OpenIDDiscoveryDocument":"https://b.example/x/.well-known/openid-configuration","SupportsDCR":false},
  {"AuthorisationServerId":"none","CustomerFriendlyName":"Nowhere","SupportsDCR":true},
  {"AuthorisationServerId":"other","OpenIDDiscoveryDocument":"https://c.example/metadata"},
  {"AuthorisationServerId":"plain","Issuer":"http://plain.example"},
  {"Issuer":"https://nameless.example"}]},
{"OrganisationId":"o2","OrganisationName":"Two","Status":"Active","OrgDomainRoleClaims":[{"AuthorisationDomain":"Sandbox","Role":"CONTA","Status":"Active"}],
 "AuthorisationServers":[{"AuthorisationServerId":"c","Issuer":"https://c.example/"},{"AuthorisationServerId":"a","Issuer":"https://thief.example"}]},
{"OrganisationId":"o3","OrganisationName":"Three","Status":"Withdrawn","AuthorisationServers":[{"AuthorisationServerId":"d","Issuer":"https://d.example","SupportsDCR":true}]}
]`

func decoded(t testing.TB, text string) []directory.Participant {
	t.Helper()
	var list []directory.Participant
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func empty() ListModel {
	return ListModel{OrganisationIDs: types.SetNull(types.StringType), Status: types.SetNull(types.StringType)}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	for _, c := range []struct {
		name   string
		filter func(*ListModel)
		want   string
	}{
		{"none", func(*ListModel) {}, "a b c"},
		{"status", func(m *ListModel) { m.Status = fw.StringSet([]string{"Active", "Withdrawn"}) }, "a b c d"},
		{"organisation", func(m *ListModel) { m.OrganisationIDs = fw.StringSet([]string{"o2"}) }, "a c"},
		{"inactive organisation", func(m *ListModel) { m.OrganisationIDs = fw.StringSet([]string{"o3"}) }, ""},
		{"role", func(m *ListModel) { m.Role = text("CONTA") }, "a b c"},
		{"role that is inactive", func(m *ListModel) { m.Role = text("PAGTO") }, ""},
		{"domain of a role", func(m *ListModel) { m.AuthorisationDomain = text("Banking ") }, "a b"},
		{"domain without its space", func(m *ListModel) { m.AuthorisationDomain = text("Banking") }, ""},
		{"domain without a role", func(m *ListModel) { m.AuthorisationDomain = text("Insurance") }, "a b"},
		{"role in the domain", func(m *ListModel) { m.AuthorisationDomain, m.Role = text("Sandbox"), text("CONTA") }, "a c"},
		{"supports DCR", func(m *ListModel) { m.SupportsDCR = types.BoolValue(true) }, "a"},
		{"does not say so", func(m *ListModel) { m.SupportsDCR = types.BoolValue(false) }, "a b c"},
		{"family", func(m *ListModel) { m.APIFamilyType = text("accounts") }, "a"},
		{"profile type", func(m *ListModel) { m.CertificationProfile = text("T") }, "a"},
		{"profile variant", func(m *ListModel) { m.CertificationProfile = text("V") }, "a"},
		{"profile that was rejected", func(m *ListModel) { m.CertificationProfile = text("U") }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := empty()
			c.filter(&model)
			model.fill(decoded(t, published))
			if got := keys(model.AuthorizationServers); got != c.want {
				t.Errorf("servers %q, want %q", got, c.want)
			}
			if got := keys(model.Issuers); got != c.want {
				t.Errorf("issuers %q, want %q", got, c.want)
			}
		})
	}
}

func keys(m types.Map) string {
	var out []string
	for key := range m.Elements() {
		out = append(out, key)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestEntries(t *testing.T) {
	t.Parallel()
	model := empty()
	leftOut := model.fill(decoded(t, published))
	for i, want := range []string{
		`"" (a) of "Two" (o2): another entry with the same AuthorisationServerId was taken`,
		`"" (no ID) of "One" (o1): it has no AuthorisationServerId`,
		`"" (other) of "One" (o1): it has no Issuer, and its OpenIDDiscoveryDocument "https://c.example/metadata" does not end in /.well-known/openid-configuration`,
		`"" (plain) of "One" (o1): its issuer "http://plain.example" cannot be used: `,
		`"Nowhere" (none) of "One" (o1): it has neither Issuer nor OpenIDDiscoveryDocument`,
	} {
		if i >= len(leftOut) || !strings.HasPrefix(leftOut[i], want) {
			t.Errorf("left out %q, want %q at %d", leftOut, want, i)
		}
	}
	if len(leftOut) != 5 {
		t.Errorf("left out %q", leftOut)
	}
	if got := fmt.Sprint(model.Issuers); got != `{"a":"https://a.example","b":"https://b.example/x","c":"https://c.example/"}` {
		t.Errorf("issuers %s", got)
	}
	a, ok := model.AuthorizationServers.Elements()["a"].(types.Object)
	if !ok || len(a.Attributes()["api_resources"].(types.Set).Elements()) != 2 { //nolint:forcetypeassert // A panic fails the test as well.
		t.Errorf("server %v", a)
	}
}

// TestOrderDoesNotMatter shuffles everything that is a list.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	first := empty()
	leftOut := first.fill(decoded(t, published))
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // Repeatable on purpose.
	for range 50 {
		list := decoded(t, published)
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, p := range list {
			s := p.AuthorizationServers
			random.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
			for _, each := range s {
				random.Shuffle(len(each.APIResources), func(i, j int) {
					each.APIResources[i], each.APIResources[j] = each.APIResources[j], each.APIResources[i]
				})
				slices.Reverse(each.Certifications)
			}
		}
		again := empty()
		if got := again.fill(list); !slices.Equal(got, leftOut) {
			t.Fatalf("left out %q, before %q", got, leftOut)
		}
		// As text too: a set compares without order, but is written with one.
		if !same(again.AuthorizationServers, first.AuthorizationServers) || !same(again.Issuers, first.Issuers) {
			t.Fatalf("another order gives\n%s\nbefore\n%s", again.AuthorizationServers, first.AuthorizationServers)
		}
	}
}

func same(a, b attr.Value) bool { return a.Equal(b) && a.String() == b.String() }

// TestMisspelt: each value that nothing in the list has is told, with what there
// is, and no other; neither is a state that no organisation is in today.
func TestMisspelt(t *testing.T) {
	t.Parallel()
	model := empty()
	model.AuthorisationDomain, model.Role = types.StringValue("Banking"), types.StringValue("CONTA")
	model.OrganisationIDs, model.Status = fw.StringSet([]string{"o3", "o-3"}), fw.StringSet([]string{"Active", "Pending", "active"})
	var got []string
	for _, one := range model.misspelt(decoded(t, published)) {
		attribute, _ := one.(diag.DiagnosticWithPath)
		got = append(got, attribute.Path().String()+": "+one.Detail())
	}
	if want := []string{
		`authorisation_domain: Nothing in the list of participants has "Banking", so nothing passes the filter for it.` + "\n\n" + `What there is: "Banking ", "Insurance", "Sandbox".`,
		`organisation_ids: Nothing in the list of participants has "o-3"`, `status: Nothing in the list of participants has "active"`,
	}; !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("misspelt: %q", got)
	}
	plain := empty()
	if got := plain.misspelt(nil); len(got) != 1 || got[0].Summary() != "The list of participants is empty" {
		t.Errorf("of an empty list: %v", got)
	}
}

// large is a list of a thousand servers as verbose as those of production.
func large() string {
	entries := make([]string, 1000)
	for i := range entries {
		resources := make([]string, 20)
		for j := range resources {
			endpoints := make([]string, 5)
			for k := range endpoints {
				endpoints[k] = fmt.Sprintf(`{"ApiDiscoveryId":"e-%d-%d-%d","ApiEndpoint":"https://api.bank-%d.example/open-banking/family-%d/v1/endpoint-%d"}`, i, j, k, i, j, k)
			}
			resources[j] = fmt.Sprintf(`{"ApiResourceId":"r-%d-%d","ApiFamilyType":"family-%d","ApiVersion":"1.0.%d","FamilyComplete":true,"CertificationStatus":"Certified","ApiDiscoveryEndpoints":[%s]}`, i, j, j, j, strings.Join(endpoints, ","))
		}
		entries[i] = fmt.Sprintf(`{"OrganisationId":"o-%d","OrganisationName":"Bank %d","Status":"Active","OrgDomainRoleClaims":[{"AuthorisationDomain":"Banking ","Role":"CONTA","Status":"Active"}],
"AuthorisationServers":[{"AuthorisationServerId":"s-%d","CustomerFriendlyName":"Bank %d","OpenIDDiscoveryDocument":"https://as.bank-%d.example/.well-known/openid-configuration","SupportsDCR":true,"ApiResources":[%s],
"AuthorisationServerCertifications":[{"CertificationId":"c","ProfileType":"FAPI","ProfileVariant":"BR-OF Adv. OP DCR","ProfileVersion":1,"Status":"Certified"}]}]}`, i, i, i, i, i, strings.Join(resources, ","))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

// BenchmarkThousandServers decodes and filters a thousand servers; less than a second is wanted.
func BenchmarkThousandServers(b *testing.B) {
	text := large()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		model := empty()
		model.Role, model.APIFamilyType, model.SupportsDCR = types.StringValue("CONTA"), types.StringValue("family-3"), types.BoolValue(true)
		if model.fill(decoded(b, text)); len(model.Issuers.Elements()) != 1000 {
			b.Fatalf("%d servers", len(model.Issuers.Elements()))
		}
	}
}
