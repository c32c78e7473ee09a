package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Organisation is the participant all applications belong to.
type Organisation struct {
	ID                    string `json:"OrganisationId"`
	Name                  string `json:"OrganisationName"`
	LegalEntityName       string `json:"LegalEntityName"`
	RegisteredName        string `json:"RegisteredName"`
	RegistrationNumber    string `json:"RegistrationNumber"`
	RegistrationID        string `json:"RegistrationId"`
	CompanyRegister       string `json:"CompanyRegister"`
	CountryOfRegistration string `json:"CountryOfRegistration"`
	Country               string `json:"Country"`
	City                  string `json:"City"`
	Status                string `json:"Status"`
	// Raw is the complete answer about the organisation.
	Raw map[string]json.RawMessage `json:"-"`
}

// UnmarshalJSON reads an organisation, bare or beside its terms and conditions.
func (o *Organisation) UnmarshalJSON(data []byte) error {
	var outer struct {
		Details json.RawMessage `json:"OrgDetails"`
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return err
	}
	if len(outer.Details) > 0 {
		data = outer.Details
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	type plain Organisation
	var decoded plain
	lenient(data, &decoded)
	*o = Organisation(decoded)
	o.Raw = raw
	return nil
}

// Organisation reads the organisation, once for the life of the client: it is part of every
// certificate's subject, and changes by a regulator's decision.
func (c *Client) Organisation(ctx context.Context) (*Organisation, error) {
	if cached := c.cachedOrganisation(); cached != nil {
		return cached, nil
	}
	return share(ctx, c, "organisation", c.readOrganisation)
}

func (c *Client) cachedOrganisation() *Organisation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.organisation
}

func (c *Client) readOrganisation(ctx context.Context) (*Organisation, error) {
	if cached := c.cachedOrganisation(); cached != nil {
		return cached, nil // Read between the caller's look and this.
	}
	response, err := c.read(ctx, c.organisationURL())
	if err != nil {
		return nil, fmt.Errorf("read organisation %s: %w", c.options.OrganisationID, gone(err))
	}
	var organisation Organisation
	if err := response.JSON(&organisation); err != nil {
		return nil, fmt.Errorf("read organisation %s: %w", c.options.OrganisationID, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.organisation = &organisation
	return &organisation, nil
}

// OrganisationRole is a role the organisation holds, and its applications may be given.
type OrganisationRole struct {
	ClaimID             string
	AuthorisationDomain string
	Role                string
	Status              string
	AuthorityID         string
	RegistrationID      string
	RoleType            string
	// Metadata says what the role brings, such as scopes; nil when the directory does not say.
	Metadata json.RawMessage
}

// Active reports whether the organisation holds the role now.
func (r OrganisationRole) Active() bool { return strings.EqualFold(r.Status, StatusActive) }

// UnmarshalJSON reads an organisation authority claim in its older and newer spelling.
func (r *OrganisationRole) UnmarshalJSON(data []byte) error {
	var claim struct {
		ID             string          `json:"OrganisationAuthorityClaimId"`
		Domain         string          `json:"AuthorisationDomain"`
		DomainName     string          `json:"AuthorisationDomainName"`
		Role           string          `json:"Role"`
		RoleName       string          `json:"AuthorisationDomainRoleName"`
		Status         string          `json:"Status"`
		AuthorityID    string          `json:"AuthorityId"`
		RegistrationID string          `json:"RegistrationId"`
		RoleType       string          `json:"RoleType"`
		Metadata       json.RawMessage `json:"Metadata"`
	}
	if err := json.Unmarshal(data, &claim); err != nil {
		return err
	}
	*r = OrganisationRole{
		ClaimID: claim.ID, Status: claim.Status, AuthorityID: claim.AuthorityID,
		RegistrationID: claim.RegistrationID, RoleType: claim.RoleType, Metadata: claim.Metadata,
		AuthorisationDomain: cmp.Or(claim.Domain, claim.DomainName),
		Role:                cmp.Or(claim.Role, claim.RoleName),
	}
	return nil
}

// OrganisationRoles lists the roles the organisation holds. The list is read once for the
// life of the client: it changes by a regulator's decision, not during a run.
func (c *Client) OrganisationRoles(ctx context.Context) ([]OrganisationRole, error) {
	if cached := c.cachedOrganisationRoles(); cached != nil {
		return cached, nil
	}
	return share(ctx, c, "roles", c.readOrganisationRoles)
}

func (c *Client) cachedOrganisationRoles() []OrganisationRole {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roles
}

func (c *Client) readOrganisationRoles(ctx context.Context) ([]OrganisationRole, error) {
	if cached := c.cachedOrganisationRoles(); cached != nil {
		return cached, nil // Read between the caller's look and this.
	}
	roles, err := list[OrganisationRole](ctx, c, c.organisationURL("authorityclaims"))
	if err != nil {
		return nil, fmt.Errorf("list roles of organisation %s: %w", c.options.OrganisationID, gone(err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles = roles
	return roles, nil
}

// Flags lists the flags of the directory, once for the life of the client. It takes a token
// with directory:website.
func (c *Client) Flags(ctx context.Context) ([]Flag, error) {
	if cached := c.cachedFlags(); cached != nil {
		return cached, nil
	}
	return share(ctx, c, "flags", c.readFlags)
}

func (c *Client) cachedFlags() []Flag {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flags
}

func (c *Client) readFlags(ctx context.Context) ([]Flag, error) {
	if cached := c.cachedFlags(); cached != nil {
		return cached, nil // Read between the caller's look and this.
	}
	flags, err := list[Flag](ctx, c, c.apiURL("references", "flags"))
	if err != nil {
		return nil, fmt.Errorf("list flags: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flags = flags
	return flags, nil
}

// Metadata is one thing an application may do through its roles, such as a scope.
type Metadata struct {
	ID     string `json:"MetadataId"`
	Role   string `json:"DomainRoleName"`
	Type   string `json:"Type"`
	Name   string `json:"Name"`
	Status string `json:"Status"`
}

// ApplicationMetadata lists what the roles of an application bring: its scopes, grant types
// and the like.
func (c *Client) ApplicationMetadata(ctx context.Context, id string) ([]Metadata, error) {
	metadata, err := list[Metadata](ctx, c, c.applicationURL(id, "metadata"))
	if err != nil {
		return nil, fmt.Errorf("list metadata of application %s: %w", id, gone(err))
	}
	return metadata, nil
}
