package client_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// answer is what the bank answered about its client, as JSON.
func answer(t *testing.T, sb *sandbox.Sandbox) map[string]any {
	t.Helper()
	raw, err := json.Marshal(sb.Server("bank").Clients()[0])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestMoved takes clients over from states as generic providers have them: nothing
// is registered anew, and with a journal the plan shows what the bank has by now.
func TestMoved(t *testing.T) {
	t.Parallel()
	states := map[string]func(t *testing.T, answer map[string]any) map[string]any{
		"restapi_object": func(t *testing.T, answer map[string]any) map[string]any {
			read := map[string]any{}
			for name, value := range answer {
				if name != "registration_access_token" && name != "registration_client_uri" {
					read[name] = value
				}
			}
			return map[string]any{"id": answer["client_id"], "path": "/register", "data": asJSON(t, map[string]any{"client_name": "Mine"}), "api_response": asJSON(t, read), "create_response": asJSON(t, answer), "debug": nil}
		},
		"restful_resource": func(_ *testing.T, answer map[string]any) map[string]any {
			return map[string]any{"id": "/register/1", "body": map[string]any{"type": []any{"object", map[string]any{"client_name": "string"}}, "value": map[string]any{"client_name": "Mine"}},
				"sensitive_output": map[string]any{"type": []any{"object", map[string]any{"client_id": "string", "registration_client_uri": "string"}}, "value": answer}, "output": nil}
		},
		"terraform_data": func(t *testing.T, answer map[string]any) map[string]any {
			return map[string]any{"id": "1", "input": map[string]any{"type": "string", "value": asJSON(t, answer)}, "output": map[string]any{"type": "string", "value": asJSON(t, answer)}}
		},
	}
	for from, state := range states {
		for _, journal := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, journal %t", from, journal), func(t *testing.T) {
				t.Parallel()
				sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, map[string]any{"client_name": "Mine"})
				kept := answer(t, sb)
				ws.Lose(this)
				if journal {
					ws.With("journal_path", t.TempDir())
				}
				if r := ws.Move(this, from, state(t, kept)); len(r.Errors) > 0 {
					t.Fatal(r.Errors)
				}
				if identity := ws.Identity(this); identity["client_id"] != kept["client_id"] || identity["registration_client_uri"] != kept["registration_client_uri"] {
					t.Errorf("the identity is %v", identity)
				}
				sb.Reset()
				r := applies(t, ws)
				if reads := sb.Count("GET /register/{client_id}"); len(puts(sb)) > 0 || reads > 0 != journal {
					t.Errorf("%d reads and %d updates", reads, len(puts(sb)))
				}
				if !journal {
					warned(t, r, "was taken over from the state of another provider")
				}
				settled(t, ws, sb)
				if secret := ws.State(this)["client_secret"]; secret != kept["client_secret"] {
					t.Error("the client secret is lost")
				}
				configure(map[string]any{"client_name": "Other"})
				applies(t, ws)
				if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
					t.Errorf("after an update: %v %q", r.Changes, r.Warnings)
				}
				settled(t, ws, sb)
			})
		}
	}
}

// TestMovedKeepsToken: where the bank replaces the token at each read, plans that
// are thrown away cost a moved client nothing.
func TestMovedKeepsToken(t *testing.T) {
	t.Parallel()
	for _, journal := range []bool{false, true} {
		t.Run(fmt.Sprint("journal ", journal), func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, map[string]any{"client_name": "Mine"})
			kept := answer(t, sb)
			ws.Lose(this)
			if journal {
				ws.With("journal_path", t.TempDir())
			}
			if r := ws.Move(this, "restapi_object", map[string]any{"api_response": asJSON(t, kept)}); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			configure(map[string]any{"client_name": "Other"})
			for range 3 {
				if r := ws.Plan(); len(r.Errors) > 0 {
					t.Fatal(r.Errors)
				}
			}
			applies(t, ws)
			if got := answer(t, sb)["client_name"]; got != "Other" {
				t.Errorf("the bank has %v", got)
			}
			settled(t, ws, sb)
		})
	}
}

// TestMovedAndGone: that the token of a moved client is refused, which the server never took here, registers no
// other; once it is removed from state, the next apply does.
func TestMovedAndGone(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, map[string]any{"client_name": "Mine"})
	kept := answer(t, sb)
	ws.Lose(this)
	if r := ws.Move(this, "restapi_object", map[string]any{"api_response": asJSON(t, kept)}); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if err := sb.Server("bank").Delete(fmt.Sprint(kept["client_id"])); err != nil {
		t.Fatal(err)
	}
	configure(map[string]any{"client_name": "Other", "on_unauthorized": "recreate"})
	for range 3 {
		if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("not known to have ever taken this token", "run terraform state rm and apply").MatchString(r.Errors[0]) {
			t.Errorf("the apply says %q", r.Errors)
		}
	}
	ws.Lose(this)
	applies(t, ws)
	if held := sb.Server("bank").Clients(); len(held) != 1 || held[0]["client_id"] != ws.State(this)["client_id"] {
		t.Errorf("the bank has %v", held)
	}
	settled(t, ws, sb)
}

// TestMovedNothing: a state that holds no registration, or several, is an error that names the way on.
func TestMovedNothing(t *testing.T) {
	t.Parallel()
	one := map[string]any{"client_id": "a", "registration_client_uri": "https://bank.example/a", "registration_access_token": "not-a-real-token"}
	with := func(name string, value any) map[string]any {
		out := map[string]any{}
		for k, v := range one {
			out[k] = v
		}
		out[name] = value
		return out
	}
	for want, state := range map[string]map[string]any{
		"has no answer of an authorization server": {"triggers": map[string]any{"a": "b"}},
		"without registration_access_token":        {"api_response": asJSON(t, with("registration_access_token", nil))},
		"registration_client_uri is not usable":    {"api_response": asJSON(t, with("registration_client_uri", "http://bank.example/a"))},
		"has 2 clients, a, b":                      {"output": map[string]any{"type": "dynamic", "value": []any{one, with("client_id", "b")}}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			sb := open(t, nil)
			ws := acctest.NewWorkspace(t, sb, nil)
			r := ws.Move(this, "terraform_data", state)
			if len(r.Errors) != 1 || !acctest.Words("holds no registration", want, "removed block", "import").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "not-a-real-token") {
				t.Errorf("it says %q", r.Errors)
			}
			if ws.State(this) != nil {
				t.Error("there is a state")
			}
		})
	}
}

// TestMovedByTerraform: the CLI, with the resource that every Terraform has.
func TestMovedByTerraform(t *testing.T) {
	t.Parallel()
	sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, map[string]any{"client_name": "Mine"})
	id := fmt.Sprint(ws.State(this)["client_id"])
	registered := fmt.Sprintf("resource \"terraform_data\" \"script\" {\n  input = jsondecode(%s)\n}\n", strconv.Quote(strings.ReplaceAll(asJSON(t, answer(t, sb)), "${", "$${")))
	client := plain(sb, "client_name = \"Mine\"\n  token_endpoint_auth_method = \"client_secret_basic\"") + "moved {\n  from = terraform_data.script\n  to   = dcr_client.this\n}\n"
	run(t, noClients(sb),
		resource.TestStep{Config: registered},
		resource.TestStep{
			Config:           client,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate)}},
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr("dcr_client.this", "client_id", id), calls(sb, "PUT /register/{client_id}", 0), calls(sb, "POST /register", 1),
				func(s *terraform.State) error {
					if s.RootModule().Resources["terraform_data.script"] != nil {
						return fmt.Errorf("the old resource is still in state")
					}
					return nil
				},
			),
		},
		resource.TestStep{Config: client, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
	)
}
