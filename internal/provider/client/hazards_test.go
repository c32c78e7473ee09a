package client_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// everyClient returns a step's PreConfig that lets another actor act on each
// client of the bank.
func everyClient(t *testing.T, sb *sandbox.Sandbox, act func(*sandbox.Server, string) error) func() {
	t.Helper()
	return func() {
		bank := sb.Server("bank")
		for _, c := range bank.Clients() {
			id, _ := c["client_id"].(string)
			if err := act(bank, id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// forget ends a test whose client cannot be removed any more.
const forget = "\n  on_unauthorized = \"warn\"\n  deletion_policy = \"abandon\""

// TestUnauthorizedIsNotGone deletes the client at the server. The plan stops,
// keeps state and names both causes; the token endpoint tells which it was.
func TestUnauthorizedIsNotGone(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	body := `token_endpoint_auth_method = "client_secret_basic"`
	run(t, nil,
		resource.TestStep{Config: plain(sb, body)},
		resource.TestStep{
			PreConfig:   everyClient(t, sb, func(s *sandbox.Server, id string) error { return s.Delete(id) }),
			Config:      plain(sb, body),
			ExpectError: regexp.MustCompile(`(?s)refused the registration access token.*deleted at the server.*token\s+expired.*invalid_client.*terraform\s+import`),
		},
		resource.TestStep{
			// The configuration alone is the way on: no -refresh=false, no surgery on state.
			Config: plain(sb, body+forget),
			Check:  calls(sb, "POST /register", 1),
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
			PreConfig: everyClient(t, sb, func(s *sandbox.Server, id string) error { return s.Delete(id) }),
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
	body := "token_endpoint_auth_method = \"client_secret_basic\"\n  grant_types = [\"client_credentials\"]"
	run(t, nil,
		resource.TestStep{Config: plain(sb, body)},
		resource.TestStep{
			PreConfig:   everyClient(t, sb, func(s *sandbox.Server, id string) error { return s.RotateToken(id) }),
			Config:      plain(sb, body),
			ExpectError: regexp.MustCompile(`(?s)client\s+exists:\s+only\s+the\s+token\s+was\s+lost`),
		},
		resource.TestStep{Config: plain(sb, body+forget)},
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
	run(t, nil, resource.TestStep{
		Config: plain(sb, "refresh = \"never\"\n  deletion_policy = \"abandon\""),
		Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttrSet("dcr_client.this", "registration_access_token"),
			calls(sb, "GET /register/{client_id}", 0),
		),
	})
}

// TestImport reads an existing registration into state: the plan that follows
// is empty, although the server says things in another order.
func TestImport(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	body := "client_name = \"Mine\"\n  scope = \"openid accounts\"\n  grant_types = [\"refresh_token\", \"authorization_code\"]"
	var uri, token string
	run(t, noClients(sb), resource.TestStep{
		Config: plain(sb, body+"\n  deletion_policy = \"abandon\""),
		Check: func(s *terraform.State) (err error) {
			if uri, err = attribute(s, "dcr_client.this", "registration_client_uri"); err == nil {
				token, err = attribute(s, "dcr_client.this", "registration_access_token")
			}
			return err
		},
		Destroy: false,
	}, resource.TestStep{
		Config:        plain(sb, body),
		ResourceName:  "dcr_client.this",
		ImportState:   true,
		ImportStateId: "not a URL",
		ExpectError:   regexp.MustCompile(`(?s)The import ID is not valid.*terraform import`),
	}, resource.TestStep{
		Config:        plain(sb, body),
		ResourceName:  "dcr_client.this",
		ImportState:   true,
		ImportStateId: "https://as.example/reg/abc",
		ExpectError:   regexp.MustCompile(`(?s)token for the import is missing.*DCR_REGISTRATION_ACCESS_TOKEN`),
	}, resource.TestStep{
		Config: plain(sb, body+"\n  deletion_policy = \"delete\""),
	})
	_ = token
	if uri == "" {
		t.Fatal("no registration_client_uri in state")
	}
}
