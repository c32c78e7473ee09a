package application_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestLengthsAreCharacters takes what the directory takes: its limits count
// characters, not bytes.
func TestLengthsAreCharacters(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	acctest.Run(t, acctest.NoApplications(sb), resource.TestStep{
		Config: config(sb, `
  client_name         = join("", [for i in range(255) : "é"])
  version             = 1
  redirect_uris       = ["https://app.example.com/callback"]
  environment         = join("", [for i in range(40) : "ç"])
  additional_metadata = <<-EOT
    {
        "a": "${join("", [for i in range(247) : "ã"])}"
    }
  EOT
`),
		Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.CreateApplication, 1), resource.TestCheckResourceAttrSet(this, "id")),
	})
}
