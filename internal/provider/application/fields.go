package application

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// field is one member of an application that the user may set. The schema,
// the request, the comparison and the documentation all come from this row.
type field struct {
	// name is the attribute, json the directory's member.
	name, json string
	kind       fw.Kind
	doc        string
	// allowed are the only values of an enumeration.
	allowed []string
	// most is the longest text, or element of a set, in characters; zero is no limit.
	most int
	// rule makes a further validator of the text, or of each element.
	rule func() validator.String
}

const (
	most  = 255
	unset = " Unset, the directory decides, and what it has is left alone; removing what was once set clears it."

	flagsMember      = "Flags"
	federationMember = "OpenidFederationEntityManagementType"
	selfManaged      = "openid_entity_self_managed"
)

// fields lists the optional members with plain conversion; flags may also be
// written by name. Client name, version, redirect URIs, roles, status, client ID
// and additional metadata have rules of their own.
func fields() []field {
	return []field{
		{name: "logo_uri", json: "LogoUri", kind: fw.Text, rule: logo,
			doc: "The logo: an http or https URL, or a `data:image/…;base64,…` URI, which the directory hosts itself; that it then reads back as another URL is no change. Defaults to a built-in placeholder image."},
		{name: "client_uri", json: "ClientUri", kind: fw.Location, most: most, doc: "The URL of a page about the application." + unset},
		{name: "homepage_uri", json: "HomepageUri", kind: fw.Location, most: most, doc: "The URL of the application's home page; not every directory knows it." + unset},
		{name: "policy_uri", json: "PolicyUri", kind: fw.Location, most: most, doc: "The URL of the privacy policy." + unset},
		{name: "terms_of_service_uri", json: "TermsOfServiceUri", kind: fw.Location, most: most, doc: "The URL of the terms of service." + unset},
		{name: "post_logout_redirect_uris", json: "PostLogoutRedirectUris", kind: fw.Set, rule: fw.URL, most: most, doc: "Where users may be sent after a logout." + unset},
		{name: "description", json: "Description", kind: fw.Text, most: most, doc: "A description of the application." + unset},
		{name: "environment", json: "Environment", kind: fw.Text, most: 40, doc: "The environment, such as `Sandbox` or `production`." + unset},
		{name: "mode", json: "Mode", kind: fw.Text, allowed: []string{"Live", "Test"}, doc: "The mode of the application. Directories default to `Live`." + unset},
		{name: "on_behalf_of", json: "OnBehalfOf", kind: fw.Text, most: most, doc: "The party the application acts for." + unset},
		{name: "notification_webhook_uri", json: "NotificationWebhook", kind: fw.Location, most: most, doc: "The URL at which the directory announces changes. It has to be confirmed within three days by following the link in the first announcement; `notification_webhook_status` tells." + unset},
		{name: "api_webhook_uris", json: "ApiWebhookUri", kind: fw.Set, rule: webhook, doc: "The https URLs at which APIs may call the application, without trailing slash or query." + unset},
		{name: "origin_uris", json: "OriginUri", kind: fw.Set, rule: origin, most: most, doc: "The origins of the application: `https://host`, `android:apk-key-hash:…` or `ios:bundle-id:…`." + unset},
		{name: "related_authorization_server_id", json: "RelatedAuthorisationServer", kind: fw.Text, most: 40, doc: "The ID of the organisation's authorization server that belongs to the application." + unset},
		{name: "require_signed_request_object", json: "RequireSignedRequestObject", kind: fw.Flag, doc: "Whether the application's client at the directory must sign its request objects. Directories default to `true`." + unset},
		{name: "tls_client_certificate_bound_access_tokens", json: "TlsClientCertificateBoundAccessTokens", kind: fw.Flag, doc: "Whether access tokens of the application's client at the directory are bound to its certificate. Directories default to `true`." + unset},
		{name: "id_token_signed_response_alg", json: "IdTokenSignedResponseAlgorithm", kind: fw.Text, allowed: []string{"PS256", "RS256"}, doc: "The algorithm that signs ID tokens for the application's client at the directory. Directories default to `PS256`." + unset},
		{name: "token_endpoint_auth_method", json: "TokenEndpointAuthMethod", kind: fw.Text, allowed: []string{"private_key_jwt", "tls_client_auth", "client_secret_basic"}, doc: "How the application's client authenticates at the directory's own token endpoint. Directories default to `private_key_jwt`; `client_secret_basic` gives a `client_secret`." + unset},
		{name: "federation_enabled", json: "OpenidFederationEnabled", kind: fw.Flag, doc: "Whether the application takes part in OpenID Federation; `federation_endpoint` then says where. Directories default to `false`." + unset},
		{name: "federation_management", json: federationMember, kind: fw.Text, allowed: []string{"openid_entity_federation_managed", selfManaged}, doc: "Who keeps the application's entity in the federation: the directory, or the application itself, which then may have a `client_id` of its own." + unset},
		{name: "flags", json: flagsMember, kind: fw.Set, rule: fw.Word, doc: "The directory's flags on the application, each by its ID or its name. A name that several flags have is refused at plan time with their IDs. Reading the directory's list of flags takes a token with the scope `directory:website`; with IDs, none is needed." + unset},
	}
}

func (f field) validators() []validator.String {
	var out []validator.String
	if len(f.allowed) > 0 {
		out = append(out, stringvalidator.OneOf(f.allowed...))
	}
	if f.most > 0 {
		out = append(out, stringvalidator.UTF8LengthBetween(1, f.most))
	}
	if f.rule != nil {
		out = append(out, f.rule())
	}
	return out
}

// description adds what the row knows to the sentence it has.
func (f field) description() string {
	d := f.doc
	if len(f.allowed) > 0 {
		d += " " + fw.OneOf(f.allowed)
	}
	switch {
	case f.most > 0 && f.kind == fw.Set:
		d += fmt.Sprintf(" Each has at most %d characters.", f.most)
	case f.most > 0:
		d += fmt.Sprintf(" At most %d characters.", f.most)
	}
	return d
}

func logo() validator.String {
	data := regexp.MustCompile(`^data:image/[a-zA-Z]+;base64,[A-Za-z0-9+/]*={0,2}$`)
	return fw.Rule("an http or https URL, or a data:image/…;base64,… URI", func(s string) string {
		if data.MatchString(s) || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
			return ""
		}
		return "The value is neither."
	})
}

func webhook() validator.String {
	form := regexp.MustCompile(`^https://[^\s/?#]+(/[^\s/?#]+)*$`)
	return fw.Rule("an https URL without trailing slash, query or fragment", func(s string) string {
		if utf8.RuneCountInString(s) > most || !form.MatchString(s) {
			return fmt.Sprintf("%q is not one, or is longer than %d characters.", s, most)
		}
		return ""
	})
}

func origin() validator.String {
	form := regexp.MustCompile(`^(https://[^\s/?#]+|android:apk-key-hash:\S+|ios:bundle-id:\S+)$`)
	return fw.Rule("https://host, android:apk-key-hash:… or ios:bundle-id:…", func(s string) string {
		if !form.MatchString(s) {
			return fmt.Sprintf("%q is not an origin.", s)
		}
		return ""
	})
}
