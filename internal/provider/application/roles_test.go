package application_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestRolesNotHeld(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{
			// One trailing space too few is the usual mistake.
			Config: config(sb, basic+`  roles = [{ authorisation_domain = "Open Banking Brasil", role = "DADOS" }]`),
			ExpectError: acctest.Words("The organisation does not hold these roles", `Not held:`, `"Open Banking Brasil": "DADOS"`,
				`"Open Banking Brasil ": "CONTA"`, `"Open Banking Brasil ": "DADOS"`, `"Sandbox Ecosystem": "AISP"`, "some domain names end in a space"),
		},
		resource.TestStep{
			Config: config(sb, basic+role),
			Check:  resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.CreateApplication, 1), holds(sb, "Sandbox Ecosystem/TPP")),
		},
		resource.TestStep{
			Config: config(sb, basic+`  roles = [{ authorisation_domain = "Sandbox Ecosystem", role = "ASPSP" }]`), ExpectError: acctest.Words("The organisation does not hold these roles"),
		},
		resource.TestStep{
			PreConfig: func() { sb.Directory().DropOrganisationRole("Sandbox Ecosystem", "TPP") },
			// The role left the organisation and with it the application; the configuration still asks for it.
			Config: config(sb, basic+role), ExpectError: acctest.Words("The organisation does not hold these roles", `"Sandbox Ecosystem": "TPP"`),
		},
		resource.TestStep{
			Config: config(sb, basic+strings.Replace(role, "TPP", "AISP", 1)),
			Check:  resource.ComposeAggregateTestCheckFunc(holds(sb, "Sandbox Ecosystem/AISP"), acctest.Calls(sb, acctest.AddRole, 1)),
		},
	)
}

// TestRoleRemovedAndBack goes the directory's only way: inactive and active again.
func TestRoleRemovedAndBack(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	both := strings.Replace(role, "]", `, { authorisation_domain = "Sandbox Ecosystem", role = "AISP" }]`, 1)
	var revision string
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic+both), Check: acctest.Save(this, "revision", &revision)},
		resource.TestStep{
			Config: config(sb, basic+role), ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(holds(sb, "Sandbox Ecosystem/TPP"), acctest.Other(this, "revision", &revision),
				acctest.Calls(sb, acctest.ChangeRole, 1), acctest.Calls(sb, acctest.ReplaceApplication, 0)),
		},
		resource.TestStep{
			Config: config(sb, basic+both),
			Check: resource.ComposeAggregateTestCheckFunc(holds(sb, "Sandbox Ecosystem/TPP", "Sandbox Ecosystem/AISP"), acctest.Same(this, "revision", &revision),
				acctest.Calls(sb, acctest.ChangeRole, 2), acctest.Calls(sb, acctest.AddRole, 0)),
		},
		resource.TestStep{
			// What was configured once and no longer is, is cleared.
			Config: config(sb, basic), ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(holds(sb), acctest.Other(this, "revision", &revision), acctest.Calls(sb, acctest.ChangeRole, 4)),
		},
		resource.TestStep{
			// From now on roles are the directory's business.
			PreConfig: func() {
				if err := sb.Directory().SetRole(only(t, sb), "Sandbox Ecosystem", "TPP", "Active"); err != nil {
					t.Error(err)
				}
			},
			Config: config(sb, basic), Check: resource.ComposeAggregateTestCheckFunc(holds(sb, "Sandbox Ecosystem/TPP"), acctest.Calls(sb, acctest.ChangeRole, 4)),
		},
	)
}

// TestRolesLookupFails warns and goes on: the directory has the last word.
func TestRolesLookupFails(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	sb.Inject(sandbox.Fault{Route: "GET /organisations/{OrganisationId}/authorityclaims", Kind: sandbox.FaultStatus, Status: 503, Times: -1})
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic+role), Check: holds(sb, "Sandbox Ecosystem/TPP")},
		resource.TestStep{
			Config:      config(sb, basic+strings.Replace(role, "TPP", "ASPSP", 1)),
			ExpectError: acctest.Words("The directory refused to change the roles of the application", `does not hold the role "ASPSP"`),
		},
		resource.TestStep{Config: config(sb, basic+role), Check: holds(sb, "Sandbox Ecosystem/TPP")},
	)
}

// TestRoleChangeFailsHalfWay keeps what the replacement achieved, and the roles as they are.
func TestRoleChangeFailsHalfWay(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	change := basic + "  description = \"New\"\n" + strings.Replace(role, "]", `, { authorisation_domain = "Sandbox Ecosystem", role = "AISP" }]`, 1)
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic+role)},
		resource.TestStep{
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Route: acctest.AddRole, Kind: sandbox.FaultStatus, Status: 403})
			},
			Config: config(sb, change), ExpectError: acctest.Words("The directory refused to change the roles of the application", "answered 403"),
		},
		resource.TestStep{
			Config: config(sb, change), ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(holds(sb, "Sandbox Ecosystem/TPP", "Sandbox Ecosystem/AISP"),
				acctest.Calls(sb, acctest.ReplaceApplication, 1), acctest.Calls(sb, acctest.AddRole, 2)),
		},
	)
}
