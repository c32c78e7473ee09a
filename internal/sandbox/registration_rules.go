package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// checkWhole applies the rules that tie members together.
func (b *bank) checkWhole(metadata map[string]any) *refusal {
	for _, rule := range []func(map[string]any) *refusal{b.checkMethod, checkKeys, checkFlows, checkRedirects, checkValues, checkWebhooks} {
		if refused := rule(metadata); refused != nil {
			return refused
		}
	}
	return nil
}

// checkMethod: the method is on offer, and tls_client_auth names exactly one subject (RFC 8705 §2.1.2).
func (b *bank) checkMethod(metadata map[string]any) *refusal {
	method := textOf(metadata, "token_endpoint_auth_method")
	if !slices.Contains(b.temper.TokenAuthMethods, method) {
		return refuse(codeMetadata, "token_endpoint_auth_method "+method+" is not supported")
	}
	subjects := 0
	for name := range metadata {
		if strings.HasPrefix(name, "tls_client_auth_") {
			subjects++
		}
	}
	if method == methodMutualTLS && subjects != 1 {
		return refuse(codeMetadata, "tls_client_auth needs exactly one tls_client_auth_* member")
	}
	return nil
}

// checkKeys: by value or by reference, not both, and one of them where it is needed (RFC 7591 §2).
func checkKeys(metadata map[string]any) *refusal {
	_, byValue := metadata["jwks"]
	_, byReference := metadata["jwks_uri"]
	if byValue && byReference {
		return refuse(codeMetadata, "jwks and jwks_uri must not both be present")
	}
	if textOf(metadata, "token_endpoint_auth_method") == methodPrivateKey && !byValue && !byReference {
		return refuse(codeMetadata, "private_key_jwt needs jwks or jwks_uri")
	}
	return nil
}

// checkFlows: known grants and responses that fit each other (RFC 7591 §2.1).
func checkFlows(metadata map[string]any) *refusal {
	grants, responses := textsOf(metadata["grant_types"]), textsOf(metadata["response_types"])
	for _, grant := range grants {
		if !slices.Contains(supportedGrants(), grant) {
			return refuse(codeMetadata, "grant_types: "+grant+" is not supported")
		}
	}
	wantsCode := false
	for _, response := range responses {
		words := splitWords(response)
		slices.Sort(words)
		if !slices.Contains(supportedResponses(), strings.Join(words, " ")) {
			return refuse(codeMetadata, "response_types: "+response+" is not supported")
		}
		wantsCode = wantsCode || slices.Contains(words, "code")
		if slices.Contains(words, "id_token") && !slices.Contains(grants, "implicit") {
			return refuse(codeMetadata, "response_types with id_token need the grant type implicit")
		}
	}
	if wantsCode != slices.Contains(grants, "authorization_code") {
		return refuse(codeMetadata, "the response type code and the grant type authorization_code go together")
	}
	return nil
}

// checkRedirects: flows with a redirection have somewhere to go (RFC 7591 §2).
func checkRedirects(metadata map[string]any) *refusal {
	grants := textsOf(metadata["grant_types"])
	if len(textsOf(metadata["redirect_uris"])) == 0 && (slices.Contains(grants, "authorization_code") || slices.Contains(grants, "implicit")) {
		return refuse(codeRedirect, "redirect_uris is required")
	}
	return nil
}

// checkValues: members with a short list of allowed values.
func checkValues(metadata map[string]any) *refusal {
	allowed := map[string][]string{
		"application_type": {"web", "native"}, "subject_type": {"public", "pairwise"}, "backchannel_token_delivery_mode": {"poll", "ping", "push"},
		"id_token_signed_response_alg": supportedAlgorithms(), "request_object_signing_alg": supportedAlgorithms(),
		"token_endpoint_auth_signing_alg": assertionAlgorithmNames(), "authorization_signed_response_alg": supportedAlgorithms(),
	}
	for _, name := range sortedKeys(allowed) {
		if text := textOf(metadata, name); text != "" && !slices.Contains(allowed[name], text) {
			return refuse(codeMetadata, fmt.Sprintf("%s must be one of %s", name, strings.Join(allowed[name], ", ")))
		}
	}
	for _, word := range splitWords(textOf(metadata, "scope")) {
		if !slices.Contains(supportedScopes(), word) {
			return refuse(codeMetadata, "scope: "+word+" is not supported")
		}
	}
	return nil
}

// checkWebhooks: https, no query, no trailing slash (Open Finance Brasil DCR).
func checkWebhooks(metadata map[string]any) *refusal {
	for _, uri := range textsOf(metadata["webhook_uris"]) {
		if !webhookPattern.MatchString(uri) {
			return &refusal{status: 400, code: "invalid_webhook_uris", description: "webhook_uris: " + uri + " is not valid"}
		}
	}
	return nil
}
