package provider_test

import (
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// planned are the least of each resource that calls the directory.
func planned() map[string]map[string]any {
	const id = "3f0c0000-0000-4000-8000-000000000000"
	return map[string]map[string]any{
		"dcr_application.a":               {"client_name": "Budget", "version": 1, "redirect_uris": []string{"https://a.example.com"}},
		"dcr_transport_certificate.a":     {"application_id": id, "private_key": map[string]any{"algorithm": "ECDSA"}},
		"dcr_signing_certificate.a":       {"application_id": id, "private_key": map[string]any{"algorithm": "ECDSA"}},
		"dcr_public_key.a":                {"application_id": id, "private_key": map[string]any{"algorithm": "ECDSA"}},
		"dcr_software_statement.a":        {"application_id": id},
		"dcr_application_certification.a": {"application_id": id, "profile_type": "FAPI RP", "profile_variant": "x"},
	}
}

// TestPlansFindWhatFailsEveryCall has a plan fail, and not the apply half-way,
// when the directory's configuration cannot work, whatever the resource. What is
// not known yet, and a clock that is off by some minutes, fail nothing.
func TestPlansFindWhatFailsEveryCall(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	issue := func(request sandbox.CertificateRequest) (certificate, key string) {
		certificate, key, err := sb.IssueCertificate(request)
		if err != nil {
			t.Fatal(err)
		}
		return certificate, key
	}
	now := time.Now()
	old, oldKey := issue(sandbox.CertificateRequest{CommonName: "old", NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(-24 * time.Hour)})
	late, lateKey := issue(sandbox.CertificateRequest{CommonName: "late", NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(-10 * time.Minute)})
	for name, c := range map[string]struct {
		overrides map[string]any
		words     []string
	}{
		"no organisation":                        {map[string]any{"organisation_id": nil}, []string{"The directory configuration is incomplete", "directory.organisation_id"}},
		"no organisation, and an unknown secret": {map[string]any{"organisation_id": nil, "client_secret": acctest.Unknown{}}, []string{"The directory configuration is incomplete", "directory.organisation_id"}},
		"no signing key":                         {map[string]any{"access_token": nil, "auth_method": "private_key_jwt"}, []string{"The directory configuration is incomplete", "directory.signing_key_pem"}},
		"no certificate":                         {map[string]any{"access_token": nil, "client_certificate_pem": nil, "private_key_pem": nil}, []string{"The directory configuration is incomplete", "directory.client_certificate_pem"}},
		"no key of the certificate":              {map[string]any{"private_key_pem": nil}, []string{"The client certificate or its key cannot be used", "directory.private_key_pem"}},
		"another certificate's key":              {map[string]any{"private_key_pem": oldKey}, []string{"The client certificate or its key cannot be used", "directory.private_key_pem"}},
		"an expired certificate":                 {map[string]any{"client_certificate_pem": old, "private_key_pem": oldKey}, []string{"The client certificate or its key cannot be used", "expired on"}},
		"a certificate that has just expired":    {map[string]any{"client_certificate_pem": late, "private_key_pem": lateKey}, nil},
		"an unknown certificate":                 {map[string]any{"client_certificate_pem": acctest.Unknown{}, "private_key_pem": acctest.Unknown{}}, nil},
		"an unknown key":                         {map[string]any{"private_key_pem": acctest.Unknown{}}, nil},
		"an unknown method":                      {map[string]any{"access_token": nil, "auth_method": acctest.Unknown{}, "client_certificate_pem": nil, "private_key_pem": nil}, nil},
		"an unknown signing key":                 {map[string]any{"access_token": nil, "auth_method": "private_key_jwt", "signing_key_pem": acctest.Unknown{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Parallel tests may wait for minutes on a busy machine, by which "just" is over.
			ws := acctest.NewWorkspace(t, sb, c.overrides).At(func() time.Time { return now })
			planAll(t, ws, c.words)
		})
	}
	t.Run("no directory", func(t *testing.T) {
		t.Parallel()
		ws := acctest.NewWorkspace(t, sb, nil).With("directory", nil)
		planAll(t, ws, []string{"The directory is not configured", "DCR_DIRECTORY_API_URL"})
	})
	t.Run("a client needs none", func(t *testing.T) {
		t.Parallel()
		ws := acctest.NewWorkspace(t, sb, nil).With("directory", nil)
		ws.Set("dcr_client.a", map[string]any{"registration_endpoint": "https://127.0.0.1:1/register", "redirect_uris": []string{"https://a.example.com"}})
		if r := ws.Plan(); len(r.Errors) > 0 {
			t.Errorf("the plan says %q", r.Errors)
		}
	})
}

// planAll plans each resource, and expects an error with the words of every one, or none.
func planAll(t *testing.T, ws *acctest.Workspace, words []string) {
	t.Helper()
	for address, attributes := range planned() {
		ws.Set(address, attributes)
	}
	r := ws.Plan()
	if words == nil && len(r.Errors) > 0 || words != nil && len(r.Errors) != len(planned()) {
		t.Errorf("the plan says %q", r.Errors)
	}
	for _, told := range r.Errors {
		if !acctest.Words(words...).MatchString(told) {
			t.Errorf("the plan says %q, and not %q", told, words)
		}
	}
}
