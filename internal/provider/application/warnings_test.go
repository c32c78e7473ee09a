package application_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestWarnings reads what the provider says when it goes on all the same.
func TestWarnings(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	var warnings acctest.Warnings
	fault := func(route string, status int) func() {
		return func() {
			sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultStatus, Status: status})
		}
	}
	const organisationRoles = "GET /organisations/{OrganisationId}/authorityclaims"
	suspended := config(sb, basic+role+"\n  status = \"Suspended\"")
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), CheckDestroy: acctest.NoApplications(sb), Steps: []resource.TestStep{
		{
			PreConfig: fault(acctest.ReplaceApplication, 500), Config: suspended, ExpectNonEmptyPlan: true,
			Check: warnings.Check(acctest.Words("The application was created, but not completed", "The directory failed", "the next plan shows what is left to do")),
		},
		{Config: suspended, Check: warnings.None},
		{
			PreConfig: fault(organisationRoles, 503), Config: config(sb, basic+`  roles = [{ authorisation_domain = "Sandbox Ecosystem", role = "AISP" }]`),
			Check: warnings.Check(acctest.Words("roles", "The roles could not be checked", "answered 503")),
		},
		{
			PreConfig: edit(t, sb, func(m map[string]any) { m["LogoUri"] = "moved" }),
			Config:    config(sb, basic+"  logo_uri = \"data:image/png;base64,AAAA\""),
			Check:     warnings.Check(acctest.Words("logo_uri", "The directory warns about the application", "PLACEHOLDER_USED", "The application was saved")),
		},
	}})
}

// TestFailedUpdate tells of an application that could not be passed on after all, until it is.
func TestFailedUpdate(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(nil)
	edit(t, s.sb, func(m map[string]any) { m["UpdateFailedReason"] = "the authorization server was away" })()
	if r := s.Plan(); !r.Empty() || len(r.Warnings) != 1 || !acctest.Words("The directory could not pass the application on", "the authorization server was away", "Budget").MatchString(r.Warnings[0]) {
		t.Errorf("the plan has %v and warns %q", r.Changes, r.Warnings)
	}
	s.configure(map[string]any{"description": "Once more"})
	if r := s.Apply(); len(r.Errors) > 0 {
		t.Errorf("the update says %q", r.Errors)
	}
	if r := s.Plan(); !r.Empty() || len(r.Warnings) > 0 {
		t.Errorf("then the plan has %v and warns %q", r.Changes, r.Warnings)
	}
}
