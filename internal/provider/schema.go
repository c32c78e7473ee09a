package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements provider.Provider.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Onboards applications into trust-framework ecosystems with OAuth Dynamic Client Registration: the application in the directory, its certificates, its software statement, and its registration at every authorization server (RFC 7591 and RFC 7592).",
		Attributes: map[string]schema.Attribute{
			"directory": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The trust framework's directory. Needed by every resource but `dcr_client`, which works with any RFC 7591 server on its own.",
				Attributes:          directoryAttributes(),
			},
			"registration": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "What every `dcr_client` uses unless it says otherwise.",
				Attributes:          registrationAttributes(),
			},
			"journal_path": text("The folder of the registration journal, beside the state and as secret as it. Each answer with a registration access token is written there, flushed to disk, before it goes on to Terraform, so that a crash, a state that cannot be written or a discarded plan loses no client: the next run takes over what no state has, and tries the journal's token where the server refuses the state's. See the guide on the journal. Defaults to no journal. Environment variable: `DCR_JOURNAL_PATH`.", fw.Word()),
			"sealing_key":  secret("The key that seals the provider's secrets: with it, `client_secret`, `registration_access_token`, `private_key_pem` and `assertion` are encrypted (JWE, RFC 7516) in state, plans and journal, and the provider opens them where it needs them, also as arguments of other resources. Either 32 random bytes in base64 (`openssl rand -base64 32`) or a JWK of type `oct`, `EC` or `RSA`; a public JWK seals only. Must be known when planning, and is best given by the environment or an ephemeral variable. See the guide on secrets. Defaults to no sealing. Environment variables: `DCR_SEALING_KEY`, or `DCR_SEALING_KEY_FILE` with the name of a file."),
			"sealing_required": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether a run without `sealing_key` is an error. Without this, a job that lacks the key, such as an apply of a plan that was made with it, writes what servers issue in clear: Terraform does not tell a provider with which settings a plan was made. Defaults to `false`. Belongs into the configuration, beside the code that relies on it, so there is no environment variable.",
			},
			"previous_sealing_keys": schema.ListAttribute{
				Optional: true, Sensitive: true, ElementType: types.StringType,
				MarkdownDescription: "Earlier values of `sealing_key`, which open and do not seal. The next apply seals anew what they sealed, or, without `sealing_key`, leaves it in clear. Defaults to none. Environment variables: `DCR_PREVIOUS_SEALING_KEYS`, with a key on each line, or `DCR_PREVIOUS_SEALING_KEYS_FILE` with the name of a file.",
				Validators:          []validator.List{fw.WholeList()},
			},
			"request_timeout": text("The time one HTTP request may take, such as `30s`; at least `100ms`. Defaults to `30s`. Environment variable: `DCR_REQUEST_TIMEOUT`.", fw.Duration(leastTimeout)),
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often a request is repeated after a passing fault. Requests that are not idempotent are repeated only when the server provably did not process them. From `0`, which never repeats, to `20`. Defaults to `4`. Environment variable: `DCR_MAX_RETRIES`.",
				Validators:          []validator.Int64{int64validator.Between(0, 20)},
			},
			"requests_per_second": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: "The highest rate of requests to each host; at least `0.01`, which is one request in 100 seconds. Defaults to no limit. Environment variable: `DCR_REQUESTS_PER_SECOND`.",
				Validators:          []validator.Float64{float64validator.AtLeast(leastRate)},
			},
		},
	}
}

func directoryAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"ecosystem":                  text("A known deployment, which presets `api_url`, `issuer`, `keystore_url` and `participants_url`. "+fw.OneOf(directory.Ecosystems())+" An attribute set beside it wins. Environment variable: `DCR_DIRECTORY_ECOSYSTEM`.", stringvalidator.OneOf(directory.Ecosystems()...)),
		"api_url":                    text("The base URL of the directory's API, such as `https://matls-api.sandbox.raidiam.io`. Environment variable: `DCR_DIRECTORY_API_URL`.", fw.SecureURL()),
		"issuer":                     text("The issuer of the directory's own authorization server, where access tokens are fetched; its endpoints come from its discovery document. Environment variable: `DCR_DIRECTORY_ISSUER`.", fw.SecureURL()),
		"keystore_url":               text("The base URL of the directory's keystore, whose keys verify software statements. Environment variable: `DCR_DIRECTORY_KEYSTORE_URL`.", fw.SecureURL()),
		"participants_url":           text("The URL of the public list of participants. Environment variable: `DCR_DIRECTORY_PARTICIPANTS_URL`.", fw.SecureURL()),
		"organisation_id":            text("The ID of the organisation that owns the applications. Environment variable: `DCR_ORGANISATION_ID`.", fw.Segment()),
		"client_id":                  text("The client ID at the directory's authorization server. Environment variable: `DCR_DIRECTORY_CLIENT_ID`.", fw.Word()),
		"auth_method":                text("How the client authenticates for access tokens. "+fw.OneOf(authMethods())+" Defaults to `tls_client_auth`. Environment variable: `DCR_DIRECTORY_AUTH_METHOD`.", stringvalidator.OneOf(authMethods()...)),
		"client_secret":              secret("The client secret for `client_secret_basic`. Environment variable: `DCR_DIRECTORY_CLIENT_SECRET`."),
		"client_certificate_pem":     text("The client certificate for mutual TLS with the directory, in PEM form, followed by its chain if any. Environment variables: `DCR_DIRECTORY_CLIENT_CERTIFICATE_PEM`, or `DCR_DIRECTORY_CLIENT_CERTIFICATE_FILE` with the name of a file.", fw.PEM("CERTIFICATE")),
		"private_key_pem":            secret("The private key of `client_certificate_pem`, unencrypted, in PEM form. Environment variables: `DCR_DIRECTORY_PRIVATE_KEY_PEM`, or `DCR_DIRECTORY_PRIVATE_KEY_FILE` with the name of a file.", privateKey()),
		"signing_key_pem":            secret("The private key that signs client assertions for `private_key_jwt`, in PEM form. Environment variables: `DCR_DIRECTORY_SIGNING_KEY_PEM`, or `DCR_DIRECTORY_SIGNING_KEY_FILE` with the name of a file.", privateKey()),
		"signing_key_id":             text("The key ID (`kid`) under which the directory knows the signing key. Environment variable: `DCR_DIRECTORY_SIGNING_KEY_ID`."),
		"ca_certificates_pem":        text("Certificate authorities to trust for the directory besides the system's, in PEM form. Directories often use a private one. Environment variables: `DCR_DIRECTORY_CA_CERTIFICATES_PEM`, or `DCR_DIRECTORY_CA_CERTIFICATES_FILE` with the name of a file.", fw.PEM("CERTIFICATE")),
		"scope":                      text("The scope to ask for. Defaults to `directory:software`, with which most directories let a client read, update applications, and request certificates and statements, but not create applications, roles or certifications (403): for those give a user's token with the scope `directory:website` as `access_token`, or set `directory:website` here if the client may have it. Environment variable: `DCR_DIRECTORY_SCOPE`."),
		"access_token":               secret("An access token obtained elsewhere, for example one with the scope `directory:website`. When set, it is used for every call and none is fetched. Environment variable: `DCR_DIRECTORY_ACCESS_TOKEN`."),
		"administrator_access_token": secret("An access token of a Super Administrator, used for unlocking applications and nothing else. Environment variable: `DCR_DIRECTORY_ADMINISTRATOR_ACCESS_TOKEN`."),
	}
}

func registrationAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"client_certificate_pem": text("The client certificate for mutual TLS with authorization servers, in PEM form. Environment variables: `DCR_REGISTRATION_CLIENT_CERTIFICATE_PEM`, or `DCR_REGISTRATION_CLIENT_CERTIFICATE_FILE` with the name of a file.", fw.PEM("CERTIFICATE")),
		"private_key_pem":        secret("The private key of `client_certificate_pem`, unencrypted, in PEM form. Environment variables: `DCR_REGISTRATION_PRIVATE_KEY_PEM`, or `DCR_REGISTRATION_PRIVATE_KEY_FILE` with the name of a file.", privateKey()),
		"ca_certificates_pem":    text("Certificate authorities to trust for authorization servers besides the system's, in PEM form. Environment variables: `DCR_REGISTRATION_CA_CERTIFICATES_PEM`, or `DCR_REGISTRATION_CA_CERTIFICATES_FILE` with the name of a file.", fw.PEM("CERTIFICATE")),
		"allowed_management_origins": schema.SetAttribute{
			Optional:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Origins, such as `https://reg.bank.example`, at which registrations may be managed besides the origins of the issuer and the registration endpoint. A registration access token is never sent to any other. Defaults to none. Environment variable: `DCR_REGISTRATION_ALLOWED_MANAGEMENT_ORIGINS`, separated by spaces.",
			Validators:          []validator.Set{fw.WholeSet(), setvalidator.ValueStringsAre(fw.Origin())},
		},
		"signing_key_pem":           secret("The private key that signs registration requests (`request_format = \"jwt\"`) and the client assertions of `private_key_jwt`, in PEM form. Environment variables: `DCR_REGISTRATION_SIGNING_KEY_PEM`, or `DCR_REGISTRATION_SIGNING_KEY_FILE` with the name of a file.", privateKey()),
		"signing_key_id":            text("The key ID (`kid`) under which servers find the public key of `signing_key_pem`, usually the `kid` of a `dcr_signing_certificate` or `dcr_public_key`. Environment variable: `DCR_REGISTRATION_SIGNING_KEY_ID`."),
		"initial_access_token":      secret("The initial access token (RFC 7591 §3) for servers that require one. Environment variable: `DCR_REGISTRATION_INITIAL_ACCESS_TOKEN`."),
		"registration_access_token": secret("The registration access token for `terraform import` of a `dcr_client`, used at import only. Environment variables: `DCR_REGISTRATION_ACCESS_TOKEN`, or `DCR_REGISTRATION_ACCESS_TOKEN_FILE` with the name of a file."),
	}
}

func authMethods() []string {
	return []string{string(oauth.AuthTLSClient), string(oauth.AuthPrivateKeyJWT), string(oauth.AuthClientSecretBasic)}
}

func privateKey() validator.String {
	return fw.PEM("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
}

func text(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

func secret(description string, validators ...validator.String) schema.StringAttribute {
	a := text(description, validators...)
	a.Sensitive = true
	return a
}
