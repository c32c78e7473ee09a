package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// memberKind is how a client metadata member is checked.
type memberKind int

const (
	memberText memberKind = iota
	memberURI
	memberTexts
	memberURIs
	memberBool
	memberInt
	memberObject
)

// members is the table of the client metadata known here: RFC 7591, OpenID Connect Registration and
// logout, RFC 8705, RFC 9101, RFC 9126, RFC 9396, RFC 9449, JARM, CIBA and Open Finance Brasil.
func members() map[memberKind][]string {
	return map[memberKind][]string{
		memberText: {
			"client_name", "token_endpoint_auth_method", "scope", "software_id", "software_version", "application_type", "subject_type",
			"id_token_signed_response_alg", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc",
			"userinfo_signed_response_alg", "userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc",
			"request_object_signing_alg", "request_object_encryption_alg", "request_object_encryption_enc", "token_endpoint_auth_signing_alg",
			"tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email",
			"authorization_signed_response_alg", "authorization_encrypted_response_alg", "authorization_encrypted_response_enc",
			"introspection_signed_response_alg", "introspection_encrypted_response_alg", "introspection_encrypted_response_enc",
			"backchannel_token_delivery_mode", "backchannel_authentication_request_signing_alg",
			"introspection_endpoint_auth_method", "revocation_endpoint_auth_method",
		},
		memberURI: {
			"client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri", "sector_identifier_uri", "initiate_login_uri",
			"frontchannel_logout_uri", "backchannel_logout_uri", "backchannel_client_notification_endpoint",
		},
		memberTexts: {
			"grant_types", "response_types", "contacts", "default_acr_values", "authorization_details_types", "response_modes",
		},
		memberURIs: {"redirect_uris", "request_uris", "post_logout_redirect_uris", "webhook_uris"},
		memberBool: {
			"require_auth_time", "frontchannel_logout_session_required", "backchannel_logout_session_required",
			"tls_client_certificate_bound_access_tokens", "use_mtls_endpoint_aliases", "require_signed_request_object",
			"require_pushed_authorization_requests", "dpop_bound_access_tokens", "backchannel_user_code_parameter",
		},
		memberInt:    {"default_max_age"},
		memberObject: {"jwks"},
	}
}

func kindOf(name string) (memberKind, bool) {
	plain, _, tagged := strings.Cut(name, "#")
	if tagged && !isOneOf(plain, "client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri") {
		return 0, false
	}
	for kind, names := range members() {
		if slices.Contains(names, plain) {
			return kind, true
		}
	}
	// RP Metadata Choices are lists by their name.
	if strings.HasSuffix(plain, "_values_supported") || strings.HasSuffix(plain, "_types_supported") || strings.HasSuffix(plain, "_methods_supported") {
		return memberTexts, true
	}
	return 0, false
}

// checkMetadata reads the members, adds what the statement and the server say, and checks the whole.
func (b *bank) checkMetadata(e *enrolment) *refusal {
	e.metadata = map[string]any{}
	if e.current != nil && (b.temper.MergeOnUpdate || e.call.request.Method == http.MethodPatch) {
		e.metadata = cloneObject(e.current.Metadata)
	}
	for _, name := range sortedKeys(e.given) {
		if isOneOf(name, "client_id", "client_secret", "software_statement") {
			continue
		}
		if refused := b.takeMember(e, name); refused != nil {
			return refused
		}
	}
	fillFromStatement(e.metadata, e.claims)
	b.fillDefaults(e.metadata, textsOf(e.claims["software_roles"]))
	return b.checkWhole(e.metadata)
}

// takeMember stores one member. What nobody specified is ignored (RFC 7591 §2), unless the temper says otherwise.
func (b *bank) takeMember(e *enrolment, name string) *refusal {
	value := e.given[name]
	if value == nil {
		delete(e.metadata, name)
		return nil
	}
	if e.call.request.Method == http.MethodPatch {
		// A merge patch goes into objects (RFC 7396).
		merged := map[string]any{name: e.metadata[name]}
		mergePatch(merged, map[string]any{name: value})
		value = merged[name]
	}
	kind, known := kindOf(name)
	if !known {
		if b.temper.KeepUnknownMetadata {
			e.metadata[name] = value
		}
		return nil
	}
	if problem := checkMember(kind, value); problem != "" {
		code := codeMetadata
		if name == "redirect_uris" {
			code = codeRedirect
		}
		return refuse(code, name+" "+problem)
	}
	e.metadata[name] = value
	return nil
}

func checkMember(kind memberKind, value any) string {
	switch kind {
	case memberBool:
		if _, ok := value.(bool); !ok {
			return "must be true or false"
		}
	case memberInt:
		if n, ok := toInt(value); !ok || n < 0 {
			return "must be a number that is not negative"
		}
	case memberObject:
		if !isKeySet(value) {
			return "must be a JWK Set"
		}
	case memberTexts, memberURIs:
		return checkMembers(kind, value)
	default:
		text, ok := value.(string)
		if !ok || text == "" {
			return "must be a string"
		}
		if kind == memberURI && !isWebURI(text) {
			return "must be an absolute https URI without fragment"
		}
	}
	return ""
}

func checkMembers(kind memberKind, value any) string {
	list, ok := value.([]any)
	if !ok {
		return "must be an array"
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok || text == "" {
			return "must be an array of strings"
		}
		if kind == memberURIs && !isRedirectURI(text) {
			return "must hold absolute URIs without fragment"
		}
	}
	return ""
}

// isKeySet says whether a value is a JWK Set of public keys (RFC 7517 §5).
func isKeySet(value any) bool {
	object, _ := value.(map[string]any)
	list, _ := object["keys"].([]any)
	for _, item := range list {
		key, _ := item.(map[string]any)
		if textOf(key, "kty") == "" || key["d"] != nil || key["k"] != nil {
			return false
		}
	}
	return len(list) > 0
}

func isWebURI(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Fragment != "" || parsed.User != nil {
		return false
	}
	return parsed.Scheme == "https" || parsed.Scheme == "http" && isOneOf(parsed.Hostname(), "localhost", "127.0.0.1", "::1")
}

// isRedirectURI also takes private-use schemes (RFC 8252 §7.1).
func isRedirectURI(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil || strings.Contains(text, "#") || parsed.Scheme == "" {
		return false
	}
	if isOneOf(parsed.Scheme, "https", "http") {
		return isWebURI(text)
	}
	return strings.Contains(parsed.Scheme, ".")
}

// fillFromStatement takes from the statement what the request leaves out, and what has the
// same name in both: there the statement wins (RFC 7591 §2.3).
func fillFromStatement(metadata, claims map[string]any) {
	for name, claim := range map[string]string{
		"client_name": "software_client_name", "client_uri": "software_client_uri", "logo_uri": "software_logo_uri", "tos_uri": "software_tos_uri",
		"policy_uri": "software_policy_uri", "software_id": "software_id", "software_version": "software_version", "jwks_uri": "software_jwks_uri",
	} {
		if text := textOf(claims, claim); text != "" && (metadata[name] == nil || name == claim) {
			metadata[name] = text
		}
	}
}

// fillDefaults adds what this server registers when nothing is said (RFC 7591 §3.2.1).
func (b *bank) fillDefaults(metadata map[string]any, roles []string) {
	method := methodBasic
	if !slices.Contains(b.temper.TokenAuthMethods, method) {
		method = b.temper.TokenAuthMethods[0]
	}
	defaults := map[string]any{
		"token_endpoint_auth_method": method, "grant_types": []any{"authorization_code"}, "application_type": "web",
		"id_token_signed_response_alg": "PS256", "require_auth_time": false, "subject_type": "public", "scope": scopeFor(roles),
	}
	for name, value := range defaults {
		if metadata[name] == nil {
			metadata[name] = value
		}
	}
	if b.temper.GrantAllScopes {
		metadata["scope"] = sortedScope(strings.Join(supportedScopes(), " "))
	}
	if metadata["response_types"] == nil {
		metadata["response_types"] = []any{}
		if slices.Contains(textsOf(metadata["grant_types"]), "authorization_code") {
			metadata["response_types"] = []any{"code"}
		}
	}
}

// scopeFor is everything the roles of the software allow.
func scopeFor(roles []string) string {
	words := []string{"openid"}
	for _, role := range roles {
		words = append(words, scopesOf(role)...)
	}
	return sortedScope(strings.Join(words, " "))
}
