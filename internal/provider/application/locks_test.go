package application_test

import (
	"fmt"
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

// TestLockedAtPlanTime shows what a locked application does to a plan; every
// attribute is tried in TestEveryAttributeUnderLock.
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

// TestUnlockRefused says what would unlock the application in whichever of the ways a
// directory refuses to, with and without a token that should be allowed to.
func TestUnlockRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404} {
		sb := acctest.Sandbox(t, sandbox.Options{Directory: sandbox.DirectoryTemper{UnlockRefusedStatus: status}})
		for _, token := range []any{nil, sb.MintToken("directory:website")} {
			s := story{t, acctest.NewWorkspace(t, sb, map[string]any{"administrator_access_token": token}), sb}
			config := map[string]any{"client_name": fmt.Sprint("Budget ", token != nil), "version": 1, "redirect_uris": []string{uris}, "unlock": "when_needed"}
			s.Set(this, config)
			if r := s.Apply(); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			if err := sb.Directory().Lock(fmt.Sprint(s.State(this)["id"])); err != nil {
				t.Fatal(err)
			}
			config["description"] = "New"
			r := s.Apply()
			told := strings.Join(r.Errors, "\n")
			for _, word := range []string{"The directory refused to unlock the application", fmt.Sprint("answered ", status), "Set directory.administrator_access_token to", "of a Super Administrator"} {
				if len(r.Errors) != 1 || !strings.Contains(told, word) {
					t.Errorf("%d with a token %t says %q, without %q", status, token != nil, r.Errors, word)
				}
			}
			if strings.Contains(told, "Change the configuration") || strings.Contains(strings.ToLower(told), "check directory.") {
				t.Errorf("%d with a token %t says %q", status, token != nil, r.Errors)
			}
		}
	}
}
