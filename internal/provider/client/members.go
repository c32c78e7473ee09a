package client

import (
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// member is one client metadata member under its RFC name. The schema, the
// request, the comparison and the documentation all come from this row.
type member struct {
	name string
	kind fw.Kind
	doc  string
}

// members is the client metadata this resource knows by name; the rest goes
// through additional_metadata.
func members() []member {
	return slices.Concat(core(), openID(), logout(), mutualTLS(), requests(), introspection(), backchannel(), choices(), brazil())
}

const (
	rfc7591 = " ([RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2))"
	openid  = " ([OpenID Connect Dynamic Client Registration 1.0 §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata))"
	rfc8705 = " ([RFC 8705 §2.1.2](https://www.rfc-editor.org/rfc/rfc8705#section-2.1.2))"
	unset   = " Unset, the authorization server decides."
)

// core is RFC 7591 §2.
func core() []member {
	return []member{
		{"redirect_uris", fw.Set, "The redirect URIs of the client" + rfc7591 + ". With a software statement they must be among those the statement lists." + unset},
		{"token_endpoint_auth_method", fw.Text, "How the client authenticates at the token endpoint, such as `private_key_jwt`, `tls_client_auth` or `client_secret_basic`" + rfc7591 + ". By the RFC the default is `client_secret_basic`." + unset},
		{"grant_types", fw.Set, "The grant types the client may use, such as `authorization_code`, `refresh_token` and `client_credentials`" + rfc7591 + ". By the RFC the default is `[\"authorization_code\"]`." + unset},
		{"response_types", fw.Set, "The response types the client may use, such as `code` or `code id_token`; the order of words within one does not matter" + rfc7591 + ". By the RFC the default is `[\"code\"]`." + unset},
		{"scope", fw.Words, "The scopes the client may ask for, separated by spaces; their order does not matter" + rfc7591 + "." + unset},
		{"client_name", fw.Text, "The name of the client that the server shows to users" + rfc7591 + "." + unset},
		{"client_uri", fw.Location, "The URL of a page about the client" + rfc7591 + "." + unset},
		{"logo_uri", fw.Location, "The URL of the client's logo" + rfc7591 + "." + unset},
		{"tos_uri", fw.Location, "The URL of the client's terms of service" + rfc7591 + "." + unset},
		{"policy_uri", fw.Location, "The URL of the client's privacy policy" + rfc7591 + "." + unset},
		{"contacts", fw.Set, "Ways to reach the people responsible for the client, usually e-mail addresses" + rfc7591 + "." + unset},
		{"jwks_uri", fw.Location, "The URL of the client's public keys; conflicts with `jwks`" + rfc7591 + "." + unset},
		{"jwks", fw.Keys, "The client's public keys as a JSON Web Key Set; conflicts with `jwks_uri`" + rfc7591 + "." + unset},
		{"software_id", fw.Text, "The identifier of the client software, the same for all its instances" + rfc7591 + "." + unset},
		{"software_version", fw.Text, "The version of the client software" + rfc7591 + "." + unset},
	}
}

// openID is OpenID Connect Dynamic Client Registration 1.0 §2.
func openID() []member {
	return []member{
		{"application_type", fw.Text, "The kind of application, `web` or `native`" + openid + ". By the specification the default is `web`." + unset},
		{"sector_identifier_uri", fw.Location, "The https URL from which pairwise subject identifiers are derived" + openid + "." + unset},
		{"subject_type", fw.Text, "The subject type, `pairwise` or `public`" + openid + "." + unset},
		{"id_token_signed_response_alg", fw.Text, "The algorithm that signs ID tokens, such as `PS256`" + openid + ". By the specification the default is `RS256`." + unset},
		{"id_token_encrypted_response_alg", fw.Text, "The key management algorithm that encrypts ID tokens" + openid + "." + unset},
		{"id_token_encrypted_response_enc", fw.Text, "The content encryption algorithm of ID tokens" + openid + "." + unset},
		{"userinfo_signed_response_alg", fw.Text, "The algorithm that signs UserInfo answers" + openid + "." + unset},
		{"userinfo_encrypted_response_alg", fw.Text, "The key management algorithm that encrypts UserInfo answers" + openid + "." + unset},
		{"userinfo_encrypted_response_enc", fw.Text, "The content encryption algorithm of UserInfo answers" + openid + "." + unset},
		{"request_object_signing_alg", fw.Text, "The algorithm that must sign request objects, such as `PS256`" + openid + "." + unset},
		{"request_object_encryption_alg", fw.Text, "The key management algorithm that encrypts request objects" + openid + "." + unset},
		{"request_object_encryption_enc", fw.Text, "The content encryption algorithm of request objects" + openid + "." + unset},
		{"token_endpoint_auth_signing_alg", fw.Text, "The algorithm that signs client assertions at the token endpoint, such as `PS256`" + openid + "." + unset},
		{"default_max_age", fw.Integer, "The default maximum authentication age, in seconds" + openid + "." + unset},
		{"require_auth_time", fw.Flag, "Whether ID tokens must carry `auth_time`" + openid + ". By the specification the default is `false`." + unset},
		{"default_acr_values", fw.List, "The default authentication context class references, in order of preference" + openid + "." + unset},
		{"initiate_login_uri", fw.Location, "The https URL at which a third party can start a login" + openid + "." + unset},
		{"request_uris", fw.Set, "The request URIs the client may use" + openid + "." + unset},
	}
}

// logout is the OpenID Connect logout specifications.
func logout() []member {
	return []member{
		{"post_logout_redirect_uris", fw.Set, "Where users may be sent after a logout ([RP-Initiated Logout 1.0 §3.1](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ClientMetadata))." + unset},
		{"frontchannel_logout_uri", fw.Location, "The URL that logs the user out in the browser ([Front-Channel Logout 1.0 §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout))." + unset},
		{"frontchannel_logout_session_required", fw.Flag, "Whether the front-channel logout needs issuer and session ([Front-Channel Logout 1.0 §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout)). By the specification the default is `false`." + unset},
		{"backchannel_logout_uri", fw.Location, "The URL that takes logout tokens ([Back-Channel Logout 1.0 §2.2](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration))." + unset},
		{"backchannel_logout_session_required", fw.Flag, "Whether logout tokens must carry a session ID ([Back-Channel Logout 1.0 §2.2](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration)). By the specification the default is `false`." + unset},
	}
}

// mutualTLS is RFC 8705 §2.1.2 and §3.4.
func mutualTLS() []member {
	return []member{
		{"tls_client_auth_subject_dn", fw.Text, "The subject DN of the certificate the client authenticates with, in RFC 4514 form, as `dcr_transport_certificate.subject_dn` gives it" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_dns", fw.Text, "The DNS name in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_uri", fw.Text, "The URI in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_ip", fw.Text, "The IP address in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_email", fw.Text, "The e-mail address in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_certificate_bound_access_tokens", fw.Flag, "Whether access tokens are bound to the client certificate ([RFC 8705 §3.4](https://www.rfc-editor.org/rfc/rfc8705#section-3.4)). By the RFC the default is `false`." + unset},
		{"use_mtls_endpoint_aliases", fw.Flag, "Whether the client uses the endpoints under `mtls_endpoint_aliases` ([RFC 8705 §5](https://www.rfc-editor.org/rfc/rfc8705#section-5)); some servers know it." + unset},
	}
}

// requests is JAR (RFC 9101), PAR (RFC 9126), RAR (RFC 9396), DPoP (RFC 9449) and JARM.
func requests() []member {
	return []member{
		{"require_signed_request_object", fw.Flag, "Whether every authorization request must be a signed request object ([RFC 9101 §10.5](https://www.rfc-editor.org/rfc/rfc9101#section-10.5)). By the RFC the default is `false`." + unset},
		{"require_pushed_authorization_requests", fw.Flag, "Whether every authorization request must be pushed ([RFC 9126 §6](https://www.rfc-editor.org/rfc/rfc9126#section-6)). By the RFC the default is `false`." + unset},
		{"authorization_details_types", fw.Set, "The types of authorization details the client may use ([RFC 9396 §10](https://www.rfc-editor.org/rfc/rfc9396#section-10))." + unset},
		{"dpop_bound_access_tokens", fw.Flag, "Whether the client always uses DPoP ([RFC 9449 §5.2](https://www.rfc-editor.org/rfc/rfc9449#section-5.2)). By the RFC the default is `false`." + unset},
		{"authorization_signed_response_alg", fw.Text, "The algorithm that signs authorization responses ([JARM §3](https://openid.net/specs/oauth-v2-jarm.html#name-client-metadata))." + unset},
		{"authorization_encrypted_response_alg", fw.Text, "The key management algorithm that encrypts authorization responses ([JARM §3](https://openid.net/specs/oauth-v2-jarm.html#name-client-metadata))." + unset},
		{"authorization_encrypted_response_enc", fw.Text, "The content encryption algorithm of authorization responses ([JARM §3](https://openid.net/specs/oauth-v2-jarm.html#name-client-metadata))." + unset},
		{"response_modes", fw.Set, "The response modes the client may use, such as `query`, `form_post` or `jwt`; several servers know it." + unset},
	}
}

// introspection is RFC 9701 §6 and the authentication methods of two endpoints.
func introspection() []member {
	const rfc9701 = " ([RFC 9701 §6](https://www.rfc-editor.org/rfc/rfc9701#section-6))"
	return []member{
		{"introspection_signed_response_alg", fw.Text, "The algorithm that signs introspection answers" + rfc9701 + ". By the RFC the default is `RS256`." + unset},
		{"introspection_encrypted_response_alg", fw.Text, "The key management algorithm that encrypts introspection answers" + rfc9701 + "." + unset},
		{"introspection_encrypted_response_enc", fw.Text, "The content encryption algorithm of introspection answers" + rfc9701 + "." + unset},
		{"introspection_endpoint_auth_method", fw.Text, "How the client authenticates at the introspection endpoint; some servers know it." + unset},
		{"revocation_endpoint_auth_method", fw.Text, "How the client authenticates at the revocation endpoint; some servers know it." + unset},
	}
}

// choices is OpenID Connect Relying Party Metadata Choices 1.0: lists where
// registration otherwise has one value.
func choices() []member {
	const supported = " the client supports, of which the server chooses ([Relying Party Metadata Choices 1.0](https://openid.net/specs/openid-connect-rp-metadata-choices-1_0.html))." + unset
	return []member{
		{"subject_types_supported", fw.Set, "The subject types" + supported},
		{"token_endpoint_auth_methods_supported", fw.Set, "The authentication methods at the token endpoint" + supported},
		{"token_endpoint_auth_signing_alg_values_supported", fw.Set, "The algorithms that sign client assertions" + supported},
		{"request_object_signing_alg_values_supported", fw.Set, "The algorithms that sign request objects" + supported},
		{"request_object_encryption_alg_values_supported", fw.Set, "The key management algorithms of request objects" + supported},
		{"request_object_encryption_enc_values_supported", fw.Set, "The content encryption algorithms of request objects" + supported},
		{"backchannel_authentication_request_signing_alg_values_supported", fw.Set, "The algorithms that sign backchannel authentication requests" + supported},
		{"id_token_signing_alg_values_supported", fw.Set, "The algorithms that sign ID tokens" + supported},
		{"id_token_encryption_alg_values_supported", fw.Set, "The key management algorithms of ID tokens" + supported},
		{"id_token_encryption_enc_values_supported", fw.Set, "The content encryption algorithms of ID tokens" + supported},
		{"userinfo_signing_alg_values_supported", fw.Set, "The algorithms that sign UserInfo answers" + supported},
		{"userinfo_encryption_alg_values_supported", fw.Set, "The key management algorithms of UserInfo answers" + supported},
		{"userinfo_encryption_enc_values_supported", fw.Set, "The content encryption algorithms of UserInfo answers" + supported},
		{"authorization_signing_alg_values_supported", fw.Set, "The algorithms that sign authorization responses" + supported},
		{"authorization_encryption_alg_values_supported", fw.Set, "The key management algorithms of authorization responses" + supported},
		{"authorization_encryption_enc_values_supported", fw.Set, "The content encryption algorithms of authorization responses" + supported},
		{"introspection_signing_alg_values_supported", fw.Set, "The algorithms that sign introspection answers" + supported},
		{"introspection_encryption_alg_values_supported", fw.Set, "The key management algorithms of introspection answers" + supported},
		{"introspection_encryption_enc_values_supported", fw.Set, "The content encryption algorithms of introspection answers" + supported},
	}
}

// brazil is what Open Finance Brasil's registration adds.
func brazil() []member {
	return []member{
		{"webhook_uris", fw.Set, "The https URLs at which the server may notify the client, without trailing slash or query (Open Finance Brasil). They must be among those the software statement lists." + unset},
	}
}

// backchannel is Client-Initiated Backchannel Authentication §4.
func backchannel() []member {
	const ciba = " ([CIBA Core 1.0 §4](https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html#registration))"
	return []member{
		{"backchannel_token_delivery_mode", fw.Text, "How tokens are delivered: `poll`, `ping` or `push`" + ciba + "." + unset},
		{"backchannel_client_notification_endpoint", fw.Location, "The https URL that takes notifications in ping and push mode" + ciba + "." + unset},
		{"backchannel_authentication_request_signing_alg", fw.Text, "The algorithm that signs authentication requests" + ciba + "." + unset},
		{"backchannel_user_code_parameter", fw.Flag, "Whether the client supports user codes" + ciba + ". By the specification the default is `false`." + unset},
	}
}
