package dcr_test

import (
	"encoding/json"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
)

const (
	ecKey     = `{"kty":"EC","crv":"P-256","kid":"k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	otherKey  = `{"kty":"EC","crv":"P-256","kid":"k2","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}`
	privateOf = ecKey + `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
)

// equalities hold each way around, and for the member that is named.
func TestEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, member, a, b string
		want               bool
	}{
		{"the same bytes", "x", `"a"`, `"a"`, true},
		{"spaces", "x", ` "a" `, `"a"`, true},
		{"text", "client_name", `"a"`, `"b"`, false},
		{"case of text", "client_name", `"a"`, `"A"`, false},
		{"escapes", "client_name", `"A \u0026 B"`, `"A & B"`, true},
		{"order", "redirect_uris", `["https://a/x","https://b/x"]`, `["https://b/x","https://a/x"]`, true},
		{"order of preference", "default_acr_values", `["a","b"]`, `["b","a"]`, false},
		{"the same preference", "default_acr_values", `["a", "b"]`, `["a","b"]`, true},
		{"one preference", "default_acr_values", `["a"]`, `"a"`, true},
		{"doubles", "grant_types", `["a","a","b"]`, `["b","a"]`, true},
		{"one more", "grant_types", `["a","b"]`, `["a","b","c"]`, false},
		{"one less", "grant_types", `["a","b"]`, `["a"]`, false},
		{"array of one", "token_endpoint_auth_method", `["private_key_jwt"]`, `"private_key_jwt"`, true},
		{"array of another", "token_endpoint_auth_method", `["none"]`, `"private_key_jwt"`, false},
		{"array of two", "redirect_uris", `"https://a/x"`, `["https://a/x","https://b/x"]`, false},
		{"array of one number", "default_max_age", `[60]`, `60`, true},
		{"array of one inside an array", "x", `[["a"],["b","c"]]`, `["a",["b","c"]]`, true},

		{"scope order", "scope", `"openid accounts"`, `"accounts  openid"`, true},
		{"scope doubles", "scope", `"openid openid"`, `"openid"`, true},
		{"scope as array", "scope", `["accounts","openid"]`, `"openid accounts"`, true},
		{"scope as mixed array", "scope", `["accounts openid"]`, `"openid accounts"`, true},
		{"wider scope", "scope", `"openid"`, `"openid payments"`, false},
		{"words elsewhere are no set", "client_name", `"My App"`, `"App My"`, false},
		{"response types by word", "response_types", `["code id_token","code"]`, `["code","id_token code"]`, true},
		{"response type split", "response_types", `["code id_token"]`, `["code","id_token"]`, false},

		{"null and absent", "x", `null`, ``, true},
		{"null and empty text", "x", `null`, `""`, true},
		{"empty array and object", "x", `[]`, `{}`, true},
		{"absent and zero", "default_max_age", ``, `0`, false},
		{"absent and false", "require_auth_time", ``, `false`, false},
		{"absent and a value", "x", `null`, `"a"`, false},
		{"empty key set", "jwks", `{"keys":[]}`, `null`, true},
		{"null key set", "jwks", `{"keys":null}`, `{}`, true},
		{"array of nothing", "x", `[null]`, `null`, false},

		{"URL case", "client_uri", `"HTTPS://Bank.Example/Path"`, `"https://bank.example/Path"`, true},
		{"URL path case", "client_uri", `"https://bank.example/Path"`, `"https://bank.example/path"`, false},
		{"URL port", "client_uri", `"https://bank.example:443/p"`, `"https://bank.example/p"`, true},
		{"URL other port", "client_uri", `"https://bank.example:80/p"`, `"https://bank.example/p"`, false},
		{"URL empty path", "client_uri", `"https://bank.example"`, `"https://bank.example/"`, true},
		{"URL trailing slash", "client_uri", `"https://bank.example/p"`, `"https://bank.example/p/"`, false},
		{"URL query", "client_uri", `"https://bank.example?a=b"`, `"https://bank.example/?a=b"`, true},
		{"URLs in arrays", "redirect_uris", `["https://A.example"]`, `["https://a.example/"]`, true},
		{"custom scheme", "redirect_uris", `["app:/Cb"]`, `["app:/cb"]`, false},

		{"number as text", "default_max_age", `3600`, `"3600"`, true},
		{"number by value", "default_max_age", `1e3`, `1000`, true},
		{"fraction", "x", `2.50`, `2.5`, true},
		{"large numbers", "x", `9007199254740993`, `9007199254740992`, false},
		{"large fraction", "x", `0.10000000000000000001`, `0.1`, false},
		{"text is not a number", "software_version", `"1.0"`, `"1"`, false},
		{"huge exponent", "x", `1e999999999`, `1e999999998`, false},
		{"boolean as text", "require_auth_time", `true`, `"true"`, true},
		{"booleans", "require_auth_time", `true`, `false`, false},
		{"boolean and number", "x", `true`, `1`, false},

		{"objects", "x", `{"a":1,"b":[1,2]}`, `{"b":[1,2],"a":1.0}`, true},
		{"objects with another member", "x", `{"a":1}`, `{"a":1,"b":2}`, false},
		{"objects of the same size", "x", `{"a":1}`, `{"b":1}`, false},
		{"order of numbers counts", "x", `[1,2]`, `[2,1]`, false},
		{"object and text", "x", `{"a":1}`, `"a"`, false},
		{"nulls inside", "x", `{"a":null}`, `{"a":null}`, true},

		{"keys without private members", "jwks", `{"keys":[` + privateOf + `]}`, `{"keys":[` + ecKey + `,"use":"sig"}]}`, true},
		{"keys in another order", "jwks", `{"keys":[` + ecKey + `},` + otherKey + `]}`, `{"keys":[` + otherKey + `,` + ecKey + `}]}`, true},
		{"another key", "jwks", `{"keys":[` + ecKey + `}]}`, `{"keys":[` + otherKey + `]}`, false},
		{"unusual keys", "jwks", `{"keys":[{"kty":"XX","kid":"z","v":1}]}`, `{"keys":[{"v":1,"kid":"z","kty":"XX"}]}`, true},
		{"other unusual keys", "jwks", `{"keys":[{"kty":"XX","kid":"z"}]}`, `{"keys":[{"kty":"XX","kid":"y"}]}`, false},
		{"no key set at all", "jwks", `"x"`, `"y"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := json.RawMessage(c.a), json.RawMessage(c.b)
			if got := dcr.Equal(c.member, a, b); got != c.want {
				t.Errorf("Equal(%s, %s, %s) is %v", c.member, c.a, c.b, got)
			}
			if got := dcr.Equal(c.member, b, a); got != c.want {
				t.Errorf("Equal(%s, %s, %s) is %v, the other way around", c.member, c.b, c.a, got)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", `{}`, `{}`},
		{"sorted at every level", `{"b":{"d":1,"c":[{"z":0,"y":0}]},"a":2}`, `{"a":2,"b":{"c":[{"y":0,"z":0}],"d":1}}`},
		{"numbers survive exactly", `{"a":2.50,"b":1e3,"c":9007199254740993,"d":-0,"e":1E-7}`, `{"a":2.50,"b":1e3,"c":9007199254740993,"d":-0,"e":1E-7}`},
		{"one line", "{\n \"a\" : [ 1 ,\n 2 ]\n}", `{"a":[1,2]}`},
		{"no HTML escapes", `{"a<b":"<&>"}`, `{"a<b":"<&>"}`},
		{"language tags", `{"client_name#pt-BR":"Aplicação","client_name":"App"}`, `{"client_name":"App","client_name#pt-BR":"Aplicação"}`},
		{"null stays", `{"a":null}`, `{"a":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := dcr.Canonical(metadata(t, c.in))
			equal(t, "canonical", got, c.want)
			equal(t, "canonical again", dcr.Canonical(metadata(t, got)), got)
		})
	}
	equal(t, "broken member", dcr.Canonical(dcr.Metadata{"a": json.RawMessage(`{`)}), `{"a":null}`)
	equal(t, "no document", dcr.Canonical(nil), `{}`)
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	m := metadata(t, `{"b":1}`)
	other := m.Clone()
	other.Set("a", "x & y")
	other.Set("n", json.Number("2.50"))
	other.Set("never", func() {})
	equal(t, "clone", dcr.Canonical(other), `{"a":"x & y","b":1,"n":2.50}`)
	equal(t, "original", dcr.Canonical(m), `{"b":1}`)
	if keys := other.Keys(); len(keys) != 3 || keys[0] != "a" || keys[2] != "n" {
		t.Errorf("keys %q", keys)
	}
}
