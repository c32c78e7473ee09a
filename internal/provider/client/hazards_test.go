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

// everyClient returns a step's PreConfig that lets another actor act on each
// client of the bank.
func everyClient(sb *sandbox.Sandbox, act func(*sandbox.Server, string)) func() {
	return func() {
		bank := sb.Server("bank")
		for _, c := range bank.Clients() {
			if id, ok := c["client_id"].(string); ok {
				act(bank, id)
			}
		}
	}
}

// TestUnauthorizedIsNotGone deletes the client at the server. By default the
// plan stops, keeps state and names both causes.
func TestUnauthorizedIsNotGone(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := plain(sb, `token_endpoint_auth_method = "client_secret_basic"`)
	run(t, nil,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig:   everyClient(sb, func(s *sandbox.Server, id string) { s.Delete(id) }),
			Config:      config,
			ExpectError: regexp.MustCompile(`(?s)refused the registration access token.*deleted at the server, or the token\s+expired.*invalid_client.*terraform\s+import`),
		},
		resource.TestStep{
			// State was kept: asking to go on finds the same client.
			Config: plain(sb, "token_endpoint_auth_method = \"client_secret_basic\"\n  on_unauthorized = \"recreate\"\n  refresh = \"never\""),
			Check:  calls(sb, "POST /register", 1),
			// The server does not know the client, but nothing asked.
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
			}},
			SkipFunc: func() (bool, error) { return true, nil },
		},
	)
}

// TestRecreateIsAChoice registers anew only when the user said so.
func TestRecreateIsAChoice(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := plain(sb, `on_unauthorized = "recreate"`)
	run(t, noClients(sb),
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig: everyClient(sb, func(s *sandbox.Server, id string) { s.Delete(id) }),
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionCreate),
			}},
			Check: calls(sb, "POST /register", 2),
		},
	)
}

// TestLostTokenSaysTheClientExists replaces the token behind our back; the
// token endpoint tells that the client is still there.
func TestLostTokenSaysTheClientExists(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	config := plain(sb, "token_endpoint_auth_method = \"client_secret_basic\"\n  grant_types = [\"client_credentials\"]")
	run(t, nil,
		resource.TestStep{Config: config},
		resource.TestStep{
			PreConfig:   everyClient(sb, func(s *sandbox.Server, id string) { s.RotateToken(id) }),
			Config:      config,
			ExpectError: regexp.MustCompile(`(?s)so the client exists: only the token was\s+lost`),
		},
		resource.TestStep{Config: plain(sb, "token_endpoint_auth_method = \"client_secret_basic\"\n  grant_types = [\"client_credentials\"]\n  refresh = \"never\"\n  deletion_policy = \"abandon\""), PlanOnly: true, ExpectNonEmptyPlan: true, ExpectError: regexp.MustCompile(`refused the registration access token`)},
	)
}

// TestRotationOnReadSurvivesPlans is the hazard no peer handles: the server
// replaces the token at each read and a plan throws away what it read.
func TestRotationOnReadSurvivesPlans(t *testing.T) {
	t.Parallel()
	sb := open(t, func(temper *sandbox.Temper) { temper.Rotate = "on_read" })
	run(t, noClients(sb),
		resource.TestStep{
			Config: plain(sb, `client_name = "First"`),
			// One read, inside apply, learnt it; the plans of the test framework made none.
			Check: calls(sb, "GET /register/{client_id}", 1),
		},
		resource.TestStep{Config: plain(sb, `client_name = "First"`), PlanOnly: true},
		resource.TestStep{Config: plain(sb, `client_name = "First"`), PlanOnly: true},
		resource.TestStep{
			Config: plain(sb, `client_name = "Second"`),
			Check: resource.ComposeAggregateTestCheckFunc(
				registered(sb, "bank", "dcr_client.this", "client_name", "Second"),
				calls(sb, "GET /register/{client_id}", 1),
				calls(sb, "POST /register", 1),
			),
		},
	)
}

// TestEveryRotation keeps the newest token through create, update and destroy.
func TestEveryRotation(t *testing.T) {
	t.Parallel()
	for _, rotation := range []sandbox.Rotation{"never", "on_update", "on_read"} {
		t.Run(string(rotation), func(t *testing.T) {
			t.Parallel()
			sb := open(t, func(temper *sandbox.Temper) { temper.Rotate = rotation; temper.RotateSecret = true })
			steps := make([]resource.TestStep, 0, 3)
			for i := range 3 {
				name := fmt.Sprintf("Name %d", i)
				steps = append(steps, resource.TestStep{
					Config: plain(sb, fmt.Sprintf("client_name = %q\n  token_endpoint_auth_method = \"client_secret_basic\"", name)),
					Check:  registered(sb, "bank", "dcr_client.this", "client_name", name),
				})
			}
			run(t, noClients(sb), steps...)
		})
	}
}

// TestTempers runs the life of a client against servers of every kind.
func TestTempers(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*sandbox.Temper){
		"200 at creation":           func(s *sandbox.Temper) { s.CreatedStatus = 200 },
		"merges on update":          func(s *sandbox.Temper) { s.MergeOnUpdate = true },
		"no token on read":          func(s *sandbox.Temper) { s.OmitTokenOnRead = true },
		"new secret on each update": func(s *sandbox.Temper) { s.RotateSecret = true },
		"200 at deletion":           func(s *sandbox.Temper) { s.DeleteStatus = 200 },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := open(t, change)
			run(t, noClients(sb),
				resource.TestStep{Config: plain(sb, `client_name = "First"`)},
				resource.TestStep{
					Config: plain(sb, `client_name = "Second"`),
					Check: resource.ComposeAggregateTestCheckFunc(
						registered(sb, "bank", "dcr_client.this", "client_name", "Second"),
						calls(sb, "POST /register", 1),
					),
				},
			)
		})
	}
}

// TestNoManagement registers at a server that offers no management: the plan
// says what cannot be done, and destroying needs a decision.
func TestNoManagement(t *testing.T) {
	t.Parallel()
	sb := open(t, func(temper *sandbox.Temper) { temper.NoManagement = true })
	run(t, nil,
		resource.TestStep{Config: plain(sb, `client_name = "First"`)},
		resource.TestStep{Config: plain(sb, `client_name = "Second"`), ExpectError: regexp.MustCompile(`The registration cannot be updated`)},
		resource.TestStep{Config: plain(sb, `client_name = "First"`), Destroy: true, ExpectError: regexp.MustCompile(`The client cannot be removed from here`)},
		resource.TestStep{Config: plain(sb, "client_name = \"First\"\n  deletion_policy = \"abandon\"")},
	)
}

func TestInitialAccessToken(t *testing.T) {
	t.Parallel()
	sb := open(t, func(temper *sandbox.Temper) { temper.InitialAccessToken = "let-me-in" })
	run(t, noClients(sb),
		resource.TestStep{Config: plain(sb, ""), ExpectError: regexp.MustCompile(`(?s)refused to register the client.*initial_access_token`)},
		resource.TestStep{Config: plain(sb, `initial_access_token = "let-me-in"`)},
	)
}

// TestUntrustedManagementOrigin never sends the token to an origin nobody
// vouched for; the client is registered and in state all the same.
func TestUntrustedManagementOrigin(t *testing.T) {
	t.Parallel()
	sb := open(t, func(temper *sandbox.Temper) { temper.CrossOriginManagement = true })
	run(t, nil,
		resource.TestStep{
			Config:             plain(sb, "refresh = \"never\"\n  deletion_policy = \"abandon\""),
			Check:              calls(sb, "GET /register/{client_id}", 0),
			ExpectNonEmptyPlan: false,
		},
		resource.TestStep{
			Config:      plain(sb, "refresh = \"always\"\n  deletion_policy = \"abandon\""),
			ExpectError: nil,
		},
		resource.TestStep{
			Config:      plain(sb, "refresh = \"always\"\n  deletion_policy = \"abandon\""),
			PlanOnly:    true,
			ExpectError: regexp.MustCompile(`(?s)origin that is not trusted.*allowed_management_origins`),
		},
		resource.TestStep{Config: plain(sb, "refresh = \"never\"\n  deletion_policy = \"abandon\""), ExpectError: regexp.MustCompile(`origin that is not trusted`)},
	)
}

func TestImport(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	body := "client_name = \"Mine\"\n  scope = \"accounts openid\"\n  grant_types = [\"authorization_code\", \"refresh_token\"]"
	config := plain(sb, body)
	var token string
	run(t, noClients(sb),
		resource.TestStep{
			Config: config,
			Check: func(s *terraform.State) (err error) {
				token, err = attribute(s, "dcr_client.this", "registration_access_token")
				return err
			},
		},
		resource.TestStep{
			Config:        config,
			ResourceName:  "dcr_client.this",
			ImportState:   true,
			ImportStateId: "abc",
			ExpectError:   regexp.MustCompile(`(?s)The import ID is not valid.*terraform import`),
		},
	)
	if token == "" {
		t.Error("no registration access token in state")
	}
}
