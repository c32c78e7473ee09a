package oauth

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzServerMetadata feeds the reader of discovery documents: what it takes for an
// endpoint is what the document says there, and one odd member costs no other.
func FuzzServerMetadata(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"issuer":1,"registration_endpoint":"https://a/r"}`, `{"mtls_endpoint_aliases":[],"token_endpoint":"https://a/t"}`,
		`{"issuer":"https://a","mtls_endpoint_aliases":{"registration_endpoint":"https://m/r","token_endpoint":null},"grant_types_supported":"implicit","scopes_supported":["a",1]}`,
		`{"registration_endpoint":"http://169.254.169.254/latest"}`, `{"registration_endpoint":"//b/c"}`, `{"issuer":"https://a","token_endpoint":"https://a\u0000/t"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		var m ServerMetadata
		if json.Unmarshal(document, &m.Raw) != nil {
			return
		}
		m.read()
		for name, got := range map[string]string{"issuer": m.Issuer, "registration_endpoint": m.RegistrationEndpoint, "token_endpoint": m.TokenEndpoint, "jwks_uri": m.JWKSURI} {
			var said string
			if json.Unmarshal(m.Raw[name], &said) != nil {
				said = ""
			}
			if got != said {
				t.Errorf("%s is %q, the document says %s", name, got, m.Raw[name])
			}
		}
		// Whatever it says, it is judged without a panic.
		_ = m.outside("https://bank.example")
	})
}

// FuzzLifetime: a token is used for a day at most, and never for no time.
func FuzzLifetime(f *testing.F) {
	for _, seed := range []string{"", "600", "-1", "1e400", "0.5", "NaN", "Infinity", "99999999999999999999", "0x10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expires string) {
		if got := lifetime(json.Number(expires)); got < 0 || got > 24*time.Hour {
			t.Errorf("%q gives %v", expires, got)
		}
	})
}
