package flag_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const this = "data.dcr_flags.this"

func config(sb *sandbox.Sandbox, filters string, overrides ...acctest.Settings) string {
	return acctest.ProviderConfig(sb, overrides...) + "data \"dcr_flags\" \"this\" {\n" + filters + "\n}\n"
}

func TestFlags(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	count := func(want string) resource.TestCheckFunc { return resource.TestCheckResourceAttr(this, "flags.#", want) }
	var warnings acctest.Warnings
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), Steps: []resource.TestStep{
		// The token the provider fetches by itself has the scope directory:software.
		{Config: config(sb, "", acctest.Settings{"access_token": ""}),
			ExpectError: acctest.Words("The directory refused to list the flags", "answered 403", "Reading flags needs the scope directory:website too")},
		{Config: "data \"dcr_flags\" \"this\" {}", ExpectError: acctest.Words("The directory is not configured")},
		{Config: config(sb, `  type = "Application"`), ExpectError: acctest.Words("Software_Statement")},
		{Config: config(sb, ""), Check: resource.ComposeAggregateTestCheckFunc(
			// The list has two pages.
			count("5"), resource.TestCheckResourceAttr(this, "ids.%", "4"), resource.TestCheckResourceAttr(this, "ids.journey.#", "2"),
			resource.TestCheckResourceAttr(this, "flags.0.type", "Authorisation_Server"), resource.TestCheckResourceAttr(this, "flags.2.value", "data"),
		)},
		{Config: config(sb, "  name = \"journey\"\n  type = \"Software_Statement\""), Check: resource.ComposeAggregateTestCheckFunc(
			count("2"), resource.TestCheckResourceAttr(this, "flags.1.value", "payments"), resource.TestCheckResourceAttr(this, "flags.1.status", "Active"),
			resource.TestCheckResourceAttr(this, "flags.1.description", "journey of the sandbox"),
		)},
		{Config: config(sb, `  status = ["Inactive"]`), Check: resource.ComposeAggregateTestCheckFunc(count("1"), resource.TestCheckResourceAttr(this, "flags.0.name", "retired"))},
		{Config: config(sb, `  name = "journey "`), Check: resource.ComposeAggregateTestCheckFunc(count("0"), resource.TestCheckResourceAttr(this, "ids.%", "0"),
			warnings.Check(acctest.Words("name", "A filter matches nothing that is published", "the directory's flags", `"journey "`, `"journey"`)))},
	}})
}
