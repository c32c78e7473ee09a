package organisation

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements datasource.DataSource.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := fw.DataAttributes(details())
	attributes["roles"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The roles the organisation holds, or held: `status` tells. Only those that are `Active` can be given to an application.",
		NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(roleData())},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The organisation of the provider's `directory.organisation_id`, with the roles it holds. Reading it changes and locks nothing.",
		Attributes:          attributes,
	}
}

func details() []fw.Datum {
	return []fw.Datum{
		{Name: "id", Doc: "The organisation's ID in the directory."},
		{Name: "name", Doc: "The organisation's name."},
		{Name: "legal_entity_name", Doc: "The name of the legal entity."},
		{Name: "registered_name", Doc: "The name in the company register."},
		{Name: "registration_number", Doc: "The number in the company register, such as a CNPJ."},
		{Name: "registration_id", Doc: "The registration ID with the authority."},
		{Name: "company_register", Doc: "The company register."},
		{Name: "country_of_registration", Doc: "The country of registration."},
		{Name: "country", Doc: "The country of the organisation's address."},
		{Name: "city", Doc: "The city of the organisation's address."},
		{Name: "status", Doc: "The organisation's status: `Active`, `Pending` or `Withdrawn`."},
	}
}

func roleData() []fw.Datum {
	return []fw.Datum{
		{Name: "authorisation_domain", Doc: "The authorisation domain, exactly as the directory spells it; some names end in a space."},
		{Name: "role", Doc: "The role in that domain, such as `DADOS`."},
		{Name: "status", Doc: "The status of the role: `Active` or `Inactive`."},
		{Name: "authority_id", Doc: "The ID of the authority that granted the role."},
		{Name: "registration_id", Doc: "The registration ID the authority granted it under."},
		{Name: "role_type", Doc: "The type of the role, such as `Directory` or `Federation`. Null when the directory does not say."},
		{Name: "metadata", Kind: fw.Document, Doc: "What the role brings, such as scopes, as a JSON object. Null when the directory does not say."},
	}
}
