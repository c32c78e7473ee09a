package authorizationserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Schema implements datasource.DataSource.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := fw.DataAttributes(metadata())
	attributes["issuer"] = schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "The issuer whose metadata is read. The document found must name the same issuer, but for a slash at its end.",
		Validators:          []validator.String{fw.SecureURL()},
	}
	attributes["mtls_endpoint_aliases"] = schema.MapAttribute{
		Computed:            true,
		ElementType:         types.StringType,
		MarkdownDescription: "The endpoints for clients with a certificate, by their names in the metadata (RFC 8705 §5). Null when the server publishes none.",
	}
	attributes["metadata"] = fw.Datum{Kind: fw.Document, Doc: "The whole document, as a JSON object with sorted members."}.Attribute()
	resp.Schema = schema.Schema{
		MarkdownDescription: "The metadata of one authorization server, from its discovery document (OpenID Connect Discovery 1.0, RFC 8414). It needs no directory. The CA certificates and the client certificate of the provider's `registration` attribute are used, as `dcr_client` does.",
		Attributes:          attributes,
	}
}

// metadata are the members with an attribute of their own (RFC 8414 §2,
// OpenID Connect Discovery 1.0 §3, RFC 8705 §3.3, RFC 9126 §5, RFC 9207 §3,
// RFC 9396 §10, RFC 9449 §5.1, CIBA §4), under their names.
func metadata() []fw.Datum {
	return []fw.Datum{
		{Name: "registration_endpoint", Doc: "Where clients are registered (RFC 7591). Null when the server does not publish it."},
		{Name: "token_endpoint", Doc: "The token endpoint."},
		{Name: "authorization_endpoint", Doc: "The authorization endpoint."},
		{Name: "pushed_authorization_request_endpoint", Doc: "The endpoint for pushed authorization requests (RFC 9126)."},
		{Name: "introspection_endpoint", Doc: "The introspection endpoint (RFC 7662)."},
		{Name: "revocation_endpoint", Doc: "The revocation endpoint (RFC 7009)."},
		{Name: "userinfo_endpoint", Doc: "The userinfo endpoint."},
		{Name: "end_session_endpoint", Doc: "The endpoint that ends a session."},
		{Name: "backchannel_authentication_endpoint", Doc: "The endpoint for backchannel authentication (CIBA)."},
		{Name: "jwks_uri", Doc: "The URL of the server's keys."},
		{Name: "service_documentation", Doc: "The URL of documentation for developers."},
		{Name: "scopes_supported", Kind: fw.Set, Doc: "The scopes on offer."},
		{Name: "response_types_supported", Kind: fw.Set, Doc: "The response types on offer."},
		{Name: "response_modes_supported", Kind: fw.Set, Doc: "The response modes on offer."},
		{Name: "grant_types_supported", Kind: fw.Set, Doc: "The grant types on offer."},
		{Name: "acr_values_supported", Kind: fw.Set, Doc: "The authentication context classes on offer."},
		{Name: "subject_types_supported", Kind: fw.Set, Doc: "The subject identifier types on offer."},
		{Name: "claims_supported", Kind: fw.Set, Doc: "The claims on offer."},
		{Name: "code_challenge_methods_supported", Kind: fw.Set, Doc: "The PKCE methods on offer."},
		{Name: "authorization_details_types_supported", Kind: fw.Set, Doc: "The types of authorization details on offer."},
		{Name: "token_endpoint_auth_methods_supported", Kind: fw.Set, Doc: "How clients may authenticate at the token endpoint."},
		{Name: "token_endpoint_auth_signing_alg_values_supported", Kind: fw.Set, Doc: "The algorithms that may sign client assertions."},
		{Name: "id_token_signing_alg_values_supported", Kind: fw.Set, Doc: "The algorithms that may sign ID tokens."},
		{Name: "id_token_encryption_alg_values_supported", Kind: fw.Set, Doc: "The key encryption algorithms for ID tokens."},
		{Name: "id_token_encryption_enc_values_supported", Kind: fw.Set, Doc: "The content encryption algorithms for ID tokens."},
		{Name: "userinfo_signing_alg_values_supported", Kind: fw.Set, Doc: "The algorithms that may sign userinfo answers."},
		{Name: "request_object_signing_alg_values_supported", Kind: fw.Set, Doc: "The algorithms that may sign request objects."},
		{Name: "request_object_encryption_alg_values_supported", Kind: fw.Set, Doc: "The key encryption algorithms for request objects."},
		{Name: "request_object_encryption_enc_values_supported", Kind: fw.Set, Doc: "The content encryption algorithms for request objects."},
		{Name: "authorization_signing_alg_values_supported", Kind: fw.Set, Doc: "The algorithms that may sign authorization responses (JARM)."},
		{Name: "dpop_signing_alg_values_supported", Kind: fw.Set, Doc: "The algorithms that may sign DPoP proofs."},
		{Name: "backchannel_token_delivery_modes_supported", Kind: fw.Set, Doc: "The token delivery modes for CIBA."},
		{Name: "tls_client_certificate_bound_access_tokens", Kind: fw.Flag, Doc: "Whether access tokens can be bound to the client's certificate. Null when the server does not say."},
		{Name: "require_pushed_authorization_requests", Kind: fw.Flag, Doc: "Whether authorization requests must be pushed. Null when the server does not say."},
		{Name: "require_signed_request_object", Kind: fw.Flag, Doc: "Whether request objects must be signed. Null when the server does not say."},
		{Name: "authorization_response_iss_parameter_supported", Kind: fw.Flag, Doc: "Whether authorization responses name the issuer. Null when the server does not say."},
	}
}
