package application_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestRefreshFails keeps the application in state whatever goes wrong: only a
// directory that says so makes it gone.
func TestRefreshFails(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	var id string
	steps := []resource.TestStep{{Config: config(sb, basic+role), Check: acctest.Save(this, "id", &id)}}
	const get, roles = "GET " + acctest.Application, "GET " + acctest.Application + "/authorityclaims"
	for _, tc := range []struct {
		fault sandbox.Fault
		words []string
	}{
		{sandbox.Fault{Route: get, Kind: sandbox.FaultStatus, Status: 500}, []string{"The directory failed", "answered 500"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultStatus, Status: 401}, []string{"answered 401"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultNonJSON, Status: 404}, []string{"The directory refused to read the application", "answered 404"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultStatus, Status: 403}, []string{"The directory refused to read the application", "answered 403"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultNonJSON, Status: 200}, []string{"The directory answered with something that is not its API"}},
		{sandbox.Fault{Route: roles, Kind: sandbox.FaultStatus, Status: 500}, []string{"The directory failed", "/authorityclaims", "answered 500"}},
	} {
		tc.fault.Times = -1
		steps = append(steps,
			resource.TestStep{
				PreConfig: func() { sb.Reset(); sb.Inject(tc.fault) },
				Config:    config(sb, basic+role), ExpectError: acctest.Words(tc.words...),
			})
	}
	steps = append(steps, resource.TestStep{
		PreConfig: sb.Reset,
		Config:    config(sb, basic+role), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()), Check: acctest.Same(this, "id", &id),
	})
	acctest.Run(t, acctest.NoApplications(sb), steps...)
}

// TestLengthsAreCharacters takes what the directory takes: its limits count
// characters, not bytes.
func TestLengthsAreCharacters(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	acctest.Run(t, acctest.NoApplications(sb), resource.TestStep{
		Config: config(sb, `
  client_name         = join("", [for i in range(255) : "é"])
  version             = 1
  redirect_uris       = ["https://app.example.com/callback"]
  environment         = join("", [for i in range(40) : "ç"])
  additional_metadata = <<-EOT
    {
        "a": "${join("", [for i in range(247) : "ã"])}"
    }
  EOT
`),
		Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.CreateApplication, 1), resource.TestCheckResourceAttrSet(this, "id")),
	})
}
