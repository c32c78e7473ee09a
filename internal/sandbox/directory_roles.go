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
	return map[string]any{
		"SoftwareStatementId": app.ID, "SoftwareAuthorityClaimId": role.ID, "Status": role.Status,
		"AuthorisationDomain": role.AuthorisationDomain, "Role": role.Role,
	}
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
	if broken != "" {
		return directoryErrors(http.StatusBadRequest, broken)
	}
	if refused := rolesClosed(app); refused != nil {
		return *refused
	}
	twin := app.findRole(func(held *Role) bool {
		return held.AuthorisationDomain == role.AuthorisationDomain && held.Role == role.Role
	})
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
	if refused := rolesClosed(app); refused != nil {
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
func rolesClosed(app *application) *answer {
	var refused answer
	switch {
	case app.Status == statusInactive:
		refused = directoryErrors(http.StatusNotFound, "the software statement does not exist")
	case app.Locked:
		refused = directoryErrors(http.StatusBadRequest, "the software statement is locked and its roles cannot be changed")
	default:
		return nil
	}
	return &refused
}

// readRoles reads the Roles of a create request; nil when there are none.
func (s *Sandbox) readRoles(value any) ([]*Role, []string) {
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
		object, _ := item.(map[string]any)
		role, problem := s.readOneRole(object)
		if problem != "" {
			broken = append(broken, "Roles: "+problem)
			continue
		}
		roles = append(roles, role)
	}
	return roles, broken
}

func (s *Sandbox) readOneRole(request map[string]any) (*Role, string) {
	role := &Role{
		ID: newUUID(), AuthorisationDomain: textOf(request, "AuthorisationDomain"), Role: textOf(request, "Role"), Status: textOf(request, "Status"),
	}
	if role.Status == "" {
		role.Status = statusActive
	}
	switch {
	case role.AuthorisationDomain == "" || utf8.RuneCountInString(role.AuthorisationDomain) > 30:
		return nil, "AuthorisationDomain: size must be between 1 and 30"
	case role.Role == "" || utf8.RuneCountInString(role.Role) > 60:
		return nil, "Role: size must be between 1 and 60"
	case !isOneOf(role.Status, statusActive, statusInactive):
		return nil, "Status: must be one of Active, Inactive"
	case !s.organisationHolds(role.AuthorisationDomain, role.Role):
		return nil, notHeld(role.AuthorisationDomain, role.Role)
	default:
		return role, ""
	}
}

func notHeld(domain, role string) string {
	return fmt.Sprintf("the organisation does not hold the role %q in the authorisation domain %q", role, domain)
}

// organisationHolds compares exactly: a domain may end in a space.
func (s *Sandbox) organisationHolds(domain, role string) bool {
	return slices.ContainsFunc(s.state.OrganisationRoles, func(held *organisationRole) bool {
		return held.Domain == domain && held.Role == role && held.Status == statusActive
	})
}
