package oauth

import (
	"errors"
	"strings"
	"testing"
)

// TestInternalEndpoints refuses what leads from the open net into our own, and
// nothing where the issuer is there itself.
func TestInternalEndpoints(t *testing.T) {
	t.Parallel()
	const public, private = "https://bank.example/x", "https://169.254.169.254/x"
	for name, m := range map[string]ServerMetadata{
		"registration": {RegistrationEndpoint: private}, "token": {TokenEndpoint: private}, "keys": {JWKSURI: private},
		"registration alias": {MTLSEndpointAliases: Endpoints{RegistrationEndpoint: private}}, "token alias": {MTLSEndpointAliases: Endpoints{TokenEndpoint: private}},
	} {
		var refused *InternalError
		if err := m.outside("https://bank.example"); !errors.As(err, &refused) || refused.Endpoint != private {
			t.Errorf("%s: %v", name, err)
		}
		m.TokenEndpoint = private + strings.Repeat("x", 100_000)
		if err := m.outside("https://bank.example"); err == nil || len(err.Error()) > 2000 {
			t.Errorf("%s has an error of %d bytes", name, len(err.Error()))
		}
		if err := m.outside("https://10.0.0.1"); err != nil {
			t.Errorf("%s of an internal issuer: %v", name, err)
		}
	}
	if err := (&ServerMetadata{RegistrationEndpoint: public, TokenEndpoint: public}).outside("https://bank.example"); err != nil {
		t.Error(err)
	}
}
