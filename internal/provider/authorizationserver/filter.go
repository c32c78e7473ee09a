package authorizationserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
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

// misspelt finds filters whose value is nowhere in the list, and says what is:
// a missing space at the end of a domain would silently give an empty result.
func (m *ListModel) misspelt(list []directory.Participant) map[string]string {
	domains, roles, kinds, certified := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range list {
		for _, claim := range slices.Concat(list[i].Roles, list[i].Domains) {
			domains[claim.AuthorisationDomain], roles[claim.Role] = true, true
		}
		for j := range list[i].AuthorizationServers {
			for _, family := range families(&list[i].AuthorizationServers[j]) {
				kinds[family] = true
			}
			for _, profile := range profiles(&list[i].AuthorizationServers[j]) {
				certified[profile] = true
			}
		}
	}
	out := map[string]string{}
	for _, filter := range []struct {
		attribute string
		value     types.String
		published map[string]bool
	}{
		{"authorisation_domain", m.AuthorisationDomain, domains}, {"role", m.Role, roles},
		{"api_family_type", m.APIFamilyType, kinds}, {"certification_profile", m.CertificationProfile, certified},
	} {
		if filter.value.IsNull() || filter.published[filter.value.ValueString()] {
			continue
		}
		delete(filter.published, "")
		out[filter.attribute] = fmt.Sprintf("Nothing in the list of participants has %q, so nothing passes the filter.\n\nWhat there is: %s.", filter.value.ValueString(), quoted(slices.Sorted(maps.Keys(filter.published)), ", "))
	}
	return out
}

// quoted lists texts, of which there may be hundreds.
func quoted(texts []string, separator string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	shown := make([]string, 0, shownAtMost)
	for _, text := range texts[:min(len(texts), shownAtMost)] {
		shown = append(shown, fmt.Sprintf("%q", text))
	}
	return strings.Join(shown, separator) + more(len(texts))
}

const shownAtMost = 20

func more(count int) string {
	if count <= shownAtMost {
		return ""
	}
	return fmt.Sprintf(", and %d more", count-shownAtMost)
}
