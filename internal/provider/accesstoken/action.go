package accesstoken

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// Probe implements the action dcr_probe_client.
type Probe struct{ ephemeral Ephemeral }

var _ action.ActionWithConfigure = (*Probe)(nil)

// NewProbe returns the action.
func NewProbe() action.Action { return &Probe{} }

// Metadata implements action.Action.
func (a *Probe) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_probe_client"
}

// Schema has the arguments of the ephemeral resource.
func (a *Probe) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	var same ephemeral.SchemaResponse
	a.ephemeral.Schema(ctx, ephemeral.SchemaRequest{}, &same)
	attributes := map[string]schema.Attribute{}
	for _, name := range slices.Sorted(maps.Keys(same.Schema.Attributes)) {
		given, ok := same.Schema.Attributes[name].(ephemeralschema.StringAttribute)
		if !ok || given.Computed {
			continue
		}
		one := schema.StringAttribute{Optional: true, MarkdownDescription: given.MarkdownDescription, Validators: given.Validators}
		switch name { // What is said of the directory's tokens there is not so here.
		case "client_id":
			one.Required, one.Optional, one.MarkdownDescription = true, false, "The client that is tried, usually `dcr_client.x.client_id`."
		case "issuer":
			one.MarkdownDescription = strings.Replace(one.MarkdownDescription, "with `client_id`, this", "this", 1)
		case "scope":
			one.MarkdownDescription = "The scope to ask for. Defaults to none, which leaves it to the server."
		}
		attributes[name] = one
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Checks that a registered client works: gets an access token by client credentials ([RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)) as it would, and throws it away. Of a client that authenticates but may not have such a token, the server's refusal says so.",
		Attributes:          attributes,
	}
}

// Configure implements action.ActionWithConfigure.
func (a *Probe) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.ephemeral.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Invoke gets a token.
func (a *Probe) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var object types.Object
	if resp.Diagnostics.Append(req.Config.Get(ctx, &object)...); resp.Diagnostics.HasError() {
		return
	}
	text := func(name string) types.String {
		value, _ := object.Attributes()[name].(types.String)
		return value
	}
	m := Model{
		ClientID: text("client_id"), Issuer: text("issuer"), TokenEndpoint: text("token_endpoint"), AuthMethod: text("token_endpoint_auth_method"),
		ClientSecret: text("client_secret"), SigningKeyPEM: text("signing_key_pem"), SigningKeyID: text("signing_key_id"), SigningAlgorithm: text("signing_algorithm"),
		ClientCertificatePEM: text("client_certificate_pem"), PrivateKeyPEM: text("private_key_pem"), CACertificatesPEM: text("ca_certificates_pem"), Scope: text("scope"),
	}
	if m.problem("", &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	// A token that was fetched before says nothing about the client now.
	if _, problem := a.ephemeral.client(ctx, m, a.ephemeral.conn.NewClientTokens); problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: "client " + m.ClientID.ValueString() + " got an access token"})
}
