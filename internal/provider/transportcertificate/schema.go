package transportcertificate

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const (
	defaultType   = "rtstransport"
	defaultReason = "cessationofoperation"
)

// Schema implements resource.Resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := configurable()
	for name, attribute := range issued() {
		attributes[name] = attribute
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A certificate that the directory issues to an application, with which it is recognised in mutual TLS by the directory and by every authorization server. Either give a certificate request, so that the private key never comes near Terraform, or have the provider make key and request. The directory cannot delete certificates; destroying one revokes it.",
		Attributes:          attributes,
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *Resource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("csr_pem"), path.MatchRoot("private_key")),
		resourcevalidator.Conflicting(path.MatchRoot("csr_pem"), path.MatchRoot("subject")),
	}
}

func configurable() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"application_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The ID of the application. Changing it forces a new certificate.",
			Validators:          []validator.String{fw.Word()},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"csr_pem": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The certificate request (PKCS#10) in PEM form. It is checked at plan time against what directories accept: RSA of 2048 bits or EC of 256 bits at least, SHA-256, no CA. Exactly one of this and `private_key` is required. A request with another key or subject forces a new certificate.",
			Validators:          []validator.String{fw.PEM("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")},
		},
		"private_key": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Has the provider make the private key, kept in state as `private_key_pem`, and the request. Exactly one of this and `csr_pem` is required. Changing it forces a new certificate.",
			Attributes: map[string]schema.Attribute{
				"algorithm": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The kind of key. " + fw.OneOf([]string{"RSA", "ECDSA"}) + " `ECDSA` uses the curve P-256.",
					Validators:          []validator.String{stringvalidator.OneOf("RSA", "ECDSA")},
				},
				"rsa_bits": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "The size of an RSA key, from 2048 to 8192. Defaults to `2048`.",
					Validators:          []validator.Int64{int64validator.Between(2048, 8192)},
				},
			},
		},
		"subject": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The subject of the request the provider makes; deployments differ in what they want here. Changing it forces a new certificate. Not used with `csr_pem`.",
			Attributes: map[string]schema.Attribute{
				"country":             part("The country (C), two letters. Defaults to the organisation's country of registration."),
				"organization":        part("The organization (O). Defaults to the organisation's name in the directory."),
				"organizational_unit": part("The organizational unit (OU). Defaults to the organisation's ID."),
				"common_name":         part("The common name (CN). Defaults to the application's ID."),
			},
		},
		"type": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(defaultType),
			MarkdownDescription: "The type of certificate by the directory's name for it, such as `rtstransport`, `brcac` or `brcac_2022`; deployments may have types of their own. Defaults to `rtstransport`. Changing it forces a new certificate.",
			Validators:          []validator.String{stringvalidator.RegexMatches(typeName(), "letters, digits, _ and - only")},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"revoke_on_destroy": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default:             booldefault.StaticBool(true),
			MarkdownDescription: "Whether destroying revokes the certificate at the directory. Defaults to `true`.",
		},
		"revoke_reason": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(defaultReason),
			MarkdownDescription: "The reason given when the certificate is revoked. " + fw.OneOf(reasons()) + " " + fw.Default(defaultReason),
			Validators:          []validator.String{stringvalidator.OneOf(reasons()...)},
		},
	}
}

func part(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{fw.Word()}}
}

func reasons() []string {
	return []string{"unspecified", "keycompromise", "superseded", "cessationofoperation", "privilegewithdrawn"}
}

func issued() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":                    fw.Identifier("The certificate's key ID, as `kid`."),
		"kid":                   fw.Identifier("The key ID the directory gives the certificate: the SHA-256 of its DER form in base64url, which is also its `x5t#S256`."),
		"certificate_pem":       fw.Identifier("The certificate in PEM form."),
		"certificate_chain_pem": fw.Identifier("The certificate followed by the issuers the directory sent with it, in PEM form."),
		"private_key_pem": schema.StringAttribute{
			Computed: true, Sensitive: true,
			MarkdownDescription: "The private key the provider made (PKCS#8, PEM). Null with `csr_pem` and after an import.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"subject_dn":        fw.Identifier("The subject as `tls_client_auth_subject_dn` wants it: RFC 4514, most specific first, unknown attributes as dotted OID with their value in hexadecimal."),
		"issuer_dn":         fw.Identifier("The issuer, in the form of `subject_dn`."),
		"serial_number":     fw.Identifier("The serial number, in hexadecimal."),
		"thumbprint_sha256": fw.Identifier("The SHA-256 of the certificate's DER form, in lower-case hexadecimal."),
		"not_before":        fw.Identifier("When the certificate becomes valid, as RFC 3339 time, read from the certificate itself."),
		"not_after":         fw.Identifier("When the certificate expires, as RFC 3339 time, read from the certificate itself."),
		"status":            fw.Identifier("The status at the directory: `Active`. A certificate that is no longer active leaves state, and a new one is planned."),
	}
}
