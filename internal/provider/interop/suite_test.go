//go:build interop

package interop_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

const (
	first  = "  client_name = \"First\"\n  grant_types = [\"refresh_token\", \"authorization_code\"]\n  response_types = [\"code\"]\n  scope = \"payments openid offline_access\"\n  contacts = [\"b@example.com\", \"a@example.com\"]\n"
	second = "  client_name = \"Second\"\n  grant_types = [\"authorization_code\"]\n  response_types = [\"code\"]\n  scope = \"openid\"\n"
	this   = "dcr_client.this"
	forget = "  on_unauthorized = \"warn\"\n  deletion_policy = \"abandon\"\n"
)

// trial is the suite on one server.
type trial struct {
	subject
	peer  peer
	where string
	// needs is the environment an import needs: it has no configuration yet.
	needs environment
}

func (s subject) try(t *testing.T) trial {
	t.Helper()
	tr := trial{subject: s}
	tr.peer, tr.where, tr.needs = s.start(t)
	return tr
}

func (tr trial) config(body string) string {
	if tr.update != "" {
		body += fmt.Sprintf("  update_method = %q\n", tr.update)
	}
	return fmt.Sprintf("resource \"dcr_client\" \"this\" {\n%s  redirect_uris = [\"https://app.example.com/callback\", \"https://app.example.com/another\"]\n%s}\n", tr.where, body)
}

// run applies the steps; after each the test framework checks that the plan is empty.
func (tr trial) run(t *testing.T, with environment, gone bool, steps ...resource.TestStep) {
	t.Helper()
	destroyed := tr.named("")
	if gone {
		destroyed = tr.empty
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.FactoriesWith(with), CheckDestroy: destroyed, Steps: steps})
}

// named checks the name of the one client the server has; without one only that there is a client.
func (tr trial) named(want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		want := want
		if fixed, ok := tr.fixed["client_name"]; ok && want != "" && (!tr.unfixed || tr.updates() == 0) {
			want = fixed
		}
		clients, err := tr.peer.clients()
		switch {
		case err != nil:
			return err
		case len(clients) != 1:
			return fmt.Errorf("the server holds %d clients, want 1", len(clients))
		case want != "" && clients[0]["client_name"] != want:
			return fmt.Errorf("the server has the name %v, want %s", clients[0]["client_name"], want)
		}
		return nil
	}
}

func (tr trial) empty(*terraform.State) error {
	clients, err := tr.peer.clients()
	if err == nil && len(clients) > 0 {
		err = fmt.Errorf("the server still holds %d clients", len(clients))
	}
	return err
}

func (tr trial) counted(method string, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got, err := tr.peer.count(method); err != nil || got != want {
			return fmt.Errorf("%s was sent %d times, want %d (%w)", method, got, want, err)
		}
		return nil
	}
}

func (tr trial) updates() int {
	n, _ := tr.peer.count("PUT")
	m, _ := tr.peer.count("PATCH")
	return n + m
}

// TestConformance goes through the life of a client at every kind of server.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, s := range subjects() {
		if s.expires > 0 {
			continue // Its life is TestLostToken.
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch {
			case s.mute:
				unmanageable(t, s.try(t))
			case s.readOnly:
				readOnly(t, s.try(t))
			default:
				lifecycle(t, s.try(t))
			}
		})
	}
}

func lifecycle(t *testing.T, tr trial) {
	t.Helper()
	var id string
	drift := plancheck.ExpectResourceAction(this, plancheck.ResourceActionUpdate)
	want := "Second"
	if tr.blind {
		drift, want = plancheck.ExpectEmptyPlan(), "Edited"
	}
	tr.run(t, nil, true,
		resource.TestStep{Config: tr.config(first), Check: resource.ComposeAggregateTestCheckFunc(tr.named("First"), tr.counted("POST", 1), acctest.Save(this, "client_id", &id))},
		resource.TestStep{Config: tr.config(second), Check: resource.ComposeAggregateTestCheckFunc(tr.named("Second"), tr.counted("POST", 1), acctest.Same(this, "client_id", &id), tr.kept)},
		resource.TestStep{
			PreConfig: func() {
				patch := map[string]any{"client_name": "Edited", "redirect_uris": []any{"https://evil.example.com/"}}
				if err := tr.peer.edit(id, patch); err != nil {
					t.Fatal(err)
				}
			},
			Config:           tr.config(second),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{drift}},
			Check:            resource.ComposeAggregateTestCheckFunc(tr.named(want), tr.counted("POST", 1)),
		},
	)
}

// kept checks that contacts, which the second configuration leaves out, are gone where the server lets them go.
func (tr trial) kept(*terraform.State) error {
	clients, err := tr.peer.clients()
	if err != nil || len(clients) != 1 {
		return fmt.Errorf("%d clients, %w", len(clients), err)
	}
	if left := clients[0]["contacts"] != nil; left != (tr.merges || tr.fixed["contacts"] != "") {
		return fmt.Errorf("after they were removed, contacts are %v", clients[0]["contacts"])
	}
	return nil
}

// readOnly servers answer 404 to updates and removals of a client that is there.
func readOnly(t *testing.T, tr trial) {
	t.Helper()
	tr.run(t, nil, false,
		resource.TestStep{Config: tr.config(first), Check: tr.counted("POST", 1)},
		resource.TestStep{Config: tr.config(second), ExpectError: regexp.MustCompile(`(?s)404.*does\s+not\s+offer\s+this`)},
		resource.TestStep{Config: tr.config(first), Destroy: true, ExpectError: regexp.MustCompile(`did\s+not\s+remove\s+the\s+client(?s:.*)deletion_policy\s+=\s+"abandon"`)},
		resource.TestStep{Config: tr.config(first + forget), Check: tr.counted("POST", 1)},
	)
}

// unmanageable servers issue no registration access token.
func unmanageable(t *testing.T, tr trial) {
	t.Helper()
	tr.run(t, nil, false,
		resource.TestStep{Config: tr.config(first), Check: tr.counted("POST", 1)},
		resource.TestStep{Config: tr.config(second), ExpectError: regexp.MustCompile(`The registration cannot be updated`)},
		resource.TestStep{Config: tr.config(first), Destroy: true, ExpectError: regexp.MustCompile(`cannot be removed from here(?s:.*)deletion_policy`)},
		resource.TestStep{Config: tr.config(first + forget), Check: resource.ComposeAggregateTestCheckFunc(tr.counted("POST", 1), tr.counted("PUT", 0), tr.counted("DELETE", 0))},
	)
}

// imported are the kinds of servers whose clients the suite also imports, and loses the tokens of.
func imported() map[string]subject {
	all := subjects()
	for name, s := range all {
		if s.mute || s.readOnly || strings.HasPrefix(name, "sandbox") && name != "sandbox, printable IDs" && name != "sandbox, patched" {
			delete(all, name)
		}
	}
	return all
}

// TestImport takes over a client that another state registered: nothing is sent
// for it, and the plan is empty then.
func TestImport(t *testing.T) {
	t.Parallel()
	for name, s := range imported() {
		if s.expires > 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := s.try(t)
			var uri, token string
			tr.run(t, nil, false, resource.TestStep{Config: tr.config(first + "  deletion_policy = \"abandon\"\n"),
				Check: resource.ComposeAggregateTestCheckFunc(acctest.Save(this, "registration_client_uri", &uri), acctest.Save(this, "registration_access_token", &token))})
			before := tr.updates()
			body := first
			for member := range tr.fixed {
				// What the server decided is what an import finds.
				body = regexp.MustCompile(`(?m)^  `+member+` = .*\n`).ReplaceAllString(body, "")
			}
			// A server that does not repeat the statement would be sent it.
			tr.where = regexp.MustCompile(`(?m)^  software_statement = .*\n`).ReplaceAllString(tr.where, "")
			importing := tr.config(body) + fmt.Sprintf("\nimport {\n  to = dcr_client.this\n  id = %q\n}\n", uri)
			with := environment{"DCR_REGISTRATION_ACCESS_TOKEN": token}
			maps.Copy(with, tr.needs)
			tr.run(t, with, true,
				resource.TestStep{Config: importing, Check: resource.ComposeAggregateTestCheckFunc(tr.counted("POST", 1), func(*terraform.State) error {
					if now := tr.updates(); now != before {
						return fmt.Errorf("%d updates were sent for an import", now-before)
					}
					return nil
				})},
				resource.TestStep{Config: importing, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
			)
		})
	}
}

// TestLostToken: a refused token is never taken for a client that is gone.
func TestLostToken(t *testing.T) {
	t.Parallel()
	for name, s := range imported() {
		if s.blind {
			continue // Plans do not read these.
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := s.try(t)
			tr.run(t, nil, false,
				resource.TestStep{Config: tr.config(first)},
				resource.TestStep{
					PreConfig: func() {
						if tr.expires > 0 {
							time.Sleep(tr.expires + time.Second)
						} else if err := tr.peer.lose(); err != nil {
							t.Fatal(err)
						}
					},
					Config:      tr.config(first),
					ExpectError: regexp.MustCompile(`refused the registration access token(?s:.*)terraform\s+import`),
				},
				resource.TestStep{Config: tr.config(first + forget), Check: tr.counted("POST", 1)},
			)
		})
	}
}

// TestInitialAccessToken names the token when it is missing.
func TestInitialAccessToken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"initial access token", "initial access token with policy"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := oidcProviders()[name].try(t)
			tr.where = regexp.MustCompile(`(?m)^  initial_access_token = .*\n`).ReplaceAllString(tr.where, "")
			tr.run(t, nil, true, resource.TestStep{Config: tr.config(first), ExpectError: regexp.MustCompile(`Check\s+initial_access_token`)})
		})
	}
}
