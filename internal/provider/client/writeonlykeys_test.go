package client_test

import (
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// TestWriteOnlyKeys: keys that rest nowhere make and change the client; reading
// and removing it take the provider's, and say so where there are none.
func TestWriteOnlyKeys(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	// The keys of resources of another state, as from a secret store.
	other := acctest.NewWorkspace(t, sb, nil)
	selfManaged(sb, other, nil)
	other.Remove(this)
	applies(t, other)
	cert, signing := other.State(transport), other.State(signingCert)
	configure := func(version int) {
		ws.Set(this, map[string]any{
			"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": strings.Repeat("x", version), "software_statement": other.State(statementSSA)["assertion"],
			"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "jwks_uri": other.State(softwareApp)["jwks_uri"],
			"token_endpoint_auth_method": "private_key_jwt", "request_format": "jwt", "management_auth": "client_credentials", "management_scope": "cdr:registration",
			"signing_key_pem_wo": signing["private_key_pem"], "signing_key_pem_wo_version": version, "signing_key_id": signing["kid"],
			"client_certificate_pem": cert["certificate_chain_pem"], "private_key_pem_wo": cert["private_key_pem"], "private_key_pem_wo_version": version,
		})
	}
	configure(1)
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	for name, value := range ws.Resting(this) {
		if text, ok := value.(string); ok && strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s has a private key", name)
		}
	}
	configure(2)
	if r := ws.Apply(); len(r.Errors) > 0 || !strings.Contains(strings.Join(r.Warnings, "\n"), "Drift was not looked for") || sb.Server("bank").Clients()[0]["client_name"] != "xx" {
		t.Errorf("an update says %q, %q", r.Errors, r.Warnings)
	}
	kept := ws.Keep()
	if r := ws.Destroy(); len(r.Errors) != 1 {
		t.Errorf("a removal without the keys says %q", r.Errors)
	}
	ws.Restore(kept)
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "client_certificate_pem": cert["certificate_chain_pem"], "private_key_pem": cert["private_key_pem"],
		"signing_key_pem": signing["private_key_pem"], "signing_key_id": signing["kid"]})
	configure(2)
	if r := applies(t, ws); len(r.Warnings) > 0 {
		t.Errorf("with the provider's keys a plan warns %q", r.Warnings)
	}
	if r := ws.Destroy(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) > 0 {
		t.Errorf("the removal says %q", r.Errors)
	}
}
