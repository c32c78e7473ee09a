package application_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestLostAnswerToCreation never sends a creation twice: what it made is found
// again, and where it cannot be, the error says where to look.
func TestLostAnswerToCreation(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{sandbox.FaultCommitThenDrop, sandbox.FaultTruncated, sandbox.FaultOversized} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			lose := sandbox.Fault{Route: acctest.CreateApplication, Kind: kind}
			sb.Inject(lose, sandbox.Fault{Route: listApplications, Kind: sandbox.FaultStatus, Status: 500})
			retrying := strings.Replace(config(sb, basic+role), "max_retries = 0", "max_retries = 3", 1)
			var warnings acctest.Warnings
			found := resource.TestStep{
				PreConfig: func() {
					if err := sb.Directory().Delete(only(t, sb)); err != nil {
						t.Error(err)
					}
					sb.Inject(lose)
				},
				Config: retrying,
				Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.CreateApplication, 2), holds(sb, "Sandbox Ecosystem/TPP"),
					warnings.Check(acctest.Words("The answer to the creation of the application was lost", "nothing was sent twice"))),
			}
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), CheckDestroy: acctest.NoApplications(sb), Steps: []resource.TestStep{
				{Config: retrying, ExpectError: acctest.Words(`The application "Budget planner" may have been created, but the answer was lost`,
					"was not sent again", "/softwarestatements", "terraform import")},
				found,
			}})
			if got := len(sb.Directory().Applications()); got != 2 {
				t.Errorf("the directory has %d applications", got)
			}
		})
	}
}

const listApplications = "GET /organisations/{OrganisationId}/softwarestatements"

func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	protected := config(sb, basic+"  deletion_protection = true")
	refusal := acctest.Words("The application is protected from deletion", "set deletion_protection = false")
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: protected},
		resource.TestStep{Config: protected, Destroy: true, ExpectError: refusal},
		resource.TestStep{Config: acctest.ProviderConfig(sb), ExpectError: refusal},
		// Switching it on or off makes no call.
		resource.TestStep{Config: config(sb, basic), ConfigPlanChecks: planned(updates()), Check: acctest.Calls(sb, acctest.ReplaceApplication, 0)},
	)
}

// TestDeletionIsVerified believes the directory's state and not its answer.
func TestDeletionIsVerified(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	route := "DELETE " + acctest.Application
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic)},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultStatus, Status: 404}) },
			Config:    config(sb, basic), Destroy: true, ExpectError: acctest.Words("The directory refused to delete the application"),
		},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultCommitThenDrop}) },
			Config:    config(sb, basic), Destroy: true,
		},
	)
}
