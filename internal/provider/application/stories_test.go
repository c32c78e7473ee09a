package application_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// story is a test that goes through many plans and applies, which the plugin
// protocol does faster than the CLI.
type story struct {
	*testing.T
	*acctest.Workspace
	sb *sandbox.Sandbox
}

func tell(t *testing.T, options sandbox.Options) story {
	t.Helper()
	sb := acctest.Sandbox(t, options)
	return story{t, acctest.NewWorkspace(t, sb, nil), sb}
}

// configure sets the least and some more.
func (s story) configure(more map[string]any) {
	config := map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris}}
	maps.Copy(config, more)
	s.Set(this, config)
}

// applies configures, applies, and expects that nothing is left to do.
func (s story) applies(more map[string]any) *acctest.Result {
	s.Helper()
	s.configure(more)
	r := s.Apply()
	if p := s.Plan(); len(r.Errors) > 0 || !p.Empty() {
		s.Fatalf("the apply says %q, and then planned is %v", r.Errors, p.Changes)
	}
	return r
}

// refuses configures and expects the apply to fail with these words.
func (s story) refuses(more map[string]any, words ...string) {
	s.Helper()
	s.configure(more)
	if r := s.Apply(); len(r.Errors) != 1 || !acctest.Words(words...).MatchString(r.Errors[0]) {
		s.Errorf("the apply says %q, want %q", r.Errors, words)
	}
}

func (s story) has(member string, want any) {
	s.Helper()
	app, _ := s.sb.Directory().Application(only(s.T, s.sb))
	if got := fmt.Sprint(app[member]); got != fmt.Sprint(want) {
		s.Errorf("the directory has %s as %s, want %v", member, got, want)
	}
}

func (s story) calls(route string, want int) {
	s.Helper()
	if got := s.sb.Count(route); got != want {
		s.Errorf("%s was called %d times, want %d", route, got, want)
	}
}

// acts checks the active roles.
func (s story) acts(want ...string) {
	s.Helper()
	var got []string
	for _, role := range s.sb.Directory().Roles(only(s.T, s.sb)) {
		if role.Status == "Active" {
			got = append(got, role.AuthorisationDomain+"/"+role.Role)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		s.Errorf("active roles are %q, want %q", got, want)
	}
}

func roles(names ...string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		domain, role, _ := strings.Cut(name, "/")
		out[i] = map[string]any{"authorisation_domain": domain, "role": role}
	}
	return out
}

const (
	tpp, aisp = "Sandbox Ecosystem/TPP", "Sandbox Ecosystem/AISP"
	heldRoles = "GET /organisations/{OrganisationId}/authorityclaims"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	// One trailing space too few is the usual mistake.
	s.refuses(map[string]any{"roles": roles("Open Banking Brasil/DADOS")}, this+".roles", "The organisation does not hold these roles", "Not held:", `"Open Banking Brasil": "DADOS"`,
		`"Open Banking Brasil ": "CONTA"`, `"Open Banking Brasil ": "DADOS"`, `"Sandbox Ecosystem": "AISP"`, "some domain names end in a space")
	s.applies(map[string]any{"roles": roles(tpp, aisp)})
	first := s.State(this)["revision"]
	s.acts(aisp, tpp)
	s.applies(map[string]any{"roles": roles(tpp)})
	s.acts(tpp)
	if s.State(this)["revision"] == first {
		t.Error("the revision does not show that a role is gone")
	}
	// The directory's only way: inactive, and active again.
	s.applies(map[string]any{"roles": roles(tpp, aisp)})
	s.calls(acctest.AddRole, 0)
	s.calls(acctest.ChangeRole, 2)
	s.calls(acctest.ReplaceApplication, 0)
	if s.State(this)["revision"] != first {
		t.Error("the revision differs for the same roles")
	}
	// What was configured once and no longer is, is cleared, and from then on the directory's business.
	s.applies(nil)
	s.acts()
	if err := s.sb.Directory().SetRole(only(t, s.sb), "Sandbox Ecosystem", "TPP", "Active"); err != nil {
		t.Fatal(err)
	}
	s.applies(nil)
	s.acts(tpp)
	// The directory has the last word when the roles held cannot be read.
	s.sb.Inject(sandbox.Fault{Route: heldRoles, Kind: sandbox.FaultStatus, Status: 503, Times: -1})
	s.refuses(map[string]any{"roles": roles("Sandbox Ecosystem/ASPSP")}, "The directory refused to change the roles of the application", `does not hold the role "ASPSP"`)
	s.sb.Reset()
	s.sb.Inject(sandbox.Fault{Route: acctest.AddRole, Kind: sandbox.FaultStatus, Status: 403})
	s.refuses(map[string]any{"roles": roles("Open Banking Brasil /DADOS"), "description": "New"}, "The directory refused to change the roles of the application", "answered 403")
	s.has("Description", "New")
	s.applies(map[string]any{"roles": roles("Open Banking Brasil /DADOS"), "description": "New"})
	s.acts("Open Banking Brasil /DADOS")
	s.sb.Directory().DropOrganisationRole("Open Banking Brasil ", "DADOS")
	r := s.Plan()
	if len(r.Warnings) != 1 || !acctest.Words("roles", "The organisation lost roles the application acts in", `"Open Banking Brasil ": "DADOS"`, "takes it from all its applications").MatchString(r.Warnings[0]) {
		t.Errorf("the plan warns %q", r.Warnings)
	}
	if len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "The organisation does not hold these roles") {
		t.Errorf("the plan says %q", r.Errors)
	}
}

// TestFlags takes flags by name or by ID, and compares them by ID.
func TestFlags(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	flags := func(words ...string) map[string]any { return map[string]any{"flags": words} }
	s.refuses(flags("nothing"), this+".flags", "The directory has no such flag", `"nothing" is neither the ID nor the name`, `"pilot" = "true"`)
	s.refuses(flags("journey"), this+".flags", "The directory has no such flag", `"journey" is the name of several flags; write one of their IDs`, `"data"`)
	s.calls(acctest.CreateApplication, 0)
	id, second := s.sb.Directory().AddFlag("launch", "true"), s.sb.Directory().AddFlag("other", "true")
	s.applies(flags("launch"))
	// The token may not read the list, and does not have to while nothing changes, or with IDs.
	s.sb.Inject(sandbox.Fault{Route: "GET /references/flags", Kind: sandbox.FaultStatus, Status: 403, Times: -1})
	s.applies(flags("launch"))
	s.refuses(flags("launch", "other"), this+".flags", "The directory refused to read the directory's flags", "answered 403", "directory:website")
	s.applies(flags(id, second))
	s.sb.Reset()
	// The same flags in another spelling are shown, and not sent.
	if r := s.applies(flags("launch", second)); r.Actions[this] != acctest.ActionUpdate {
		t.Errorf("another spelling is planned as %v", r.Actions)
	}
	s.calls(acctest.ReplaceApplication, 0)
	edit(t, s.sb, func(m map[string]any) { delete(m, "Flags") })()
	s.applies(flags("launch", second))
	s.applies(nil)
	s.has("Flags", nil)
}

// TestLogo is about the one member the directory rewrites.
func TestLogo(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	hosted := func() {
		t.Helper()
		app, _ := s.sb.Directory().Application(only(t, s.sb))
		if logo := fmt.Sprint(app["LogoUri"]); !regexp.MustCompile(`^https://.*/logos/[0-9a-f]+\.png$`).MatchString(logo) {
			t.Errorf("the logo at the directory is %q", logo)
		}
	}
	s.applies(nil)
	hosted()
	first := s.State(this)["revision"]
	withLogo := map[string]any{"logo_uri": pixel}
	s.applies(withLogo)
	hosted()
	if state := s.State(this); state["logo_uri"] != pixel || state["revision"] == first {
		t.Errorf("state has the logo %v and revision %v", state["logo_uri"], state["revision"])
	}
	// Changing something else neither uploads the logo again nor shows its new address as drift.
	withLogo["description"] = "New"
	s.applies(withLogo)
	requests := s.sb.Requests(acctest.ReplaceApplication)
	if last := requests[len(requests)-1]; strings.Contains(last.Body, "data:image") {
		t.Errorf("the logo was sent again: %s", last.Body)
	}
	edit(t, s.sb, func(m map[string]any) { m["LogoUri"] = "https://evil.example.com/logo.png" })()
	s.applies(withLogo)
	hosted()
	// Removing it puts the placeholder back: the directory cannot be without.
	s.applies(nil)
	hosted()
	if s.State(this)["revision"] != first {
		t.Error("the placeholder is another one")
	}
}

const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// TestClientSecret is told once, kept, and forgotten with the method.
func TestClientSecret(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	basic, other := map[string]any{"token_endpoint_auth_method": "client_secret_basic"}, map[string]any{"token_endpoint_auth_method": "private_key_jwt"}
	secret := func() string {
		t.Helper()
		value, _ := s.State(this)["client_secret"].(string)
		if !slices.Contains(s.sb.Secrets(), value) {
			t.Error("the client_secret in state was not issued by the directory")
		}
		return value
	}
	s.applies(basic)
	first := secret()
	s.applies(map[string]any{"token_endpoint_auth_method": "client_secret_basic", "description": "New"})
	if secret() != first {
		t.Error("the secret was lost by an update that tells none")
	}
	s.applies(other)
	if s.State(this)["client_secret"] != nil {
		t.Error("the secret stays without its method")
	}
	s.applies(basic)
	second := secret()
	edit(t, s.sb, func(m map[string]any) { m["TokenEndpointAuthMethod"] = "private_key_jwt" })()
	s.applies(basic)
	if third := secret(); first == second || second == third {
		t.Error("a new secret was not kept")
	}
}

// TestUnlockWhenNeeded unlocks for changes that need it, with the token that may, and only then.
func TestUnlockWhenNeeded(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	unlocking := map[string]any{"unlock": "when_needed"}
	s.applies(unlocking)
	lock(t, s.sb)()
	change := map[string]any{"unlock": "when_needed", "description": "New", "roles": roles(tpp)}
	powerless := story{t, acctest.NewWorkspace(t, s.sb, map[string]any{"administrator_access_token": nil}), s.sb}
	powerless.Import(this, only(t, s.sb))
	powerless.configure(change)
	r := powerless.Apply()
	if len(r.Errors) != 1 || !acctest.Words("The directory refused to unlock the application: No directory.administrator_access_token is configured", "Set directory.administrator_access_token to", "answered 403").MatchString(r.Errors[0]) || strings.Contains(r.Errors[0], "Creating applications") {
		t.Errorf("without the token it says %q", r.Errors)
	}
	if len(r.Warnings) != 1 || !acctest.Words(this+".unlock", "The application has to be unlocked", "change of description", "Super Administrator").MatchString(r.Warnings[0]) {
		t.Errorf("without the token it warns %q", r.Warnings)
	}
	s.has("Locked", true)
	s.calls(acctest.ReplaceApplication, 0)
	s.configure(change)
	told := acctest.Words(this+".unlock", "This apply unlocks the application", "change of description", "application_revision")
	if r = s.Plan(); len(r.Warnings) != 1 || !told.MatchString(r.Warnings[0]) {
		t.Errorf("a plan that unlocks warns %q", r.Warnings)
	}
	s.applies(change)
	s.has("Description", "New")
	s.acts(tpp)
	s.has("Locked", false)
	lock(t, s.sb)()
	change["redirect_uris"] = []string{uris, uris + "more"}
	if r = s.applies(change); len(r.Warnings) > 0 {
		t.Errorf("a change that needs no unlock warns %q", r.Warnings)
	}
	s.has("Locked", true)
	s.calls(acctest.Unlock, 2)
	// What it opened before a change failed is in state, and not opened a second time.
	s.sb.Inject(sandbox.Fault{Route: acctest.ReplaceApplication, Kind: sandbox.FaultStatus, Status: 500})
	change["description"] = "Newer"
	s.refuses(change, "The directory failed", "The application was unlocked for this change, and stays so", "revert the change and apply")
	if s.State(this)["locked"] != false {
		t.Error("state says that the application is locked")
	}
	s.applies(change)
	s.calls(acctest.Unlock, 3)
}

// TestRefreshFails keeps the application in state whatever goes wrong: only a
// directory that says so makes it gone.
func TestRefreshFails(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(map[string]any{"roles": roles(tpp)})
	id := s.State(this)["id"]
	const get, claims = "GET " + acctest.Application, "GET " + acctest.Application + "/authorityclaims"
	for _, tc := range []struct {
		fault sandbox.Fault
		words []string
	}{
		{sandbox.Fault{Route: get, Kind: sandbox.FaultStatus, Status: 500}, []string{"The directory failed", "answered 500"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultStatus, Status: 401}, []string{"answered 401"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultNonJSON, Status: 404}, []string{"The directory refused to read the application", "answered 404"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultStatus, Status: 403}, []string{"The directory refused to read the application", "answered 403"}},
		{sandbox.Fault{Route: get, Kind: sandbox.FaultNonJSON, Status: 200}, []string{"The directory answered with something that is not its API"}},
		{sandbox.Fault{Route: claims, Kind: sandbox.FaultStatus, Status: 500}, []string{"The directory failed", "/authorityclaims", "answered 500"}},
	} {
		s.sb.Inject(tc.fault)
		if r := s.Apply(); len(r.Errors) != 1 || !acctest.Words(tc.words...).MatchString(r.Errors[0]) || s.State(this)["id"] != id {
			t.Errorf("%v: the refresh says %q", tc.fault, r.Errors)
		}
	}
	s.applies(map[string]any{"roles": roles(tpp)})
	if err := s.sb.Directory().Delete(only(t, s.sb)); err != nil {
		t.Fatal(err)
	}
	if r := s.Plan(); r.Actions[this] != acctest.ActionCreate {
		t.Errorf("what was deleted is planned as %v", r.Actions)
	}
}

// TestOthersMembers keeps what this provider has never heard of, what nobody
// configured, and what a creation could not finish.
func TestOthersMembers(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{HideDeleted: true})
	s.sb.Inject(sandbox.Fault{Route: acctest.ReplaceApplication, Kind: sandbox.FaultStatus, Status: 500})
	s.configure(map[string]any{"status": "Suspended"})
	// A suspension that fails is a warning: an error would have the next apply create another.
	if r := s.Apply(); len(r.Errors) > 0 || len(r.Warnings) != 1 || s.Plan().Actions[this] != acctest.ActionUpdate {
		t.Errorf("the creation says %q and warns %q", r.Errors, r.Warnings)
	}
	s.applies(map[string]any{"status": "Suspended"})
	s.has("Status", "Suspended")
	s.applies(nil)
	s.has("Status", "Active")
	s.calls(acctest.CreateApplication, 1)
	edit(t, s.sb, func(m map[string]any) { m["FutureField"], m["PolicyUri"] = "kept", uris })()
	s.applies(nil)
	s.applies(map[string]any{"environment": "production"})
	s.has("FutureField", "kept")
	s.has("PolicyUri", uris)
	s.has("Environment", "production")
	s.applies(nil)
	s.has("Environment", nil)
	s.has("FutureField", "kept")
}
