package provider_test

import (
	"maps"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestIdentity: each resource has an identity of what its state says, keeps it
// through refreshes, and is imported by it with nothing left to do.
func TestIdentity(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoMutualTLS: true, Rotate: sandbox.RotateNever}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	const app, ssa, client = "dcr_application.this", "dcr_software_statement.this", "dcr_client.this"
	key := map[string]any{"algorithm": "ECDSA"}
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{"https://app.example.com/callback"}})
	id := acctest.Ref(app, "id")
	for _, name := range []string{"dcr_transport_certificate.this", "dcr_signing_certificate.this", "dcr_public_key.this"} {
		ws.Set(name, map[string]any{"application_id": id, "private_key": key})
	}
	ws.Set("dcr_application_certification.this", map[string]any{"application_id": id, "profile_type": "FAPI RP", "profile_variant": "BR-OB Adv. RP w/ MTLS", "status": "Certified"})
	ws.Set(ssa, map[string]any{"application_id": id, "application_revision": acctest.Ref(app, "revision")})
	ws.Set(client, map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}, "software_statement": acctest.Ref(ssa, "assertion")})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	parts := map[string][]string{
		app: {"id"}, "dcr_transport_certificate.this": {"application_id", "type", "kid"}, "dcr_signing_certificate.this": {"application_id", "type", "kid"}, "dcr_public_key.this": {"application_id", "type", "kid"},
		"dcr_application_certification.this": {"application_id", "id"}, ssa: {"application_id"}, client: {"client_id", "registration_client_uri"},
	}
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": ws.State(client)["registration_access_token"]})
	for address, names := range parts {
		want := map[string]string{}
		for _, name := range names {
			want[name], _ = ws.State(address)[name].(string)
		}
		if got := ws.Identity(address); !maps.Equal(got, want) {
			t.Errorf("%s is %v, want %v", address, got, want)
			continue
		}
		ws.Lose(address)
		if r := ws.ImportBy(address, want); len(r.Errors) > 0 {
			t.Errorf("%s: the import says %q", address, r.Errors)
			continue
		}
		if got := ws.Identity(address); !maps.Equal(got, want) {
			t.Errorf("after the import %s is %v, want %v", address, got, want)
		}
	}
}
