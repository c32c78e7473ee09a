package certificate

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const (
	defaultReason    = "cessationofoperation"
	supersededReason = "superseded"
	defaultOverlap   = "168h"
)

// Schema implements resource.Resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, group := range []map[string]schema.Attribute{r.flavour.placed(), r.flavour.material(), r.flavour.lifecycle(), r.flavour.issued()} {
		for name, attribute := range group {
			attributes[name] = attribute
		}
	}
	description := r.flavour.description + " The directory cannot delete it; destroying it revokes it.\n\n"
	if r.flavour.bare {
		description += "Give a public key, so that the private key never comes near Terraform, or have the provider make the pair. Another key is uploaded in place, and the one before stays valid for the `overlap`, so that what is signed or encrypted with it can still be read."
	} else {
		description += "Give a certificate request, so that the private key never comes near Terraform, or have the provider make key and request. " +
			"Within `renew_before` of its end a plan renews it: in place, with the one before valid for the `overlap`, after which a plan revokes that. A renewal that fails while the old one is good is a warning."
	}
	resp.Schema = schema.Schema{MarkdownDescription: description, Attributes: attributes}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *Resource) ConfigValidators(context.Context) []resource.ConfigValidator {
	input, key := r.flavour.input(), "private_key"
	if r.flavour.bare {
		return []resource.ConfigValidator{fw.ExactlyOneOf(input, key)}
	}
	given := "certificate_pem"
	once := requestOnce
	return []resource.ConfigValidator{
		fw.ExactlyOneOf(input, once, key, given),
		fw.RequiredTogether(once, requestOnce+"_version"),
		fw.Conflicting(once, "subject"),
		fw.Conflicting(once, "dns_names"),
		fw.Conflicting(input, "subject"),
		fw.Conflicting(input, "dns_names"),
		fw.Conflicting(given, "subject"),
		fw.Conflicting(given, "dns_names"),
	}
}

// placed is where the certificate belongs.
func (f flavour) placed() map[string]schema.Attribute {
	rule := validator.String(stringvalidator.OneOf(f.types...))
	allowed := fw.OneOf(f.types)
	if f.open {
		rule, allowed = fw.Rule("a type by the directory's name for it, such as "+f.types[0], typeProblem), "Common ones: "+fw.Listed(f.types)+". Deployments may have types of their own."
	}
	return map[string]schema.Attribute{
		"application_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The ID of the application. Changing it forces a new " + f.noun + ".",
			Validators:          []validator.String{fw.Segment()},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"type": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(f.types[0]),
			MarkdownDescription: "The type by the directory's name for it. " + allowed + " " + fw.Default(f.types[0]) + " Changing it forces a new " + f.noun + ", which revokes the one before first; with `create_before_destroy` it is revoked after.",
			Validators:          []validator.String{rule},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
	}
}

// material is what is uploaded.
func (f flavour) material() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{"private_key": keyAttribute()}
	if f.bare {
		attributes["public_key_pem"] = schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The public key in PEM form (SubjectPublicKeyInfo), RSA of 2048 bits or EC of 256 bits at least, which is checked at plan time. Exactly one of this and `private_key` is required; with `private_key` it is that of the pair the provider made. Another key is uploaded in place.",
			Validators:          []validator.String{fw.PEM("PUBLIC KEY")},
		}
		return attributes
	}
	attributes["csr_pem"] = schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "The certificate request (PKCS#10) in PEM form. It is checked at plan time against what directories accept: RSA of 2048 bits or EC of 256 bits at least, SHA-256, no CA, and the subject of the type. Exactly one of this, `csr_pem_wo`, `private_key` and `certificate_pem` is required. A request with another key or subject gets a new certificate in place; a renewal sends the same request again, for a new certificate of the same key.",
		Validators:          []validator.String{fw.PEM("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")},
	}
	attributes[requestOnce] = schema.StringAttribute{
		Optional: true, WriteOnly: true,
		MarkdownDescription: "The certificate request, as `csr_pem`, that is in neither plan nor state: for one that is another in each run, such as that of the ephemeral `dcr_key_pair`. Terraform gives it while a certificate is issued. Another request alone changes nothing, and a renewal sends the one there is then. Requires `csr_pem_wo_version`.",
		Validators:          []validator.String{fw.PEM("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")},
	}
	attributes[requestOnce+"_version"] = schema.Int64Attribute{
		Optional:            true,
		MarkdownDescription: "The version of `csr_pem_wo`, a number of your choice. Changing it has another certificate issued in place, for the request there is then. Defaults to none.",
	}
	attributes["subject"] = subjectAttribute()
	attributes["dns_names"] = schema.SetAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: "The DNS names for which the request the provider makes asks (subjectAltName). Defaults to the common name for the types `brcac` and `brcac_2022`, and to none for others. A change gets a new certificate in place.",
		Validators:          []validator.Set{setvalidator.SizeAtLeast(1), fw.WholeSet(), setvalidator.ValueStringsAre(fw.Hostname())},
	}
	attributes["certificate_pem"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The certificate in PEM form. Give it only for types such as `brcac_ext`, of which the directory takes a certificate that an accredited authority issued; for all others the directory issues it. Another one is uploaded in place.",
		Validators:          []validator.String{fw.PEM("CERTIFICATE")},
	}
	return attributes
}

func keyAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Has the provider make the private key, kept in state as `private_key_pem`, and what is uploaded for it. Exactly one way of giving the key is required. A change, and every renewal, makes a new key in place.",
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
	}
}

// lifecycle is how one follows another, and how it ends.
func (f flavour) lifecycle() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"overlap": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(defaultOverlap),
			MarkdownDescription: "How long the predecessor stays valid after it was replaced, as a duration such as `36h` or `14d`. The first plan after that revokes it. `0s` revokes it in the same apply. Defaults to `168h`, a week.",
			Validators:          []validator.String{fw.LongDuration()},
		},
		"revoke_on_destroy": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default:             booldefault.StaticBool(true),
			MarkdownDescription: "Whether destroying revokes the " + f.noun + " at the directory, and its predecessors. Defaults to `true`.",
		},
		"revoke_reason": schema.StringAttribute{
			Optional: true, Computed: true,
			Default:             stringdefault.StaticString(defaultReason),
			MarkdownDescription: "The reason given when destroying revokes. " + fw.OneOf(reasons()) + " " + fw.Default(defaultReason) + " Predecessors are revoked as `superseded`.",
			Validators:          []validator.String{stringvalidator.OneOf(reasons()...)},
		},
	}
	if !f.bare {
		attributes["renew_before"] = schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long before its end the certificate is renewed, as a duration such as `720h` or `30d`. Defaults to a third of its lifetime. `0s` renews it only when it has expired. As long as the lifetime, or longer, every plan would renew: a plan that sets it for a certificate there is, is refused; the apply that has the first one issued cannot know it yet and warns, and the default counts.",
			Validators:          []validator.String{fw.LongDuration()},
		}
	}
	return attributes
}

func reasons() []string {
	return []string{"unspecified", "keycompromise", supersededReason, defaultReason, "privilegewithdrawn"}
}

// issued is what the directory decides, and what follows from it.
func (f flavour) issued() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"id":              fw.Computed("The key ID, as `kid`. A successor has another."),
		"kid":             fw.Computed("The key ID at the directory. Of a certificate it is the SHA-256 of its DER form in base64url, which is also its `x5t#S256`."),
		"private_key_pem": fw.Secret("The private key the provider made (PKCS#8, PEM). Null without `private_key`, and after an import until the next renewal."),
		"status":          fw.Computed("The status at the directory, `Active` or `Inactive`. One that is no longer active is replaced in place, unless you gave it yourself."),
		"previous": schema.ListNestedAttribute{
			Computed:            true,
			MarkdownDescription: "The predecessors that are still valid, oldest first. One leaves the list when it is revoked or has expired.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"kid":           fw.Computed("The predecessor's key ID."),
				"not_after":     fw.Computed("When the predecessor expires, as RFC 3339 time; null for a key, which does not."),
				"superseded_at": fw.Computed("When it was replaced, as RFC 3339 time. It is revoked by the first apply later than that plus `overlap`."),
			}},
		},
	}
	if f.bare {
		return attributes
	}
	for name, description := range map[string]string{
		"certificate_chain_pem": "The certificate followed by the issuers the directory sent with it, in PEM form.",
		"subject_dn":            "The subject as `tls_client_auth_subject_dn` wants it: RFC 4514, most specific first, unknown attributes as dotted OID with their value in hexadecimal.",
		"issuer_dn":             "The issuer, in the form of `subject_dn`.",
		"serial_number":         "The serial number, in hexadecimal, without leading zeros.",
		"thumbprint_sha256":     "The SHA-256 of the certificate's DER form, in lower-case hexadecimal.",
		"not_before":            "When the certificate becomes valid, as RFC 3339 time, read from the certificate itself.",
		"not_after":             "When the certificate expires, as RFC 3339 time, read from the certificate itself.",
	} {
		attributes[name] = fw.Computed(description)
	}
	attributes["ready_for_renewal"] = schema.BoolAttribute{
		Computed:            true,
		MarkdownDescription: "Whether the last refresh found the certificate within `renew_before` of its end. The plan after that renews it, unless it was issued elsewhere; in a `check` block it tells of renewals that are due, or that fail.",
	}
	return attributes
}
