package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestTokenWithoutURI: of a server that gives a token and not where it is good, both is said, and
// what is advised for a change that cannot be sent works while it is planned.
func TestTokenWithoutURI(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	last := map[string]any{}
	mux := http.NewServeMux()
	listening := httptest.NewServer(mux)
	t.Cleanup(listening.Close)
	mux.HandleFunc("POST /register", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&last)
		last["client_id"], last["registration_access_token"] = fmt.Sprintf("client-%d", posts.Add(1)), "the-registration-token"
		w.WriteHeader(201)
		_ = json.NewEncoder(w).Encode(last)
	})
	ws := acctest.NewWorkspace(t, acctest.Sandbox(t, sandbox.Options{}), nil)
	configure := func(name string) {
		ws.Set(this, map[string]any{"registration_endpoint": listening.URL + "/register", "redirect_uris": []string{callback}, "client_name": name})
	}
	says := func(what string, told []string, words ...string) {
		t.Helper()
		if !acctest.Words(append([]string{"a registration access token but no registration_client_uri"}, words...)...).MatchString(strings.Join(told, "\n")) {
			t.Errorf("%s says %q", what, told)
		}
	}
	configure("First")
	says("the apply", ws.Apply().Warnings, "import the client with that URL", "cannot be read, updated or removed from here")
	configure("Second")
	says("the plan", ws.Plan().Errors, "import the client with that URL", "terraform state rm and apply")
	ws.Replace(this)
	says("the plan of a replacement", ws.Plan().Errors)
	says("the removal", ws.Destroy().Errors, "deletion_policy")
	ws.Lose(this)
	configure("Second")
	if r := ws.Apply(); len(r.Errors) > 0 || ws.State(this)["client_id"] != "client-2" || ws.State(this)["client_name"] != "Second" {
		t.Errorf("after terraform state rm the apply says %q and has %v", r.Errors, ws.State(this)["client_id"])
	}
}
