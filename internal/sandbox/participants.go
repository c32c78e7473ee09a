package sandbox

import (
	"net/http"
	"strconv"
)

// dataHandler serves the public data of the ecosystem: participants and logos.
func (s *Sandbox) dataHandler() http.Handler {
	return s.routes(hostParticipants, map[string]handler{
		"GET /participants": s.participants,
		"GET /logos/{File}": s.serveLogo,
	})
}

// participants lists our organisation, which has no servers, one organisation per bank, and what the options add.
func (s *Sandbox) participants(*call) answer {
	own := s.organisationDetails(s.state.OrganisationID, organisationName)
	own["OrgDomainClaims"], own["OrgDomainRoleClaims"] = []any{}, []any{}
	own["AuthorisationServers"], own["Contacts"], own["Flags"] = []any{}, []any{}, map[string]any{}
	list := []any{own}
	for i, b := range s.banks {
		list = append(list, s.participant(i, b))
	}
	for _, further := range s.options.Participants {
		list = append(list, further)
	}
	return jsonAnswer(http.StatusOK, list)
}

func (s *Sandbox) participant(index int, b *bank) map[string]any {
	out := s.organisationDetails(b.state.OrganisationID, "Banco "+b.name+" S.A.")
	role := domainRoles()[index%3].role
	claim := map[string]any{"AuthorisationDomainName": brazilDomain, "Status": statusActive, "RegistrationId": registrationNumber}
	out["OrgDomainClaims"] = []any{claim}
	out["OrgDomainRoleClaims"] = []any{map[string]any{
		"OrganisationId": b.state.OrganisationID, "AuthorisationDomain": brazilDomain, "Role": role, "Status": statusActive,
		"RegistrationId": registrationNumber, "Authorisations": []any{},
	}}
	out["AuthorisationServers"] = []any{map[string]any{
		"AuthorisationServerId": b.state.ServerID, "OrganisationId": b.state.OrganisationID,
		"CustomerFriendlyName": b.name, "CustomerFriendlyDescription": "Authorization server " + b.name,
		"CustomerFriendlyLogoUri": s.urls.data + "/logos/" + placeholderLogo + ".png",
		"OpenIDDiscoveryDocument": b.issuer() + "/.well-known/openid-configuration", "Issuer": b.issuer(),
		"PayloadSigningCertLocationUri": s.urls.keystore + "/" + b.state.OrganisationID + "/application.jwks", "ParentAuthorisationServerId": nil,
		"AutoRegistrationSupported": true, "SupportsCiba": false, "SupportsDCR": true, "SupportsRedirect": true,
		"ApiResources": s.resources(index, b),
		"AuthorisationServerCertifications": []any{map[string]any{
			"CertificationId": "c-" + strconv.Itoa(index), "ProfileType": "FAPI OP Dynamic Client Registration",
			"ProfileVariant": "BR-OF Adv. OP DCR", "Status": "Certified", "CertificationURI": "https://openid.net/certification/",
		}},
	}}
	out["Contacts"], out["Flags"] = []any{}, map[string]any{}
	return out
}

// resources vary from bank to bank, also in how the version is written.
func (s *Sandbox) resources(index int, b *bank) []any {
	families := []string{"accounts", "payments-consents", "consents", "customers-personal"}
	out := []any{}
	for i := range 1 + index%3 {
		family := families[(index+i)%len(families)]
		var version any = "1.0." + strconv.Itoa(i)
		if index%4 == 3 {
			version = 1
		}
		out = append(out, map[string]any{
			"ApiResourceId": family + "-" + b.state.ServerID, "ApiFamilyType": family, "ApiVersion": version, "FamilyComplete": true,
			"CertificationStatus":   []string{"Certified", "Self-Certified", "Awaiting Certification"}[index%3],
			"ApiDiscoveryEndpoints": []any{map[string]any{"ApiDiscoveryId": family + "-" + strconv.Itoa(i), "ApiEndpoint": b.origin + "/open-banking/" + family}},
		})
	}
	return out
}
