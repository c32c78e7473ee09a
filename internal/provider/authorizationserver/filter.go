package authorizationserver

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// takesOrganisation applies the filters that look at the organisation. With
// both a domain and a role, one claim must have both.
func (m *ListModel) takesOrganisation(p *directory.Participant) bool {
	if !fw.PassesSet(m.Status, p.Status, directory.StatusActive) || !fw.PassesSet(m.OrganisationIDs, p.OrganisationID, p.OrganisationID) {
		return false
	}
	claims := p.Roles
	if m.Role.IsNull() {
		if m.AuthorisationDomain.IsNull() {
			return true
		}
		claims = slices.Concat(p.Roles, p.Domains)
	}
	return slices.ContainsFunc(claims, func(c directory.OrganisationRole) bool {
		return c.Active() && fw.Passes(m.Role, c.Role) && fw.Passes(m.AuthorisationDomain, c.AuthorisationDomain)
	})
}

// takesServer applies the filters that look at the server.
func (m *ListModel) takesServer(s *directory.AuthorizationServer) bool {
	if says := s.SupportsDCR != nil && *s.SupportsDCR; !m.SupportsDCR.IsNull() && says != m.SupportsDCR.ValueBool() {
		return false
	}
	if !m.APIFamilyType.IsNull() && !slices.Contains(families(s), m.APIFamilyType.ValueString()) {
		return false
	}
	return m.CertificationProfile.IsNull() || slices.Contains(profiles(s), m.CertificationProfile.ValueString())
}

func families(s *directory.AuthorizationServer) []string {
	out := make([]string, len(s.APIResources))
	for i, r := range s.APIResources {
		out[i] = r.FamilyType
	}
	return out
}

// profiles are the types and variants of the certifications in force.
func profiles(s *directory.AuthorizationServer) []string {
	var out []string
	for _, c := range s.Certifications {
		if c.Status == "Certified" || c.Status == "Self-Certified" {
			out = append(out, c.ProfileType, c.ProfileVariant)
		}
	}
	return out
}

// offer is what the list has of what can be filtered by.
type offer struct{ domains, roles, families, profiles, organisations, statuses map[string]bool }

func offered(list []directory.Participant) offer {
	p := offer{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for i := range list {
		p.organisations[list[i].OrganisationID], p.statuses[list[i].Status] = true, true
		for _, claim := range slices.Concat(list[i].Roles, list[i].Domains) {
			p.domains[claim.AuthorisationDomain], p.roles[claim.Role] = true, true
		}
		for j := range list[i].AuthorizationServers {
			for _, family := range families(&list[i].AuthorizationServers[j]) {
				p.families[family] = true
			}
			for _, profile := range profiles(&list[i].AuthorizationServers[j]) {
				p.profiles[profile] = true
			}
		}
	}
	return p
}

// misspelt warns of values of filters that are nowhere in the list, and says what
// is: a missing space at the end of a domain would silently give an empty
// result. That no organisation is in a state that there is, is no mistake.
func (m *ListModel) misspelt(list []directory.Participant) diag.Diagnostics {
	if len(list) == 0 {
		return diag.Diagnostics{diag.NewWarningDiagnostic("The list of participants is empty",
			"The participants server answered with a list of no organisations, so nothing passes any filter, and what for_each made of the result before is planned to be destroyed.\n\nCheck directory.participants_url or directory.ecosystem. If they are right, the list is not: wait until it is published again before anything is applied.")}
	}
	there := offered(list)
	states := maps.Clone(there.statuses)
	for _, known := range organisationStates() {
		states[known] = true
	}
	var out diag.Diagnostics
	for _, filter := range []struct {
		attribute    string
		values       []string
		allowed, has map[string]bool
	}{
		{"api_family_type", given(m.APIFamilyType), there.families, there.families},
		{"authorisation_domain", given(m.AuthorisationDomain), there.domains, there.domains},
		{"certification_profile", given(m.CertificationProfile), there.profiles, there.profiles},
		{"organisation_ids", fw.Strings(m.OrganisationIDs.Elements()), there.organisations, there.organisations},
		{"role", given(m.Role), there.roles, there.roles},
		{"status", fw.Strings(m.Status.Elements()), states, there.statuses},
	} {
		delete(filter.has, "")
		for _, value := range filter.values {
			if !filter.allowed[value] {
				out.Append(diagnose.Unmatched(filter.attribute, value, "the list of participants", slices.Sorted(maps.Keys(filter.has))))
			}
		}
	}
	return out
}

// given is the value of a filter, if it has one.
func given(filter types.String) []string {
	if filter.IsNull() {
		return nil
	}
	return []string{filter.ValueString()}
}

// organisationStates are those a directory has for organisations.
func organisationStates() []string { return []string{directory.StatusActive, "Pending", "Withdrawn"} }
