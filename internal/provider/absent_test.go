package provider_test

import (
	"maps"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestAbsentApplication: what is made for an application that the directory does
// not have, or has only as inactive, points at application_id and says so.
func TestAbsentApplication(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	deleted, err := sb.Directory().Create(map[string]any{"ClientName": "Budget", "Version": 1, "LogoUri": "https://a.example.com/logo.png", "RedirectUri": []string{"https://a.example.com"}})
	if err == nil {
		err = sb.Directory().Delete(deleted)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"3f0c0000-0000-4000-8000-000000000000", deleted} {
		ws := acctest.NewWorkspace(t, sb, nil)
		addresses := 0
		for address, attributes := range planned() {
			// A certification of an inactive application is taken, as far as is known.
			if attributes["application_id"] == nil || id == deleted && address == "dcr_application_certification.a" {
				continue
			}
			attributes = maps.Clone(attributes)
			attributes["application_id"] = id
			if address == "dcr_software_statement.a" {
				attributes["application_revision"] = "1"
			}
			ws.Set(address, attributes)
			addresses++
		}
		r := ws.Apply()
		if len(r.Errors) != addresses {
			t.Errorf("the apply says %q", r.Errors)
		}
		for _, told := range r.Errors {
			if !acctest.Words(".application_id: The application does not exist", "Application "+id+" is not in the directory, or is inactive", "Give the ID").MatchString(told) {
				t.Errorf("the apply says %q", told)
			}
		}
	}
}
