package application

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// refusing is a directory with one application of the role Old that answers
// requests with the given method and end of path by a status.
func refusing(t *testing.T, method, suffix string, status int) *Resource {
	t.Helper()
	app := map[string]any{"SoftwareStatementId": "id", "ClientName": "n", "Version": 1, "RedirectUri": []string{"https://a.example.com"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		role := func(name string) map[string]any {
			return map[string]any{"SoftwareAuthorityClaimId": "claim-" + name, "AuthorisationDomain": "D", "Role": name, "Status": "Active"}
		}
		var answer any
		switch claims := strings.Contains(r.URL.Path, "/authorityclaims"); {
		case r.Method == method && strings.HasSuffix(r.URL.Path, suffix) && (suffix != "" || body["Role"] == nil):
			w.WriteHeader(status)
			answer = map[string]any{"errors": []string{"no"}}
		case claims && r.Method == http.MethodGet:
			answer = []any{role("Old")}
		case claims && r.Method == http.MethodPost:
			w.WriteHeader(http.StatusCreated)
			name, _ := body["Role"].(string)
			answer = role(name)
		case claims:
			w.WriteHeader(http.StatusNoContent)
			return
		case r.Method == http.MethodPut:
			maps.Copy(app, body)
			answer = app
		default:
			answer = app
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return &Resource{conn: conn.New(conn.Settings{Directory: conn.DirectorySettings{
		Configured: true, APIURL: server.URL, OrganisationID: "org", KeystoreURL: server.URL, AccessToken: "token",
	}})}
}

// TestStateAfterFailure looks at the state that a failing update leaves: what
// was done is in it, and what was not is not. Through the CLI a refresh would
// hide both.
func TestStateAfterFailure(t *testing.T) {
	t.Parallel()
	roles := func(names ...string) types.Set {
		var out []directory.Role
		for _, name := range names {
			out = append(out, directory.Role{AuthorisationDomain: "D", Role: name})
		}
		return roleSet(out)
	}
	before := map[string]attr.Value{"id": text("id"), "client_name": text("n"), "version": types.Float64Value(1), "redirect_uris": set("https://a.example.com"),
		"locked": types.BoolValue(false), "unlock": text(unlockNever), "status": text("Active"), "revision": text("before"), "roles": roles("Old")}
	const claims = "/authorityclaims"
	for name, tc := range map[string]struct {
		method, suffix string
		status         int
		wantName       string
		wantRoles      types.Set
		want           string
	}{
		"application cannot be read":   {http.MethodGet, "/id", 500, "n", roles("Old"), "The directory failed"},
		"roles cannot be read":         {http.MethodGet, claims, 500, "n", roles("Old"), "The directory failed"},
		"replacement refused":          {http.MethodPut, "/id", 400, "n", roles("Old"), "The directory refused to update the application"},
		"replacement fails":            {http.MethodPut, "/id", 500, "n", roles("Old"), "The directory failed"},
		"role cannot be added":         {http.MethodPost, claims, 403, "m", roles("Old"), "The directory refused to change the roles of the application"},
		"role cannot be made inactive": {http.MethodPut, claims + "/claim-Old", 500, "m", roles("Old", "New"), "The directory failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refusing(t, tc.method, tc.suffix, tc.status)
			after := maps.Clone(before)
			maps.Copy(after, map[string]attr.Value{"client_name": text("m"), "roles": roles("New"), "locked": types.BoolUnknown(), "revision": types.StringUnknown()})
			state, plan := stateOf(t, r, before), stateOf(t, r, after)
			resp := resource.UpdateResponse{State: state}
			r.Update(t.Context(), resource.UpdateRequest{State: state, Plan: tfsdk.Plan(plan), Config: tfsdk.Config(plan)}, &resp)
			if !slices.ContainsFunc(resp.Diagnostics, func(d diag.Diagnostic) bool { return d.Summary() == tc.want }) {
				t.Fatalf("diagnostics are %v, want %q", resp.Diagnostics, tc.want)
			}
			var object types.Object
			if diags := resp.State.Get(t.Context(), &object); diags.HasError() {
				t.Fatal(diags)
			}
			got := object.Attributes()
			if !got["client_name"].Equal(text(tc.wantName)) || !got["roles"].Equal(tc.wantRoles) {
				t.Errorf("state has name %s and roles %s, want %q and %s", got["client_name"], got["roles"], tc.wantName, tc.wantRoles)
			}
			if revised := !got["revision"].Equal(text("before")); revised != (tc.wantName == "m") || got["revision"].IsUnknown() {
				t.Errorf("the revision is %s with name %s", got["revision"], got["client_name"])
			}
		})
	}
}
