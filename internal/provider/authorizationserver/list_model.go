package authorizationserver

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// ListModel is the value of dcr_authorization_servers.
type ListModel struct {
	AuthorisationDomain  types.String `tfsdk:"authorisation_domain"`
	Role                 types.String `tfsdk:"role"`
	APIFamilyType        types.String `tfsdk:"api_family_type"`
	CertificationProfile types.String `tfsdk:"certification_profile"`
	SupportsDCR          types.Bool   `tfsdk:"supports_dcr"`
	OrganisationIDs      types.Set    `tfsdk:"organisation_ids"`
	Status               types.Set    `tfsdk:"status"`
	AuthorizationServers types.Map    `tfsdk:"authorization_servers"`
	Issuers              types.Map    `tfsdk:"issuers"`
}

// entry is an authorization server with the organisation it belongs to.
type entry struct {
	organisation *directory.Participant
	server       *directory.AuthorizationServer
	issuer       string
}

// wellKnown ends the URL of a discovery document (OpenID Connect Discovery 1.0 §4).
const wellKnown = "/.well-known/openid-configuration"

// newEntry finds the issuer. Where the list does not name it, it is the
// discovery document's URL up to its well-known part.
func newEntry(p *directory.Participant, s *directory.AuthorizationServer) entry {
	issuer := strings.TrimSpace(s.Issuer)
	if issuer == "" {
		if before, found := strings.CutSuffix(strings.TrimSpace(s.DiscoveryURI), wellKnown); found {
			issuer = before
		}
	}
	return entry{organisation: p, server: s, issuer: issuer}
}

// problem says why nothing can be done with the entry; empty if it can be used.
func (e entry) problem() string {
	switch {
	case e.server.ID == "":
		return "it has no AuthorisationServerId"
	case e.issuer == "" && e.server.DiscoveryURI == "":
		return "it has neither Issuer nor OpenIDDiscoveryDocument"
	case e.issuer == "":
		return fmt.Sprintf("it has no Issuer, and its OpenIDDiscoveryDocument %q does not end in %s", e.server.DiscoveryURI, wellKnown)
	}
	if err := rest.CheckURL(e.issuer); err != nil {
		return fmt.Sprintf("its issuer %q cannot be used: %v", e.issuer, err)
	}
	return ""
}

// label is what a warning calls the entry.
func (e entry) label() string {
	return fmt.Sprintf("%q (%s) of %q (%s)", e.server.Name, cmp.Or(e.server.ID, "no ID"), e.organisation.OrganisationName, cmp.Or(e.organisation.OrganisationID, "no ID"))
}

// fill keeps the servers that pass the filters and returns the reasons for
// which some of them were left out. Whatever the order of the list, the result
// is the same: of several entries with one ID, the one of the smallest
// organisation ID counts, then of the smallest issuer.
func (m *ListModel) fill(list []directory.Participant) (leftOut []string) {
	kept := map[string]entry{}
	written := map[string]types.Object{}
	for i := range list {
		if !m.takesOrganisation(&list[i]) {
			continue
		}
		for j := range list[i].AuthorizationServers {
			e := newEntry(&list[i], &list[i].AuthorizationServers[j])
			if !m.takesServer(e.server) {
				continue
			}
			if problem := e.problem(); problem != "" {
				leftOut = append(leftOut, e.label()+": "+problem)
				continue
			}
			object := e.object()
			if other, twice := written[e.server.ID]; twice && !other.Equal(object) {
				first := kept[e.server.ID]
				loser := e
				if e.before(first, object, other) {
					kept[e.server.ID], written[e.server.ID], loser = e, object, first
				}
				leftOut = append(leftOut, loser.label()+": another entry with the same AuthorisationServerId was taken")
				continue
			}
			kept[e.server.ID], written[e.server.ID] = e, object
		}
	}
	servers, issuers := make(map[string]attr.Value, len(kept)), make(map[string]attr.Value, len(kept))
	for id, e := range kept {
		servers[id], issuers[id] = written[id], types.StringValue(e.issuer)
	}
	m.AuthorizationServers = types.MapValueMust(types.ObjectType{AttrTypes: serverTypes()}, servers)
	m.Issuers = types.MapValueMust(types.StringType, issuers)
	slices.Sort(leftOut)
	return slices.Compact(leftOut)
}

// before orders entries that share an ID.
func (e entry) before(other entry, object, otherObject types.Object) bool {
	return cmp.Or(cmp.Compare(e.organisation.OrganisationID, other.organisation.OrganisationID), cmp.Compare(e.issuer, other.issuer),
		cmp.Compare(object.String(), otherObject.String())) < 0
}

func serverTypes() map[string]attr.Type {
	out := fw.DataTypes(serverData())
	out["api_resources"] = types.SetType{ElemType: types.ObjectType{AttrTypes: fw.DataTypes(resourceData())}}
	out["certifications"] = types.SetType{ElemType: types.ObjectType{AttrTypes: fw.DataTypes(certificationData())}}
	return out
}

func (e entry) object() types.Object {
	s, o := e.server, e.organisation
	return types.ObjectValueMust(serverTypes(), map[string]attr.Value{
		"id":                          fw.StringOrNull(s.ID),
		"name":                        fw.StringOrNull(s.Name),
		"description":                 fw.StringOrNull(s.Description),
		"logo_uri":                    fw.StringOrNull(s.LogoURI),
		"organisation_id":             fw.StringOrNull(o.OrganisationID),
		"organisation_name":           fw.StringOrNull(o.OrganisationName),
		"organisation_status":         fw.StringOrNull(o.Status),
		"registration_number":         fw.StringOrNull(o.RegistrationNumber),
		"issuer":                      fw.StringOrNull(e.issuer),
		"discovery_uri":               fw.StringOrNull(s.DiscoveryURI),
		"auto_registration_supported": types.BoolPointerValue(s.AutoRegistrationSupported),
		"supports_dcr":                types.BoolPointerValue(s.SupportsDCR),
		"supports_redirect":           types.BoolPointerValue(s.SupportsRedirect),
		"supports_ciba":               types.BoolPointerValue(s.SupportsCIBA),
		"api_resources":               resourceSet(s.APIResources),
		"certifications":              certificationSet(s.Certifications),
	})
}

func resourceSet(resources []directory.APIResource) types.Set {
	rows := make([][]string, len(resources))
	for i, r := range resources {
		rows[i] = []string{r.FamilyType, r.Version, r.CertificationStatus}
	}
	return objectSet(resourceData(), rows)
}

func certificationSet(certifications []directory.ServerCertification) types.Set {
	rows := make([][]string, len(certifications))
	for i, c := range certifications {
		rows[i] = []string{c.ProfileType, c.ProfileVariant, c.Version(), c.Status, c.URI, c.StartDate, c.ExpirationDate}
	}
	return objectSet(certificationData(), rows)
}

// objectSet makes objects of texts in the order of the table. Rows are sorted,
// and repeated ones dropped, because a set must not hold two equal elements.
func objectSet(table []fw.Datum, rows [][]string) types.Set {
	slices.SortFunc(rows, slices.Compare)
	rows = slices.CompactFunc(rows, slices.Equal)
	kinds := fw.DataTypes(table)
	elements := make([]attr.Value, len(rows))
	for i, row := range rows {
		values := make(map[string]attr.Value, len(row))
		for column, text := range row {
			values[table[column].Name] = fw.StringOrNull(text)
		}
		elements[i] = types.ObjectValueMust(kinds, values)
	}
	return types.SetValueMust(types.ObjectType{AttrTypes: kinds}, elements)
}
