package softwarestatement_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// TestRemovalIsStaleness finds what the statement says and the application no longer has.
func TestRemovalIsStaleness(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	acctest.Run(t, issued(sb, 2),
		resource.TestStep{Config: config(sb, id, ""), Check: says("software_client_description", "Plans & more")},
		resource.TestStep{
			PreConfig: edit(t, sb, id, func(m map[string]any) { delete(m, "Description") }), Config: config(sb, id, ""),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: says("software_client_description", nil),
		},
	)
}

// TestWordingHidesNothing finds a change of one claim although another claim
// will always differ, also when a trigger has a statement issued in between.
func TestWordingHidesNothing(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	edit(t, sb, id, func(m map[string]any) { m["Version"] = 1.234 })()
	const triggered = `  triggers = { rotation = "1" }`
	acctest.Run(t, issued(sb, 4),
		resource.TestStep{Config: config(sb, id, ""), ExpectNonEmptyPlan: true},
		resource.TestStep{Config: config(sb, id, ""), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate)},
		resource.TestStep{Config: config(sb, id, triggered), Check: issued(sb, 3)},
		resource.TestStep{Config: config(sb, id, triggered), ConfigPlanChecks: nothing()},
		resource.TestStep{
			// The description comes after the version in every comparison.
			PreConfig: edit(t, sb, id, func(m map[string]any) { m["Description"] = "New" }), Config: config(sb, id, triggered),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: says("software_client_description", "New"),
		},
		resource.TestStep{Config: config(sb, id, triggered), ConfigPlanChecks: nothing()},
	)
}

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

// TestInvalidConfiguration is refused before anything is sent.
func TestInvalidConfiguration(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	acctest.Run(t, nil,
		resource.TestStep{Config: config(sb, " "+id, ""), ExpectError: acctest.Words("application_id", "begins or ends with white space")},
		resource.TestStep{Config: config(sb, "", ""), ExpectError: acctest.Words("application_id", "The value is empty")},
		resource.TestStep{Config: config(sb, id, "  triggers = { a = [] }"), ExpectError: acctest.Words(`element "a": string required`)},
		resource.TestStep{Config: config(sb, id, `  assertion = "jwt"`), ExpectError: acctest.Words("Invalid Configuration for Read-Only Attribute")},
	)
	if got := len(sb.History()); got != 0 {
		t.Errorf("%d requests were sent for configurations that are not valid", got)
	}
}
