package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const bankClient = "dcr_client.bank"

// TestUpdateByPatch has a server that updates by PATCH only: what differs is
// sent, what was removed is null, and nothing else is said.
func TestUpdateByPatch(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, PatchOnly: true}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	config := map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{callback}, "client_name": "Budget", "client_uri": "https://app.example.com"}
	apply := func(errors ...string) {
		t.Helper()
		ws.Set(bankClient, config)
		if r := ws.Apply(); len(r.Errors) != len(errors) || len(errors) > 0 && !acctest.Words(errors...).MatchString(strings.Join(r.Errors, "\n")) {
			t.Errorf("the apply says %q, want %q", r.Errors, errors)
		}
	}
	apply()
	id := ws.State(bankClient)["client_id"]
	config["client_name"] = "Budget 2"
	ws.Set(bankClient, config)
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("answered 405", `set update_method = "PATCH"`).MatchString(r.Errors[0]) {
		t.Errorf("a server without PUT says %q", r.Errors)
	}
	config["update_method"] = "PATCH"
	delete(config, "client_uri")
	apply()
	body := func(want string) {
		t.Helper()
		requests := sb.Requests("PATCH /register/{client_id}")
		if last := requests[len(requests)-1]; last.Body != want {
			t.Errorf("sent was %s, want %s", last.Body, want)
		}
	}
	body(`{"client_name":"Budget 2","client_uri":null}`)
	if r := ws.Plan(); !r.Empty() || ws.State(bankClient)["client_id"] != id {
		t.Errorf("planned is %v with %q", r.Changes, r.Errors)
	}
	// Drift is a difference too.
	if err := sb.Server("bank").Edit(fmt.Sprint(id), func(m map[string]any) { m["client_name"] = "Theirs" }); err != nil {
		t.Fatal(err)
	}
	apply()
	body(`{"client_name":"Budget 2"}`)
	// A trigger says everything once more.
	config["triggers"] = map[string]any{"at": "1"}
	apply()
	body(`{"client_name":"Budget 2","redirect_uris":["` + callback + `"]}`)
	if r := ws.Plan(); !r.Empty() || sb.Count("POST /register") != 1 {
		t.Errorf("planned is %v with %q", r.Changes, r.Errors)
	}
	// How updates are made is nobody's business but ours.
	before := len(sb.History())
	config["update_method"] = "PUT"
	ws.Set(bankClient, config)
	if r := ws.Apply(); len(r.Errors) > 0 || r.Actions[bankClient] != acctest.ActionUpdate {
		t.Errorf("switching back is planned as %v", r.Actions)
	}
	for _, request := range sb.History()[before:] {
		if request.Method != "GET" {
			t.Errorf("switching back sent %s", request.Route)
		}
	}
}

// TestPatchToNowhere: a server that answers PATCH with success and does nothing is told, and so
// is the way on, which works.
func TestPatchToNowhere(t *testing.T) {
	t.Parallel()
	for _, refresh := range []string{"auto", "never"} {
		t.Run(refresh, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			listening := httptest.NewServer(mux)
			t.Cleanup(listening.Close)
			last := map[string]any{}
			answer := func(w http.ResponseWriter, r *http.Request) {
				if raw, _ := io.ReadAll(r.Body); len(raw) > 0 {
					last = map[string]any{}
					_ = json.Unmarshal(raw, &last)
				}
				last["client_id"], last["registration_access_token"], last["registration_client_uri"] = "one", "registration-token", listening.URL+"/manage/one"
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(last)
			}
			mux.HandleFunc("POST /register", answer)
			mux.HandleFunc("/manage/one", answer)
			mux.HandleFunc("PATCH /manage/one", func(http.ResponseWriter, *http.Request) {})
			sb := acctest.Sandbox(t, sandbox.Options{})
			ws := acctest.NewWorkspace(t, sb, nil)
			config := map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}, "client_name": "First", "update_method": "PATCH", "refresh": refresh}
			ws.Set(bankClient, config)
			applies(t, ws)
			config["client_name"] = "Second"
			ws.Set(bankClient, config)
			r := applies(t, ws)
			if got := strings.Contains(strings.Join(r.Warnings, "\n"), "The update changed nothing"); got != (refresh == "auto") {
				t.Errorf("the apply says %q", r.Warnings)
			}
			config["update_method"], config["triggers"] = "PUT", map[string]any{"again": "1"}
			ws.Set(bankClient, config)
			if applies(t, ws); last["client_name"] != "Second" {
				t.Errorf("the server has %v", last["client_name"])
			}
		})
	}
}

// TestPatchOfWhatIsThere: to ask for what the server has of itself changes nothing there, and nothing is wrong.
func TestPatchOfWhatIsThere(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, PatchOnly: true, Rotate: sandbox.RotateNever}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	config := map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{callback}, "update_method": "PATCH"}
	ws.Set(bankClient, config)
	applies(t, ws)
	var registered map[string]any
	if err := json.Unmarshal([]byte(fmt.Sprint(ws.State(bankClient)["registered_metadata"])), &registered); err != nil || registered["application_type"] == nil {
		t.Fatal(registered, err)
	}
	config["application_type"] = registered["application_type"]
	ws.Set(bankClient, config)
	if r := applies(t, ws); sb.Count("PATCH /register/{client_id}") != 1 || strings.Contains(strings.Join(r.Warnings, "\n"), "The update changed nothing") {
		t.Errorf("the apply says %q", r.Warnings)
	}
}
