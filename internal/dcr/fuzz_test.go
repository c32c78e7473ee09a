package dcr

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// FuzzDecode feeds the decoder of registration answers with anything at all.
// Whatever it makes of an answer, secrets end up in secrets and nowhere else.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `"x"`, `{"client_id":1}`, `{"client_id":"one"} x`, "\xef\xbb\xbf{}", `{"client_id":"\u0000"}`,
		`{"client_id":"one","client_secret":"hide-me","registration_access_token":"hide-me-too","registration_client_uri":"https://a/b?c"}`,
		`{"client_id":"one","client_secret_expires_at":"2023-11-14T22:13:20Z","client_id_issued_at":1700000000123}`,
		`{"client_id":"one","token_endpoint_auth_method":["none"],"n":1e400,"redirect_uris":"https://a/"}`,
		`eyJhbGciOiJQUzI1NiJ9.eyJjbGllbnRfaWQiOiJvbmUiLCJjbGllbnRfc2VjcmV0IjoiKioqKioqIn0.c2ln`, `{"error":"server_error"}`, `{"errors":[{"code":1}]}`,
		`{"client_id":"one","client_id":"two","CLIENT_ID":"three"}`, `{"a":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reg, err := decode(&rest.Response{Status: 201, Body: body})
		if reg == nil || reg.Status != 201 {
			t.Fatalf("registration %v", reg)
		}
		if err != nil {
			if reg.ClientID != "" || len(reg.Metadata) != 0 {
				t.Errorf("an answer that cannot be used gave %v", reg)
			}
			return
		}
		for _, name := range append(forbidden(), "client_id", "client_secret", "software_statement") {
			if _, there := reg.Metadata[name]; there {
				t.Errorf("%s is among the metadata", name)
			}
		}
		if reg.ClientIDIssuedAt < 0 || reg.ClientSecretExpiresAt < 0 {
			t.Errorf("times %d and %d", reg.ClientIDIssuedAt, reg.ClientSecretExpiresAt)
		}
		line := Canonical(reg.Metadata)
		var again Metadata
		if err := json.Unmarshal([]byte(line), &again); err != nil || Canonical(again) != line {
			t.Errorf("not canonical (%v): %s", err, line)
		}
		for name, raw := range reg.Metadata {
			if !Equal(name, raw, again[name]) && value(raw) != nil {
				t.Errorf("%s is not equal to its canonical form", name)
			}
		}
	})
}

// FuzzEqual compares anything with anything: equality means the same both ways, and every value equals itself.
func FuzzEqual(f *testing.F) {
	for _, seed := range [][3]string{
		{"scope", `"openid accounts"`, `"accounts openid"`}, {"redirect_uris", `["https://a/","https://b"]`, `["https://B:443","https://a"]`},
		{"jwks", `{"keys":[]}`, `null`}, {"jwks", `{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b"}]}`, `{"keys":[{"kid":"1"}]}`},
		{"n", `1`, `1.0`}, {"n", `9007199254740993`, `9007199254740992`}, {"response_types", `["code id_token"]`, `["id_token code"]`}, {"x", `{"a":[1]}`, `{"a":1}`},
	} {
		f.Add(seed[0], []byte(seed[1]), []byte(seed[2]))
	}
	f.Fuzz(func(t *testing.T, name string, a, b []byte) {
		if !json.Valid(a) || !json.Valid(b) {
			return
		}
		if !Equal(name, a, a) {
			t.Errorf("%s: %s does not equal itself", name, a)
		}
		if Equal(name, a, b) != Equal(name, b, a) {
			t.Errorf("%s: %s and %s are equal one way only", name, a, b)
		}
	})
}
