package softwarestatement_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// TestWarnings names what has changed since the statement was issued.
func TestWarnings(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	var warnings acctest.Warnings
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), Steps: []resource.TestStep{
		{Config: config(sb, id, ""), Check: warnings.None},
		{
			PreConfig: edit(t, sb, id, func(m map[string]any) { m["ClientName"], m["Description"] = "Other", nil }),
			Config:    config(sb, id, ""),
			Check: warnings.Check(acctest.Words("assertion", "The software statement is stale", `ClientName was "Budget planner" and is "Other"`,
				`Description was "Plans & more" and is nothing`, "A new statement is planned")),
		},
		{Config: config(sb, id, ""), Check: warnings.None},
	}})
}
