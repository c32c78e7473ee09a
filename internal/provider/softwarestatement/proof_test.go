package softwarestatement_test

import (
	"fmt"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestEveryRequestFails has the directory and its keystore fail each request of each operation in each way.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	const application = "dcr_application.this"
	configured := func(trigger string) func(*acctest.Workspace, *sandbox.Sandbox) {
		return func(ws *acctest.Workspace, _ *sandbox.Sandbox) {
			ws.Set(application, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{"https://app.example.com/callback"}})
			ws.Set(this, map[string]any{"application_id": acctest.Ref(application, "id"), "application_revision": acctest.Ref(application, "revision"),
				"triggers": map[string]any{"at": trigger}, "unlock_on_destroy": true})
		}
	}
	check := func(locked bool) func(*acctest.Workspace, *sandbox.Sandbox) error {
		return func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
			alive := sb.Directory().Applications()
			if len(alive) != 1 || alive[0]["Locked"] != locked {
				return fmt.Errorf("the applications are %v", alive)
			}
			if has := ws.State(this)["assertion"] != nil; has != locked {
				return fmt.Errorf("state has a statement: %t", has)
			}
			return nil
		}
	}
	before := configured("1")
	count := acctest.FailEach(t, "issue", acctest.Operation{Every: 3, Check: check(true), Before: func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
		before(ws, sb)
		ws.Remove(this)
	}, Act: before})
	count += acctest.FailEach(t, "issue again", acctest.Operation{Every: 3, Before: before, Act: configured("2"), Check: check(true)})
	count += acctest.FailEach(t, "unlock on destroy", acctest.Operation{Before: before, Check: check(false), Act: func(ws *acctest.Workspace, _ *sandbox.Sandbox) { ws.Remove(this) }})
	t.Logf("%d combinations", count)
}

// TestSwitches issues statements of directories that write them otherwise.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for name, temper := range map[string]sandbox.DirectoryTemper{
		"as JSON": {StatementAsJSON: true}, "endpoint claims": {EndpointClaims: true}, "numeric version": {NumericVersion: true}, "with jti": {StatementIDs: true},
		"other issuer": {StatementIssuer: "Open Banking Open Banking Brasil prod SSA issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Directory: temper})
			id, err := sb.Directory().Create(map[string]any{"ClientName": "Budget", "Version": 1.1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/callback"}})
			if err != nil {
				t.Fatal(err)
			}
			ws := acctest.NewWorkspace(t, sb, nil)
			ws.Set(this, map[string]any{"application_id": id})
			if r := ws.Apply(); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			// The comparison with the application understands every spelling.
			if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
				t.Errorf("the plan has %v with %q and %q", r.Changes, r.Errors, r.Warnings)
			}
			if err := sb.Directory().RotateSigningKey(); err != nil {
				t.Fatal(err)
			}
			ws.Set(this, map[string]any{"application_id": id, "triggers": map[string]any{"a": "b"}})
			if r := ws.Apply(); len(r.Errors) > 0 {
				t.Errorf("after a rotation of the signing key: %q", r.Errors)
			}
		})
	}
}

// TestWrongKeystore costs nothing: no statement is asked for, and the application stays open.
func TestWrongKeystore(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, map[string]any{"keystore_url": sb.Info().APIURL})
	ws.Set(this, map[string]any{"application_id": id})
	r := ws.Apply()
	if len(r.Errors) != 1 || !acctest.Words("The keystore gave no keys", "404 Not Found", "None was asked for", "Set directory.keystore_url").MatchString(r.Errors[0]) {
		t.Errorf("errors %q", r.Errors)
	}
	if got, locked := sb.Count(acctest.Assertion), sb.Directory().Applications()[0]["Locked"]; got != 0 || locked == true {
		t.Errorf("%d statements were issued, and locked is %v", got, locked)
	}
}
