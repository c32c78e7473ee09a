package application_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestUnlockedForNothing: a refusal that has nothing to do with the lock unlocks the application.
func TestUnlockedForNothing(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"scope":   {Kind: sandbox.FaultStatus, Status: 403, Body: `{"errors":["insufficient_scope: directory:website is required"]}`, Times: -1},
		"gateway": {Kind: sandbox.FaultStatus, Status: 403, Body: `<html>blocked by WAF</html>`, Times: -1},
		"value":   {Kind: sandbox.FaultStatus, Status: 400, Body: `{"errors":["RedirectUri: host is on the deny list"]}`, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, sandbox.Options{})
			s.applies(map[string]any{"unlock": "when_needed"})
			lock(t, s.sb)()
			s.configure(map[string]any{"unlock": "when_needed", "redirect_uris": []string{uris, "https://app.example.com/more"}})
			fault.Route = acctest.ReplaceApplication
			s.sb.Inject(fault)
			if r := s.Plan(); len(r.Warnings) > 0 {
				t.Errorf("the plan warns %q", r.Warnings)
			}
			r := s.Apply()
			if len(r.Errors) != 1 || !acctest.Words("The application is locked", "so it was not unlocked").MatchString(r.Errors[0]) {
				t.Errorf("the apply says %q", r.Errors)
			}
			s.has("Locked", true)
			s.calls(acctest.Unlock, 0)
		})
	}
}

// TestFederationEndpoint: what depends on federation_endpoint changes one apply late.
func TestFederationEndpoint(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	dependent := "\noutput \"at\" {\n  value = coalesce(" + this + ".federation_endpoint, \"none\")\n}\n"
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{
		{Config: config(sb, basic) + dependent},
		{Config: config(sb, basic+"  federation_enabled = true\n") + dependent, Check: resource.TestCheckResourceAttrSet(this, "federation_endpoint")},
	}})
}
