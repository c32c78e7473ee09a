package authorizationserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements datasource.DataSource.
func (d *ListDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	objects := fw.DataAttributes(serverData())
	objects["api_resources"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The APIs behind the server. Their endpoints are left out, since they would make the state several times as large.",
		NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(resourceData())},
	}
	objects["certifications"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The certifications of the server, in every status.",
		NestedObject:        schema.NestedAttributeObject{Attributes: fw.DataAttributes(certificationData())},
	}
	attributes := filters()
	attributes["authorization_servers"] = schema.MapNestedAttribute{
		Computed: true,
		MarkdownDescription: "The authorization servers that pass every filter, by their ID, ready for `for_each`. Keys and values do not depend on the order of the list. " +
			"Servers without an ID or a usable issuer are left out and reported in a warning.",
		NestedObject: schema.NestedAttributeObject{Attributes: objects},
	}
	attributes["issuers"] = schema.MapAttribute{
		Computed:            true,
		ElementType:         types.StringType,
		MarkdownDescription: "The issuers of those servers, by the servers' IDs. Several servers, such as the brands of one bank, may share an issuer, whose server registers an application once: for `for_each` of `dcr_client` take `toset(values(….issuers))`, which has each issuer once.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The authorization servers in a trust framework's public list of participants. It needs the provider's `directory.participants_url`, or `directory.ecosystem`, and nothing else: no organisation, no certificate, no access token. The list is read once in a run, however many of these there are.",
		Attributes:          attributes,
	}
}

func filters() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"authorisation_domain":  fw.Filter("Only servers of organisations that take part in this authorisation domain, written exactly as the directory spells it; some names end in a space. With `role`, the role must be in this domain. Defaults to every domain.", stringvalidator.LengthAtLeast(1)),
		"role":                  fw.Filter("Only servers of organisations that hold this role now, such as `CONTA`. Defaults to every role.", stringvalidator.LengthAtLeast(1)),
		"api_family_type":       fw.Filter("Only servers with an API of this family, such as `accounts`. Defaults to every family.", stringvalidator.LengthAtLeast(1)),
		"certification_profile": fw.Filter("Only servers with a certification of this profile type or variant, such as `FAPI OP Dynamic Client Registration` or `BR-OF Adv. OP DCR`, that is `Certified` or `Self-Certified`. Defaults to servers with any certifications or none.", stringvalidator.LengthAtLeast(1)),
		"supports_dcr": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "With `true`, only servers that say they support Dynamic Client Registration; with `false`, only those that do not say so. Defaults to both.",
		},
		"organisation_ids": fw.FilterSet("Only servers of these organisations. Defaults to all organisations.", setvalidator.ValueStringsAre(fw.Word())),
		"status":           fw.FilterSet("Only servers of organisations in one of these states, such as `Active`, `Pending` or `Withdrawn`. Defaults to `Active` alone.", setvalidator.ValueStringsAre(fw.Word())),
	}
}

func serverData() []fw.Datum {
	return []fw.Datum{
		{Name: "id", Doc: "The server's ID in the directory."},
		{Name: "name", Doc: "The name customers know it by."},
		{Name: "description", Doc: "The description for customers."},
		{Name: "logo_uri", Doc: "The URL of its logo."},
		{Name: "organisation_id", Doc: "The ID of the organisation it belongs to."},
		{Name: "organisation_name", Doc: "The name of that organisation."},
		{Name: "organisation_status", Doc: "The status of that organisation."},
		{Name: "registration_number", Doc: "That organisation's number in the company register."},
		{Name: "issuer", Doc: "The issuer, as published, or else taken from `discovery_uri`."},
		{Name: "discovery_uri", Doc: "The URL of the discovery document."},
		{Name: "auto_registration_supported", Kind: fw.Flag, Doc: "Whether it says that registration needs no human. Null when it does not say."},
		{Name: "supports_dcr", Kind: fw.Flag, Doc: "Whether it says that it supports Dynamic Client Registration. Null when it does not say."},
		{Name: "supports_redirect", Kind: fw.Flag, Doc: "Whether it says that it supports redirects. Null when it does not say."},
		{Name: "supports_ciba", Kind: fw.Flag, Doc: "Whether it says that it supports CIBA. Null when it does not say."},
	}
}

func resourceData() []fw.Datum {
	return []fw.Datum{
		{Name: "api_family_type", Doc: "The API's family, such as `accounts`."},
		{Name: "api_version", Doc: "The API's version."},
		{Name: "certification_status", Doc: "The status of the API's certification."},
	}
}

func certificationData() []fw.Datum {
	return []fw.Datum{
		{Name: "profile_type", Doc: "The type of the certified profile."},
		{Name: "profile_variant", Doc: "The variant of the certified profile."},
		{Name: "profile_version", Doc: "The version of the certified profile."},
		{Name: "status", Doc: "The certification's status, such as `Certified` or `Self-Certified`."},
		{Name: "certification_uri", Doc: "The URL where the certification is published."},
		{Name: "start_date", Doc: "The day the certification starts, as the directory writes it."},
		{Name: "expiration_date", Doc: "The day the certification expires, as the directory writes it."},
	}
}
