package accesstoken

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements ephemeral.EphemeralResource.
func (e *Ephemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	key := fw.PEM("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
	resp.Schema = schema.Schema{
		MarkdownDescription: "An access token by client credentials ([RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)) that is in neither plan nor state. Without `client_id` it is one of the directory, with the provider's own credentials; with it, one of a registered client at its authorization server, for example to check that a registration works, or to configure another provider.",
		Attributes: map[string]schema.Attribute{
			"client_id":                  text("The client that gets the token, usually `dcr_client.x.client_id`. Defaults to the provider's client at the directory.", fw.Word()),
			"issuer":                     text("The issuer of the client's authorization server, whose discovery document gives the token endpoint, preferably the one under `mtls_endpoint_aliases` when a client certificate is used. Defaults to none; with `client_id`, this or `token_endpoint` is required.", fw.SecureURL()),
			"token_endpoint":             text("The token endpoint, for servers that do not publish one; wins over the one `issuer` publishes. Defaults to none.", fw.SecureURL()),
			"token_endpoint_auth_method": text("How the client authenticates. "+fw.OneOf(methods())+" Defaults to what the given credentials are for: the secret, else the signing key, else the certificate.", stringvalidator.OneOf(methods()...)),
			"client_secret":              secret("The client secret, usually `dcr_client.x.client_secret`. Defaults to none.", stringvalidator.LengthAtLeast(1)),
			"signing_key_pem":            secret("The private key that signs client assertions for `private_key_jwt`, in PEM form. Defaults to the provider's `registration.signing_key_pem`.", key),
			"signing_key_id":             text("The key ID (`kid`) of the signing key. Defaults to the provider's `registration.signing_key_id`.", fw.Word()),
			"signing_algorithm":          text("The algorithm of client assertions. "+fw.OneOf(oauth.SigningAlgorithms())+" Defaults to the usual one of the key.", stringvalidator.OneOf(oauth.SigningAlgorithms()...)),
			"client_certificate_pem":     text("The client certificate for mutual TLS with the server, in PEM form. Defaults to the provider's `registration.client_certificate_pem`.", fw.PEM("CERTIFICATE"), stringvalidator.AlsoRequires(path.MatchRoot("private_key_pem"))),
			"private_key_pem":            secret("The private key of `client_certificate_pem`, unencrypted, in PEM form. Defaults to the provider's `registration.private_key_pem`.", key, stringvalidator.AlsoRequires(path.MatchRoot("client_certificate_pem"))),
			"ca_certificates_pem":        text("Certificate authorities to trust for the server besides the system's, in PEM form. Defaults to the provider's `registration.ca_certificates_pem`.", fw.PEM("CERTIFICATE")),
			"scope":                      text("The scope to ask for. Defaults to the provider's `directory.scope` for a token of the directory, and to none, which leaves it to the server, for a client's.", fw.Word()),
			"access_token":               schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The access token. It is bound to the client certificate if one was used and the server does so (RFC 8705 §3)."},
		},
	}
}

func text(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

func secret(description string, validators ...validator.String) schema.StringAttribute {
	a := text(description, validators...)
	a.Sensitive = true
	return a
}
