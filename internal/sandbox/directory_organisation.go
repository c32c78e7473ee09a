package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	organisationName    = "Aurora Pagamentos S.A."
	registrationNumber  = "43142666000197"
	organisationCity    = "São Paulo"
	organisationCountry = "BR"
	// brazilDomain ends in a space, as it does in the real directory.
	brazilDomain  = "Open Banking Brasil "
	sandboxDomain = "Sandbox Ecosystem"
	pageSize      = 5
	authorityName = "Sandbox Authority"
)

func defaultOrganisationRoles() []*organisationRole {
	var out []*organisationRole
	for _, held := range []struct{ domain, role string }{
		{brazilDomain, "DADOS"}, {brazilDomain, "PAGTO"}, {brazilDomain, "CONTA"}, {sandboxDomain, "TPP"}, {sandboxDomain, "AISP"},
	} {
		out = append(out, &organisationRole{ID: newUUID(), Domain: held.domain, Authority: newUUID(), Role: held.role, Status: statusActive})
	}
	return out
}

// domainRole is one row of the reference data.
type domainRole struct{ domain, role, description string }

func domainRoles() []domainRole {
	return []domainRole{
		{brazilDomain, "DADOS", "Transmits and receives customer data"},
		{brazilDomain, "PAGTO", "Initiates payments"},
		{brazilDomain, "CONTA", "Holds accounts"},
		{brazilDomain, "CCORR", "Correspondent"},
		{sandboxDomain, "TPP", "Third party provider"},
		{sandboxDomain, "AISP", "Account information service provider"},
		{sandboxDomain, "PISP", "Payment initiation service provider"},
	}
}

// scopesOf says what a role entitles to at the banks.
func scopesOf(role string) []string {
	switch role {
	case "DADOS", "AISP":
		return []string{"openid", "accounts", "consents", "customers"}
	case "PAGTO", "PISP":
		return []string{"openid", "payments"}
	default:
		return []string{"openid"}
	}
}

func roleMetadata(role string) []any {
	out := []any{map[string]any{"DomainRoleName": role, "MetadataId": role + "-grant", "Type": "grant_type", "Name": "authorization_code", "Status": statusActive}}
	for _, scope := range scopesOf(role) {
		out = append(out, map[string]any{"DomainRoleName": role, "MetadataId": role + "-" + scope, "Type": "scope", "Name": scope, "Status": statusActive})
	}
	return out
}

func (s *Sandbox) organisation(*call, *token) answer {
	return jsonAnswer(http.StatusOK, map[string]any{
		"OrgDetails": s.organisationDetails(s.state.OrganisationID, organisationName),
		"TncDetails": map[string]any{"TnCSigned": true, "TnCUpdated": false, "TnCsToBeSigned": []any{}},
	})
}

func (s *Sandbox) organisationDetails(id, name string) map[string]any {
	return map[string]any{
		"OrganisationId": id, "OrganisationName": name, "LegalEntityName": name, "RegisteredName": name,
		"RegistrationNumber": registrationNumber, "RegistrationId": registrationNumber, "CompanyRegister": "CNPJ", "CountryOfRegistration": organisationCountry,
		"Status": statusActive, "City": organisationCity, "Country": organisationCountry, "Postcode": "01310-100", "AddressLine1": "Avenida Paulista 1",
		"CreatedOn": "2021-03-14T10:00:00.000Z", "RequiresParticipantTermsAndConditionsSigning": false, "Tags": []any{},
	}
}

func (s *Sandbox) organisationRoles(*call, *token) answer {
	list := []any{}
	for _, held := range s.state.OrganisationRoles {
		metadata := map[string][]string{"scope": scopesOf(held.Role), "grant_type": {"authorization_code"}}
		list = append(list, map[string]any{
			"OrganisationAuthorityClaimId": held.ID, "OrganisationId": s.state.OrganisationID, "AuthorityId": held.Authority, "Status": held.Status,
			"AuthorisationDomain": held.Domain, "Role": held.Role, "RegistrationId": registrationNumber, "UniqueTechnicalIdenifier": []any{},
			"Authorisations": []any{}, "RoleType": "Directory", "Exclusive": false, "Metadata": metadata,
		})
	}
	return jsonAnswer(http.StatusOK, list)
}

// ownAuthorisationServers is empty: the organisation is a client of banks, not a bank.
func (s *Sandbox) ownAuthorisationServers(*call, *token) answer {
	return jsonAnswer(http.StatusOK, []any{})
}

func (s *Sandbox) applicationMetadata(c *call, _ *token, app *application) answer {
	wanted := c.request.URL.Query().Get("type")
	list := []any{}
	for _, role := range app.Roles {
		if role.Status != statusActive {
			continue
		}
		for _, item := range roleMetadata(role.Role) {
			if row, ok := item.(map[string]any); ok && (wanted == "" || row["Type"] == wanted) {
				list = append(list, row)
			}
		}
	}
	return jsonAnswer(http.StatusOK, list)
}

func (s *Sandbox) listDomainRoles(c *call, _ *token) answer {
	query := c.request.URL.Query()
	rows := []any{}
	for _, row := range domainRoles() {
		if wanted := query.Get("domain"); wanted != "" && wanted != row.domain {
			continue
		}
		if wanted := query.Get("domainRole"); wanted != "" && wanted != row.role {
			continue
		}
		if !isOneOf(query.Get("status"), "", statusActive) || !isOneOf(query.Get("type"), "", "Directory") {
			continue
		}
		rows = append(rows, map[string]any{
			"AuthorisationDomainName": row.domain, "AuthorisationDomainRoleName": row.role,
			"AuthorisationDomainRoleDescription": row.description, "Status": statusActive, "RoleType": "Directory", "Exclusive": false,
		})
	}
	return paged(query, rows)
}

func defaultFlags(now time.Time) []map[string]any {
	var out []map[string]any
	for _, row := range []struct{ name, value, kind string }{
		{"journey", "payments", "Software_Statement"}, {"journey", "data", "Software_Statement"}, {"pilot", "true", "Software_Statement"},
		{"segment", "S1", "Organisation"}, {"maintenance", "weekly", "Authorisation_Server"}, {"retired", "true", "Software_Statement"},
	} {
		status := statusActive
		if row.name == "retired" {
			status = statusInactive
		}
		out = append(out, newFlag(now, row.name, row.value, row.kind, status))
	}
	return out
}

func newFlag(now time.Time, name, value, kind, status string) map[string]any {
	return map[string]any{
		"Id": newUUID(), "Name": name, "Value": value, "Type": kind, "Status": status,
		"Description": name + " of the sandbox", "CreatedAt": stamp(now), "UpdatedAt": stamp(now),
	}
}

// stamp writes a time the way the directory's JSON does.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *Sandbox) listFlags(c *call, _ *token) answer {
	query := c.request.URL.Query()
	rows := []any{}
	for _, flag := range s.state.Flags {
		if isOneOf(query.Get("name"), "", textOf(flag, "Name")) && isOneOf(query.Get("type"), "", textOf(flag, "Type")) &&
			isOneOf(query.Get("status"), "", textOf(flag, "Status")) {
			rows = append(rows, flag)
		}
	}
	return paged(query, rows)
}

// unknownFlags lists flags of a request that are no active software statement flags.
func (s *Sandbox) unknownFlags(fields map[string]any) []string {
	var broken []string
	for _, id := range textsOf(fields["Flags"]) {
		if flag := s.flag(id); flag == nil || flag["Type"] != "Software_Statement" || flag["Status"] != statusActive {
			broken = append(broken, "Flags: there is no such active software statement flag: "+id)
		}
	}
	return broken
}

func (s *Sandbox) flag(id string) map[string]any {
	i := slices.IndexFunc(s.state.Flags, func(flag map[string]any) bool { return flag["Id"] == id })
	if i < 0 {
		return nil
	}
	return s.state.Flags[i]
}

func (s *Sandbox) flagObjects(ids []string) []any {
	out := []any{}
	for _, id := range ids {
		if flag := s.flag(id); flag != nil {
			out = append(out, cloneObject(flag))
		}
	}
	return out
}

// pageOf reads page and size of a query.
func pageOf(query url.Values, size int) (number, length int, err error) {
	var numberErr, sizeErr error
	if text := query.Get("size"); text != "" {
		size, sizeErr = strconv.Atoi(text)
	}
	if text := query.Get("page"); text != "" {
		number, numberErr = strconv.Atoi(text)
	}
	if numberErr != nil || sizeErr != nil || size < 1 || size > 1000 || number < 0 {
		return 0, 0, errors.New("page and size: must be numbers in range")
	}
	return number, size, nil
}

// paged is a zero-based Micronaut page.
func paged(query url.Values, rows []any) answer {
	number, size, err := pageOf(query, pageSize)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	from := min(number*size, len(rows))
	content := rows[from:min(from+size, len(rows))]
	sort := map[string]any{"sorted": false, "orderBy": []any{}}
	return jsonAnswer(http.StatusOK, map[string]any{
		"content":   content,
		"pageable":  map[string]any{"number": number, "size": size, "offset": number * size, "sort": sort, "sorted": false, "unpaged": false},
		"totalSize": len(rows), "totalPages": (len(rows) + size - 1) / size, "numberOfElements": len(content), "size": size,
		"offset": number * size, "pageNumber": number, "empty": len(content) == 0,
	})
}
