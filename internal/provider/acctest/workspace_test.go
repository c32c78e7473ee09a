package acctest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	app  = "dcr_application.this"
	cert = "dcr_transport_certificate.this"
	ssa  = "dcr_software_statement.this"
)

func application(name string) map[string]any {
	return map[string]any{"client_name": name, "version": 1.2, "redirect_uris": []string{"https://b.example.com", "https://a.example.com"},
		"roles": []any{map[string]any{"authorisation_domain": "Sandbox Ecosystem", "role": "TPP"}}}
}

func expect(t *testing.T, r *acctest.Result, actions map[string]string) {
	t.Helper()
	if len(r.Errors) > 0 {
		t.Fatalf("errors: %q", r.Errors)
	}
	for address, want := range actions {
		if got := r.Actions[address]; got != want {
			t.Errorf("%s: planned is %s (%v), want %s", address, got, r.Changes[address], want)
		}
	}
}

// TestWorkspace goes through what Terraform does with a small graph.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(app, application("Budget"))
	ws.Set(cert, map[string]any{"application_id": acctest.Ref(app, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	all := func(action string) map[string]string {
		return map[string]string{app: action, cert: action, ssa: action}
	}
	expect(t, ws.Plan(), all(acctest.ActionCreate))
	if len(sb.Directory().Applications()) != 0 || ws.State(app) != nil {
		t.Fatal("a plan has made something")
	}
	expect(t, ws.Apply(), all(acctest.ActionCreate))
	if r := ws.Plan(); !r.Empty() {
		t.Fatalf("the plan after apply has %v %v", r.Actions, r.Changes)
	}
	id, _ := ws.State(app)["id"].(string)
	if err := sb.Directory().Edit(id, func(m map[string]any) { m["ClientName"] = "Moved" }); err != nil {
		t.Fatal(err)
	}
	r := ws.Plan()
	if !slices.Contains(r.Drift[app], "client_name") || len(r.Errors) != 1 || !strings.Contains(r.Errors[0], app+".client_name: The application is locked") {
		t.Errorf("drift of a locked application: %v, %q", r.Drift[app], r.Errors)
	}
	locked := application("Budget")
	locked["unlock"] = "when_needed"
	ws.Set(app, locked)
	expect(t, ws.Apply(), map[string]string{app: acctest.ActionUpdate, cert: acctest.ActionNone, ssa: acctest.ActionUpdate})
	ws.Remove(cert)
	expect(t, ws.Apply(), map[string]string{app: acctest.ActionNone, cert: acctest.ActionDelete})
	r = ws.Import("dcr_application.other", id)
	if len(r.Errors) > 0 || ws.State("dcr_application.other")["client_name"] != "Budget" {
		t.Errorf("the import has %q, %v", r.Errors, ws.State("dcr_application.other"))
	}
	ws = acctest.NewWorkspace(t, sb, map[string]any{"access_token": sb.MintToken("directory:software")})
	ws.Set(app, application("Refused"))
	if r := ws.Apply(); len(r.Errors) != 1 || ws.State(app) != nil {
		t.Errorf("a refused creation has %q and state %v", r.Errors, ws.State(app))
	}
}

// TestWorkspacePlansAsTerraform compares one scenario with the real CLI.
func TestWorkspacePlansAsTerraform(t *testing.T) {
	t.Parallel()
	const attributes = `
  client_name   = "Budget"
  version       = 1.2
  redirect_uris = ["https://b.example.com", "https://a.example.com"]
`
	moved := func(sb *sandbox.Sandbox) {
		for _, each := range sb.Directory().Applications() {
			id, _ := each["SoftwareStatementId"].(string)
			if err := sb.Directory().Edit(id, func(m map[string]any) { m["Version"] = 3 }); err != nil {
				t.Error(err)
			}
		}
	}
	sb := acctest.Sandbox(t, sandbox.Options{})
	config := acctest.ProviderConfig(sb) + "\nresource \"dcr_application\" \"this\" {" + attributes + "}\n"
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config},
		resource.TestStep{PreConfig: func() { moved(sb) }, Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(app, plancheck.ResourceActionUpdate)}}},
	)
	mine := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, mine, nil)
	attributesOf := application("Budget")
	delete(attributesOf, "roles")
	ws.Set(app, attributesOf)
	expect(t, ws.Apply(), map[string]string{app: acctest.ActionCreate})
	moved(mine)
	if r := ws.Plan(); !r.Updates(app, "version", "revision") {
		t.Errorf("planned is %v %v", r.Actions, r.Changes)
	}
}
