package application

import "github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"

// dataMember is a member of an application that is shown as it is.
type dataMember struct {
	fw.Datum
	// json is the directory's name.
	json string
}

func dataMembers() []dataMember {
	return []dataMember{
		{json: "ClientName", Datum: fw.Datum{Name: "client_name", Doc: "The name of the application."}},
		{json: "RedirectUri", Datum: fw.Datum{Name: "redirect_uris", Kind: fw.Set, Doc: "The redirect URIs the application may register at authorization servers."}},
		{json: "LogoUri", Datum: fw.Datum{Name: "logo_uri", Doc: "The URL of the logo."}},
		{json: "ClientUri", Datum: fw.Datum{Name: "client_uri", Doc: "The URL of a page about the application."}},
		{json: "HomepageUri", Datum: fw.Datum{Name: "homepage_uri", Doc: "The URL of the application's home page."}},
		{json: "PolicyUri", Datum: fw.Datum{Name: "policy_uri", Doc: "The URL of the privacy policy."}},
		{json: "TermsOfServiceUri", Datum: fw.Datum{Name: "terms_of_service_uri", Doc: "The URL of the terms of service."}},
		{json: "PostLogoutRedirectUris", Datum: fw.Datum{Name: "post_logout_redirect_uris", Kind: fw.Set, Doc: "Where users may be sent after a logout."}},
		{json: "Description", Datum: fw.Datum{Name: "description", Doc: "The description of the application."}},
		{json: "Environment", Datum: fw.Datum{Name: "environment", Doc: "The environment, such as `Sandbox` or `production`."}},
		{json: "Mode", Datum: fw.Datum{Name: "mode", Doc: "The mode of the application: `Live` or `Test`."}},
		{json: "OnBehalfOf", Datum: fw.Datum{Name: "on_behalf_of", Doc: "The party the application acts for."}},
		{json: "NotificationWebhook", Datum: fw.Datum{Name: "notification_webhook_uri", Doc: "The URL at which the directory announces changes."}},
		{json: "NotificationWebhookStatus", Datum: fw.Datum{Name: "notification_webhook_status", Doc: "The status of the notification webhook: `Pending`, `Confirmed` or `Deactivated`."}},
		{json: "ApiWebhookUri", Datum: fw.Datum{Name: "api_webhook_uris", Kind: fw.Set, Doc: "The URLs at which APIs may call the application."}},
		{json: "OriginUri", Datum: fw.Datum{Name: "origin_uris", Kind: fw.Set, Doc: "The origins of the application."}},
		{json: "RelatedAuthorisationServer", Datum: fw.Datum{Name: "related_authorization_server_id", Doc: "The ID of the organisation's authorization server that belongs to the application."}},
		{json: "OpenidFederationEnabled", Datum: fw.Datum{Name: "federation_enabled", Kind: fw.Flag, Doc: "Whether the application takes part in an OpenID Federation."}},
		{json: "OpenidFederationEntityManagementType", Datum: fw.Datum{Name: "federation_management", Doc: "Who manages the application's federation entity."}},
		{json: "FederationEndpoint", Datum: fw.Datum{Name: "federation_endpoint", Doc: "Where the directory publishes the application's entity in the federation."}},
		{json: "RequireSignedRequestObject", Datum: fw.Datum{Name: "require_signed_request_object", Kind: fw.Flag, Doc: "Whether the application's client at the directory must sign its request objects."}},
		{json: "TlsClientCertificateBoundAccessTokens", Datum: fw.Datum{Name: "tls_client_certificate_bound_access_tokens", Kind: fw.Flag, Doc: "Whether access tokens of the application's client at the directory are bound to its certificate."}},
		{json: "IdTokenSignedResponseAlgorithm", Datum: fw.Datum{Name: "id_token_signed_response_alg", Doc: "The algorithm that signs ID tokens for the application's client at the directory."}},
		{json: "TokenEndpointAuthMethod", Datum: fw.Datum{Name: "token_endpoint_auth_method", Doc: "How the application's client authenticates at the directory's own token endpoint."}},
		{json: "OrganisationId", Datum: fw.Datum{Name: "organisation_id", Doc: "The ID of the organisation the application belongs to."}},
		{json: "ClientId", Datum: fw.Datum{Name: "client_id", Doc: "The application's client ID at the directory itself, not at any bank."}},
		{json: "CreatedAt", Datum: fw.Datum{Name: "created_at", Doc: "When the application was created, as the directory writes it, if it says so."}},
		{json: "Status", Datum: fw.Datum{Name: "status", Doc: "The application's status: `Active`, `Suspended` or `Inactive`."}},
	}
}

// dataShown are all attributes that a plain table describes.
func dataShown() []fw.Datum {
	shown := dataAnswers()
	for _, m := range dataMembers() {
		shown = append(shown, m.Datum)
	}
	return shown
}

// dataAnswers are the attributes that are more than a member shown as it is.
func dataAnswers() []fw.Datum {
	return []fw.Datum{
		{Name: "id", Doc: "The application's ID, which the directory calls the software statement ID."},
		{Name: "additional_metadata", Kind: fw.Document, Doc: "Additional client metadata, as a JSON object. Null when there is none."},
		{Name: "locked", Kind: fw.Flag, Doc: "Whether the application is locked, which issuing a software statement does."},
		{Name: "jwks_uri", Doc: "The URL of the application's signing and encryption keys in the keystore."},
		{Name: "transport_jwks_uri", Doc: "The URL of the application's transport certificates in the keystore."},
	}
}

func dataRoles() []fw.Datum {
	return []fw.Datum{
		{Name: "authorisation_domain", Doc: "The authorisation domain, exactly as the directory spells it; some names end in a space."},
		{Name: "role", Doc: "The role in that domain, such as `DADOS`."},
	}
}

func dataFlags() []fw.Datum {
	return []fw.Datum{
		{Name: "id", Doc: "The flag's ID."},
		{Name: "name", Doc: "The flag's name."},
		{Name: "value", Doc: "The flag's value."},
	}
}

func dataCertificates() []fw.Datum {
	return []fw.Datum{
		{Name: "kid", Doc: "The key ID in the directory."},
		{Name: "type", Doc: "The type, such as `rtstransport`."},
		{Name: "status", Doc: "The status in the directory: `Active` or `Inactive`. Expiry is another matter: see `not_after`."},
		{Name: "not_before", Doc: "When the certificate's validity begins, as RFC 3339 time, from the certificate itself. Null for a bare key."},
		{Name: "not_after", Doc: "When the certificate's validity ends, as RFC 3339 time, from the certificate itself. Null for a bare key."},
		{Name: "subject_dn", Doc: "The certificate's subject, as RFC 4514 text. Null for a bare key."},
	}
}
