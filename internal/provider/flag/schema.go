package flag

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements datasource.DataSource.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	kinds := []string{"Organisation", "Software_Statement", "Authorisation_Server"}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The flags the directory knows: labels that applications, organisations and authorization servers can bear. Reading them takes an access token with the scope `directory:website`. It changes and locks nothing.",
		Attributes: map[string]schema.Attribute{
			"name": fw.Filter("Only flags of this name. Defaults to flags of every name.", stringvalidator.LengthAtLeast(1)),
			"type": fw.Filter("Only flags for this type of object; those of applications are `Software_Statement`. "+fw.OneOf(kinds)+" Defaults to flags of every type.", stringvalidator.OneOf(kinds...)),
			"status": fw.FilterSet("Only flags in one of these states. "+fw.OneOf([]string{directory.StatusActive, directory.StatusInactive})+" Defaults to `Active` alone: others cannot be given to an application.",
				setvalidator.ValueStringsAre(stringvalidator.OneOf(directory.StatusActive, directory.StatusInactive))),
			"flags": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The flags, sorted by type, name, value and ID.",
				NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(flagData())},
			},
			"ids": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.ListType{ElemType: types.StringType},
				MarkdownDescription: "The IDs of the flags of each name, sorted. Several flags may share a name and differ in value.",
			},
		},
	}
}

func flagData() []fw.Datum {
	return []fw.Datum{
		{Name: "id", Doc: "The flag's ID."},
		{Name: "name", Doc: "The flag's name."},
		{Name: "value", Doc: "The flag's value."},
		{Name: "type", Doc: "The type of object the flag is for."},
		{Name: "status", Doc: "The flag's status: `Active` or `Inactive`."},
		{Name: "description", Doc: "The flag's description."},
	}
}
