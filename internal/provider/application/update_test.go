package application

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// TestStateAfterUnlockAndRefusal looks at the state an update leaves, which
// no test through the CLI can: there, a refresh comes first.
func TestStateAfterUnlockAndRefusal(t *testing.T) {
	t.Parallel()
	const app = `{"SoftwareStatementId":"id","ClientName":"n","Version":1,"Locked":true}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/unlock"):
			_, _ = w.Write([]byte(strings.Replace(app, "true", "false", 1)))
		case strings.HasSuffix(r.URL.Path, "/authorityclaims"):
			_, _ = w.Write([]byte(`[]`))
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"errors":["no"]}`))
		default:
			_, _ = w.Write([]byte(app))
		}
	}))
	t.Cleanup(server.Close)
	r := &Resource{conn: conn.New(conn.Settings{Directory: conn.DirectorySettings{
		Configured: true, APIURL: server.URL, OrganisationID: "org", KeystoreURL: server.URL, AccessToken: "token",
	}})}
	before := map[string]attr.Value{"id": text("id"), "client_name": text("n"), "locked": types.BoolValue(true), "unlock": text(unlockWhenNeeded), "status": text("Active")}
	state, after := stateOf(t, r, before), map[string]attr.Value{}
	for name, value := range before {
		after[name] = value
	}
	after["client_name"], after["locked"] = text("m"), types.BoolUnknown()
	plan := stateOf(t, r, after)
	resp := resource.UpdateResponse{State: state}
	r.Update(t.Context(), resource.UpdateRequest{State: state, Plan: tfsdk.Plan(plan), Config: tfsdk.Config(plan)}, &resp)
	if !resp.Diagnostics.HasError() {
		t.Fatal("the refusal was not reported")
	}
	for name, want := range map[string]attr.Value{"locked": types.BoolValue(false), "client_name": text("n")} {
		var object types.Object
		if diags := resp.State.Get(t.Context(), &object); diags.HasError() {
			t.Fatal(diags)
		}
		if got := object.Attributes()[name]; !got.Equal(want) {
			t.Errorf("after the refusal, %s is %s in state, want %s", name, got, want)
		}
	}
}

// stateOf is a state with the given values and null for all others.
func stateOf(t *testing.T, r *Resource, given map[string]attr.Value) tfsdk.State {
	t.Helper()
	var resp resource.SchemaResponse
	r.Schema(t.Context(), resource.SchemaRequest{}, &resp)
	raw, err := model(t, given).Planned().ToTerraformValue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tfsdk.State{Schema: resp.Schema, Raw: raw}
}
