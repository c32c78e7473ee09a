// Package keypair is the ephemeral dcr_key_pair: a private key that rests nowhere,
// its public parts, and a certificate request for it.
package keypair

import (
	"context"
	"crypto"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Ephemeral implements the ephemeral dcr_key_pair. It needs no configuration and makes no request.
type Ephemeral struct{}

var _ ephemeral.EphemeralResourceWithValidateConfig = (*Ephemeral)(nil)

// New returns the ephemeral resource.
func New() ephemeral.EphemeralResource { return &Ephemeral{} }

// Model is its value.
type Model struct {
	Algorithm     types.String `tfsdk:"algorithm"`
	RSABits       types.Int64  `tfsdk:"rsa_bits"`
	Type          types.String `tfsdk:"type"`
	Subject       types.Map    `tfsdk:"subject"`
	DNSNames      types.List   `tfsdk:"dns_names"`
	PrivateKeyPEM types.String `tfsdk:"private_key_pem"`
	PublicKeyPEM  types.String `tfsdk:"public_key_pem"`
	CSRPEM        types.String `tfsdk:"csr_pem"`
	JWKS          types.String `tfsdk:"jwks"`
}

// Metadata implements ephemeral.EphemeralResource.
func (*Ephemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_key_pair"
}

// Schema implements ephemeral.EphemeralResource.
func (*Ephemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	private := computed("The private key (PKCS#8, PEM).")
	private.Sensitive = true
	resp.Schema = schema.Schema{
		MarkdownDescription: "A new private key that is in neither plan nor state, with its public parts and a certificate request. Hand `csr_pem` to `csr_pem_wo` of a certificate, and `private_key_pem` to the write-only argument of a secret store, and let that follow the certificate's `kid`.\n\n" +
			"~> Terraform opens ephemeral resources in every plan and apply, so **each run makes another key**: only what is written in one run belongs together. Give the certificate's `kid` as version to whatever keeps the key: a number stays the same when the certificate is renewed, and the new key would be thrown away.",
		Attributes: map[string]schema.Attribute{
			"algorithm": schema.StringAttribute{Required: true, MarkdownDescription: "The kind of key. " + fw.OneOf([]string{"RSA", "ECDSA"}) + " `ECDSA` uses the curve P-256.", Validators: []validator.String{stringvalidator.OneOf("RSA", "ECDSA")}},
			"rsa_bits":  schema.Int64Attribute{Optional: true, MarkdownDescription: "The size of an RSA key, from 2048 to 8192. Defaults to `2048`.", Validators: []validator.Int64{int64validator.Between(2048, 8192)}},
			"type":      schema.StringAttribute{Optional: true, MarkdownDescription: "The type of the certificate the request is for, by the directory's name for it. `brcac` and `brcac_2022` have a subject in the order and with the extensions of the Brazilian profile. Defaults to none, which is right for all others.", Validators: []validator.String{fw.Word()}},
			"subject": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The subject of the request, such as `dcr_application.x.certificate_subject`: by the names `country`, `organization`, `organizational_unit`, `common_name`, `state_or_province`, `locality`, `serial_number`, `business_category`, `jurisdiction_country`, `organization_identifier` and `user_id`. Defaults to none, and then there is no request.",
			},
			"dns_names":       schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "The DNS names for which the request asks. Defaults to the common name for `brcac` and `brcac_2022`, and to none for others.", Validators: []validator.List{fw.WholeList(), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(fw.Hostname())}},
			"private_key_pem": private,
			"public_key_pem":  computed("The public key in PEM form (SubjectPublicKeyInfo)."),
			"csr_pem":         computed("The certificate request (PKCS#10) in PEM form; null without `subject`."),
			"jwks":            computed("The public key as a JSON Web Key Set of one key, whose `kid` is its thumbprint (RFC 7638)."),
		},
	}
}

// ValidateConfig finds parts that no subject has.
func (*Ephemeral) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var m Model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	if m.Algorithm.ValueString() == "ECDSA" && !m.RSABits.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("rsa_bits"), "An ECDSA key has no rsa_bits", "rsa_bits is the size of an RSA key; an ECDSA key is on the curve P-256.\n\nLeave it out, or set algorithm to \"RSA\".")
	}
	m.subject(ctx, &resp.Diagnostics)
}

// subject finds what is wrong with the parts that are known.
func (m *Model) subject(ctx context.Context, diags *diag.Diagnostics) {
	some := !fw.Known(m.Subject)
	for name, value := range m.Subject.Elements() {
		at := path.Root("subject").AtMapKey(name)
		if !pki.KnownPart(name) {
			diags.AddAttributeError(at, "The subject has no such part", fmt.Sprintf("%q is none of %s.", name, fw.Listed(pki.PartNames())))
		}
		text, _ := value.(types.String)
		some = some || text.IsUnknown() || text.ValueString() != ""
		if rule := m.rule(name); rule != nil && text.ValueString() != "" {
			var resp validator.StringResponse
			rule.ValidateString(ctx, validator.StringRequest{Path: at, ConfigValue: text}, &resp)
			diags.Append(resp.Diagnostics...)
		}
	}
	if !some {
		diags.AddAttributeError(path.Root("subject"), "The subject is empty",
			"No part of it has a value, and no directory issues a certificate for nobody.\n\nGive its parts, such as dcr_application.x.certificate_subject, or leave subject out for a key without a request.")
	}
}

// rule is what a part of the subject has to be, nil for any text.
func (m *Model) rule(name string) validator.String {
	switch {
	case name == "country" || name == "jurisdiction_country":
		return fw.Country()
	case name == "common_name" && len(m.DNSNames.Elements()) == 0 && !m.DNSNames.IsUnknown() && (m.Type.ValueString() == "brcac" || m.Type.ValueString() == "brcac_2022"):
		return fw.Hostname()
	}
	return nil
}

// Open makes the key.
func (*Ephemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m Model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	key, err := pki.GenerateKey(m.Algorithm.ValueString(), int(m.RSABits.ValueInt64()))
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("algorithm"), "The private key could not be made", err.Error()+".")
		return
	}
	if err := m.fill(key); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("subject"), "The certificate request cannot be made", err.Error()+".")
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// fill stores what there is of a key.
func (m *Model) fill(key crypto.Signer) error {
	private, err := pki.KeyPEM(key)
	if err != nil {
		return err
	}
	public, err := pki.PublicKeyPEM(key.Public())
	if err != nil {
		return err
	}
	set, err := pki.JWKS([]string{public})
	if err != nil {
		return err
	}
	m.PrivateKeyPEM, m.PublicKeyPEM, m.JWKS, m.CSRPEM = types.StringValue(private), types.StringValue(public), types.StringValue(set), types.StringNull()
	if m.Subject.IsNull() {
		return nil
	}
	parts := map[string]string{}
	for name, value := range m.Subject.Elements() {
		if text, ok := value.(types.String); ok {
			parts[name] = text.ValueString()
		}
	}
	subject, extensions := pki.Profile(m.Type.ValueString(), parts, fw.Strings(m.DNSNames.Elements()))
	request, err := pki.NewRequestWithExtensions(key, subject, extensions)
	if err != nil {
		return err
	}
	m.CSRPEM = types.StringValue(request)
	return nil
}
