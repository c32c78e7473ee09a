package organisation

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Model is the data source's value.
type Model struct {
	ID                    types.String `tfsdk:"id"`
	Name                  types.String `tfsdk:"name"`
	LegalEntityName       types.String `tfsdk:"legal_entity_name"`
	RegisteredName        types.String `tfsdk:"registered_name"`
	RegistrationNumber    types.String `tfsdk:"registration_number"`
	RegistrationID        types.String `tfsdk:"registration_id"`
	CompanyRegister       types.String `tfsdk:"company_register"`
	CountryOfRegistration types.String `tfsdk:"country_of_registration"`
	Country               types.String `tfsdk:"country"`
	City                  types.String `tfsdk:"city"`
	Status                types.String `tfsdk:"status"`
	Roles                 types.Set    `tfsdk:"roles"`
}

func newModel(o *directory.Organisation, roles []directory.OrganisationRole) Model {
	return Model{
		ID:                    fw.StringOrNull(o.ID),
		Name:                  fw.StringOrNull(o.Name),
		LegalEntityName:       fw.StringOrNull(o.LegalEntityName),
		RegisteredName:        fw.StringOrNull(o.RegisteredName),
		RegistrationNumber:    fw.StringOrNull(o.RegistrationNumber),
		RegistrationID:        fw.StringOrNull(o.RegistrationID),
		CompanyRegister:       fw.StringOrNull(o.CompanyRegister),
		CountryOfRegistration: fw.StringOrNull(o.CountryOfRegistration),
		Country:               fw.StringOrNull(o.Country),
		City:                  fw.StringOrNull(o.City),
		Status:                fw.StringOrNull(o.Status),
		Roles:                 roleSet(roles),
	}
}

// roleSet never trims: some domain names end in a space. A claim listed twice
// is one element, since Terraform refuses sets with equal ones.
func roleSet(roles []directory.OrganisationRole) types.Set {
	kinds := fw.DataTypes(roleData())
	elements := make([]attr.Value, 0, len(roles))
	for _, r := range roles {
		object := types.ObjectValueMust(kinds, map[string]attr.Value{
			"authorisation_domain": fw.StringOrNull(r.AuthorisationDomain),
			"role":                 fw.StringOrNull(r.Role),
			"status":               fw.StringOrNull(r.Status),
			"authority_id":         fw.StringOrNull(r.AuthorityID),
			"registration_id":      fw.StringOrNull(r.RegistrationID),
			"role_type":            fw.StringOrNull(r.RoleType),
			"metadata":             fw.Document.Decode(fw.Canonical(r.Metadata)),
		})
		elements = append(elements, object)
	}
	return types.SetValueMust(types.ObjectType{AttrTypes: kinds}, fw.Distinct(elements))
}
