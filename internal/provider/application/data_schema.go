package application

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements datasource.DataSource.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := listedAttributes()
	attributes["id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The application's ID, which the directory calls the software statement ID. Either this or `client_name` has to be set.",
		Validators:          []validator.String{fw.Segment()},
	}
	attributes["client_name"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The name of the application. It finds the only application of exactly this name that is not inactive.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
	}
	attributes["revision"] = schema.StringAttribute{Computed: true, MarkdownDescription: "A digest of what a software statement may say of the application, for `dcr_software_statement.application_revision` where the application is managed elsewhere."}
	attributes["roles"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The roles the application acts in now. Null when it has none.",
		NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(dataRoles())},
	}
	attributes["certificates"] = schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The certificates and keys of the application, in every status, sorted by type, start and key ID.",
		NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(dataCertificates())},
	}
	attributes["scopes"] = schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The scopes the application's roles entitle it to. Null when the directory does not tell, or there are none."}
	attributes["certificate_subject"] = schema.ObjectAttribute{
		Computed:            true,
		AttributeTypes:      subjectTypes(),
		MarkdownDescription: "The subject a certificate request for the application has by default: `country`, `organization`, `organizational_unit` and `common_name`.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An application in the directory, found by its ID or its name, with its roles and certificates. Reading it issues no software statement and so locks nothing. The client secret is never read.",
		Attributes:          attributes,
	}
}

// Schema implements datasource.DataSource.
func (d *ListDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	statuses := []string{directory.StatusActive, directory.StatusSuspended, directory.StatusInactive}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The applications of the organisation, from one request. Reading them issues no software statement and so locks nothing. Roles and certificates are in `dcr_application` only.",
		Attributes: map[string]schema.Attribute{
			"status": fw.FilterSet("Only applications in one of these states. "+fw.OneOf(statuses)+" Defaults to `Active` and `Suspended`: an inactive application was deleted.",
				setvalidator.ValueStringsAre(stringvalidator.OneOf(statuses...))),
			"client_name_regex": fw.Filter("Only applications whose name this regular expression (RE2) matches, anywhere unless it has `^` and `$`. Defaults to every name.", pattern()),
			"environment":       fw.Filter("Only applications of this environment, such as `Sandbox`. Defaults to every environment.", stringvalidator.LengthAtLeast(1)),
			"applications": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The applications that pass every filter, by their ID, ready for `for_each`.",
				NestedObject:        schema.NestedAttributeObject{Attributes: listedAttributes()},
			},
			"ids": schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The IDs of those applications."},
		},
	}
}

func pattern() validator.String {
	return fw.Rule("a regular expression of RE2 syntax", func(s string) string {
		if _, err := regexp.Compile(s); err != nil {
			return err.Error() + "."
		}
		return ""
	})
}

// listedAttributes are those that the directory's list has as well.
func listedAttributes() map[string]schema.Attribute {
	attributes := fw.DataAttributes(dataShown())
	attributes["version"] = schema.Float64Attribute{Computed: true, MarkdownDescription: "The version of the software."}
	attributes["flags"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The flags the application bears.",
		NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(dataFlags())},
	}
	return attributes
}
