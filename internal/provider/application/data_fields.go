package application

import "github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"

// dataMembers are the members of an application that are shown as they are;
// dataNames has their names in the directory.
func dataMembers() []fw.Datum {
	return []fw.Datum{
		{Name: "client_name", Doc: "The name of the application."},
		{Name: "redirect_uris", Kind: fw.Set, Doc: "The redirect URIs the application may register at authorization servers."},
		{Name: "logo_uri", Doc: "The URL of the logo."},
		{Name: "client_uri", Doc: "The URL of a page about the application."},
		{Name: "homepage_uri", Doc: "The URL of the application's home page."},
		{Name: "policy_uri", Doc: "The URL of the privacy policy."},
		{Name: "terms_of_service_uri", Doc: "The URL of the terms of service."},
		{Name: "post_logout_redirect_uris", Kind: fw.Set, Doc: "Where users may be sent after a logout."},
		{Name: "description", Doc: "The description of the application."},
		{Name: "environment", Doc: "The environment, such as `Sandbox` or `production`."},
		{Name: "mode", Doc: "The mode of the application: `Live` or `Test`."},
		{Name: "on_behalf_of", Doc: "The party the application acts for."},
		{Name: "notification_webhook_uri", Doc: "The URL at which the directory announces changes."},
		{Name: "notification_webhook_status", Doc: "The status of the notification webhook: `Pending`, `Confirmed` or `Deactivated`."},
		{Name: "api_webhook_uris", Kind: fw.Set, Doc: "The URLs at which APIs may call the application."},
		{Name: "origin_uris", Kind: fw.Set, Doc: "The origins of the application."},
		{Name: "related_authorization_server_id", Doc: "The ID of the organisation's authorization server that belongs to the application."},
		{Name: "federation_enabled", Kind: fw.Flag, Doc: "Whether the application takes part in an OpenID Federation."},
		{Name: "federation_management", Doc: "Who manages the application's federation entity."},
		{Name: "require_signed_request_object", Kind: fw.Flag, Doc: "Whether the application's client at the directory must sign its request objects."},
		{Name: "tls_client_certificate_bound_access_tokens", Kind: fw.Flag, Doc: "Whether access tokens of the application's client at the directory are bound to its certificate."},
		{Name: "id_token_signed_response_alg", Doc: "The algorithm that signs ID tokens for the application's client at the directory."},
		{Name: "token_endpoint_auth_method", Doc: "How the application's client authenticates at the directory's own token endpoint."},
		{Name: "organisation_id", Doc: "The ID of the organisation the application belongs to."},
		{Name: "client_id", Doc: "The application's client ID at the directory itself, not at any bank."},
		{Name: "created_at", Doc: "When the application was created, as the directory writes it, if it says so."},
		{Name: "status", Doc: "The application's status: `Active`, `Suspended` or `Inactive`."},
	}
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

// dataNames are the directory's names of dataMembers.
func dataNames() map[string]string {
	return map[string]string{
		"client_name": "ClientName", "redirect_uris": "RedirectUri", "logo_uri": "LogoUri", "client_uri": "ClientUri",
		"homepage_uri": "HomepageUri", "policy_uri": "PolicyUri", "terms_of_service_uri": "TermsOfServiceUri",
		"post_logout_redirect_uris": "PostLogoutRedirectUris", "description": "Description", "environment": "Environment", "mode": "Mode",
		"on_behalf_of": "OnBehalfOf", "notification_webhook_uri": "NotificationWebhook", "notification_webhook_status": "NotificationWebhookStatus",
		"api_webhook_uris": "ApiWebhookUri", "origin_uris": "OriginUri", "related_authorization_server_id": "RelatedAuthorisationServer",
		"federation_enabled": "OpenidFederationEnabled", "federation_management": "OpenidFederationEntityManagementType",
		"require_signed_request_object":              "RequireSignedRequestObject",
		"tls_client_certificate_bound_access_tokens": "TlsClientCertificateBoundAccessTokens",
		"id_token_signed_response_alg":               "IdTokenSignedResponseAlgorithm", "token_endpoint_auth_method": "TokenEndpointAuthMethod",
		"organisation_id": "OrganisationId", "client_id": "ClientId", "created_at": "CreatedAt", "status": "Status",
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
