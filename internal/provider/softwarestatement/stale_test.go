package softwarestatement_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// TestOtherApplication has another application's statement take its place.
func TestOtherApplication(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	other, err := sb.Directory().Create(map[string]any{"ClientName": "Other", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://other.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	acctest.Run(t, issued(sb, 2),
		resource.TestStep{Config: config(sb, id, "")},
		resource.TestStep{
			Config: config(sb, other, ""), ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
			Check: resource.ComposeAggregateTestCheckFunc(says("software_id", other), resource.TestCheckResourceAttr(this, "id", other)),
		},
	)
}

// TestImportBlock plans the issuing that an import needs, and does it in the same apply.
func TestImportBlock(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	text := config(sb, id, `  application_revision = "1"`) + "\nimport {\n  to = " + this + "\n  id = \"" + id + "\"\n}\n"
	acctest.Run(t, issued(sb, 1),
		resource.TestStep{Config: text, ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: says("software_id", id)},
		resource.TestStep{Config: text, ConfigPlanChecks: nothing()},
	)
}
