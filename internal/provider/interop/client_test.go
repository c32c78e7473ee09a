//go:build interop

package interop_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

func config(s *server, body string) string {
	return fmt.Sprintf(`
resource "dcr_client" "this" {
  issuer        = %q
  redirect_uris = ["https://app.example.com/callback", "https://app.example.com/another"]
  %s
}
`, s.Issuer, body)
}

const (
	first  = "client_name = \"First\"\n  grant_types = [\"refresh_token\", \"authorization_code\"]\n  response_types = [\"code\"]\n  scope = \"payments openid offline_access\"\n  contacts = [\"b@example.com\", \"a@example.com\"]"
	second = "client_name = \"Second\"\n  grant_types = [\"authorization_code\"]\n  response_types = [\"code\"]\n  scope = \"openid\""
)

// holds checks the one client the server has.
func holds(s *server, member, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		clients, err := s.clients()
		switch {
		case err != nil:
			return err
		case len(clients) != 1:
			return fmt.Errorf("the server holds %d clients, want 1", len(clients))
		case fmt.Sprint(clients[0][member]) != want:
			return fmt.Errorf("the server has %s %v, want %s", member, clients[0][member], want)
		}
		return nil
	}
}

func counted(s *server, route string, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got, err := s.count(route); err != nil || got != want {
			return fmt.Errorf("%s was called %d times, want %d (%w)", route, got, want, err)
		}
		return nil
	}
}

func empty(s *server) func(*terraform.State) error {
	return func(*terraform.State) error {
		clients, err := s.clients()
		if err == nil && len(clients) > 0 {
			err = fmt.Errorf("the server still holds %d clients", len(clients))
		}
		return err
	}
}

// TestOIDCProvider is the life of a client at a server that rotates the
// registration access token at each update, as oidc-provider does by default.
// After each apply the test framework checks that the plan is empty.
func TestOIDCProvider(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]bool{"rotating": true, "not rotating": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, map[string]any{"rotate": rotate})
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				CheckDestroy:             empty(s),
				Steps: []resource.TestStep{
					{Config: config(s, first), Check: resource.ComposeAggregateTestCheckFunc(holds(s, "client_name", "First"), counted(s, "POST /reg", 1))},
					{Config: config(s, first), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
					{Config: config(s, second), Check: resource.ComposeAggregateTestCheckFunc(
						holds(s, "client_name", "Second"), holds(s, "grant_types", "[authorization_code]"), counted(s, "POST /reg", 1), counted(s, "PUT /reg/{client_id}", 1))},
					{
						PreConfig: func() {
							clients, err := s.clients()
							if err != nil || len(clients) != 1 {
								t.Fatalf("clients: %v, %v", clients, err)
							}
							if err := s.edit(fmt.Sprint(clients[0]["client_id"]), map[string]any{"client_name": "Edited", "redirect_uris": []string{"https://evil.example.com/"}}); err != nil {
								t.Fatal(err)
							}
						},
						Config: config(s, second),
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
						}},
						Check: holds(s, "client_name", "Second"),
					},
				},
			})
		})
	}
}

// TestOIDCProviderImport imports a client that another state registered.
func TestOIDCProviderImport(t *testing.T) {
	t.Parallel()
	s := start(t, map[string]any{})
	var uri, token string
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: config(s, first+"\n  deletion_policy = \"abandon\""),
			Check: func(state *terraform.State) error {
				attributes := state.RootModule().Resources["dcr_client.this"].Primary.Attributes
				uri, token = attributes["registration_client_uri"], attributes["registration_access_token"]
				return nil
			},
		}},
	})
	importing := config(s, first) + fmt.Sprintf("\nimport {\n  to = dcr_client.this\n  id = %q\n}\n", uri)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.FactoriesWith(map[string]string{"DCR_REGISTRATION_ACCESS_TOKEN": token}),
		CheckDestroy:             empty(s),
		Steps: []resource.TestStep{
			{Config: importing, Check: resource.ComposeAggregateTestCheckFunc(holds(s, "client_name", "First"), counted(s, "POST /reg", 1), counted(s, "PUT /reg/{client_id}", 0))},
			{Config: importing, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
}

// TestOIDCProviderInitialAccessToken needs the token, and names it when missing.
func TestOIDCProviderInitialAccessToken(t *testing.T) {
	t.Parallel()
	s := start(t, map[string]any{"initialAccessToken": "let-me-in"})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy:             empty(s),
		Steps: []resource.TestStep{
			{Config: config(s, first), ExpectError: regexp.MustCompile(`initial_access_token`)},
			{Config: config(s, first+"\n  initial_access_token = \"let-me-in\"")},
		},
	})
}
