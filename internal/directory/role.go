package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Role is what an application may do in an authorisation domain. Its texts are the
// directory's own, to the last space: some domains end in one.
type Role struct {
	ClaimID             string
	AuthorisationDomain string
	Role                string
	Status              string
}

// Active reports whether the role is in force, as one without a status is.
func (r Role) Active() bool { return r.Status == "" || strings.EqualFold(r.Status, StatusActive) }

func (r Role) same(other Role) bool {
	return r.AuthorisationDomain == other.AuthorisationDomain && r.Role == other.Role
}

// UnmarshalJSON reads a software authority claim in its older and newer spelling.
func (r *Role) UnmarshalJSON(data []byte) error {
	var claim struct {
		ID         string `json:"SoftwareAuthorityClaimId"`
		Domain     string `json:"AuthorisationDomain"`
		DomainName string `json:"AuthorisationDomainName"`
		Role       string `json:"Role"`
		RoleName   string `json:"AuthorisationDomainRoleName"`
		Status     string `json:"Status"`
	}
	if err := json.Unmarshal(data, &claim); err != nil {
		return err
	}
	*r = Role{
		ClaimID: claim.ID, Status: claim.Status,
		AuthorisationDomain: cmp.Or(claim.Domain, claim.DomainName),
		Role:                cmp.Or(claim.Role, claim.RoleName),
	}
	return nil
}

// Roles lists the roles of an application, inactive ones included.
func (c *Client) Roles(ctx context.Context, id string) ([]Role, error) {
	roles, err := list[Role](ctx, c, c.applicationURL(id, "authorityclaims"))
	if err != nil {
		return nil, fmt.Errorf("list roles of application %s: %w", id, gone(err))
	}
	return roles, nil
}

// AddRole gives an application a role. A role it had before is made active again, since
// the directory keeps inactive roles and refuses to create them twice. A creation whose
// outcome is unknown is settled by looking.
func (c *Client) AddRole(ctx context.Context, id string, role Role) (*Role, error) {
	existing, err := c.findRole(ctx, id, role)
	if err != nil {
		return nil, err
	}
	if existing != nil {
		return c.activate(ctx, id, *existing)
	}
	address := c.applicationURL(id, "authorityclaims")
	what := fmt.Sprintf("role %q in %q of application %s", role.Role, role.AuthorisationDomain, id)
	at := c.options.Now()
	response, err := c.create(ctx, address, map[string]string{
		"AuthorisationDomain": role.AuthorisationDomain, "Role": role.Role, "Status": StatusActive,
	})
	var added Role
	if err == nil {
		err = response.JSON(&added)
	}
	if err == nil && added.ClaimID != "" {
		return &added, nil
	}
	if settled, settleErr := c.settleRole(ctx, id, role, err); settled != nil || settleErr != nil {
		return settled, settleErr
	}
	if err == nil {
		err = &AmbiguousError{
			What: what, URL: address, At: at, InteractionID: response.InteractionID,
			Err: errors.New("the answer has no SoftwareAuthorityClaimId"),
		}
	}
	return nil, createError(err, what, address, at)
}

// settleRole looks for a role whose creation failed in a way that leaves it possible, or
// because it was there already. Nothing is returned when looking does not help.
func (c *Client) settleRole(ctx context.Context, id string, role Role, cause error) (*Role, error) {
	if _, may := ambiguous(cause); cause != nil && !may && statusOf(cause) != http.StatusConflict {
		return nil, nil
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	existing, err := c.findRole(ctx, id, role)
	if err != nil || existing == nil {
		return nil, nil
	}
	return c.activate(ctx, id, *existing)
}

func (c *Client) findRole(ctx context.Context, id string, wanted Role) (*Role, error) {
	roles, err := c.Roles(ctx, id)
	if err != nil {
		return nil, err
	}
	// Of several claims for one role, the active one counts.
	slices.SortStableFunc(roles, func(a, b Role) int {
		switch {
		case a.Active() == b.Active():
			return 0
		case a.Active():
			return -1
		}
		return 1
	})
	if i := slices.IndexFunc(roles, wanted.same); i >= 0 {
		return &roles[i], nil
	}
	return nil, nil
}

func (c *Client) activate(ctx context.Context, id string, role Role) (*Role, error) {
	if role.Active() {
		return &role, nil
	}
	if err := c.SetRoleStatus(ctx, id, role.ClaimID, StatusActive); err != nil {
		return nil, err
	}
	role.Status = StatusActive
	return &role, nil
}

// SetRoleStatus makes a role Active or Inactive. There is no other way to remove one.
func (c *Client) SetRoleStatus(ctx context.Context, id, claimID, status string) error {
	_, err := c.replace(ctx, c.applicationURL(id, "authorityclaims", claimID), map[string]string{"Status": status})
	if err != nil {
		return fmt.Errorf("set role %s of application %s to %s: %w", claimID, id, status, gone(err))
	}
	return nil
}
