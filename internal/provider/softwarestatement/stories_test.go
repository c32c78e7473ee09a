package softwarestatement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// applied applies and expects that this many statements were issued in all.
func applied(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox, want int) *acctest.Result {
	t.Helper()
	r := ws.Apply()
	if got := sb.Count(acctest.Assertion); len(r.Errors) > 0 || got != want {
		t.Errorf("the apply says %q, and %d statements were issued, want %d", r.Errors, got, want)
	}
	return r
}

// TestStaleness finds, without application_revision, every change that a
// statement may say, whether or not the old one has a claim for it, and whether
// or not it comes back to what it once was. With application_revision that is left alone.
func TestStaleness(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id})
	applied(t, ws, sb, 1)
	flag := sb.Directory().AddFlag("launch", "true")
	for member, change := range map[string]func(map[string]any){
		"ClientName":                 func(m map[string]any) { m["ClientName"] = "Other" },
		"Version":                    func(m map[string]any) { m["Version"] = 1.234 },
		"RedirectUri":                func(m map[string]any) { m["RedirectUri"] = []string{"https://b.example.com", "https://a.example.com"} },
		"Description":                func(m map[string]any) { m["Description"] = "New" },
		"Flags":                      func(m map[string]any) { m["Flags"] = []string{flag} },
		"AdditionalSoftwareMetadata": func(m map[string]any) { m["AdditionalSoftwareMetadata"] = `{"a":1}` },
		"PostLogoutRedirectUris":     func(m map[string]any) { m["PostLogoutRedirectUris"] = []string{"https://a.example.com"} },
		"Mode":                       func(m map[string]any) { m["Mode"] = "Test" },
	} {
		stale(t, ws, sb, id, member, change)
	}
	for _, clientName := range []string{"One", "Two", "One", "Two"} {
		stale(t, ws, sb, id, "ClientName", func(m map[string]any) { m["ClientName"] = clientName })
	}
	for _, role := range []struct{ domain, role, status string }{{"Open Banking Brasil ", "PAGTO", "Active"}, {"Open Banking Brasil ", "PAGTO", "Inactive"}} {
		if err := sb.Directory().SetRole(id, role.domain, role.role, role.status); err != nil {
			t.Fatal(err)
		}
		stale(t, ws, sb, id, "Roles", func(map[string]any) {})
	}
}

// stale has somebody change the application, and expects that to be explained and answered by a new statement.
func stale(t *testing.T, ws *acctest.Workspace, sb *sandbox.Sandbox, id, member string, change func(map[string]any)) {
	t.Helper()
	edit(t, sb, id, change)()
	before := sb.Count(acctest.Assertion)
	r := ws.Plan()
	if r.Actions[this] != acctest.ActionUpdate || !slices.Contains(r.Changes[this], "assertion") || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "changed: "+member+" was ") {
		t.Errorf("%s: planned is %v with warnings %q", member, r.Changes, r.Warnings)
	}
	applied(t, ws, sb, before+1)
	if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
		t.Errorf("%s: then planned is %v with warnings %q", member, r.Changes, r.Warnings)
	}
}

// TestNotStale has what no statement says change, the application suspended, and somebody unlock it.
func TestNotStale(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id})
	applied(t, ws, sb, 1)
	edit(t, sb, id, func(m map[string]any) {
		uris, _ := m["RedirectUri"].([]any)
		slices.Reverse(uris)
		m["NotificationWebhook"] = "https://app.example.com/notify"
	})()
	if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
		t.Errorf("planned is %v with warnings %q", r.Changes, r.Warnings)
	}
	if err := sb.Directory().Unlock(id); err != nil {
		t.Fatal(err)
	}
	unlocked := acctest.Words(this+".application_locked", "The application is not locked any more", "change triggers")
	if r := ws.Apply(); !r.Empty() || !slices.Equal(r.Drift[this], []string{"application_locked"}) || len(r.Warnings) != 1 || !unlocked.MatchString(r.Warnings[0]) {
		t.Errorf("an unlock is planned as %v, drift %v, warnings %q", r.Changes, r.Drift, r.Warnings)
	}
	edit(t, sb, id, func(m map[string]any) { m["Status"], m["ClientName"] = "Suspended", "Waits" })()
	if r := ws.Apply(); !r.Empty() {
		t.Errorf("for a suspended application planned is %v with %q", r.Changes, r.Errors)
	}
	ws.Set(this, map[string]any{"application_id": id, "triggers": map[string]any{"now": "1"}})
	waits := acctest.Words(this+".assertion", "The software statement waits for the application", "The first plan after the application is resumed")
	if r := ws.Apply(); len(r.Errors) > 0 || len(r.Warnings) != 1 || !waits.MatchString(r.Warnings[0]) {
		t.Errorf("a trigger while suspended says %q and warns %q", r.Errors, r.Warnings)
	}
	if r := ws.Apply(); !r.Empty() {
		t.Errorf("what waits is planned as %v with %q", r.Changes, r.Errors)
	}
	ws.Set("dcr_software_statement.second", map[string]any{"application_id": id})
	refused := acctest.Words("second.application_id", "The directory refused to issue a software statement", "The application is suspended", "Resume it first")
	if r := ws.Apply(); len(r.Errors) != 1 || !refused.MatchString(r.Errors[0]) {
		t.Errorf("a first statement while suspended says %q", r.Errors)
	}
	if _, r := ws.Invoke("dcr_reissue_software_statement", map[string]any{"application_id": id}); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "Resume it first") {
		t.Errorf("another statement while suspended says %q", r.Errors)
	}
	ws.Remove("dcr_software_statement.second")
	edit(t, sb, id, func(m map[string]any) { m["Status"] = "Active" })()
	if r := applied(t, ws, sb, sb.Count(acctest.Assertion)+1); r.Actions[this] != acctest.ActionUpdate {
		t.Errorf("what waited is planned as %v", r.Actions)
	}
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("then planned is %v", r.Changes)
	}
	ws.Set(this, map[string]any{"application_id": id, "application_revision": "1"})
	applied(t, ws, sb, sb.Count(acctest.Assertion)+1)
	edit(t, sb, id, func(m map[string]any) { m["ClientName"] = "Third" })()
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("with application_revision planned is %v", r.Changes)
	}
}

// TestUnlockOnDestroy unlocks when asked to, with the token that may.
func TestUnlockOnDestroy(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	locked := func(want bool) {
		t.Helper()
		if app, _ := sb.Directory().Application(id); app["Locked"] != want {
			t.Errorf("the application is locked: %v", app["Locked"])
		}
	}
	unlocking := map[string]any{"application_id": id, "unlock_on_destroy": true}
	powerless := acctest.NewWorkspace(t, sb, map[string]any{"administrator_access_token": nil})
	powerless.Set(this, unlocking)
	applied(t, powerless, sb, 1)
	want := acctest.Words(this+".unlock_on_destroy", "The directory refused to unlock the application: No directory.administrator_access_token is configured", "Set directory.administrator_access_token to", "answered 403", "set unlock_on_destroy = false")
	if r := powerless.Destroy(); len(r.Errors) != 1 || !want.MatchString(r.Errors[0]) || powerless.State(this) == nil {
		t.Errorf("without the token it says %q", r.Errors)
	}
	locked(true)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, unlocking)
	applied(t, ws, sb, 2)
	if r := ws.Destroy(); len(r.Errors) > 0 || sb.Count(acctest.Unlock) != 2 {
		t.Errorf("it says %q", r.Errors)
	}
	locked(false)
	// What somebody unlocked meanwhile needs no unlocking.
	ws.Set(this, unlocking)
	applied(t, ws, sb, 3)
	if err := sb.Directory().Unlock(id); err != nil {
		t.Fatal(err)
	}
	if r := ws.Destroy(); len(r.Errors) > 0 || sb.Count(acctest.Unlock) != 2 {
		t.Errorf("it says %q", r.Errors)
	}
}

// TestLockStaysKnown: another statement changes no lock that is there already, so
// that a plan does not look as if the application was unlocked.
func TestLockStaysKnown(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id})
	applied(t, ws, sb, 1)
	for round, locked := range []bool{true, false} {
		if !locked {
			if err := sb.Directory().Unlock(id); err != nil {
				t.Fatal(err)
			}
		}
		ws.Set(this, map[string]any{"application_id": id, "triggers": map[string]any{"round": fmt.Sprint(round)}})
		if r := ws.Plan(); r.Actions[this] != acctest.ActionUpdate || slices.Contains(r.Changes[this], "application_locked") == locked {
			t.Errorf("locked %t: planned is %v", locked, r.Changes)
		}
		applied(t, ws, sb, 2+round)
		if ws.State(this)["application_locked"] != true {
			t.Error("the statement locked nothing")
		}
	}
}
