package client_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestOneApplyFromNothing runs the main job in one apply: the certificate that
// opens the banks is made in the same apply.
func TestOneApplyFromNothing(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	run(t, noClients(sb),
		resource.TestStep{
			Config: onboarding(sb, []string{callback}, ""),
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttrSet(`dcr_client.this.0`, "client_id"),
				resource.TestCheckResourceAttrSet(`dcr_client.this.2`, "registration_access_token"),
				calls(sb, "POST /register", 3),
				calls(sb, "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}/assertion", 1),
			),
		},
		resource.TestStep{
			// One change, in one place, reaches every bank in one apply.
			Config: onboarding(sb, []string{callback, added}, ""),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_application.this", plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction("dcr_software_statement.this", plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction(`dcr_client.this[0]`, plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction(`dcr_client.this[1]`, plancheck.ResourceActionUpdate),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				calls(sb, "POST /register", 3),
				calls(sb, "PUT /register/{client_id}", 3),
				registered(sb, "bank-2", `dcr_client.this.1`, "redirect_uris", fmt.Sprint([]string{added, callback})),
			),
		},
	)
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	var id string
	run(t, noClients(sb),
		resource.TestStep{
			Config: plain(sb, `client_name = "First"`),
			Check: resource.ComposeAggregateTestCheckFunc(
				registered(sb, "bank", "dcr_client.this", "client_name", "First"),
				func(s *terraform.State) (err error) {
					id, err = attribute(s, "dcr_client.this", "client_id")
					return err
				},
			),
		},
		resource.TestStep{
			Config: plain(sb, `client_name = "Second"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				registered(sb, "bank", "dcr_client.this", "client_name", "Second"),
				func(s *terraform.State) error {
					now, err := attribute(s, "dcr_client.this", "client_id")
					if err == nil && now != id {
						err = fmt.Errorf("an update changed client_id from %q to %q", id, now)
					}
					return err
				},
				calls(sb, "POST /register", 1),
			),
		},
		resource.TestStep{
			// Removing an attribute leaves it out of the PUT.
			Config: plain(sb, ""),
			Check:  calls(sb, "PUT /register/{client_id}", 2),
		},
	)
}

// TestNormalisingIsNoDiff asks for things a server rewrites: order, words,
// defaults. The plan after apply, which the test framework checks, stays empty.
func TestNormalisingIsNoDiff(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, `
  scope          = "payments openid accounts"
  response_types = ["id_token code", "code"]
  grant_types    = ["refresh_token", "authorization_code", "implicit"]
  contacts       = ["b@example.com", "a@example.com"]
  jwks           = jsonencode({ keys = [{ kty = "EC", crv = "P-256", kid = "k", use = "sig", x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }] })
  additional_metadata = jsonencode({ "client_name#pt-BR" = "Minhas contas", org_hooks = ["https://app.example.com/hook"] })
`)},
		resource.TestStep{
			// Another order of the same words is no change either.
			Config: plain(sb, `
  scope          = "openid accounts payments"
  response_types = ["code", "code id_token"]
  grant_types    = ["authorization_code", "implicit", "refresh_token"]
  contacts       = ["a@example.com", "b@example.com"]
  jwks           = "{ \"keys\": [{ \"use\": \"sig\", \"kty\": \"EC\", \"crv\": \"P-256\", \"kid\": \"k\", \"x\": \"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\", \"y\": \"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\" }] }"
  additional_metadata = "{ \"client_name#pt-BR\": \"Minhas contas\", \"org_hooks\": [ \"https://app.example.com/hook\" ] }"
`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			Check:            calls(sb, "PUT /register/{client_id}", 0),
		},
	)
}

func TestDriftIsFoundAndRepaired(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := plain(sb, `client_name = "Ours"`)
	edit := func(change func(map[string]any)) func() {
		return everyClient(t, sb, func(s *sandbox.Server, id string) error { return s.Edit(id, change) })
	}
	run(t, noClients(sb),
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: edit(func(m map[string]any) { m["client_name"] = "Theirs" }),
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
			}},
			Check: registered(sb, "bank", "dcr_client.this", "client_name", "Ours"),
		},
		resource.TestStep{
			// What is not configured is the server's business.
			PreConfig:        edit(func(m map[string]any) { m["subject_type"] = "pairwise" }),
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			Check:            resource.TestMatchResourceAttr("dcr_client.this", "registered_metadata", regexp.MustCompile(`"subject_type":"pairwise"`)),
		},
	)
}

func TestConnectionChangesMakeNoCall(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, "")},
		resource.TestStep{
			PreConfig: sb.Reset,
			Config:    plain(sb, "refresh = \"never\"\n  on_unauthorized = \"warn\"\n  initial_access_token = \"other\"\n  deletion_policy = \"delete\"\n  timeouts = { create = \"1m\" }"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
			}},
			Check: calls(sb, "PUT /register/{client_id}", 0),
		},
	)
}

func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	protected := regexp.MustCompile(`The client is protected from deletion`)
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, `deletion_protection = true`)},
		resource.TestStep{Config: plain(sb, `deletion_protection = true`), Destroy: true, ExpectError: protected},
		resource.TestStep{Config: plain(sb, "deletion_protection = true\n  registration_endpoint = \"https://127.0.0.1:1/reg\""), PlanOnly: true, ExpectNonEmptyPlan: true},
		resource.TestStep{Config: plain(sb, `deletion_protection = false`)},
	)
}
