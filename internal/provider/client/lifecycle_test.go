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

// TestRevokedCertificateIsNotALostClient revokes the transport certificate at
// the directory. The banks refuse the certificate, and with it every read; that
// says nothing about the clients, not even with on_unauthorized = "recreate".
// One apply makes a new certificate and keeps every client.
func TestRevokedCertificateIsNotALostClient(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	config := onboarding(sb, []string{callback}, `on_unauthorized = "recreate"`)
	var id string
	run(t, noClients(sb),
		resource.TestStep{Config: config, Check: func(s *terraform.State) (err error) {
			id, err = attribute(s, "dcr_client.this.0", "client_id")
			return err
		}},
		resource.TestStep{
			PreConfig: func() {
				for _, app := range sb.Directory().Applications() {
					for _, certificate := range sb.Directory().Certificates(fmt.Sprint(app["SoftwareStatementId"])) {
						if err := sb.Directory().Revoke(certificate.Kid, "keycompromise"); err != nil {
							t.Fatal(err)
						}
					}
				}
			},
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_transport_certificate.this", plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction("dcr_client.this[0]", plancheck.ResourceActionUpdate),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				calls(sb, "POST /register", 1),
				func(s *terraform.State) error {
					now, err := attribute(s, "dcr_client.this.0", "client_id")
					if err == nil && now != id {
						err = fmt.Errorf("client_id changed from %q to %q", id, now)
					}
					return err
				},
			),
		},
	)
}

// TestUnknownIssuerKeepsTheClient plans with an issuer that is not known yet
// and turns out the same.
func TestUnknownIssuerKeepsTheClient(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := func(trigger string) string {
		return fmt.Sprintf(`
resource "terraform_data" "issuer" {
  input            = %q
  triggers_replace = %q
}

resource "dcr_client" "this" {
  issuer              = terraform_data.issuer.output
  ca_certificates_pem = %s
  redirect_uris       = [%q]
}
`, sb.Info().AuthorizationServers[0].Issuer, trigger, heredoc(sb.CACertificatesPEM()), callback)
	}
	run(t, noClients(sb),
		resource.TestStep{Config: config("one")},
		resource.TestStep{
			Config: config("two"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(calls(sb, "POST /register", 1), calls(sb, "DELETE /register/{client_id}", 0)),
		},
	)
}

// TestRotationThatCouldNotBeLearnt fails the verification read at a server that
// rotates on read: later plans must not find out the hard way.
func TestRotationThatCouldNotBeLearnt(t *testing.T) {
	t.Parallel()
	sb := open(t, func(temper *sandbox.Temper) { temper.Rotate = sandbox.RotateOnRead })
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 404, Times: 1})
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, `client_name = "First"`), Check: calls(sb, "GET /register/{client_id}", 1)},
		resource.TestStep{Config: plain(sb, `client_name = "First"`), PlanOnly: true},
		resource.TestStep{
			Config: plain(sb, `client_name = "Second"`),
			Check:  registered(sb, "bank", "dcr_client.this", "client_name", "Second"),
		},
	)
}

// TestVerificationIsTriedAgain learns even though the first read is answered
// with a clean failure.
func TestVerificationIsTriedAgain(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 503, Times: 1})
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, `client_name = "Ours"`)},
		resource.TestStep{
			PreConfig: everyClient(t, sb, func(s *sandbox.Server, id string) error {
				return s.Edit(id, func(m map[string]any) { m["client_name"] = "Theirs" })
			}),
			Config: plain(sb, `client_name = "Ours"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
			}},
		},
	)
}

// TestUnknownElementIsAChange adds an element that is not known at plan time.
func TestUnknownElementIsAChange(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, "")},
		resource.TestStep{
			Config: regexp.MustCompile(`redirect_uris +=.*`).ReplaceAllString(plain(sb, ""), fmt.Sprintf("redirect_uris = [%q, terraform_data.x.output]", callback)) +
				fmt.Sprintf("\nresource \"terraform_data\" \"x\" {\n  input = %q\n}\n", added),
			Check: registered(sb, "bank", "dcr_client.this", "redirect_uris", fmt.Sprint([]string{added, callback})),
		},
	)
}

// TestTrailingSlashIsAChange sends what the user wrote to the letter: servers
// compare redirect URIs exactly.
func TestTrailingSlashIsAChange(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	redirect := func(uri string) string {
		return regexp.MustCompile(`redirect_uris +=.*`).ReplaceAllString(plain(sb, ""), fmt.Sprintf("redirect_uris = [%q]", uri))
	}
	run(t, noClients(sb),
		resource.TestStep{Config: redirect("https://app.example.com")},
		resource.TestStep{
			Config: redirect("https://app.example.com/"),
			Check:  registered(sb, "bank", "dcr_client.this", "redirect_uris", "[https://app.example.com/]"),
		},
	)
}

// TestProtectionHoldsAtPlan refuses a plan that moves a protected client.
func TestProtectionHoldsAtPlan(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	moved := regexp.MustCompile(`issuer +=.*`).ReplaceAllString(plain(sb, "deletion_protection = true"), `issuer = "https://127.0.0.1:1/elsewhere"`)
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, "deletion_protection = true")},
		resource.TestStep{Config: moved, PlanOnly: true, ExpectError: regexp.MustCompile(`The client is protected from deletion[\s\S]*replaces`)},
		resource.TestStep{Config: plain(sb, "deletion_protection = false")},
	)
}

// TestSwitchingToThePublishedEndpointMovesNothing names the endpoint that the
// issuer publishes in place of the issuer.
func TestSwitchingToThePublishedEndpointMovesNothing(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	switched := regexp.MustCompile(`issuer +=.*`).ReplaceAllString(plain(sb, ""), fmt.Sprintf("registration_endpoint = %q", sb.Info().AuthorizationServers[0].RegistrationEndpoint))
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, "")},
		resource.TestStep{Config: switched, Check: resource.ComposeAggregateTestCheckFunc(calls(sb, "POST /register", 1), calls(sb, "PUT /register/{client_id}", 0))},
	)
}

// TestServersWithoutRead keep state and plan on.
func TestServersWithoutRead(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 405, 501} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			sb := open(t, nil)
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: status, Times: -1})
			run(t, noClients(sb),
				resource.TestStep{Config: plain(sb, `client_name = "First"`)},
				resource.TestStep{Config: plain(sb, `client_name = "First"`), PlanOnly: true},
				resource.TestStep{Config: plain(sb, `client_name = "Second"`), Check: registered(sb, "bank", "dcr_client.this", "client_name", "Second")},
			)
		})
	}
}

// TestAbandoningNeedsNoToken destroys a client whose token is refused: with
// deletion_policy = "abandon" no call is needed at all.
func TestAbandoningNeedsNoToken(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := plain(sb, `deletion_policy = "abandon"`)
	run(t, nil,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: everyClient(t, sb, func(s *sandbox.Server, id string) error { return s.Delete(id) }),
			Config:    config,
			Destroy:   true,
		},
	)
}
