package client

// kind is how a client metadata member looks in HCL and in JSON.
type kind int

const (
	text     kind = iota // string ↔ string
	location             // string ↔ string, an absolute URL
	flag                 // bool ↔ boolean
	number               // number ↔ integer
	set                  // set of strings ↔ array of strings
	document             // JSON text ↔ object
)

// member is one client metadata member under its RFC name. The schema, the
// request, the comparison and the documentation all come from this row.
type member struct {
	name string
	kind kind
	doc  string
}

// members is the client metadata this resource knows by name; the rest goes
// through additional_metadata.
func members() []member {
	var all []member
	for _, group := range [][]member{core(), openID(), logout(), mutualTLS(), requests(), backchannel()} {
		all = append(all, group...)
	}
	return all
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
		{"redirect_uris", set, "The redirect URIs of the client" + rfc7591 + ". With a software statement they must be among those the statement lists." + unset},
		{"token_endpoint_auth_method", text, "How the client authenticates at the token endpoint, such as `private_key_jwt`, `tls_client_auth` or `client_secret_basic`" + rfc7591 + ". By the RFC the default is `client_secret_basic`." + unset},
		{"grant_types", set, "The grant types the client may use, such as `authorization_code`, `refresh_token` and `client_credentials`" + rfc7591 + ". By the RFC the default is `[\"authorization_code\"]`." + unset},
		{"response_types", set, "The response types the client may use, such as `code` or `code id_token`; the order of words within one does not matter" + rfc7591 + ". By the RFC the default is `[\"code\"]`." + unset},
		{"scope", text, "The scopes the client may ask for, separated by spaces; their order does not matter" + rfc7591 + "." + unset},
		{"client_name", text, "The name of the client that the server shows to users" + rfc7591 + "." + unset},
		{"client_uri", location, "The URL of a page about the client" + rfc7591 + "." + unset},
		{"logo_uri", location, "The URL of the client's logo" + rfc7591 + "." + unset},
		{"tos_uri", location, "The URL of the client's terms of service" + rfc7591 + "." + unset},
		{"policy_uri", location, "The URL of the client's privacy policy" + rfc7591 + "." + unset},
		{"contacts", set, "Ways to reach the people responsible for the client, usually e-mail addresses" + rfc7591 + "." + unset},
		{"jwks_uri", location, "The URL of the client's public keys; conflicts with `jwks`" + rfc7591 + "." + unset},
		{"jwks", document, "The client's public keys as a JSON Web Key Set; conflicts with `jwks_uri`" + rfc7591 + "." + unset},
		{"software_id", text, "The identifier of the client software, the same for all its instances" + rfc7591 + "." + unset},
		{"software_version", text, "The version of the client software" + rfc7591 + "." + unset},
	}
}

// openID is OpenID Connect Dynamic Client Registration 1.0 §2.
func openID() []member {
	return []member{
		{"application_type", text, "The kind of application, `web` or `native`" + openid + ". By the specification the default is `web`." + unset},
		{"sector_identifier_uri", location, "The https URL from which pairwise subject identifiers are derived" + openid + "." + unset},
		{"subject_type", text, "The subject type, `pairwise` or `public`" + openid + "." + unset},
		{"id_token_signed_response_alg", text, "The algorithm that signs ID tokens, such as `PS256`" + openid + ". By the specification the default is `RS256`." + unset},
		{"id_token_encrypted_response_alg", text, "The key management algorithm that encrypts ID tokens" + openid + "." + unset},
		{"id_token_encrypted_response_enc", text, "The content encryption algorithm of ID tokens" + openid + "." + unset},
		{"userinfo_signed_response_alg", text, "The algorithm that signs UserInfo answers" + openid + "." + unset},
		{"userinfo_encrypted_response_alg", text, "The key management algorithm that encrypts UserInfo answers" + openid + "." + unset},
		{"userinfo_encrypted_response_enc", text, "The content encryption algorithm of UserInfo answers" + openid + "." + unset},
		{"request_object_signing_alg", text, "The algorithm that must sign request objects, such as `PS256`" + openid + "." + unset},
		{"request_object_encryption_alg", text, "The key management algorithm that encrypts request objects" + openid + "." + unset},
		{"request_object_encryption_enc", text, "The content encryption algorithm of request objects" + openid + "." + unset},
		{"token_endpoint_auth_signing_alg", text, "The algorithm that signs client assertions at the token endpoint, such as `PS256`" + openid + "." + unset},
		{"default_max_age", number, "The default maximum authentication age, in seconds" + openid + "." + unset},
		{"require_auth_time", flag, "Whether ID tokens must carry `auth_time`" + openid + ". By the specification the default is `false`." + unset},
		{"default_acr_values", set, "The default authentication context class references" + openid + "." + unset},
		{"initiate_login_uri", location, "The https URL at which a third party can start a login" + openid + "." + unset},
		{"request_uris", set, "The request URIs the client may use" + openid + "." + unset},
	}
}

// logout is the OpenID Connect logout specifications.
func logout() []member {
	return []member{
		{"post_logout_redirect_uris", set, "Where users may be sent after a logout ([RP-Initiated Logout 1.0 §3.1](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ClientMetadata))." + unset},
		{"frontchannel_logout_uri", location, "The URL that logs the user out in the browser ([Front-Channel Logout 1.0 §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout))." + unset},
		{"frontchannel_logout_session_required", flag, "Whether the front-channel logout needs issuer and session ([Front-Channel Logout 1.0 §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout)). By the specification the default is `false`." + unset},
		{"backchannel_logout_uri", location, "The URL that takes logout tokens ([Back-Channel Logout 1.0 §2.2](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration))." + unset},
		{"backchannel_logout_session_required", flag, "Whether logout tokens must carry a session ID ([Back-Channel Logout 1.0 §2.2](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration)). By the specification the default is `false`." + unset},
	}
}

// mutualTLS is RFC 8705 §2.1.2 and §3.4.
func mutualTLS() []member {
	return []member{
		{"tls_client_auth_subject_dn", text, "The subject DN of the certificate the client authenticates with, in RFC 4514 form, as `dcr_transport_certificate.subject_dn` gives it" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_dns", text, "The DNS name in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_uri", text, "The URI in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_ip", text, "The IP address in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_auth_san_email", text, "The e-mail address in the certificate the client authenticates with" + rfc8705 + "; one subject only may be set." + unset},
		{"tls_client_certificate_bound_access_tokens", flag, "Whether access tokens are bound to the client certificate ([RFC 8705 §3.4](https://www.rfc-editor.org/rfc/rfc8705#section-3.4)). By the RFC the default is `false`." + unset},
	}
}

// requests is JAR (RFC 9101), PAR (RFC 9126), RAR (RFC 9396), DPoP (RFC 9449) and JARM.
func requests() []member {
	return []member{
		{"require_signed_request_object", flag, "Whether every authorization request must be a signed request object ([RFC 9101 §10.5](https://www.rfc-editor.org/rfc/rfc9101#section-10.5)). By the RFC the default is `false`." + unset},
		{"require_pushed_authorization_requests", flag, "Whether every authorization request must be pushed ([RFC 9126 §6](https://www.rfc-editor.org/rfc/rfc9126#section-6)). By the RFC the default is `false`." + unset},
		{"authorization_details_types", set, "The types of authorization details the client may use ([RFC 9396 §10](https://www.rfc-editor.org/rfc/rfc9396#section-10))." + unset},
		{"dpop_bound_access_tokens", flag, "Whether the client always uses DPoP ([RFC 9449 §5.2](https://www.rfc-editor.org/rfc/rfc9449#section-5.2)). By the RFC the default is `false`." + unset},
		{"authorization_signed_response_alg", text, "The algorithm that signs authorization responses ([JARM §3](https://openid.net/specs/oauth-v2-jarm.html#name-client-metadata))." + unset},
		{"authorization_encrypted_response_alg", text, "The key management algorithm that encrypts authorization responses ([JARM §3](https://openid.net/specs/oauth-v2-jarm.html#name-client-metadata))." + unset},
		{"authorization_encrypted_response_enc", text, "The content encryption algorithm of authorization responses ([JARM §3](https://openid.net/specs/oauth-v2-jarm.html#name-client-metadata))." + unset},
	}
}

// backchannel is Client-Initiated Backchannel Authentication §4.
func backchannel() []member {
	const ciba = " ([CIBA Core 1.0 §4](https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html#registration))"
	return []member{
		{"backchannel_token_delivery_mode", text, "How tokens are delivered: `poll`, `ping` or `push`" + ciba + "." + unset},
		{"backchannel_client_notification_endpoint", location, "The https URL that takes notifications in ping and push mode" + ciba + "." + unset},
		{"backchannel_authentication_request_signing_alg", text, "The algorithm that signs authentication requests" + ciba + "." + unset},
		{"backchannel_user_code_parameter", flag, "Whether the client supports user codes" + ciba + ". By the specification the default is `false`." + unset},
	}
}
