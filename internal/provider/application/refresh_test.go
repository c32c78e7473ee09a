package application_test

import (
	"strings"
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

// TestLongElements refuses at plan time what the directory would refuse of an element's length.
func TestLongElements(t *testing.T) {
	t.Parallel()
	for attribute, begin := range map[string]string{
		"redirect_uris": "https://a.example.com/", "post_logout_redirect_uris": "https://a.example.com/",
		"api_webhook_uris": "https://a.example.com/", "origin_uris": "ios:bundle-id:com.",
	} {
		for _, more := range []int{0, 1} {
			s := tell(t, sandbox.Options{})
			s.configure(map[string]any{attribute: []string{begin + strings.Repeat("x", 255+more-len(begin))}})
			if r := s.Apply(); len(r.Errors) != more || more > 0 && !strings.HasPrefix(r.Errors[0], this+"."+attribute) {
				t.Errorf("%s with %d too many says %q", attribute, more, r.Errors)
			}
			s.calls(acctest.CreateApplication, 1-more)
		}
	}
}
