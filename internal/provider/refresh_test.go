package provider_test

import (
	"fmt"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestRefreshChangesNothing: a refresh that finds nothing leaves state as it is, to the last byte of what
// only the provider reads, which Terraform compares too. Resources with numbers are left out: Terraform
// takes another notation of the same number for a change.
func TestRefreshChangesNothing(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, err := sb.Directory().Create(map[string]any{"ClientName": "Budget", "Version": 1, "LogoUri": "https://logos.example/a.png", "RedirectUri": []string{"https://app.example.com/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	p, environment := newProcess(t), environmentOf(t, sb)
	p.write(t, fmt.Sprintf(`
locals {
  id = %q
}

resource "dcr_transport_certificate" "this" {
  application_id = local.id
  private_key    = { algorithm = "RSA" }
}

resource "dcr_public_key" "this" {
  application_id = local.id
  private_key    = { algorithm = "ECDSA" }
}

resource "dcr_software_statement" "this" {
  application_id = local.id
}
`, id))
	p.run(t, 0, environment, "apply", "-auto-approve")
	p.run(t, 0, environment, "plan", "-refresh-only", "-detailed-exitcode")
}
