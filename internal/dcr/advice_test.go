package dcr

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
)

// TestAdvise says what a server is likely to refuse, and nothing about what is
// fine, not known, or not published.
func TestAdvise(t *testing.T) {
	t.Parallel()
	server := &oauth.ServerMetadata{Issuer: "https://bank.example", Raw: map[string]json.RawMessage{
		"token_endpoint_auth_methods_supported": json.RawMessage(`["private_key_jwt","tls_client_auth"]`),
		"grant_types_supported":                 json.RawMessage(`["authorization_code","client_credentials"]`),
		"response_types_supported":              json.RawMessage(`["code id_token"]`),
		"id_token_signing_alg_values_supported": json.RawMessage(`["PS256"]`),
		"subject_types_supported":               json.RawMessage(`"public"`),
		"scopes_supported":                      json.RawMessage(`["openid"]`),
	}}
	claims := map[string]any{
		"software_redirect_uris": []any{"https://a", "https://b"}, "software_api_webhook_uris": []any{"https://hook"}, "software_jwks_uri": "https://keystore/app.jwks",
	}
	roles := func(status string, names ...string) map[string]any {
		var all []any
		for _, name := range names {
			all = append(all, map[string]any{"role": name, "authorisation_domain": "Open Banking", "status": status})
		}
		return map[string]any{"software_statement_roles": all}
	}
	const keys = `,"jwks_uri":"https://keystore/app.jwks"`
	for name, tc := range map[string]struct {
		metadata string
		unknown  []string
		server   *oauth.ServerMetadata
		claims   map[string]any
		want     string
	}{
		"nothing":                    {`{}`, nil, server, claims, ""},
		"fine":                       {`{"token_endpoint_auth_method":"private_key_jwt","grant_types":["authorization_code"],"response_types":["id_token code"],"scope":"any"` + keys + `,"redirect_uris":["https://b"]}`, nil, server, claims, "grant_types: The response type \"id_token code\" goes with the grant type \"implicit\""},
		"no subject":                 {`{"token_endpoint_auth_method":"tls_client_auth"}`, nil, nil, nil, "token_endpoint_auth_method: tls_client_auth needs exactly one of tls_client_auth_subject_dn"},
		"subject not known yet":      {`{"token_endpoint_auth_method":"tls_client_auth"}`, []string{"tls_client_auth_subject_dn"}, nil, nil, ""},
		"subject in the statement":   {`{"token_endpoint_auth_method":"tls_client_auth"}`, nil, nil, map[string]any{"software_tls_client_auth_subject_dn": "CN=one"}, ""},
		"statement without subject":  {`{"token_endpoint_auth_method":"tls_client_auth"}`, nil, nil, claims, "token_endpoint_auth_method: tls_client_auth needs exactly one of tls_client_auth_subject_dn"},
		"statement not known yet":    {`{"token_endpoint_auth_method":"tls_client_auth"}`, nil, nil, map[string]any{}, ""},
		"no keys":                    {`{"token_endpoint_auth_method":"private_key_jwt"}`, nil, nil, nil, "token_endpoint_auth_method: private_key_jwt needs the client's keys"},
		"keys":                       {`{"token_endpoint_auth_method":"private_key_jwt"` + keys + `}`, nil, nil, nil, ""},
		"code without its grant":     {`{"grant_types":["client_credentials"],"response_types":["code"]}`, nil, nil, nil, `grant_types: The response type "code" goes with the grant type "authorization_code"`},
		"grant without code":         {`{"grant_types":["authorization_code"],"response_types":["none"]}`, nil, nil, nil, `response_types: The grant type "authorization_code"`},
		"grants alone":               {`{"grant_types":["client_credentials"]}`, nil, nil, nil, ""},
		"method not published":       {`{"token_endpoint_auth_method":"client_secret_basic"}`, nil, server, nil, `token_endpoint_auth_method: "client_secret_basic" is not among what https://bank.example publishes in token_endpoint_auth_methods_supported: "private_key_jwt", "tls_client_auth"`},
		"grant not published":        {`{"grant_types":["client_credentials","urn:x"]}`, nil, server, nil, `grant_types: "urn:x" is not among`},
		"response not published":     {`{"response_types":["code"]}`, nil, server, nil, `response_types: "code" is not among`},
		"words in another order":     {`{"response_types":["id_token code"]}`, nil, server, nil, ""},
		"algorithm not published":    {`{"id_token_signed_response_alg":"RS256"}`, nil, server, nil, `id_token_signed_response_alg: "RS256" is not among`},
		"one published as a text":    {`{"subject_type":"pairwise"}`, nil, server, nil, `subject_type: "pairwise" is not among`},
		"list not published":         {`{"userinfo_signed_response_alg":"RS256"}`, nil, server, nil, ""},
		"URI not in the statement":   {`{"redirect_uris":["https://a","https://c"]}`, nil, nil, claims, `redirect_uris: "https://c" is not in the software statement's software_redirect_uris, which has "https://a", "https://b"`},
		"hook not in the statement":  {`{"webhook_uris":["https://other"]}`, nil, nil, claims, `webhook_uris: "https://other" is not in the software statement's software_api_webhook_uris`},
		"other keys":                 {`{"jwks_uri":"https://mine"}`, nil, nil, claims, `jwks_uri: "https://mine" is not the software statement's software_jwks_uri, which is "https://keystore/app.jwks"`},
		"keys by value":              {`{"jwks":{"keys":[]}}`, nil, nil, claims, "jwks: The software statement names the keys by software_jwks_uri"},
		"scope of another role":      {`{"scope":"openid payments accounts"}`, nil, nil, roles("Active", "DADOS"), `scope: The scope "payments" needs the regulatory role PAGTO, and the software statement has as active roles "DADOS"`},
		"scope of an inactive role":  {`{"scope":"openid accounts"}`, nil, nil, roles("Inactive", "DADOS"), `scope: The scope "accounts" needs the regulatory role DADOS, and the software statement has as active roles nothing`},
		"scopes of the roles":        {`{"scope":"openid consents resources payments other"}`, nil, nil, roles("Active", "PAGTO", "CCORR"), ""},
		"a long list":                {`{"redirect_uris":["https://c"]}`, nil, nil, map[string]any{"software_redirect_uris": slices.Repeat([]any{strings.Repeat("x", 5000)}, 1000)}, `redirect_uris: "https://c" is not in the software statement's software_redirect_uris, which has "xxx`},
		"roles of another country":   {`{"scope":"openid accounts"}`, nil, nil, roles("Active", "AISP"), ""},
		"statement without the list": {`{"redirect_uris":["https://c"]}`, nil, nil, map[string]any{"iss": "x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var metadata Metadata
			if err := json.Unmarshal([]byte(tc.metadata), &metadata); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range Advise(metadata, tc.unknown, tc.server, tc.claims) {
				got = append(got, a.Member+": "+a.Fact)
			}
			if all := strings.Join(got, "\n"); len(got) > 1 || (all == "") != (tc.want == "") || len(all) > 6000 || !strings.HasPrefix(all, tc.want) {
				t.Errorf("the advice is %q, want %q", all, tc.want)
			}
		})
	}
}
