package application

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// oneSchema describes dcr_application.
func oneSchema() schema.Schema {
	attributes := described()
	attributes["id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The application's ID, which the directory calls the software statement ID. Exactly one of this and `client_name` is required.",
		Validators:          []validator.String{fw.Word(), stringvalidator.LengthAtLeast(1)},
	}
	attributes["client_name"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The name of the application. To look one up by it, exactly one application that is not inactive has to have it, to the letter. Exactly one of this and `id` is required.",
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
	}
	attributes["roles"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The roles the application acts in, without inactive ones.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"authorisation_domain": shown("The authorisation domain, exactly as the directory spells it; some names end in a space."),
			"role":                 shown("The role in that domain."),
		}},
	}
	attributes["flags"] = schema.SetNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The directory's flags on the application.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"id": shown("The flag's ID."), "name": shown("The flag's name, which several flags may have."), "value": shown("The flag's value."),
		}},
	}
	attributes["certificates"] = schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The application's certificates and public keys, inactive ones included, sorted by type and expiry.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"kid": shown("The key ID."), "type": shown("The type, such as `rtstransport`."), "status": shown("The status: `Active` or `Inactive`."),
			"subject_dn": shown("The subject in the form of RFC 4514; null for a key."), "not_before": shown("When the certificate becomes valid, as RFC 3339 time; null for a key."),
			"not_after": shown("When the certificate expires, as RFC 3339 time, read from the certificate itself; null for a key."), "certificate_pem": shown("The certificate in PEM form; null for a key."),
		}},
	}
	attributes["scopes"] = schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The scopes the application's roles bring, by the directory's reference data."}
	return schema.Schema{
		MarkdownDescription: "An application of the organisation in the trust framework's directory, with its roles, flags and certificates. Reading never locks the application: it asks for no software statement.",
		Attributes:          attributes,
	}
}

// described are the attributes of the resource's that only describe.
func described() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"version":             schema.Float64Attribute{Computed: true, MarkdownDescription: "The version of the software."},
		"redirect_uris":       schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The redirect URIs."},
		"additional_metadata": schema.StringAttribute{Computed: true, CustomType: jsontypes.NormalizedType{}, MarkdownDescription: "Additional client metadata, a JSON object."},
		"status":              shown("The status: `Active`, `Suspended` or `Inactive`."),
		"client_id":           shown("The application's client ID at the directory itself, not at any bank."),
		"organisation_id":     shown("The ID of the organisation the application belongs to."),
		"locked":              schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the application is locked, which issuing a software statement does."},
		"created_at":          shown("When the application was created, as the directory writes it, if it says so."),
		"federation_endpoint": shown("Where the directory publishes the application's entity in the federation."),
		"jwks_uri":            shown("The URL of the application's signing and encryption keys in the keystore."),
		"transport_jwks_uri":  shown("The URL of the application's transport certificates in the keystore."),

		"notification_webhook_status": shown("The status of the notification webhook: `Pending`, `Confirmed` or `Deactivated`."),
	}
	for _, f := range fields() {
		switch f.kind {
		case fw.Flag:
			attributes[f.name] = schema.BoolAttribute{Computed: true, MarkdownDescription: f.shown()}
		case fw.Set:
			attributes[f.name] = schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: f.shown()}
		default:
			attributes[f.name] = shown(f.shown())
		}
	}
	return attributes
}

// shown is the first sentence of a field's description: the others are about setting it.
func (f field) shown() string {
	return regexp.MustCompile(`^.*?[.:](\s|$)`).FindString(f.doc)
}

func shown(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

// allSchema describes dcr_applications.
func allSchema() schema.Schema {
	each := map[string]schema.Attribute{"id": shown("The application's ID."), "client_name": shown("The name of the application.")}
	for name, attribute := range described() {
		if listed(name) {
			each[name] = attribute
		}
	}
	states := []string{directory.StatusActive, directory.StatusSuspended, directory.StatusInactive}
	return schema.Schema{
		MarkdownDescription: "The applications of the organisation, read with one request however many there are. Reading never locks an application. Roles, flags and certificates of one are what the data source `dcr_application` shows.",
		Attributes: map[string]schema.Attribute{
			"status": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Only applications of these statuses. Allowed are " + fw.Listed(states) + ". Defaults to `Active` and `Suspended`: the directory never erases an application, so the inactive ones are all that were ever deleted.",
				Validators:          []validator.Set{setvalidator.ValueStringsAre(stringvalidator.OneOf(states...)), setvalidator.SizeAtLeast(1)},
			},
			"client_name_regex": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Only applications whose name matches this regular expression (RE2 syntax). Defaults to any name.",
				Validators: []validator.String{fw.Rule("a regular expression in RE2 syntax", func(s string) string {
					if _, err := regexp.Compile(s); err != nil {
						return err.Error() + "."
					}
					return ""
				})},
			},
			"environment": schema.StringAttribute{Optional: true, MarkdownDescription: "Only applications of this environment. Defaults to any."},
			"ids":         schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The IDs of the applications found, sorted."},
			"applications": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The applications found, by ID, ready for `for_each`.",
				NestedObject:        schema.NestedAttributeObject{Attributes: each},
			},
		},
	}
}

// listed leaves out of the list what only one application is asked for.
func listed(name string) bool { return name != "flags" && name != "notification_webhook_status" }
