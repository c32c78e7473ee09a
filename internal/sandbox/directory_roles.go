package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"
)

// Role is one role of an application: a software authority claim.
type Role struct {
	ID                  string `json:"SoftwareAuthorityClaimId"`
	AuthorisationDomain string `json:"AuthorisationDomain"`
	Role                string `json:"Role"`
	Status              string `json:"Status"`
}

// organisationRole is a role the organisation holds.
type organisationRole struct {
	ID        string `json:"id"`
	Domain    string `json:"domain"`
	Authority string `json:"authority"`
	Role      string `json:"role"`
	Status    string `json:"status"`
}

func (s *Sandbox) roleView(app *application, role *Role) map[string]any {
	view := map[string]any{
		"SoftwareStatementId": app.ID, "SoftwareAuthorityClaimId": role.ID, "Status": role.Status,
		"AuthorisationDomain": role.AuthorisationDomain, "Role": role.Role,
	}
	if s.options.Directory.NewerRoles {
		view["AuthorisationDomainName"], view["AuthorisationDomainRoleName"] = role.AuthorisationDomain, role.Role
		view["AuthorityName"] = authorityName
		if held := s.organisationRole(role.AuthorisationDomain, role.Role); held != nil {
			view["OrganisationAuthorisationDomainRoleClaimID"] = held.ID
		}
	}
	return view
}

func (s *Sandbox) listRoles(_ *call, _ *token, app *application) answer {
	list := []any{}
	for _, role := range app.Roles {
		list = append(list, s.roleView(app, role))
	}
	return jsonAnswer(http.StatusOK, list)
}

func (app *application) findRole(match func(*Role) bool) *Role {
	if i := slices.IndexFunc(app.Roles, match); i >= 0 {
		return app.Roles[i]
	}
	return nil
}

func (app *application) roleByPath(c *call) *Role {
	return app.findRole(func(role *Role) bool { return role.ID == c.request.PathValue("SoftwareAuthorityClaimId") })
}

func (s *Sandbox) readRole(c *call, _ *token, app *application) answer {
	role := app.roleByPath(c)
	if role == nil {
		return directoryErrors(http.StatusNotFound, "the authority claim does not exist")
	}
	return jsonAnswer(http.StatusOK, s.roleView(app, role))
}

func (s *Sandbox) addRole(c *call, _ *token, app *application) answer {
	request, err := decodeObject(c.body)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	role, broken := s.readOneRole(request)
	if len(broken) > 0 {
		return directoryErrors(http.StatusBadRequest, broken...)
	}
	if refused := s.rolesClosed(app); refused != nil {
		return *refused
	}
	twin := app.findRole(func(held *Role) bool {
		return held.AuthorisationDomain == role.AuthorisationDomain && held.Role == role.Role
	})
	if twin != nil && twin.Status == statusInactive && s.options.Directory.ReactivateRoles {
		twin.Status = role.Status
		c.effect = fmt.Sprintf("reactivated role %s of application %s", role.Role, app.ID)
		return jsonAnswer(http.StatusCreated, s.roleView(app, twin))
	}
	if twin != nil {
		return directoryErrors(http.StatusConflict, "the software statement has this role already")
	}
	app.Roles = append(app.Roles, role)
	c.effect = fmt.Sprintf("added role %s to application %s", role.Role, app.ID)
	return jsonAnswer(http.StatusCreated, s.roleView(app, role))
}

func (s *Sandbox) changeRole(c *call, _ *token, app *application) answer {
	role := app.roleByPath(c)
	if role == nil {
		return directoryErrors(http.StatusNotFound, "the authority claim does not exist")
	}
	request, err := decodeObject(c.body)
	if err != nil {
		return directoryErrors(http.StatusBadRequest, err.Error())
	}
	status := textOf(request, "Status")
	if !isOneOf(status, statusActive, statusInactive) {
		return directoryErrors(http.StatusBadRequest, "Status: must be one of Active, Inactive")
	}
	if refused := s.rolesClosed(app); refused != nil {
		return *refused
	}
	if status == statusActive && !s.organisationHolds(role.AuthorisationDomain, role.Role) {
		return directoryErrors(http.StatusBadRequest, notHeld(role.AuthorisationDomain, role.Role))
	}
	role.Status = status
	c.effect = fmt.Sprintf("set role %s of application %s %s", role.Role, app.ID, status)
	return emptyAnswer(http.StatusNoContent)
}

// rolesClosed refuses role changes on an application that is locked or gone.
func (s *Sandbox) rolesClosed(app *application) *answer {
	var refused answer
	switch {
	case app.Status == statusInactive:
		refused = directoryErrors(http.StatusNotFound, "the software statement does not exist")
	case app.Locked && !s.options.Directory.LockAllowsRoles:
		refused = directoryErrors(s.options.Directory.LockedStatus, "the software statement is locked and its roles cannot be changed")
	default:
		return nil
	}
	return &refused
}

// readRoles reads the Roles of a request; nil when there are none.
func readRoles(value any, read func(map[string]any) (*Role, []string)) ([]*Role, []string) {
	if value == nil {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, []string{"Roles: must be an array"}
	}
	var roles []*Role
	var broken []string
	for _, item := range list {
		object, isObject := item.(map[string]any)
		if !isObject {
			broken = append(broken, "Roles: must be an array of objects")
			continue
		}
		role, problems := read(object)
		for _, problem := range problems {
			broken = append(broken, "Roles: "+problem)
		}
		roles = append(roles, role)
	}
	return roles, broken
}

// checkRoles are the roles of an update: they have to be well formed, and then they are ignored.
func (s *Sandbox) checkRoles(request map[string]any) []string {
	value, given := request["Roles"]
	if given && s.options.Directory.RefuseRolesOnUpdate {
		return []string{"Roles: cannot be changed by an update"}
	}
	_, broken := readRoles(value, s.parseRole)
	return broken
}

// readOneRole reads a role the organisation has to hold.
func (s *Sandbox) readOneRole(request map[string]any) (*Role, []string) {
	role, broken := s.parseRole(request)
	if len(broken) == 0 && !s.organisationHolds(role.AuthorisationDomain, role.Role) {
		broken = append(broken, notHeld(role.AuthorisationDomain, role.Role))
	}
	return role, broken
}

// parseRole reads a SoftwareAuthorityClaimRequest.
func (s *Sandbox) parseRole(request map[string]any) (*Role, []string) {
	role := &Role{ID: newUUID()}
	var broken []string
	for _, member := range []struct {
		name   string
		limit  int
		target *string
	}{{"AuthorisationDomain", 30, &role.AuthorisationDomain}, {"Role", 60, &role.Role}} {
		text, isText := request[member.name].(string)
		if !isText || text == "" || utf8.RuneCountInString(text) > member.limit {
			broken = append(broken, fmt.Sprintf("%s: size must be between 1 and %d", member.name, member.limit))
		}
		*member.target = text
	}
	value, given := request["Status"]
	if !given && s.options.Directory.NewerRoles {
		value = statusActive
	}
	role.Status, _ = value.(string)
	if !isOneOf(role.Status, statusActive, statusInactive) {
		broken = append(broken, "Status: must be one of Active, Inactive")
	}
	return role, broken
}

func notHeld(domain, role string) string {
	return fmt.Sprintf("the organisation does not hold the role %q in the authorisation domain %q", role, domain)
}

// organisationHolds compares exactly: a domain may end in a space.
func (s *Sandbox) organisationHolds(domain, role string) bool {
	held := s.organisationRole(domain, role)
	return held != nil && held.Status == statusActive
}

func (s *Sandbox) organisationRole(domain, role string) *organisationRole {
	i := slices.IndexFunc(s.state.OrganisationRoles, func(held *organisationRole) bool { return held.Domain == domain && held.Role == role })
	if i < 0 {
		return nil
	}
	return s.state.OrganisationRoles[i]
}
