package application_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func lock(t *testing.T, sb *sandbox.Sandbox) func() {
	t.Helper()
	return func() {
		if err := sb.Directory().Lock(only(t, sb)); err != nil {
			t.Error(err)
		}
	}
}

const role = `  roles = [{ authorisation_domain = "Sandbox Ecosystem", role = "TPP" }]`

// TestLockedAtPlanTime tries each kind of change on a locked application: what
// the directory would refuse fails the plan, before any call.
func TestLockedAtPlanTime(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	refused := func(attributes, attribute string) resource.TestStep {
		return resource.TestStep{
			Config: config(sb, attributes),
			ExpectError: acctest.Words("The application is locked", "The planned change of "+attribute+" is not possible",
				`unlock = "when_needed"`, "directory.administrator_access_token", "Super Administrator"),
		}
	}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic+role)},
		resource.TestStep{PreConfig: lock(t, sb), Config: config(sb, basic+role), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		refused(strings.Replace(basic, "planner", "planner 2", 1)+role, "client_name"),
		refused(strings.Replace(basic, "= 1", "= 2", 1)+role, "version"),
		refused(strings.Replace(basic, "/callback", "/other", 1)+role, "redirect_uris"),
		refused(basic+role+"\n  description = \"New\"", "description"),
		refused(basic+"  additional_metadata = \"{\\\"a\\\":1}\"\n"+role, "additional_metadata"),
		refused(basic+strings.Replace(role, "TPP", "AISP", 1), "roles"),
		refused(basic, "roles"),
		resource.TestStep{
			// Adding a redirect URI and suspending are what a lock leaves open.
			Config:           config(sb, strings.Replace(basic, `/callback"`, `/callback", "https://app.example.com/more"`, 1)+role+"\n  status = \"Suspended\""),
			ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Member(sb, this, "RedirectUri", "[https://app.example.com/callback https://app.example.com/more]"),
				acctest.Member(sb, this, "Status", "Suspended"), acctest.Member(sb, this, "Locked", true),
				resource.TestCheckResourceAttr(this, "locked", "true"), resource.TestCheckResourceAttrSet(this, "revision"),
				acctest.Calls(sb, acctest.Unlock, 0), acctest.Calls(sb, acctest.ReplaceApplication, 1),
			),
		},
	)
}

func TestUnlockWhenNeeded(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	unlocking := basic + "  unlock = \"when_needed\"\n"
	change := unlocking + "  description = \"New\"\n" + role
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, unlocking)},
		resource.TestStep{
			PreConfig:   lock(t, sb),
			Config:      config(sb, change, acctest.Settings{"administrator_access_token": ""}),
			ExpectError: acctest.Words("The directory refused to unlock the application", "answered 403", "No directory.administrator_access_token is configured"),
		},
		resource.TestStep{
			// Nothing was changed by the failed unlocking.
			Config: config(sb, unlocking), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.ReplaceApplication, 0), acctest.Member(sb, this, "Locked", true)),
		},
		resource.TestStep{
			Config: config(sb, change), ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Member(sb, this, "Description", "New"), holds(sb, "Sandbox Ecosystem/TPP"),
				resource.TestCheckResourceAttr(this, "locked", "false"), acctest.Calls(sb, acctest.Unlock, 2),
			),
		},
		resource.TestStep{
			// Unlocking is for changes that need it only.
			PreConfig: lock(t, sb),
			Config:    config(sb, strings.Replace(change, `/callback"`, `/callback", "https://app.example.com/more"`, 1)),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, 2), acctest.Member(sb, this, "Locked", true),
				resource.TestCheckResourceAttr(this, "locked", "true")),
		},
	)
}

// TestUnlockedThenRefused does not open a second time what it opened before the change failed.
func TestUnlockedThenRefused(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{UnlockAllowed: sandbox.UnlockByAnyone})
	unlocking := basic + "  unlock = \"when_needed\"\n"
	token := acctest.Settings{"administrator_access_token": ""}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, unlocking, token)},
		resource.TestStep{
			PreConfig: func() {
				lock(t, sb)()
				sb.Inject(sandbox.Fault{Route: acctest.ReplaceApplication, Kind: sandbox.FaultStatus, Status: 500})
			},
			Config: config(sb, unlocking+"  description = \"New\"", token), ExpectError: acctest.Words("The directory failed", "The application was unlocked for this change, and stays so", "revert the change and apply"),
		},
		resource.TestStep{
			// Still open, so not opened again.
			Config: config(sb, unlocking+"  description = \"New\"", token),
			Check:  resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, 1), acctest.Member(sb, this, "Description", "New")),
		},
	)
}

// TestLockedWithUnknownValues plans a change whose values are known only at
// apply: they may turn out to be no change, so the plan must not fail.
func TestLockedWithUnknownValues(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	text := func(trigger string) string {
		return "\nresource \"terraform_data\" \"host\" {\n  input = \"app\"\n  triggers_replace = \"" + trigger + "\"\n}\n"
	}
	dependent := strings.Replace(basic, "https://app.", "https://${terraform_data.host.output}.", 1) +
		"  description = \"of ${terraform_data.host.output}\"\n" + strings.Replace(role, `"TPP"`, `terraform_data.host.output == "app" ? "TPP" : "AISP"`, 1)
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, dependent) + text("1")},
		resource.TestStep{
			PreConfig: lock(t, sb),
			Config:    config(sb, dependent) + text("2"), ConfigPlanChecks: planned(updates()),
			Check: acctest.Calls(sb, acctest.ReplaceApplication, 0),
		},
		resource.TestStep{
			// When it is a change after all, the apply says so and sends nothing.
			Config:      config(sb, dependent) + strings.Replace(text("3"), `"app"`, `"web"`, 1),
			ExpectError: acctest.Words("The application is locked"),
		},
		resource.TestStep{
			Config: config(sb, dependent) + text("4"),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.ReplaceApplication, 0),
				resource.TestCheckResourceAttr(this, "description", "of app")),
		},
	)
}
