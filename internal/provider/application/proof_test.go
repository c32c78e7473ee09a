package application_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// proof is one attribute with what a test does to it.
type proof struct {
	member string
	// first and second are configured one after the other.
	first, second any
	// theirs is what another actor makes of it at the directory.
	theirs any
	// cleared is what the directory has after the attribute was removed.
	cleared any
	// fixed attributes cannot be removed.
	fixed bool
	// silent attributes are in no software statement.
	silent bool
	// also are the further attributes an update leaves unknown.
	also []string
}

const uris = "https://app.example.com/"

func proofs() map[string]proof {
	list := func(names ...string) []string {
		out := make([]string, len(names))
		for i, name := range names {
			out[i] = uris + name
		}
		return out
	}
	return map[string]proof{
		"client_name":                   {member: "ClientName", first: "Budget", second: "Budget 2", theirs: "Theirs", fixed: true},
		"version":                       {member: "Version", first: 1, second: 1.25, theirs: 7, fixed: true},
		"redirect_uris":                 {member: "RedirectUri", first: list("a", "b"), second: list("c", "a"), theirs: list("x"), fixed: true},
		"logo_uri":                      {member: "LogoUri", first: uris + "a.png", second: uris + "b.png", theirs: uris + "c.png", fixed: true},
		"client_uri":                    {member: "ClientUri", first: uris, second: uris + "2", theirs: uris + "3"},
		"homepage_uri":                  {member: "HomepageUri", first: uris, second: uris + "2", theirs: uris + "3"},
		"policy_uri":                    {member: "PolicyUri", first: uris, second: uris + "2", theirs: uris + "3"},
		"terms_of_service_uri":          {member: "TermsOfServiceUri", first: uris, second: uris + "2", theirs: uris + "3"},
		"post_logout_redirect_uris":     {member: "PostLogoutRedirectUris", first: list("o"), second: list("p", "o"), theirs: list("x")},
		"description":                   {member: "Description", first: "One", second: "Two", theirs: "Three"},
		"environment":                   {member: "Environment", first: "Sandbox", second: "production", theirs: "test"},
		"mode":                          {member: "Mode", first: "Test", second: "Live", theirs: "Live", cleared: "Live"},
		"on_behalf_of":                  {member: "OnBehalfOf", first: "One", second: "Two", theirs: "Three"},
		"notification_webhook_uri":      {member: "NotificationWebhook", first: uris, second: uris + "2", theirs: uris + "3", silent: true, also: []string{"notification_webhook_status"}},
		"api_webhook_uris":              {member: "ApiWebhookUri", first: list("w"), second: list("v"), theirs: list("x")},
		"origin_uris":                   {member: "OriginUri", first: []string{"https://a.example.com"}, second: []string{"ios:bundle-id:com.example.app"}, theirs: []string{"https://x.example.com"}},
		"require_signed_request_object": {member: "RequireSignedRequestObject", first: false, second: true, theirs: true, cleared: true},
		"tls_client_certificate_bound_access_tokens": {member: "TlsClientCertificateBoundAccessTokens", first: false, second: true, theirs: true, cleared: true},
		"id_token_signed_response_alg":               {member: "IdTokenSignedResponseAlgorithm", first: "RS256", second: "PS256", theirs: "PS256", cleared: "PS256"},
		"token_endpoint_auth_method":                 {member: "TokenEndpointAuthMethod", first: "tls_client_auth", second: "private_key_jwt", theirs: "private_key_jwt", cleared: "private_key_jwt", silent: true, also: []string{"client_secret"}},
		"federation_enabled":                         {member: "OpenidFederationEnabled", first: true, second: false, theirs: false, cleared: false, silent: true, also: []string{"federation_endpoint"}},
		"federation_management":                      {member: "OpenidFederationEntityManagementType", first: "openid_entity_federation_managed", second: "openid_entity_self_managed", theirs: "openid_entity_self_managed", silent: true, also: []string{"federation_endpoint"}},
		"related_authorization_server_id":            {member: "RelatedAuthorisationServer", first: "6f1f3a3e-5a1f-4c3b-9d53-0d6b0c3f8a11", second: "6f1f3a3e-5a1f-4c3b-9d53-0d6b0c3f8a12", theirs: "6f1f3a3e-5a1f-4c3b-9d53-0d6b0c3f8a13"},
		"additional_metadata":                        {member: "AdditionalSoftwareMetadata", first: `{"a":1}`, second: `{"a":[2]}`, theirs: `{"b":3}`, cleared: "{}"},
		"flags":                                      {member: "Flags", first: []string{"pilot"}, second: []string{"launch"}, theirs: []string{}},
		"status":                                     {member: "Status", first: "Active", second: "Suspended", theirs: "Suspended", silent: true, fixed: true},
	}
}

func firsts() map[string]any {
	out := map[string]any{}
	for name, p := range proofs() {
		out[name] = p.first
	}
	return out
}

// planned are the attributes an update of one leaves changed or unknown.
func (p proof) planned(name string) []string {
	out := append([]string{name}, p.also...)
	if !p.silent {
		out = append(out, "revision")
	}
	slices.Sort(out)
	return out
}

// workspace has an application with every attribute configured.
func workspace(t *testing.T) (*acctest.Workspace, *sandbox.Sandbox) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{})
	sb.Directory().AddFlag("launch", "true")
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, firsts())
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatalf("the creation fails: %q", r.Errors)
	}
	return ws, sb
}

func member(t *testing.T, sb *sandbox.Sandbox, name string) string {
	t.Helper()
	app, _ := sb.Directory().Application(only(t, sb))
	return fmt.Sprint(app[name])
}

// TestEveryAttribute has another actor change each attribute, which a plan
// shows and nothing else, and an apply puts right; changes each in place;
// plans each with a value that is not known yet; and removes it, which clears it.
func TestEveryAttribute(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{"roles": true, "unlock": true, "deletion_protection": true, "client_id": true}
	for name, p := range proofs() {
		covered[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws, sb := workspace(t)
			before := member(t, sb, p.member)
			edit(t, sb, func(m map[string]any) { m[p.member] = p.theirs })()
			r := ws.Plan()
			if !r.Updates(this, p.planned(name)...) || !slices.Contains(r.Drift[this], name) {
				t.Errorf("after drift %v the plan is %v %v with %q", r.Drift, r.Actions, r.Changes, r.Errors)
			}
			if ws.Apply(); member(t, sb, p.member) != before || !ws.Plan().Empty() {
				t.Errorf("drift was not put right: %s, before %s", member(t, sb, p.member), before)
			}
			config := firsts()
			config[name] = acctest.Unknown{}
			ws.Set(this, config)
			if r := ws.Plan(); !r.Updates(this, p.planned(name)...) {
				t.Errorf("a value not known yet is planned as %v %v with %q", r.Actions, r.Changes, r.Errors)
			}
			config[name] = p.second
			ws.Set(this, config)
			if r := ws.Apply(); !r.Updates(this, p.planned(name)...) || !ws.Plan().Empty() || member(t, sb, p.member) == before {
				t.Errorf("the update is planned as %v %v with %q", r.Actions, r.Changes, r.Errors)
			}
			if p.fixed {
				return
			}
			delete(config, name)
			ws.Set(this, config)
			if r := ws.Apply(); len(r.Errors) > 0 || r.Actions[this] != acctest.ActionUpdate || !ws.Plan().Empty() || member(t, sb, p.member) != fmt.Sprint(p.cleared) {
				t.Errorf("the removal is planned as %v with %q and leaves %s", r.Changes, r.Errors, member(t, sb, p.member))
			}
			if ws.State(this)[name] != nil {
				t.Errorf("a removed attribute is in state")
			}
			edit(t, sb, func(m map[string]any) { m[p.member] = p.first })()
			if name != "flags" && !ws.Plan().Empty() {
				t.Errorf("what is no longer configured is somebody else's business")
			}
		})
	}
	ws, _ := workspace(t)
	for name := range ws.State(this) {
		if !covered[name] && !slices.Contains(decided(), name) {
			t.Errorf("no test covers %s", name)
		}
	}
}

// TestSwitches has directories behave as their documents leave open, through
// creation, update under lock, change of roles, removal and deletion.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		temper sandbox.DirectoryTemper
		// kept are the attributes whose removal the directory does not carry out.
		kept bool
	}{
		"ordinary":             {},
		"locked is forbidden":  {temper: sandbox.DirectoryTemper{LockedStatus: 403, BareRefusals: true}},
		"locked is locked":     {temper: sandbox.DirectoryTemper{LockedStatus: 423, LockAllowsRoles: true}},
		"roles come back":      {temper: sandbox.DirectoryTemper{ReactivateRoles: true, NewerRoles: true}},
		"roles not in updates": {temper: sandbox.DirectoryTemper{RefuseRolesOnUpdate: true}},
		"deleted twice":        {temper: sandbox.DirectoryTemper{SecondDeleteStatus: 400}},
		"nano client IDs":      {temper: sandbox.DirectoryTemper{ClientIDs: sandbox.ClientIDNano}},
		"entity client IDs":    {temper: sandbox.DirectoryTemper{ClientIDs: sandbox.ClientIDEntity}},
		"merging":              {temper: sandbox.DirectoryTemper{KeepOmitted: true}, kept: true},
		"among many":           {temper: sandbox.DirectoryTemper{Crowd: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Directory: tc.temper})
			ws := acctest.NewWorkspace(t, sb, nil)
			config := map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris}, "description": "One", "unlock": "when_needed",
				"roles": []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}}
			apply := func(what string) *acctest.Result {
				t.Helper()
				r := ws.Apply()
				if p := ws.Plan(); len(r.Errors) > 0 || !p.Empty() {
					t.Fatalf("%s: %q, then the plan has %v with %q", what, r.Errors, p.Changes, p.Errors)
				}
				return r
			}
			ws.Set(this, config)
			apply("create")
			id, _ := ws.State(this)["id"].(string)
			if err := sb.Directory().Lock(id); err != nil {
				t.Fatal(err)
			}
			config["description"], config["redirect_uris"] = "Two", []string{uris, uris + "more"}
			config["roles"] = []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "PAGTO"}}
			apply("update")
			config["roles"] = []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}
			apply("role back")
			delete(config, "description")
			delete(config, "roles")
			r := apply("removal")
			if warned := len(r.Warnings) == 1 && acctest.Words("The directory kept what was removed", "description").MatchString(r.Warnings[0]); warned != tc.kept {
				t.Errorf("the removal warns %q", r.Warnings)
			}
			for _, role := range sb.Directory().Roles(id) {
				if role.Status == "Active" {
					t.Errorf("role %s is still active", role.Role)
				}
			}
			other := acctest.NewWorkspace(t, sb, nil)
			if r := other.Import(this, id); len(r.Errors) > 0 {
				t.Errorf("the import says %q", r.Errors)
			}
			other.Set(this, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris, uris + "more"}})
			if r := other.Plan(); !r.Empty() {
				t.Errorf("the plan after the import has %v with %q", r.Changes, r.Errors)
			}
			if r := ws.Destroy(); len(r.Errors) > 0 {
				t.Errorf("destroy says %q", r.Errors)
			}
			if app, _ := sb.Directory().Application(id); app["Status"] != "Inactive" {
				t.Errorf("the application is %v", app["Status"])
			}
		})
	}
}

// TestImportOfEverything has an empty plan after the import of an application with every attribute.
func TestImportOfEverything(t *testing.T) {
	t.Parallel()
	ws, sb := workspace(t)
	other := acctest.NewWorkspace(t, sb, nil)
	if r := other.Import(this, fmt.Sprint(ws.State(this)["id"])); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	other.Set(this, firsts())
	if r := other.Plan(); !r.Empty() {
		t.Errorf("the plan has %v with %q", r.Changes, r.Errors)
	}
	if err := sb.Directory().ConfirmWebhook(only(t, sb)); err != nil {
		t.Fatal(err)
	}
	if r := other.Plan(); !r.Empty() || !slices.Equal(r.Drift[this], []string{"notification_webhook_status"}) {
		t.Errorf("a confirmed webhook is drift in %v, planned as %v", r.Drift, r.Changes)
	}
}

// TestOwnClientID is taken by directories that know of self-managed entities.
func TestOwnClientID(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Directory: sandbox.DirectoryTemper{TakeClientID: true}})
	ws := acctest.NewWorkspace(t, sb, nil)
	config := map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris}, "federation_enabled": true, "federation_management": "openid_entity_self_managed", "client_id": "https://rp.example.com"}
	for _, id := range []string{"https://rp.example.com", "https://rp2.example.com"} {
		config["client_id"] = id
		ws.Set(this, config)
		if r := ws.Apply(); len(r.Errors)+len(r.Warnings) > 0 || ws.State(this)["client_id"] != id || member(t, sb, "ClientId") != id || !ws.Plan().Empty() {
			t.Errorf("the client ID is %v with %q", ws.State(this)["client_id"], r.Errors)
		}
	}
}

// decided are the attributes only the directory decides.
func decided() []string {
	return []string{"id", "organisation_id", "revision", "client_secret", "locked", "created_at", "notification_webhook_status", "federation_endpoint", "jwks_uri", "transport_jwks_uri", "certificate_subject"}
}

// TestEveryAttributeUnderLock changes each attribute of a locked application:
// refused at plan time with nothing sent, or unlocked first where that is wanted.
func TestEveryAttributeUnderLock(t *testing.T) {
	t.Parallel()
	changes := proofs()
	changes["roles"] = proof{second: []any{map[string]any{"authorisation_domain": "Sandbox Ecosystem", "role": "TPP"}}}
	for name, p := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws, sb := workspace(t)
			lock(t, sb)()
			sb.Reset()
			config := firsts()
			config[name] = p.second
			ws.Set(this, config)
			r := ws.Apply()
			if name == "status" {
				if len(r.Errors) > 0 || sb.Count(acctest.Unlock) != 0 {
					t.Errorf("the status cannot be changed: %q", r.Errors)
				}
				return
			}
			want := acctest.Words(this+"."+name, "The application is locked", "The planned change of "+name+" is not possible")
			if len(r.Errors) != 1 || !want.MatchString(r.Errors[0]) || sb.Count(acctest.ReplaceApplication) != 0 {
				t.Errorf("the plan says %q", r.Errors)
			}
			config["unlock"] = "when_needed"
			if r := ws.Apply(); len(r.Errors) > 0 || sb.Count(acctest.Unlock) != 1 || !ws.Plan().Empty() {
				t.Errorf("with unlock it says %q, and unlocked %d times", r.Errors, sb.Count(acctest.Unlock))
			}
		})
	}
}

// TestEveryRequestFails has the directory fail each request of each operation in each way.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	role := func(names ...string) []any {
		var out []any
		for _, name := range names {
			out = append(out, map[string]any{"authorisation_domain": "Sandbox Ecosystem", "role": name})
		}
		return out
	}
	all := maps.Clone(firsts())
	all["roles"], all["status"], all["unlock"] = role("TPP"), "Suspended", "when_needed"
	changed := maps.Clone(all)
	changed["roles"], changed["status"], changed["client_name"] = role("AISP"), "Active", "Budget 2"
	one := func(status string) func(*acctest.Workspace, *sandbox.Sandbox) error {
		return func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
			var alive []any
			for _, app := range sb.Directory().Applications() {
				if app["Status"] != "Inactive" {
					alive = append(alive, app["SoftwareStatementId"])
				}
			}
			switch state := ws.State(this); {
			case status == "Inactive" && (len(alive) > 0 || state != nil):
				return fmt.Errorf("applications %v are left, state has %v", alive, state["id"])
			case status != "Inactive" && (len(alive) != 1 || alive[0] != state["id"]):
				return fmt.Errorf("applications are %v, state has %v", alive, state["id"])
			case status != "Inactive" && state["status"] != status:
				return fmt.Errorf("the status is %v", state["status"])
			}
			return nil
		}
	}
	created := func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
		sb.Directory().AddFlag("launch", "true")
		ws.Set(this, all)
	}
	count := acctest.FailEach(t, "create", acctest.Operation{Every: 2, Act: created, Check: one("Suspended")})
	count += acctest.FailEach(t, "update", acctest.Operation{Every: 2, Before: created, Check: one("Active"), Act: func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
		lock(t, sb)()
		ws.Set(this, changed)
	}})
	count += acctest.FailEach(t, "delete", acctest.Operation{Before: created, Check: one("Inactive"), Act: func(ws *acctest.Workspace, _ *sandbox.Sandbox) { ws.Remove(this) }})
	// With a statement behind it, the application is locked whatever happened on the way.
	stated := func(config map[string]any) func(*acctest.Workspace, *sandbox.Sandbox) {
		return func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
			config := maps.Clone(config)
			config["status"] = "Active"
			sb.Directory().AddFlag("launch", "true")
			ws.Set(this, config)
			ws.Set(statement, map[string]any{"application_id": acctest.Ref(this, "id"), "application_revision": acctest.Ref(this, "revision")})
		}
	}
	count += acctest.FailEach(t, "update with statement", acctest.Operation{Every: 5, Before: stated(all), Act: stated(changed), Check: func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
		if app, _ := sb.Directory().Application(fmt.Sprint(ws.State(this)["id"])); app["Locked"] != true || ws.State(statement) == nil {
			return fmt.Errorf("locked is %v, the statement in state %v", app["Locked"], ws.State(statement) != nil)
		}
		return one("Active")(ws, sb)
	}})
	t.Logf("%d combinations", count)
}

// TestDriftOfRoles has somebody add a role and take one away: both are shown and put right.
func TestDriftOfRoles(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris},
		"roles": []any{map[string]any{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}}})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	for _, theirs := range []struct{ role, status string }{{"DADOS", "Inactive"}, {"PAGTO", "Active"}} {
		if err := sb.Directory().SetRole(only(t, sb), "Open Banking Brasil ", theirs.role, theirs.status); err != nil {
			t.Fatal(err)
		}
		if r := ws.Plan(); !r.Updates(this, "roles", "revision") || !slices.Contains(r.Drift[this], "roles") {
			t.Errorf("%s: drift in %v is planned as %v with %q", theirs.role, r.Drift, r.Changes, r.Errors)
		}
		ws.Apply()
		if active := sb.Directory().Roles(only(t, sb)); active[0].Status != "Active" || len(active) > 1 && active[1].Status != "Inactive" || !ws.Plan().Empty() {
			t.Errorf("%s: the roles are %v", theirs.role, active)
		}
	}
}
