package application_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestMoved takes an application over from the state of a generic provider: nothing
// is created or changed.
func TestMoved(t *testing.T) {
	t.Parallel()
	const this = "dcr_application.this"
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"client_name": "Planner", "version": 1, "redirect_uris": []string{"https://planner.example.com/callback"}})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	id := fmt.Sprint(ws.State(this)["id"])
	raw, err := json.Marshal(sb.Directory().Applications()[0])
	if err != nil {
		t.Fatal(err)
	}
	ws.Lose(this)
	sb.Reset()
	if r := ws.Move(this, "restapi_object", map[string]any{"id": id, "api_response": string(raw), "data": `{"ClientName":"Planner"}`}); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if got := ws.Identity(this)["id"]; got != id {
		t.Errorf("the identity is %q, not %q", got, id)
	}
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("left to do is %v with %q", r.Changes, r.Errors)
	}
	if r := ws.Apply(); len(r.Errors) > 0 || ws.State(this)["id"] != id || len(sb.Directory().Applications()) != 1 {
		t.Errorf("after an apply, %d applications and %q", len(sb.Directory().Applications()), r.Errors)
	}
	for _, request := range sb.History() {
		if request.Method != "GET" && request.Route != "POST /token" {
			t.Errorf("%s was sent", request.Route)
		}
	}
	for want, state := range map[string]map[string]any{
		"has no answer of a directory": {"api_response": `{"SoftwareStatementId":"a","Role":"DADOS"}`},
		"has 2 applications, a, b":     {"output": map[string]any{"type": "dynamic", "value": []any{map[string]any{"SoftwareStatementId": "b", "ClientName": "B"}, map[string]any{"SoftwareStatementId": "a", "ClientName": "A"}}}},
	} {
		if r := ws.Move("dcr_application.other", "restapi_object", state); len(r.Errors) != 1 || !acctest.Words("holds no application", want, "removed block", "import").MatchString(r.Errors[0]) {
			t.Errorf("it says %q", r.Errors)
		}
	}
}

// TestMovedSecret: what the directory tells once moves with the application, and an
// application that is not found where the provider looks is an error and not created anew.
func TestMovedSecret(t *testing.T) {
	t.Parallel()
	const this = "dcr_application.this"
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	config := map[string]any{"client_name": "Planner", "version": 1, "redirect_uris": []string{"https://planner.example.com/callback"}, "token_endpoint_auth_method": "client_secret_basic"}
	ws.Set(this, config)
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	answer := sb.Directory().Applications()[0]
	secret := ws.State(this)["client_secret"]
	answer["ClientSecret"] = secret
	raw, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	moved := map[string]any{"create_response": string(raw)}
	ws.Lose(this)
	if r := ws.Move(this, "restapi_object", moved); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if r := ws.Apply(); len(r.Errors) > 0 || secret == nil || ws.State(this)["client_secret"] != secret {
		t.Errorf("after %q the secret is another one: %t", r.Errors, ws.State(this)["client_secret"] != secret)
	}
	elsewhere := acctest.Sandbox(t, sandbox.Options{})
	other := acctest.NewWorkspace(t, elsewhere, nil)
	other.Set(this, config)
	if r := other.Move(this, "restapi_object", moved); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if r := other.Apply(); len(r.Errors) != 1 || len(elsewhere.Directory().Applications()) != 0 {
		t.Errorf("elsewhere it says %q, and there are %d applications", r.Errors, len(elsewhere.Directory().Applications()))
	}
}
