// Package clientcredentials is the ephemeral dcr_client_credentials: what
// resources have sealed in state, opened for other providers' write-only arguments.
package clientcredentials

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Ephemeral implements the ephemeral dcr_client_credentials. It needs no
// configuration and makes no request: secrets come opened.
type Ephemeral struct{}

var _ ephemeral.EphemeralResource = (*Ephemeral)(nil)

// New returns the ephemeral resource.
func New() ephemeral.EphemeralResource { return &Ephemeral{} }

// Model is its value.
type Model struct {
	ClientID                      types.String `tfsdk:"client_id"`
	SealedClientSecret            types.String `tfsdk:"sealed_client_secret"`
	SealedRegistrationAccessToken types.String `tfsdk:"sealed_registration_access_token"`
	SealedPrivateKeyPEM           types.String `tfsdk:"sealed_private_key_pem"`
	SealedAssertion               types.String `tfsdk:"sealed_assertion"`
	ClientSecret                  types.String `tfsdk:"client_secret"`
	RegistrationAccessToken       types.String `tfsdk:"registration_access_token"`
	PrivateKeyPEM                 types.String `tfsdk:"private_key_pem"`
	Assertion                     types.String `tfsdk:"assertion"`
}

// Metadata implements ephemeral.EphemeralResource.
func (*Ephemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_client_credentials"
}

// Schema implements ephemeral.EphemeralResource.
func (*Ephemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Opens secrets that `sealing_key` sealed in state, to hand them on to write-only arguments of other providers, such as that of a secret store, without a copy in plan or state. Values that are not sealed pass as they are, so that the same configuration works with sealing and without. It makes no request.",
		Attributes: map[string]schema.Attribute{
			"client_id":                        schema.StringAttribute{Optional: true, MarkdownDescription: "The client ID, passed on so that everything about a client is in one place. Defaults to none."},
			"sealed_client_secret":             sealed("client secret, usually `dcr_client.x.client_secret`"),
			"sealed_registration_access_token": sealed("registration access token, usually `dcr_client.x.registration_access_token`. Whoever uses it beside Terraform may have the server replace it"),
			"sealed_private_key_pem":           sealed("private key, usually `dcr_transport_certificate.x.private_key_pem`"),
			"sealed_assertion":                 sealed("software statement, usually `dcr_software_statement.x.assertion`"),
			"client_secret":                    opened("sealed_client_secret"),
			"registration_access_token":        opened("sealed_registration_access_token"),
			"private_key_pem":                  opened("sealed_private_key_pem"),
			"assertion":                        opened("sealed_assertion"),
		},
	}
}

func sealed(what string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "The " + what + ". Defaults to none.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
}

func opened(of string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "What `" + of + "` holds, in clear; null without it."}
}

// Open passes on what the provider's server has opened already.
func (*Ephemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m Model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	m.ClientSecret, m.RegistrationAccessToken = m.SealedClientSecret, m.SealedRegistrationAccessToken
	m.PrivateKeyPEM, m.Assertion = m.SealedPrivateKeyPEM, m.SealedAssertion
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}
