package application_test

import (
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestNotFoundByAGateway: one 404 for an application that the directory lists is not
// taken for its removal, which would create another.
func TestNotFoundByAGateway(t *testing.T) {
	t.Parallel()
	const this = "dcr_application.this"
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"client_name": "Planner", "version": 1, "redirect_uris": []string{"https://planner.example.com/callback"}})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	id := ws.State(this)["id"]
	sb.Inject(sandbox.Fault{Route: "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}", Kind: sandbox.FaultStatus, Status: 404, Times: 1})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("404 is not confirmed", "answered 404", "has it in its list all the same").MatchString(r.Errors[0]) || ws.State(this)["id"] != id {
		t.Errorf("it says %q", r.Errors)
	}
	if r := ws.Plan(); !r.Empty() || len(sb.Directory().Applications()) != 1 {
		t.Errorf("then the plan is %v with %q, and there are %d applications", r.Changes, r.Errors, len(sb.Directory().Applications()))
	}
}

// TestNotFoundDuringAnOutage: nor is a 404 when the list, which would confirm it, gives no answer.
func TestNotFoundDuringAnOutage(t *testing.T) {
	t.Parallel()
	const this = "dcr_application.this"
	for name, list := range map[string]sandbox.Fault{"404": {Kind: sandbox.FaultStatus, Status: 404}, "503": {Kind: sandbox.FaultStatus, Status: 503}, "no answer": {Kind: sandbox.FaultDrop}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			ws := acctest.NewWorkspace(t, sb, nil)
			ws.Set(this, map[string]any{"client_name": "Planner", "version": 1, "redirect_uris": []string{"https://planner.example.com/callback"}})
			if r := ws.Apply(); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			id := ws.State(this)["id"]
			list.Route, list.Times = "GET /organisations/{OrganisationId}/softwarestatements", -1
			sb.Inject(list, sandbox.Fault{Route: "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}", Kind: sandbox.FaultStatus, Status: 404, Times: -1})
			if r := ws.Apply(); len(r.Errors) == 0 || ws.State(this)["id"] != id || len(sb.Directory().Applications()) != 1 {
				t.Errorf("it says %q, and there are %d applications", r.Errors, len(sb.Directory().Applications()))
			}
		})
	}
}
