package application

import (
	"maps"
	"net/http"
	"net/http/httptest"
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

// telling is a directory with one application, whose answers to the requests
// with this method and end of path hold the given members besides.
func telling(t *testing.T, method, suffix, members string) *Resource {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		more := ""
		if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
			more = members
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		answer := `{"SoftwareStatementId":"id","ClientName":"n","Version":1,"Locked":true` + more + `}`
		if strings.HasSuffix(r.URL.Path, "/authorityclaims") {
			answer = `[]`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return &Resource{conn: conn.New(conn.Settings{Directory: conn.DirectorySettings{
		Configured: true, APIURL: server.URL, OrganisationID: "org", KeystoreURL: server.URL, AccessToken: "token",
	}})}
}

func secretIn(t *testing.T, state tfsdk.State) attr.Value {
	t.Helper()
	var object types.Object
	if diags := state.Get(t.Context(), &object); diags.HasError() {
		t.Fatal(diags)
	}
	return object.Attributes()["client_secret"]
}

// succeeded fails on any error but that there is no private state, which only
// the framework can make.
func succeeded(t *testing.T, diags diag.Diagnostics) {
	t.Helper()
	for _, d := range diags.Errors() {
		if !strings.Contains(d.Detail(), "privatestate.NewProviderData") {
			t.Fatalf("%s: %s", d.Summary(), d.Detail())
		}
	}
}

// TestUpdateKeepsTheSecretItIsTold plans each update as it would be, and looks
// for the secret in the state it leaves.
func TestUpdateKeepsTheSecretItIsTold(t *testing.T) {
	t.Parallel()
	const tells = `,"ClientSecret":"second"`
	before := map[string]attr.Value{"id": text("id"), "client_name": text("n"), "version": types.Float64Value(1), "locked": types.BoolValue(true), "unlock": text(unlockWhenNeeded),
		"status": text("Active"), "revision": text("r"), "client_secret": text("first"), "token_endpoint_auth_method": text(secretMethod)}
	rename := map[string]attr.Value{"client_name": text("m")}
	for name, tc := range map[string]struct {
		state, plan     map[string]attr.Value
		suffix, members string
		want            attr.Value
	}{
		"told":                    {nil, rename, "/id", tells, text("second")},
		"not told":                {nil, rename, "/id", "", text("first")},
		"told by the unlocking":   {nil, rename, "/unlock", tells, text("second")},
		"told on suspending":      {nil, map[string]attr.Value{"status": text("Suspended")}, "/id", tells, text("second")},
		"method not managed":      {map[string]attr.Value{"token_endpoint_auth_method": types.StringNull()}, rename, "/id", tells, text("second")},
		"first one":               {map[string]attr.Value{"client_secret": types.StringNull()}, rename, "/id", tells, text("second")},
		"another method":          {nil, map[string]attr.Value{"token_endpoint_auth_method": text("tls_client_auth")}, "/id", "", types.StringNull()},
		"another method answered": {nil, rename, "/id", `,"TokenEndpointAuthMethod":"tls_client_auth"`, types.StringNull()},
		"nothing sent":            {nil, map[string]attr.Value{"deletion_protection": types.BoolValue(true)}, "/id", tells, text("first")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := telling(t, http.MethodPut, tc.suffix, tc.members)
			had := maps.Clone(before)
			maps.Copy(had, tc.state)
			wanted := maps.Clone(had)
			maps.Copy(wanted, tc.plan)
			planned := model(t, wanted)
			planned.settle(model(t, had), false)
			state, plan := stateOf(t, r, had), stateOf(t, r, planned.Values)
			resp := resource.UpdateResponse{State: state}
			r.Update(t.Context(), resource.UpdateRequest{State: state, Plan: tfsdk.Plan(plan), Config: tfsdk.Config(plan)}, &resp)
			succeeded(t, resp.Diagnostics)
			got := secretIn(t, resp.State)
			if !got.Equal(tc.want) {
				t.Errorf("the secret in state is %s, want %s", got, tc.want)
			}
			if told := planned.Values["client_secret"]; !told.IsUnknown() && !told.Equal(got) {
				t.Errorf("%s was planned, and state has %s", told, got)
			}
		})
	}
}

// TestNothingToSendAfterAll is an update whose unknown values turn out to be
// what they were.
func TestNothingToSendAfterAll(t *testing.T) {
	t.Parallel()
	r := telling(t, http.MethodPut, "", `,"ClientSecret":"second"`)
	before := map[string]attr.Value{"id": text("id"), "client_name": text("n"), "status": text("Active"), "client_secret": text("first"), "revision": text("r")}
	after := maps.Clone(before)
	maps.Copy(after, map[string]attr.Value{"client_secret": types.StringUnknown(), "revision": types.StringUnknown(), "deletion_protection": types.BoolValue(true)})
	state, plan := stateOf(t, r, before), stateOf(t, r, after)
	resp := resource.UpdateResponse{State: state}
	r.Update(t.Context(), resource.UpdateRequest{State: state, Plan: tfsdk.Plan(plan), Config: tfsdk.Config(plan)}, &resp)
	succeeded(t, resp.Diagnostics)
	var object types.Object
	if diags := resp.State.Get(t.Context(), &object); diags.HasError() {
		t.Fatal(diags)
	}
	if got := object.Attributes(); !got["client_secret"].Equal(text("first")) || !got["revision"].Equal(text("r")) {
		t.Errorf("state %v", got)
	}
}

// TestCreationKeepsTheSecretOfTheSuspension: the second answer may replace the
// secret of the first.
func TestCreationKeepsTheSecretOfTheSuspension(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, status string
		want           attr.Value
	}{
		"told by the suspension": {http.MethodPut, "Suspended", text("second")},
		"told by the creation":   {http.MethodPost, "Suspended", text("second")},
		"not suspended":          {http.MethodPut, "Active", types.StringNull()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := telling(t, tc.method, "", `,"ClientSecret":"second"`)
			plan := stateOf(t, r, map[string]attr.Value{"client_name": text("n"), "version": types.Float64Value(1), "redirect_uris": set("https://a.example.com"),
				"status": text(tc.status), "client_secret": types.StringUnknown()})
			resp := resource.CreateResponse{State: stateOf(t, r, nil)}
			r.Create(t.Context(), resource.CreateRequest{Plan: tfsdk.Plan(plan), Config: tfsdk.Config(plan)}, &resp)
			succeeded(t, resp.Diagnostics)
			if got := secretIn(t, resp.State); !got.Equal(tc.want) {
				t.Errorf("the secret in state is %s, want %s", got, tc.want)
			}
		})
	}
}

// TestSecretOfAnUnplannedUnlock: roles alone change, a statement locked the application after the plan, and the unlocking tells a secret.
func TestSecretOfAnUnplannedUnlock(t *testing.T) {
	t.Parallel()
	r := telling(t, http.MethodPut, "/unlock", `,"ClientSecret":"second"`)
	had := map[string]attr.Value{"id": text("id"), "client_name": text("n"), "version": types.Float64Value(1), "locked": types.BoolValue(false), "unlock": text(unlockWhenNeeded),
		"status": text("Active"), "revision": text("r"), "client_secret": text("first"), "token_endpoint_auth_method": text(secretMethod)}
	wanted := maps.Clone(had)
	wanted["roles"] = roleSet([]directory.Role{{AuthorisationDomain: "d", Role: "r", Status: directory.StatusActive}})
	planned := model(t, wanted)
	planned.settle(model(t, had), false)
	state, plan := stateOf(t, r, had), stateOf(t, r, planned.Values)
	resp := resource.UpdateResponse{State: state}
	r.Update(t.Context(), resource.UpdateRequest{State: state, Plan: tfsdk.Plan(plan), Config: tfsdk.Config(plan)}, &resp)
	if got := secretIn(t, resp.State); !got.Equal(text("second")) {
		t.Errorf("the unlocking told another secret, and the state has %s (planned %s)", got, planned.Values["client_secret"])
	}
}
