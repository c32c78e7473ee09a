package dcr

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
)

// Advice is something about a registration request that a server is likely to
// refuse or to change. Servers have the last word, so it is no error.
type Advice struct {
	// Member is the client metadata member to blame.
	Member string
	// Fact says what is odd, and where that is written.
	Fact string
}

// Advise looks at client metadata before it is sent: whether its members fit
// each other (RFC 7591 §2.1, RFC 8705 §2.1.2), what the server says it supports
// (RFC 8414 §2; nil when that is not known), and what the software statement
// claims (nil without one). Members that are not known yet are named, so that
// they are not missed.
func Advise(metadata Metadata, unknown []string, server *oauth.ServerMetadata, claims map[string]any) []Advice {
	asked := func(name string) bool {
		_, known := metadata[name]
		return known || slices.Contains(unknown, name)
	}
	advice := slices.Concat(fitting(metadata, asked, claims), unsupported(metadata, server), contradicting(metadata, claims), unlicensed(metadata, claims))
	slices.SortStableFunc(advice, func(a, b Advice) int { return strings.Compare(a.Member, b.Member) })
	return advice
}

// fitting compares the members with each other.
func fitting(metadata Metadata, asked func(string) bool, claims map[string]any) []Advice {
	var advice []Advice
	stated := claims != nil
	method := text(metadata["token_endpoint_auth_method"])
	subjects := []string{"tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email"}
	switch {
	case stated && len(claims) > 0 && method == "tls_client_auth" && !slices.ContainsFunc(subjects, asked) && !certified(claims):
		advice = append(advice, Advice{"token_endpoint_auth_method", "tls_client_auth needs exactly one of " + strings.Join(subjects, ", ") + " (RFC 8705 §2.1.2), and neither the metadata nor the software statement has one."})
	case stated:
	case method == "tls_client_auth" && !slices.ContainsFunc(subjects, asked):
		advice = append(advice, Advice{"token_endpoint_auth_method", "tls_client_auth needs exactly one of " + strings.Join(subjects, ", ") + " (RFC 8705 §2.1.2), and none is set."})
	case (method == "private_key_jwt" || method == "self_signed_tls_client_auth") && !asked("jwks") && !asked("jwks_uri"):
		advice = append(advice, Advice{"token_endpoint_auth_method", method + " needs the client's keys, and neither jwks_uri nor jwks is set."})
	}
	if len(metadata["grant_types"]) == 0 || len(metadata["response_types"]) == 0 {
		return advice
	}
	grants := valuesOf(metadata["grant_types"])
	needed := map[string]string{}
	for _, response := range valuesOf(metadata["response_types"]) {
		for _, word := range strings.Fields(response) {
			switch word {
			case "code":
				needed["authorization_code"] = response
			case "token", "id_token":
				needed["implicit"] = response
			}
		}
	}
	for _, grant := range slices.Sorted(maps.Keys(needed)) {
		if !slices.Contains(grants, grant) {
			advice = append(advice, Advice{"grant_types", fmt.Sprintf("The response type %q goes with the grant type %q (RFC 7591 §2.1), which is not among %s.", needed[grant], grant, quoted(grants))})
		}
	}
	if slices.Contains(grants, "authorization_code") && needed["authorization_code"] == "" {
		advice = append(advice, Advice{"response_types", "The grant type \"authorization_code\" goes with a response type that has \"code\" (RFC 7591 §2.1), and none does."})
	}
	return advice
}

// certified reports whether a software statement says with which certificate the
// client authenticates, under whatever name.
func certified(claims map[string]any) bool {
	for name := range claims {
		if strings.Contains(name, "tls_client_auth_s") {
			return true
		}
	}
	return false
}

// supportedBy maps members to what servers publish about them.
func supportedBy() map[string]string {
	return map[string]string{ //nolint:gosec // Names of members, no secrets.
		"token_endpoint_auth_method": "token_endpoint_auth_methods_supported", "grant_types": "grant_types_supported", "response_types": "response_types_supported",
		"response_modes": "response_modes_supported", "subject_type": "subject_types_supported", "default_acr_values": "acr_values_supported",
		"token_endpoint_auth_signing_alg": "token_endpoint_auth_signing_alg_values_supported",
		"id_token_signed_response_alg":    "id_token_signing_alg_values_supported", "id_token_encrypted_response_alg": "id_token_encryption_alg_values_supported", "id_token_encrypted_response_enc": "id_token_encryption_enc_values_supported",
		"userinfo_signed_response_alg": "userinfo_signing_alg_values_supported", "userinfo_encrypted_response_alg": "userinfo_encryption_alg_values_supported", "userinfo_encrypted_response_enc": "userinfo_encryption_enc_values_supported",
		"request_object_signing_alg": "request_object_signing_alg_values_supported", "request_object_encryption_alg": "request_object_encryption_alg_values_supported", "request_object_encryption_enc": "request_object_encryption_enc_values_supported",
		"authorization_signed_response_alg": "authorization_signing_alg_values_supported", "authorization_encrypted_response_alg": "authorization_encryption_alg_values_supported", "authorization_encrypted_response_enc": "authorization_encryption_enc_values_supported",
		"introspection_signed_response_alg": "introspection_signing_alg_values_supported", "introspection_encrypted_response_alg": "introspection_encryption_alg_values_supported", "introspection_encrypted_response_enc": "introspection_encryption_enc_values_supported",
		"backchannel_token_delivery_mode": "backchannel_token_delivery_modes_supported", "backchannel_authentication_request_signing_alg": "backchannel_authentication_request_signing_alg_values_supported",
		"authorization_details_types": "authorization_details_types_supported",
	}
}

// unsupported compares with the server's metadata. Scopes are left out: servers
// need not publish all (RFC 8414 §2).
func unsupported(metadata Metadata, server *oauth.ServerMetadata) []Advice {
	if server == nil {
		return nil
	}
	var advice []Advice
	for member, published := range supportedBy() {
		offered := sortedWords(valuesOf(server.Raw[published]))
		if len(offered) == 0 {
			continue
		}
		for _, value := range valuesOf(metadata[member]) {
			if !slices.Contains(offered, sortedWords([]string{value})[0]) {
				advice = append(advice, Advice{member, fmt.Sprintf("%q is not among what %s publishes in %s: %s.", value, server.Issuer, published, quoted(valuesOf(server.Raw[published])))})
			}
		}
	}
	return advice
}

// Contradictions says, one sentence each, what of the metadata the claims of the
// software statement contradict: why a server may have refused either.
func Contradictions(metadata Metadata, claims map[string]any) []string {
	var out []string
	for _, advice := range slices.Concat(contradicting(metadata, claims), unlicensed(metadata, claims)) {
		out = append(out, advice.Member+": "+advice.Fact)
	}
	slices.Sort(out)
	return out
}

// contradicting compares with the claims of the software statement, which win
// over plain members (RFC 7591 §2.3) and which Brazil's profile wants repeated.
func contradicting(metadata Metadata, claims map[string]any) []Advice {
	var advice []Advice
	for member, claim := range map[string]string{"redirect_uris": "software_redirect_uris", "webhook_uris": "software_api_webhook_uris"} {
		listed, ok := claims[claim].([]any)
		if !ok {
			continue
		}
		for _, uri := range valuesOf(metadata[member]) {
			if !slices.ContainsFunc(listed, func(one any) bool { return one == uri }) {
				advice = append(advice, Advice{member, fmt.Sprintf("%q is not in the software statement's %s, which has %s.", uri, claim, quoted(textsOf(listed)))})
			}
		}
	}
	for _, claim := range []string{"software_jwks_uri", "software_jwks_endpoint"} {
		stated, ok := claims[claim].(string)
		if !ok || stated == "" {
			continue
		}
		if own := text(metadata["jwks_uri"]); own != "" && own != stated {
			advice = append(advice, Advice{"jwks_uri", fmt.Sprintf("%q is not the software statement's %s, which is %q.", own, claim, stated)})
		}
		if len(metadata["jwks"]) > 0 {
			advice = append(advice, Advice{"jwks", fmt.Sprintf("The software statement names the keys by %s, %q; servers of such ecosystems refuse keys by value.", claim, stated)})
		}
	}
	return advice
}

// valuesOf reads a string or an array of strings.
func valuesOf(raw json.RawMessage) []string {
	if one := text(raw); one != "" {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many
}

// sortedWords sorts the words within each value, as their order in a response
// type means nothing.
func sortedWords(values []string) []string {
	out := make([]string, len(values))
	for i, value := range values {
		parts := strings.Fields(value)
		slices.Sort(parts)
		out[i] = strings.Join(parts, " ")
	}
	return out
}

func textsOf(values []any) []string {
	out := make([]string, 0, len(values))
	for _, value := range values {
		out = append(out, fmt.Sprint(value))
	}
	return out
}

func quoted(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	const most, longest = 20, 200
	out := make([]string, 0, min(len(values), most)+1)
	for i, value := range values {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(values)-most))
			break
		}
		if len(value) > longest {
			value = value[:longest] + "…"
		}
		out = append(out, fmt.Sprintf("%q", value))
	}
	return strings.Join(out, ", ")
}
