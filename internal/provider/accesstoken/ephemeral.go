package accesstoken

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Ephemeral implements the ephemeral dcr_access_token.
type Ephemeral struct{ conn *conn.Conn }

var (
	_ ephemeral.EphemeralResourceWithConfigure      = (*Ephemeral)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*Ephemeral)(nil)
)

// New returns the ephemeral resource.
func New() ephemeral.EphemeralResource { return &Ephemeral{} }

// Model is its value.
type Model struct {
	ClientID             types.String `tfsdk:"client_id"`
	Issuer               types.String `tfsdk:"issuer"`
	TokenEndpoint        types.String `tfsdk:"token_endpoint"`
	AuthMethod           types.String `tfsdk:"token_endpoint_auth_method"`
	ClientSecret         types.String `tfsdk:"client_secret"`
	SigningKeyPEM        types.String `tfsdk:"signing_key_pem"`
	SigningKeyID         types.String `tfsdk:"signing_key_id"`
	SigningAlgorithm     types.String `tfsdk:"signing_algorithm"`
	ClientCertificatePEM types.String `tfsdk:"client_certificate_pem"`
	PrivateKeyPEM        types.String `tfsdk:"private_key_pem"`
	CACertificatesPEM    types.String `tfsdk:"ca_certificates_pem"`
	Scope                types.String `tfsdk:"scope"`
	AccessToken          types.String `tfsdk:"access_token"`
}

// Metadata implements ephemeral.EphemeralResource.
func (e *Ephemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_token"
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *Ephemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig wants a server for a client's token, and none for the directory's.
func (e *Ephemeral) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var m Model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	m.problem(", or leave out client_id for a token of the directory", &resp.Diagnostics)
}

// problem is what does not go together; otherwise is what a client without a server can do without one.
func (m Model) problem(otherwise string, diags *diag.Diagnostics) {
	server := !m.Issuer.IsNull() || !m.TokenEndpoint.IsNull()
	switch {
	case !m.ClientID.IsNull() && !server:
		diags.AddAttributeError(path.Root("client_id"), "The server of the client is missing",
			"A client gets its token at its authorization server, and there is neither an issuer that publishes where nor a token_endpoint.\n\nSet issuer or token_endpoint"+otherwise+".")
	case m.ClientID.IsNull() && server:
		diags.AddAttributeError(path.Root("client_id"), "The client is missing",
			"A server is named, and no client that is to get a token there.\n\nSet client_id, or leave out issuer and token_endpoint for a token of the directory.")
	case m.ClientID.IsNull():
		for name, value := range m.ofClients() {
			if !value.IsNull() {
				diags.AddAttributeError(path.Root(name), "The argument is about a client, and there is none",
					fmt.Sprintf("Without client_id the token is one of the directory, which is got as the provider's configuration says, and %s would be of no effect.\n\nSet client_id and issuer, or leave %[1]s out.", name))
			}
		}
	}
}

// ofClients are the arguments that say how a client gets its token.
func (m Model) ofClients() map[string]types.String {
	return map[string]types.String{
		"token_endpoint_auth_method": m.AuthMethod, "client_secret": m.ClientSecret, "signing_key_pem": m.SigningKeyPEM, "signing_key_id": m.SigningKeyID,
		"signing_algorithm": m.SigningAlgorithm, "client_certificate_pem": m.ClientCertificatePEM, "private_key_pem": m.PrivateKeyPEM, "ca_certificates_pem": m.CACertificatesPEM,
	}
}

// Open fetches the token.
func (e *Ephemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m Model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	var (
		token   rest.Secret
		problem diag.Diagnostic
	)
	if m.ClientID.IsNull() {
		token, problem = e.directory(ctx, m)
	} else {
		token, problem = e.client(ctx, m, e.conn.ClientTokens)
	}
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	m.AccessToken = types.StringValue(token.Reveal())
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

func (e *Ephemeral) directory(ctx context.Context, m Model) (rest.Secret, diag.Diagnostic) {
	token, err := e.conn.DirectoryToken(ctx, m.Scope.ValueString())
	if err != nil {
		target := diagnose.Directory(nil)
		if !m.Scope.IsNull() {
			target.Scope = path.Root("scope")
		}
		return "", target.Diagnostic(err, "issue an access token")
	}
	return token, nil
}

// tokens is where the tokens of a client come from.
type tokens func(client *rest.Client, issuer, endpoint string, credentials oauth.ClientCredentials) oauth.TokenSource

func (e *Ephemeral) client(ctx context.Context, m Model, from tokens) (rest.Secret, diag.Diagnostic) {
	client, err := e.http(m)
	if err == nil {
		var own oauth.ClientCredentials
		if own, err = e.credentials(m, client); err == nil {
			var token rest.Secret
			if token, err = from(client, m.Issuer.ValueString(), m.TokenEndpoint.ValueString(), own).Token(ctx); err == nil {
				return token, nil
			}
		}
	}
	return "", m.target().ClientToken(err)
}

func (m Model) target() diagnose.Target {
	attribute, own := "issuer", []string{}
	if !m.TokenEndpoint.IsNull() {
		attribute = "token_endpoint"
	}
	for name, value := range map[string]types.String{"client_certificate_pem": m.ClientCertificatePEM, "ca_certificates_pem": m.CACertificatesPEM, "signing_key_pem": m.SigningKeyPEM} {
		if !value.IsNull() {
			own = append(own, name)
		}
	}
	return diagnose.AuthorizationServer(attribute, own, nil)
}

// http is the HTTP client of the token's own TLS identity, or of the provider's.
func (e *Ephemeral) http(m Model) (*rest.Client, error) {
	identity, owner := e.conn.Registration.Identity, conn.OwnerRegistration
	missing := slices.Clone(e.conn.Registration.Unknown)
	if !m.ClientCertificatePEM.IsNull() {
		identity.CertificatePEM, identity.PrivateKeyPEM, owner = m.ClientCertificatePEM.ValueString(), rest.Secret(m.PrivateKeyPEM.ValueString()), conn.OwnerResource
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == "client_certificate_pem" || name == "private_key_pem" })
	}
	if !m.CACertificatesPEM.IsNull() {
		identity.CACertificatesPEM = m.CACertificatesPEM.ValueString()
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == "ca_certificates_pem" })
	}
	needed := []string{"*", "client_certificate_pem", "private_key_pem", "ca_certificates_pem"}
	missing = slices.DeleteFunc(missing, func(name string) bool { return !slices.Contains(needed, name) })
	if len(missing) > 0 {
		return nil, &conn.UnknownError{Owner: conn.OwnerRegistration, Attributes: missing}
	}
	return e.conn.HTTP(identity, owner)
}

// credentials are the client's, by the method that is named or that what is given is for.
func (e *Ephemeral) credentials(m Model, client *rest.Client) (oauth.ClientCredentials, error) {
	own := oauth.ClientCredentials{
		ClientID: m.ClientID.ValueString(), Method: oauth.AuthMethod(m.AuthMethod.ValueString()), Secret: rest.Secret(m.ClientSecret.ValueString()),
		SigningKeyPEM: rest.Secret(m.SigningKeyPEM.ValueString()), SigningKeyID: m.SigningKeyID.ValueString(), Algorithm: m.SigningAlgorithm.ValueString(), Scope: m.Scope.ValueString(),
	}
	byKey := own.Method == "" || own.Method == oauth.AuthPrivateKeyJWT
	if own.SigningKeyPEM.Empty() && own.Secret.Empty() && byKey && slices.ContainsFunc(e.conn.Registration.Unknown, func(name string) bool { return name == "*" || name == "signing_key_pem" }) {
		return own, &conn.UnknownError{Owner: conn.OwnerRegistration, Attributes: []string{"signing_key_pem"}}
	}
	if own.SigningKeyPEM.Empty() && own.Secret.Empty() {
		own.SigningKeyPEM = e.conn.Registration.SigningKeyPEM
		if own.SigningKeyID == "" {
			own.SigningKeyID = e.conn.Registration.SigningKeyID
		}
	}
	if own.Method == "" {
		switch {
		case !own.Secret.Empty():
			own.Method = oauth.AuthClientSecretBasic
		case !own.SigningKeyPEM.Empty():
			own.Method = oauth.AuthPrivateKeyJWT
		default:
			own.Method = oauth.AuthTLSClient
		}
	}
	lacks := map[oauth.AuthMethod]string{}
	if !client.HasCertificate() {
		lacks[oauth.AuthTLSClient] = "there is no client certificate"
	}
	if own.Secret.Empty() {
		lacks[oauth.AuthClientSecretBasic], lacks[oauth.AuthClientSecretPost] = "there is no client_secret", "there is no client_secret"
	}
	if own.SigningKeyPEM.Empty() {
		lacks[oauth.AuthPrivateKeyJWT] = "there is no signing_key_pem"
	}
	if reason := lacks[own.Method]; reason != "" {
		return own, &conn.IncapableError{Method: string(own.Method), Reason: reason}
	}
	return own, nil
}

func methods() []string {
	var out []string
	for _, method := range []oauth.AuthMethod{oauth.AuthPrivateKeyJWT, oauth.AuthTLSClient, oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost} {
		out = append(out, fmt.Sprint(method))
	}
	return out
}
