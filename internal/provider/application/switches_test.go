package application_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const readFlags = "GET /references/flags"

// flagged finds the ID of a flag in the directory's list, as a user would in the portal.
func flagged(t *testing.T, sb *sandbox.Sandbox, into *string) resource.TestCheckFunc {
	t.Helper()
	return func(s *terraform.State) error {
		id, err := acctest.Attribute(s, this, "id")
		if err != nil {
			return err
		}
		app, _ := sb.Directory().Application(id)
		flags, ok := app["Flags"].([]any)
		if !ok || len(flags) != 1 {
			return fmt.Errorf("the directory has flags %v", app["Flags"])
		}
		flag, _ := flags[0].(map[string]any)
		if flag["Name"] != "pilot" {
			return fmt.Errorf("the flag is %v", flag)
		}
		*into = fmt.Sprint(flag["Id"])
		return nil
	}
}

// TestFlags takes flags by name or by ID, and compares them by ID.
func TestFlags(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	flags := func(words ...string) string {
		return basic + "  flags = [\"" + strings.Join(words, `", "`) + "\"]\n"
	}
	var id string
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, flags("nothing")), ExpectError: acctest.Words("The directory has no such flag", `"nothing" is neither the ID nor the name`, `"pilot" = "true"`)},
		resource.TestStep{Config: config(sb, flags("journey")), ExpectError: acctest.Words("The directory has no such flag", `"journey" is the name of several flags; write one of their IDs`, `"data"`)},
		resource.TestStep{Config: config(sb, flags("pilot")), Check: flagged(t, sb, &id)},
		resource.TestStep{
			// The token may not read the list, and does not have to while nothing changes.
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Route: readFlags, Kind: sandbox.FaultStatus, Status: 403, Times: -1})
			},
			Config: config(sb, flags("pilot")), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
		},
		resource.TestStep{Config: config(sb, flags("pilot", "other")), ExpectError: acctest.Words("The directory refused to read the directory's flags", "answered 403", "directory:website")},
		resource.TestStep{
			PreConfig: func() {
				sb.Reset()
				edit(t, sb, func(m map[string]any) { delete(m, "Flags") })()
			},
			Config: config(sb, flags("pilot")), ConfigPlanChecks: planned(updates()), Check: flagged(t, sb, &id),
		},
		resource.TestStep{Config: config(sb, basic), Check: resource.ComposeAggregateTestCheckFunc(acctest.Member(sb, this, "Flags", nil), resource.TestCheckNoResourceAttr(this, "flags.#"))},
	)
	before := sb.Count(acctest.ReplaceApplication)
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, flags(id)), Check: resource.TestCheckTypeSetElemAttr(this, "flags.*", id)},
		// The same flag in another spelling is shown, and not sent.
		resource.TestStep{Config: config(sb, flags("pilot")), ConfigPlanChecks: planned(updates()), Check: acctest.Calls(sb, acctest.ReplaceApplication, before)},
		resource.TestStep{Config: config(sb, flags("pilot")), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
	)
}

// TestStrictLock meets a directory that lets a lock refuse what others allow.
func TestStrictLock(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{StrictLock: true})
	more := strings.Replace(basic, `/callback"`, `/callback", "https://app.example.com/more"`, 1)
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic)},
		resource.TestStep{
			PreConfig: lock(t, sb), Config: config(sb, more),
			ExpectError: acctest.Words("The directory refused to update the application", "answered 400", "is locked", "this directory may allow less than others", `unlock = "when_needed"`),
		},
		resource.TestStep{
			Config: config(sb, more+"  unlock = \"when_needed\"\n"),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, 1), resource.TestCheckResourceAttr(this, "locked", "false"),
				acctest.Member(sb, this, "RedirectUri", "[https://app.example.com/callback https://app.example.com/more]")),
		},
		// Somebody locked it between plan and apply: the apply unlocks, since that is what was asked for.
		resource.TestStep{
			Config: config(sb, basic+"  unlock = \"when_needed\"\n"), ConfigPlanChecks: planned(between(lock(t, sb))),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, 2), acctest.Member(sb, this, "RedirectUri", "[https://app.example.com/callback]")),
		},
		// An unlock or a lock by somebody else is seen.
		resource.TestStep{PreConfig: lock(t, sb), RefreshState: true, Check: resource.TestCheckResourceAttr(this, "locked", "true")},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Unlock(only(t, sb)); err != nil {
					t.Error(err)
				}
			},
			RefreshState: true, Check: resource.TestCheckResourceAttr(this, "locked", "false"),
		},
	)
}

// TestWarningsBeforehand reads what a plan says about what is likely to go wrong.
func TestWarningsBeforehand(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{UnlockAllowed: sandbox.UnlockByAnyone})
	var warnings acctest.Warnings
	token := acctest.Settings{"administrator_access_token": ""}
	unlocking := basic + "  unlock = \"when_needed\"\n"
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), CheckDestroy: acctest.NoApplications(sb), Steps: []resource.TestStep{
		{Config: config(sb, unlocking+role, token), Check: warnings.None},
		{
			PreConfig: lock(t, sb), Config: config(sb, strings.Replace(unlocking, "planner", "planner 2", 1)+role, token),
			Check: warnings.Check(acctest.Words("unlock", "The application has to be unlocked", "change of client_name", "no directory.administrator_access_token", "Super Administrator")),
		},
		{
			PreConfig: func() { sb.Directory().DropOrganisationRole("Sandbox Ecosystem", "TPP") },
			Config:    config(sb, strings.Replace(unlocking, "planner", "planner 2", 1), token),
			Check:     warnings.Check(acctest.Words("roles", "The organisation lost roles the application acts in", `"Sandbox Ecosystem": "TPP"`, "takes it from all its applications")),
		},
	}})
}

// TestClientID may be given by federation's own entities only.
func TestClientID(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	own := "  federation_enabled = true\n  federation_management = \"openid_entity_self_managed\"\n  client_id = \"https://rp.example.com\"\n"
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic+"  client_id = \"mine\"\n"), ExpectError: acctest.Words("The value of client_id is not valid", "openid_entity_self_managed")},
		resource.TestStep{Config: config(sb, basic+own), ExpectNonEmptyPlan: true},
	)
}
