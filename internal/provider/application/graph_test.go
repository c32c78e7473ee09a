package application_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestEverythingRemoved clears what was configured once, in one update, and
// leaves alone what never was.
func TestEverythingRemoved(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	everything := full + "  related_authorization_server_id = \"6f1f3a3e-5a1f-4c3b-9d53-0d6b0c3f8a11\"\n"
	least := `
  client_name   = "Budget planner"
  version       = 1.2
  redirect_uris = ["https://app.example.com/a", "https://app.example.com/b"]
`
	checks := []resource.TestCheckFunc{acctest.Calls(sb, acctest.ReplaceApplication, 1), holds(sb)}
	for _, member := range []string{"ClientUri", "HomepageUri", "PolicyUri", "TermsOfServiceUri", "PostLogoutRedirectUris", "Description", "Environment",
		"OnBehalfOf", "NotificationWebhook", "ApiWebhookUri", "OriginUri", "RelatedAuthorisationServer"} {
		checks = append(checks, acctest.Member(sb, this, member, nil))
	}
	for member, standard := range map[string]any{"Mode": "Live", "RequireSignedRequestObject": true, "TlsClientCertificateBoundAccessTokens": true,
		"IdTokenSignedResponseAlgorithm": "PS256", "TokenEndpointAuthMethod": "private_key_jwt", "OpenidFederationEnabled": false, "Flags": nil, "AdditionalSoftwareMetadata": "{}", "FutureField": "kept"} {
		checks = append(checks, acctest.Member(sb, this, member, standard))
	}
	for _, attribute := range []string{"client_uri", "mode", "origin_uris.#", "require_signed_request_object", "additional_metadata", "roles.#", "logo_uri"} {
		checks = append(checks, resource.TestCheckNoResourceAttr(this, attribute))
	}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, everything), Check: acctest.Member(sb, this, "RelatedAuthorisationServer", "6f1f3a3e-5a1f-4c3b-9d53-0d6b0c3f8a11")},
		resource.TestStep{
			PreConfig: edit(t, sb, func(m map[string]any) { m["FutureField"] = "kept" }),
			Config:    config(sb, least), ConfigPlanChecks: planned(updates()), Check: resource.ComposeAggregateTestCheckFunc(checks...),
		},
		resource.TestStep{
			// From now on they are the directory's business.
			PreConfig: edit(t, sb, func(m map[string]any) { m["Description"], m["Mode"] = "theirs", "Test" }),
			Config:    config(sb, least), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
		},
	)
}

// between plays another actor between a plan and its apply.
type between func()

// CheckPlan implements plancheck.PlanCheck.
func (b between) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	b()
}

// TestChangedBetweenPlanAndApply has the directory refuse what the plan could
// not foresee, with the state as it was.
func TestChangedBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	change := strings.Replace(basic, "planner", "planner 2", 1)
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic)},
		resource.TestStep{
			Config: config(sb, change), ConfigPlanChecks: planned(between(lock(t, sb))),
			ExpectError: acctest.Words("The application is locked", "The planned change of client_name is not possible", "Nothing was sent"),
		},
		// The next plan knows.
		resource.TestStep{Config: config(sb, change), ExpectError: acctest.Words("The application is locked")},
		resource.TestStep{Config: config(sb, basic), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()), Check: acctest.Calls(sb, acctest.ReplaceApplication, 0)},
		resource.TestStep{
			Config: config(sb, basic+"  status = \"Suspended\""), ConfigPlanChecks: planned(between(remove(t, sb))),
			ExpectError: acctest.Words("update the application"),
		},
		resource.TestStep{
			Config: config(sb, basic), ConfigPlanChecks: planned(plancheck.ExpectResourceAction(this, plancheck.ResourceActionCreate)),
			Check: acctest.Calls(sb, acctest.CreateApplication, 2),
		},
	)
}

// remove plays another actor who deletes the only application.
func remove(t *testing.T, sb *sandbox.Sandbox) func() {
	t.Helper()
	return func() {
		if err := sb.Directory().Delete(only(t, sb)); err != nil {
			t.Error(err)
		}
	}
}

// TestLockedAgainByTheStatement unlocks, changes, and has the statement lock
// the application again, all in one apply.
func TestLockedAgainByTheStatement(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	both := func(attributes string) string {
		return config(sb, attributes) + `
resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}
`
	}
	change := strings.Replace(basic, "planner", "planner 2", 1)
	calls := func(unlock, replace, assertion int) resource.TestCheckFunc {
		return resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, unlock), acctest.Calls(sb, acctest.ReplaceApplication, replace),
			acctest.Calls(sb, acctest.Assertion, assertion), acctest.Member(sb, this, "Locked", true))
	}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: both(basic), Check: calls(0, 0, 1)},
		resource.TestStep{Config: both(change), ExpectError: acctest.Words("The application is locked")},
		resource.TestStep{
			Config: both(change + "  unlock = \"when_needed\""), ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(calls(1, 1, 2), acctest.Member(sb, this, "ClientName", "Budget planner 2"),
				resource.TestCheckResourceAttr("dcr_software_statement.this", "application_locked", "true")),
		},
		resource.TestStep{Config: both(change + "  unlock = \"when_needed\""), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			Check: resource.ComposeAggregateTestCheckFunc(calls(1, 1, 2), resource.TestCheckResourceAttr(this, "locked", "true"))},
		resource.TestStep{
			// What a lock allows needs no unlocking, also where that is wanted.
			Config: both(strings.Replace(change, `/callback"`, `/callback", "https://app.example.com/more"`, 1)), ConfigPlanChecks: planned(updates()),
			Check: calls(1, 2, 3),
		},
	)
}

// TestUnlockWithLostAnswer has the directory unlock and say nothing of it. The
// change is given up, and the application is locked again all the same.
func TestUnlockWithLostAnswer(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	both := func(attributes string) string {
		return config(sb, attributes+"  unlock = \"when_needed\"") + `
resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}
`
	}
	lost := sandbox.Fault{Route: acctest.Unlock, Kind: sandbox.FaultCommitThenDrop}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: both(basic)},
		resource.TestStep{
			PreConfig: func() { sb.Inject(lost) }, Config: both(strings.Replace(basic, "planner", "planner 2", 1)),
			ExpectError: acctest.Words("unlock the application"),
		},
		resource.TestStep{Config: both(basic), Check: resource.ComposeAggregateTestCheckFunc(
			acctest.Member(sb, this, "Locked", true), acctest.Member(sb, this, "ClientName", "Budget planner"), acctest.Calls(sb, acctest.Assertion, 2))},
		resource.TestStep{Config: both(basic), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
	)
}

// TestImportBlock plans the import of a complete application, and nothing else.
func TestImportBlock(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, full)},
		resource.TestStep{ResourceName: this, ImportState: true, ImportStateKind: resource.ImportBlockWithID, Config: config(sb, full),
			ImportPlanChecks: resource.ImportPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(this, plancheck.ResourceActionNoop)}}},
	)
}
