package provider_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// wrong is a value of an attribute that is refused before anything is sent.
type wrong struct {
	attribute string
	value     any
}

func invalid() map[string]struct {
	base   map[string]any
	values []wrong
} {
	long := func(n int) string { return strings.Repeat("x", n) }
	role := func(domain, name any) []any {
		return []any{map[string]any{"authorisation_domain": domain, "role": name}}
	}
	key := map[string]any{"algorithm": "RSA"}
	const id = "3f0c1a52-6c07-4b34-9d3c-0a4e5d1b7c11"
	certificate := []wrong{
		{"application_id", " " + id}, {"application_id", ".."}, {"application_id", nil}, {"type", "a b"}, {"type", "sigkey"}, {"csr_pem", "planner.csr"}, {"private_key", nil},
		{"private_key", map[string]any{"algorithm": "DSA"}}, {"private_key", map[string]any{"algorithm": "RSA", "rsa_bits": 1024}}, {"renew_before", "a month"}, {"renew_before", "-1h"},
		{"overlap", "7 days"}, {"revoke_reason", "tired"}, {"subject", map[string]any{"country": " BR"}}, {"dns_names", []string{}}, {"dns_names", []any{"app.example.com", nil}}, {"dns_names", []string{"é.example.com"}}, {"dns_names", []string{"app example"}}, {"certificate_pem", "issued.pem"},
		{"private_key", map[string]any{"algorithm": "ECDSA", "rsa_bits": 2048}}, {"subject", map[string]any{"country": "br"}},
		{"csr_pem", "-----BEGIN CERTIFICATE REQUEST-----\n-----BEGIN PRIVATE KEY-----\n"},
		{"private_key", map[string]any{"algorithm": "RSA", "rsa_bits": 2048.5}}, {"csr_pem_wo_version", 1e20},
	}
	return map[string]struct {
		base   map[string]any
		values []wrong
	}{
		"dcr_application": {map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{"https://app.example.com/callback"}}, []wrong{
			{"client_name", " Budget"}, {"client_name", long(256)}, {"client_name", nil}, {"version", nil}, {"version", -1}, {"version", new(big.Float).SetMantExp(big.NewFloat(1), 2000)}, {"version", new(big.Float).SetMantExp(big.NewFloat(1), -2000)}, {"redirect_uris", nil}, {"redirect_uris", []string{}}, {"redirect_uris", []any{nil}}, {"redirect_uris", []any{"https://app.example.com/callback", nil}}, {"roles", []any{nil}}, {"flags", []any{nil}},
			{"redirect_uris", []string{"app.example.com"}}, {"redirect_uris", []string{"https://app.example.com/#x"}}, {"redirect_uris", []string{"https://app.example.com/" + long(255)}}, {"redirect_uris", []string{"https://u:p@app.example.com"}},
			{"logo_uri", "logo.png"}, {"logo_uri", "data:image/png;base64,*"}, {"client_uri", "ftp://app.example.com"}, {"homepage_uri", "app"}, {"policy_uri", " https://app.example.com"}, {"terms_of_service_uri", "https://"},
			{"post_logout_redirect_uris", []string{"bye"}}, {"description", long(256)}, {"environment", long(41)}, {"mode", "live"}, {"on_behalf_of", long(256)}, {"notification_webhook_uri", "hook"},
			{"api_webhook_uris", []string{"https://app.example.com/hook/"}}, {"api_webhook_uris", []string{"http://app.example.com"}}, {"origin_uris", []string{"app.example.com"}}, {"related_authorization_server_id", long(41)},
			{"id_token_signed_response_alg", "HS256"}, {"token_endpoint_auth_method", "none"}, {"federation_management", "mine"}, {"flags", []string{" pilot"}}, {"flags", []string{}}, {"client_id", "mine"},
			{"additional_metadata", "[1]"}, {"additional_metadata", "{\"a\":\"" + long(250) + "\"}"}, {"roles", []any{}}, {"roles", role("Sandbox Ecosystem", nil)}, {"status", "Inactive"}, {"unlock", "always"},
		}},
		"dcr_transport_certificate": {map[string]any{"application_id": id, "private_key": key}, append(certificate[:len(certificate):len(certificate)], wrong{"type", "brcac_ext"})},
		"dcr_signing_certificate":   {map[string]any{"application_id": id, "private_key": key}, certificate},
		"dcr_public_key": {map[string]any{"application_id": id, "private_key": key}, []wrong{
			{"application_id", ""}, {"type", "rtssigning"}, {"public_key_pem", "key.pem"}, {"private_key", nil}, {"overlap", "soon"}, {"revoke_reason", "tired"},
		}},
		"dcr_client": {map[string]any{"issuer": "https://bank.example.com"}, []wrong{
			{"issuer", nil}, {"issuer", "bank.example.com"}, {"issuer", "http://bank.example.com"}, {"registration_endpoint", "/register"}, {"redirect_uris", []any{nil}}, {"redirect_uris", []string{""}}, {"client_uri", "app"}, {"client_name", ""},
			{"jwks", "{}"}, {"jwks", `{"keys":[{"kty":"EC"},{"kty":"RSA","n":"AQAB","d":"AQAB"}]}`}, {"jwks", `{"keys":[{"kty":"oct","k":"AQAB"}]}`}, {"jwks", "keys"},
			{"additional_metadata", `{"client_name":"x"}`}, {"additional_metadata", `{"client_id":"x"}`}, {"additional_metadata", `{"client_name#":"x"}`}, {"additional_metadata", `{"scope#pt":"x"}`}, {"additional_metadata", `{"x":null}`}, {"additional_metadata", "[]"},
			{"software_statement", "x.y.z"}, {"software_statement_wo", "x.y.z"}, {"software_statement_wo_version", 1}, {"initial_access_token_wo", ""}, {"initial_access_token_wo_version", 1}, {"secret_renew_before", "soon"}, {"software_statement_max_age", "soon"}, {"software_statement_max_age", "1s"}, {"client_certificate_pem", "app.pem"}, {"private_key_pem", "app.key"}, {"private_key_pem_wo", "app.key"}, {"private_key_pem_wo_version", 1}, {"signing_key_pem_wo", "app.key"}, {"signing_key_pem_wo_version", 1}, {"ca_certificates_pem", "ca.pem"},
			{"refresh", "sometimes"}, {"update_method", "POST"}, {"on_unauthorized", "ignore"}, {"on_override", "fail"}, {"deletion_policy", "keep"}, {"initial_access_token", ""},
			{"request_format", "xml"}, {"request_signing", map[string]any{"algorithm": "HS256"}}, {"request_signing", map[string]any{"lifetime": "2h"}}, {"request_signing", map[string]any{"content_type": "text/plain"}}, {"request_signing", map[string]any{"audience": " bank"}},
			{"default_max_age", 1.5}, {"default_max_age", 1e20}, {"software_statement_wo_version", 0.5},
			{"timeouts", map[string]any{"create": "0s"}}, {"timeouts", map[string]any{"read": "-1.5h"}}, {"timeouts", map[string]any{"delete": "1d"}},
			{"signing_key_pem", "app.key"}, {"signing_key_id", ""}, {"management_auth", "none"}, {"management_scope", " a"}, {"token_endpoint", "/token"},
		}},
		"dcr_software_statement": {map[string]any{"application_id": id}, []wrong{{"application_id", " "}, {"application_id", nil}}},
		"dcr_application_certification": {map[string]any{"application_id": id, "profile_type": "FAPI RP", "profile_variant": "BR-OF"}, []wrong{
			{"profile_type", nil}, {"profile_variant", " x"}, {"profile_version", -0.5}, {"certification_uri", "http://openid.net"}, {"certification_uri", "https://openid.net/" + long(500)}, {"status", "Great"}, {"start_date", "2026-11-23"}, {"start_date", "31/02/2026"}, {"start_date", "soon"},
		}},
	}
}

// TestInvalidValues reads what every value that cannot be right is answered with,
// at the attribute, and that nothing is sent for it.
func TestInvalidValues(t *testing.T) {
	t.Parallel()
	for kind, tc := range invalid() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			ws := acctest.NewWorkspace(t, sb, nil)
			var text strings.Builder
			for _, w := range tc.values {
				config := map[string]any{}
				for name, value := range tc.base {
					config[name] = value
				}
				config[w.attribute] = w.value
				ws.Set(kind+".this", config)
				r := ws.Plan()
				if len(r.Errors) == 0 {
					t.Errorf("%s = %v is not refused", w.attribute, w.value)
				}
				fmt.Fprintf(&text, "== %s = %.60s\n\n%s\n\n", w.attribute, fmt.Sprint(w.value), strings.Join(r.Errors, "\n\n"))
			}
			acctest.Golden(t, "invalid/"+kind, text.String())
			if got := len(sb.History()); got != 0 {
				t.Errorf("%d requests were sent", got)
			}
		})
	}
}
