package client

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements resource.Resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, group := range []map[string]schema.Attribute{where(), metadata(), with(), profile(), how(ctx), learnt()} {
		for name, attribute := range group {
			attributes[name] = attribute
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The registration of an application at one authorization server: created with [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591), read, updated and removed with [RFC 7592](https://www.rfc-editor.org/rfc/rfc7592). Works with any such server; no directory is needed.",
		Attributes:          attributes,
	}
}

func where() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"issuer": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The issuer of the authorization server, whose discovery document gives the registration endpoint, preferably the one under `mtls_endpoint_aliases` when a client certificate is used. Either this or `registration_endpoint` is required. Changing it forces a new client, which loses the consents given to the old one, unless it corrects an import: where the client is at the new issuer, and not at the old one, it stays. The plan of an imported client fails while its `registration_client_uri` has an origin that is none of the issuer's or its endpoints', nor among the provider's `registration.allowed_management_origins`.",
			Validators:          []validator.String{fw.SecureURL(), issuerItself(), fw.AtLeastOneOf("registration_endpoint")},
		},
		"registration_endpoint": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The registration endpoint, for servers that do not publish one; wins over the one `issuer` publishes. Changing it forces a new client, which loses the consents given to the old one.",
			Validators:          []validator.String{fw.SecureURL()},
		},
	}
}

// metadata builds one attribute for each row of the members table.
func metadata() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for _, m := range members() {
		attributes[m.name] = m.attribute()
	}
	attributes["additional_metadata"] = schema.StringAttribute{
		Optional: true, Computed: true,
		CustomType:          jsontypes.NormalizedType{},
		MarkdownDescription: "Members of the client metadata that have no attribute here, as a JSON object; numbers are sent exactly as written. Texts in other languages go here, under the member's name with a language tag (RFC 7591 §2.2): `jsonencode({ \"client_name#pt-BR\" = \"Minhas contas\" })`. Defaults to none.",
		Validators:          []validator.String{fw.JSONObject(0), unnamed()},
		PlanModifiers:       managedString(),
	}
	return attributes
}

func (m member) attribute() schema.Attribute {
	switch m.kind {
	case fw.Location:
		return fw.OptionalURL(m.doc)
	case fw.Flag:
		return fw.OptionalBool(m.doc)
	case fw.Integer:
		a := fw.OptionalInt64(m.doc)
		// The one integer there is counts seconds.
		a.Validators = []validator.Int64{int64validator.AtLeast(0)}
		return a
	case fw.Set:
		if m.name == "redirect_uris" {
			return fw.OptionalStrings(m.doc, redirectURI())
		}
		return fw.OptionalStrings(m.doc, stringvalidator.LengthAtLeast(1))
	case fw.List:
		return fw.OptionalList(m.doc, stringvalidator.LengthAtLeast(1))
	case fw.Keys:
		a := fw.OptionalString(m.doc, fw.JSONObject(0), publicKeys())
		a.CustomType = fw.SecretiveType{}
		return a
	default:
		return fw.OptionalString(m.doc, stringvalidator.LengthAtLeast(1))
	}
}

func with() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"software_statement": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The software statement (a signed JWT) to register with, usually `dcr_software_statement.x.assertion`. Two statements that differ only in when they were issued are equal: a fresh one is no change. Defaults to none.",
			Validators:          []validator.String{statement()},
		},
		"software_statement_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true,
			MarkdownDescription: "The software statement, as `software_statement`, kept out of plan and state: for one from an ephemeral resource or another tool. It is sent with every registration and update; a new one alone changes nothing. Conflicts with `software_statement`. Defaults to none.",
			Validators:          []validator.String{statement()},
		},
		"software_statement_wo_version": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "A number that says which `software_statement_wo` it is; changing it sends the registration again, with the statement there is then. Defaults to none.",
			Validators:          []validator.Int64{int64validator.AlsoRequires(root("software_statement_wo"))},
		},
		"software_statement_max_age": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(defaultMaxAge),
			MarkdownDescription: "How old `software_statement` may be when it is sent. An older one, or one from before the application's last change, is replaced by a fresh one if the configured directory issued it. Defaults to `4m`, because servers commonly accept a statement for five minutes.",
			Validators:          []validator.String{fw.Duration(5 * time.Second)},
		},
		"software_statement_use": choice("How often a software statement is sent. `shared` sends one to all servers while it is young enough; `single` fetches one for each registration and update, for servers that take each only once, if the configured directory issued it. Changing it makes no call. ", useShared, useShared, useSingle),
		"initial_access_token": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The initial access token (RFC 7591 §3) for servers that require one. It is used once, at creation; a later change of it makes no call. Defaults to the provider's `registration.initial_access_token`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"initial_access_token_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true,
			MarkdownDescription: "The initial access token, as `initial_access_token`, kept out of plan and state. It is used once, at creation. Conflicts with `initial_access_token`. Defaults to the provider's `registration.initial_access_token`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"initial_access_token_wo_version": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "A number that says which `initial_access_token_wo` it is. Changing it makes no call: the token is used at creation only. Defaults to none.",
			Validators:          []validator.Int64{int64validator.AlsoRequires(root("initial_access_token_wo"))},
		},
		"client_certificate_pem": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The client certificate for mutual TLS with the server, in PEM form; it requires `private_key_pem` or `private_key_pem_wo`. Changing it makes no call. Defaults to the provider's `registration.client_certificate_pem`.",
			Validators:          []validator.String{fw.PEM("CERTIFICATE")},
		},
		"private_key_pem": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The private key of `client_certificate_pem`, unencrypted, in PEM form. Changing it makes no call. Defaults to the provider's `registration.private_key_pem`.",
			Validators:          []validator.String{fw.PEM("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"), fw.AlsoRequires("client_certificate_pem")},
		},
		"private_key_pem_wo":         writeOnlyKey("The private key of `client_certificate_pem`, as `private_key_pem`, kept out of plan and state. Terraform gives it while the client is made or changed and at no other time: reading and removing the client take the provider's `registration.client_certificate_pem` and `private_key_pem`, and without those drift is not looked for and removing fails. Conflicts with `private_key_pem`. Defaults to none.", root("client_certificate_pem")),
		"private_key_pem_wo_version": writeOnlyVersion("private_key_pem_wo"),
		"ca_certificates_pem": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Certificate authorities to trust for the server besides the system's, in PEM form. Defaults to the provider's `registration.ca_certificates_pem`.",
			Validators:          []validator.String{fw.PEM("CERTIFICATE")},
		},
	}
}

func how(ctx context.Context) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"refresh":         choice("When a plan reads the registration. `auto` reads, unless the server replaces the registration access token at each read, because a plan that is thrown away would lose the new token; creation finds that out by one read inside apply, and where it could not, plans do not read; `always` reads, which with such a server and without `journal_path` loses the token whenever a plan is not applied; `never` does not read. A refresh knows the value of the last apply only: to leave out a server that is down, set `never` and run `terraform apply -refresh=false` first. ", "auto", "auto", "always", "never"),
		"update_method":   choice("How a registration is updated. `PUT` replaces the metadata (RFC 7592); `PATCH` sends the members that differ as a JSON merge patch (RFC 7396), for servers that update so. Changing it makes no call. ", methodPut, methodPut, methodPatch),
		"on_unauthorized": choice("What to do when the server refuses the registration access token, which means that the client was deleted or that the token was lost; RFC 7592 has one answer for both. `error` stops and keeps state; `warn` goes on and keeps state; `recreate` plans a new registration, which loses the consents given to the old one, once nothing else explains the refusal; the guide on recovering a lost registration lists what does. A refresh knows the value of the last apply only: to keep a client that a plan would register anew, set `error` or `warn` and run `terraform apply -refresh=false` first. ", "error", "error", "warn", "recreate"),
		"on_override":     choice("What to do when the server registers another value than the one asked for. A new registration is never failed for it: there, `error` warns too. ", "warn", "warn", "error", "ignore"),
		"deletion_policy": choice("What destroying does. `delete` removes the client at the server; `abandon` only forgets it. ", "delete", "delete", "abandon"),
		"deletion_protection": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default:             booldefault.StaticBool(false),
			MarkdownDescription: "Whether a plan that would destroy or replace the client fails. The replacement of a tainted client is refused only by the apply, and with `create_before_destroy` another client is registered by then; `lifecycle { prevent_destroy = true }` stops that too. Defaults to `false`.",
		},
		"secret_renew_before": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long before `client_secret_expires_at` a plan has the client secret renewed, as a duration such as `720h` or `30d`: by an update in place, which is how servers renew one (RFC 7592 §2.2). If the server does not, a warning says so and plans stop asking. Defaults to no renewal; a warning tells of a secret that has expired. Changing it makes no call by itself.",
			Validators:          []validator.String{fw.LongDuration()},
		},
		"triggers": schema.MapAttribute{
			Optional:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Arbitrary values; when one changes, the registration is sent again in place. Defaults to none.",
		},
		"timeouts": limits(ctx),
	}
}

// limits is the timeouts attribute. The library's own rule takes "-1m", and "0s", with which no call
// is ever made, and names no attribute.
func limits(ctx context.Context) schema.Attribute {
	attribute := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: "The time creating may take. Defaults to `5m`.",
		ReadDescription:   "The time reading may take. Defaults to `2m`.",
		UpdateDescription: "The time updating may take. Defaults to `5m`.",
		DeleteDescription: "The time deleting may take. Defaults to `5m`.",
	})
	nested, _ := attribute.(schema.SingleNestedAttribute)
	for name, limit := range nested.Attributes {
		if text, ok := limit.(schema.StringAttribute); ok {
			text.Validators = []validator.String{fw.Duration(100 * time.Millisecond)}
			nested.Attributes[name] = text
		}
	}
	return attribute
}

func choice(description, fallback string, allowed ...string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		Default:             stringdefault.StaticString(fallback),
		MarkdownDescription: description + fw.OneOf(allowed) + " " + fw.Default(fallback),
		Validators:          []validator.String{stringvalidator.OneOf(allowed...)},
	}
}

func learnt() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":                        fw.Computed("The client ID, as `client_id`."),
		"client_id":                 fw.Computed("The client ID the server issued. It never changes during the registration's life."),
		"client_secret":             fw.Secret("The client secret, if the server issued one."),
		"client_id_issued_at":       schema.Int64Attribute{Computed: true, MarkdownDescription: "When the client ID was issued, in seconds since 1970-01-01 UTC, if the server says so."},
		"client_secret_expires_at":  schema.Int64Attribute{Computed: true, MarkdownDescription: "When the client secret expires, in seconds since 1970-01-01 UTC; `0` means never. Null without a secret."},
		"registration_access_token": fw.Secret("The token that manages the registration (RFC 7592 §3). Whoever has it controls the client. Servers may replace it at each update, some at each read."),
		"registration_client_uri":   fw.Computed("The URL at which the registration is managed (RFC 7592 §3). Null when the server offers no management."),
		"registered_metadata": schema.StringAttribute{
			Computed:            true,
			CustomType:          jsontypes.NormalizedType{},
			MarkdownDescription: "All client metadata as the server registered it, as a JSON object, without client secret, registration access token and software statement; members of the server's own are as it sent them, and not sealed. It shows what the server decided for attributes that are not set here.",
		},
	}
}
