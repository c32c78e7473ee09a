package provider

import "github.com/hashicorp/terraform-plugin-framework/types"

// Model is the provider's configuration as Terraform gives it.
type Model struct {
	Directory           types.Object  `tfsdk:"directory"`
	Registration        types.Object  `tfsdk:"registration"`
	JournalPath         types.String  `tfsdk:"journal_path"`
	SealingKey          types.String  `tfsdk:"sealing_key"`
	SealingRequired     types.Bool    `tfsdk:"sealing_required"`
	PreviousSealingKeys types.List    `tfsdk:"previous_sealing_keys"`
	RequestTimeout      types.String  `tfsdk:"request_timeout"`
	MaxRetries          types.Int64   `tfsdk:"max_retries"`
	RequestsPerSecond   types.Float64 `tfsdk:"requests_per_second"`
}

// DirectoryModel is the directory attribute.
type DirectoryModel struct {
	Ecosystem                types.String `tfsdk:"ecosystem"`
	APIURL                   types.String `tfsdk:"api_url"`
	Issuer                   types.String `tfsdk:"issuer"`
	KeystoreURL              types.String `tfsdk:"keystore_url"`
	ParticipantsURL          types.String `tfsdk:"participants_url"`
	OrganisationID           types.String `tfsdk:"organisation_id"`
	ClientID                 types.String `tfsdk:"client_id"`
	AuthMethod               types.String `tfsdk:"auth_method"`
	ClientSecret             types.String `tfsdk:"client_secret"`
	ClientCertificatePEM     types.String `tfsdk:"client_certificate_pem"`
	PrivateKeyPEM            types.String `tfsdk:"private_key_pem"`
	SigningKeyPEM            types.String `tfsdk:"signing_key_pem"`
	SigningKeyID             types.String `tfsdk:"signing_key_id"`
	CACertificatesPEM        types.String `tfsdk:"ca_certificates_pem"`
	Scope                    types.String `tfsdk:"scope"`
	AccessToken              types.String `tfsdk:"access_token"`
	AdministratorAccessToken types.String `tfsdk:"administrator_access_token"`
}

// RegistrationModel is the registration attribute.
type RegistrationModel struct {
	ClientCertificatePEM     types.String `tfsdk:"client_certificate_pem"`
	PrivateKeyPEM            types.String `tfsdk:"private_key_pem"`
	CACertificatesPEM        types.String `tfsdk:"ca_certificates_pem"`
	AllowedManagementOrigins types.Set    `tfsdk:"allowed_management_origins"`
	InitialAccessToken       types.String `tfsdk:"initial_access_token"`
	SigningKeyPEM            types.String `tfsdk:"signing_key_pem"`
	SigningKeyID             types.String `tfsdk:"signing_key_id"`
	RegistrationAccessToken  types.String `tfsdk:"registration_access_token"`
}
