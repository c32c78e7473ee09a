package certificate_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestOneApplyWithTheApplication has everything the certificate needs come from
// an application of the same apply: nothing of it is known at the first plan.
func TestOneApplyWithTheApplication(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	both := acctest.ProviderConfig(sb) + `
resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://app.example.com/callback"]
}
resource "terraform_data" "key" {
  input = { algorithm = "ECDSA", rsa_bits = null }
}
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  subject        = dcr_application.this.certificate_subject
  private_key    = terraform_data.key.output
}
`
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{
			Config: both,
			Check: resource.ComposeAggregateTestCheckFunc(keyPair, acctest.Calls(sb, acctest.CreateCertificate, 1),
				resource.TestCheckResourceAttrPair(this, "subject.common_name", "dcr_application.this", "id")),
		},
		resource.TestStep{Config: both, ConfigPlanChecks: nothing()},
	)
}
