package client

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const (
	// What registration requests look like.
	formatJSON = "json"
	formatJWT  = "jwt"

	// With what registrations are managed.
	authRegistrationToken = "registration_access_token"
	authClientCredentials = "client_credentials"

	// authSelfSigned is RFC 8705 §2.2, whose token requests are those of tls_client_auth.
	authSelfSigned oauth.AuthMethod = "self_signed_tls_client_auth"

	defaultRequestLifetime = "5m"
	defaultContentType     = "application/jwt"
)

// profile is what ecosystems with signed requests and self-managing clients
// need (Open Banking UK DCR 3.3, Australian Consumer Data Standards).
func profile() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"request_format": choice("What registration requests are. `json` sends the metadata as it is (RFC 7591); `jwt` sends it as a JWT signed with `signing_key_pem`, as Open Banking UK and the Australian Consumer Data Right have it. Changing it makes no call. ", formatJSON, formatJSON, formatJWT),
		"request_signing": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How requests with `request_format = \"jwt\"` are signed. Changing it makes no call. Defaults to none of its attributes set.",
			Attributes: map[string]schema.Attribute{
				"issuer":       optional("The `iss` claim. Defaults to the `software_id` of the software statement.", fw.Word()),
				"audience":     optional("The `aud` claim: the name the server goes by, at some banks the ID of their organisation in the directory. Defaults to `issuer` of this resource.", fw.Word()),
				"algorithm":    optional("The algorithm of the signature. "+fw.OneOf(oauth.SigningAlgorithms())+" Defaults to `PS256` for RSA keys, `ES256`, `ES384` or `ES512` for EC keys, and `EdDSA` for Ed25519 keys.", stringvalidator.OneOf(oauth.SigningAlgorithms()...)),
				"lifetime":     optional("How long a request is good for: `exp` minus `iat`, from `30s` to `1h`. Each request is signed anew, also when it is repeated. Defaults to `5m`.", requestLifetime()),
				"content_type": optional("The content type of the request, such as `application/jwt` (Australia, and most banks) or `application/jose` (as the UK's specification has it). Defaults to `application/jwt`.", stringvalidator.OneOf("application/jwt", "application/jose", "application/jose+json")),
			},
		},
		"signing_key_pem": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The private key that signs requests with `request_format = \"jwt\"` and the client assertions of `private_key_jwt`, unencrypted, in PEM form. Changing it makes no call. Defaults to the provider's `registration.signing_key_pem`, which does not rest in state.",
			Validators:          []validator.String{fw.PEM("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")},
		},
		"signing_key_pem_wo":         writeOnlyKey("The signing key, as `signing_key_pem`, kept out of plan and state. Terraform gives it while the client is made or changed and at no other time: with `management_auth = \"client_credentials\"` and `private_key_jwt`, reading and removing the client take the provider's `registration.signing_key_pem`, and without that drift is not looked for and removing fails. Conflicts with `signing_key_pem`. Defaults to none."),
		"signing_key_pem_wo_version": writeOnlyVersion("signing_key_pem_wo"),
		"signing_key_id":             optional("The key ID (`kid`) under which the server finds the public key, usually the `kid` of a `dcr_signing_certificate` or `dcr_public_key`. Changing it makes no call. Defaults to the provider's `registration.signing_key_id` together with its key, otherwise to none.", fw.Word()),
		"management_auth": choice("With what the registration is read, updated and removed. `registration_access_token` is the token the server issues for that (RFC 7592); `client_credentials` has the client manage itself with access tokens of its own, as at servers of Open Banking UK and the Australian Consumer Data Right, which issue no registration access token. "+
			"It authenticates for them as `token_endpoint_auth_method` says: `private_key_jwt`, `tls_client_auth`, `client_secret_basic` or `client_secret_post`. Changing it makes no call. ", authRegistrationToken, authRegistrationToken, authClientCredentials),
		"management_scope": optional("The scope to ask for with `management_auth = \"client_credentials\"`, such as `cdr:registration`. Changing it makes no call. Defaults to none, which leaves the scope to the server.", fw.Word()),
		"token_endpoint":   optional("The token endpoint for `management_auth = \"client_credentials\"`. Changing it makes no call. Defaults to the one `issuer` publishes, preferably under `mtls_endpoint_aliases` when a client certificate is used.", fw.SecureURL()),
	}
}

func requestLifetime() validator.String {
	return fw.Rule("a duration from 30s to 1h, such as 5m", func(s string) string {
		if d, err := time.ParseDuration(s); err != nil || d < 30*time.Second || d > time.Hour {
			return fmt.Sprintf("%q is no such duration.", s)
		}
		return ""
	})
}

// writeOnlyKey is a private key that rests nowhere.
func writeOnlyKey(description string, requires ...path.Expression) schema.StringAttribute {
	a := optional(description, fw.PEM("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"))
	a.Sensitive, a.WriteOnly = true, true
	if len(requires) > 0 {
		a.Validators = append(a.Validators, stringvalidator.AlsoRequires(requires...))
	}
	return a
}

func writeOnlyVersion(name string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional:            true,
		MarkdownDescription: "A number that says which `" + name + "` it is. Changing it makes no call. Defaults to none.",
		Validators:          []validator.Int64{int64validator.AlsoRequires(root(name))},
	}
}

func optional(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}
