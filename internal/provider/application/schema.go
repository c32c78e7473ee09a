package application

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements resource.Resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, group := range []map[string]schema.Attribute{required(), optional(), behaviour(), computed()} {
		for name, attribute := range group {
			attributes[name] = attribute
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An application in the trust framework's directory, which the directory's API calls a software statement, with the roles it acts in. " +
			"Issuing a software statement for it **locks** it: afterwards redirect URIs may be added and the status changed, and nothing else, until a Super Administrator unlocks it. " +
			"The directory never deletes an application; destroying one makes it inactive for good.",
		Attributes: attributes,
	}
}

func required() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"client_name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The name of the application, shown to users. At most 255 characters.",
			Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, most), fw.Word()},
		},
		"version": schema.Float64Attribute{
			Required:            true,
			MarkdownDescription: "The version of the software, a number such as `1` or `1.2`, not negative.",
			Validators:          []validator.Float64{fw.NotNegative()},
		},
		"redirect_uris": schema.SetAttribute{
			Required:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "The redirect URIs the application may register at authorization servers, each at most 255 characters. Adding one is possible while the application is locked.",
			Validators:          []validator.Set{setvalidator.SizeAtLeast(1), fw.WholeSet(), setvalidator.ValueStringsAre(fw.URL(), stringvalidator.UTF8LengthAtMost(most))},
		},
	}
}

func optional() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"additional_metadata": schema.StringAttribute{
			Optional: true, Computed: true,
			CustomType:          jsontypes.NormalizedType{},
			MarkdownDescription: "Additional client metadata, a JSON object of at most 255 characters." + unset,
			Validators:          []validator.String{fw.JSONObject(most)},
			PlanModifiers:       []planmodifier.String{fw.Managed()},
		},
		"roles": schema.SetNestedAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The roles the application acts in. The organisation must hold each of them, which is checked at plan time. A role that is removed here is made inactive in the directory, which keeps it; removing the attribute makes all of them inactive, unless the application was imported and not updated since. Unset from the start, the directory decides.",
			Validators:          []validator.Set{setvalidator.SizeAtLeast(1), fw.WholeSet()},
			PlanModifiers:       []planmodifier.Set{fw.Managed()},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"authorisation_domain": schema.StringAttribute{Required: true, MarkdownDescription: "The authorisation domain, exactly as the directory spells it; some names end in a space."},
				"role":                 schema.StringAttribute{Required: true, MarkdownDescription: "The role in that domain, such as `DADOS`."},
			}},
		},
	}
	attributes["client_id"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The application's client ID at the directory itself, not at any bank. Defaults to what the directory gives. It may be set with `federation_management = \"openid_entity_self_managed\"` only, and only newer directories take it. At most 255 characters.",
		Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, most), fw.Word()},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
	for _, f := range fields() {
		attributes[f.name] = f.attribute()
	}
	return attributes
}

func (f field) attribute() schema.Attribute {
	switch f.kind {
	case fw.Location:
		return fw.OptionalURL(f.description(), f.validators()...)
	case fw.Flag:
		return fw.OptionalBool(f.description())
	case fw.Set:
		return fw.OptionalStrings(f.description(), f.validators()...)
	default:
		return fw.OptionalString(f.description(), f.validators()...)
	}
}

func behaviour() map[string]schema.Attribute {
	status := []string{directory.StatusActive, directory.StatusSuspended}
	unlock := []string{unlockNever, unlockWhenNeeded}
	return map[string]schema.Attribute{
		"status": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Whether the application is in use. " + fw.OneOf(status) + " An application is created `Active`; unset, a suspension by others is left alone, and removing what an apply once set makes it `Active` again; writing down what it is already sets nothing. It can be changed while the application is locked. While it is suspended the directory issues no software statement, and `revision` waits until it is resumed.",
			Validators:          []validator.String{stringvalidator.OneOf(status...)},
			PlanModifiers:       []planmodifier.String{fw.ManagedOr(directory.StatusActive)},
		},
		"unlock": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(unlockNever),
			MarkdownDescription: "What to do when a planned change is not possible while the application is locked. `never` fails the plan; `when_needed` unlocks the application before the update, which usually takes the provider's `directory.administrator_access_token`, and the next software statement locks it again. " + fw.OneOf(unlock) + " " + fw.Default(unlockNever),
			Validators:          []validator.String{stringvalidator.OneOf(unlock...)},
		},
		"deletion_protection": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default:             booldefault.StaticBool(false),
			MarkdownDescription: "Whether a plan that would destroy the application fails. A replacement, of a tainted application for example, is refused only by the apply, and with `create_before_destroy` the new application is there by then; `lifecycle { prevent_destroy = true }` stops that too. Defaults to `false`.",
		},
	}
}

func computed() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":                          fw.Computed("The application's ID, which the directory calls the software statement ID."),
		"organisation_id":             fw.Computed("The ID of the organisation the application belongs to."),
		"revision":                    fw.Computed("A digest of what a software statement may say of the application; it also changes when the provider unlocks the application, so that the next statement locks it again. Give it to `dcr_software_statement.application_revision`, so that a change of the application has a new statement issued in the same apply."),
		"client_secret":               fw.Secret("The application's client secret at the directory, with `token_endpoint_auth_method = \"client_secret_basic\"` only. The directory tells it once."),
		"locked":                      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the application is locked, which issuing a software statement does."},
		"created_at":                  fw.Computed("When the application was created, as the directory writes it, if it says so."),
		"notification_webhook_status": fw.Computed("The status of the notification webhook: `Pending`, `Confirmed` or `Deactivated`."),
		"federation_endpoint":         fw.Computed("Where the directory publishes the application's entity in the federation, with `federation_enabled`."),
		"jwks_uri":                    fw.Computed("The URL of the application's signing and encryption keys in the keystore, as authorization servers want it in `jwks_uri`."),
		"transport_jwks_uri":          fw.Computed("The URL of the application's transport certificates in the keystore."),
		"certificate_subject": schema.ObjectAttribute{
			Computed:            true,
			AttributeTypes:      subjectTypes(),
			MarkdownDescription: "The subject a certificate request for the application has by default, to feed a CSR of your own: `country`, `organization`, `organizational_unit` and `common_name`.",
		},
	}
}

func subjectTypes() map[string]attr.Type {
	return map[string]attr.Type{"country": types.StringType, "organization": types.StringType, "organizational_unit": types.StringType, "common_name": types.StringType}
}

func roleTypes() map[string]attr.Type {
	return map[string]attr.Type{"authorisation_domain": types.StringType, "role": types.StringType}
}
