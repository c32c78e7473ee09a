package softwarestatement_test

import (
	"fmt"
	"slices"
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

// TestStaleness finds, without application_revision, that the application has
// changed, and leaves it to application_revision where there is one.
func TestStaleness(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id})
	applied(t, ws, sb, 1)
	for i, tc := range []struct {
		change func(map[string]any)
		claim  string
	}{
		{func(m map[string]any) { m["ClientName"] = "Other" }, `"software_client_name":"Other"`},
		{func(m map[string]any) { m["Version"] = 2 }, `"software_version":"2.00"`},
		{func(m map[string]any) { m["RedirectUri"] = []string{"https://b.example.com", "https://a.example.com"} }, `"software_redirect_uris":["https://b.example.com","https://a.example.com"]`},
		{func(m map[string]any) { delete(m, "Description") }, `"software_client_name":"Other"`},
	} {
		edit(t, sb, id, tc.change)()
		if r := ws.Plan(); r.Actions[this] != acctest.ActionUpdate || !slices.Contains(r.Changes[this], "assertion") || len(r.Warnings) != 1 {
			t.Errorf("%s: planned is %v with warnings %q", tc.claim, r.Changes, r.Warnings)
		}
		applied(t, ws, sb, i+2)
		if claims := fmt.Sprint(ws.State(this)["claims"]); !acctest.Words(tc.claim).MatchString(claims) {
			t.Errorf("the statement does not say %s", tc.claim)
		}
	}
	if err := sb.Directory().SetRole(id, "Open Banking Brasil ", "PAGTO", "Active"); err != nil {
		t.Fatal(err)
	}
	applied(t, ws, sb, 6)
	// What no statement says, and the lock, make none stale.
	edit(t, sb, id, func(m map[string]any) {
		m["NotificationWebhook"], m["Locked"] = "https://app.example.com/notify", false
		m["RedirectUri"] = []string{"https://a.example.com", "https://b.example.com"}
	})()
	if r := ws.Plan(); !r.Empty() || !slices.Equal(r.Drift[this], []string{"application_locked"}) {
		t.Errorf("planned is %v, drift is %v", r.Changes, r.Drift)
	}
	ws.Set(this, map[string]any{"application_id": id, "application_revision": "1"})
	applied(t, ws, sb, 7)
	edit(t, sb, id, func(m map[string]any) { m["ClientName"] = "Third" })()
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("with application_revision planned is %v", r.Changes)
	}
}

// TestWordingIsNotStaleness has a directory that writes a claim otherwise than
// the application (it cuts the version to two places): one new statement shows
// that asking again does not help, and that is the end of it. A change of
// another claim is found all the same, also after a trigger.
func TestWordingIsNotStaleness(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	edit(t, sb, id, func(m map[string]any) { m["Version"] = 1.234 })()
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id})
	applied(t, ws, sb, 1)
	if r := applied(t, ws, sb, 2); r.Actions[this] != acctest.ActionUpdate {
		t.Errorf("planned is %v", r.Actions)
	}
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("the plan asks again: %v", r.Changes)
	}
	ws.Set(this, map[string]any{"application_id": id, "triggers": map[string]any{"rotation": "1"}})
	applied(t, ws, sb, 3)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("after a trigger the plan asks again: %v", r.Changes)
	}
	// The description comes after the version in every comparison.
	edit(t, sb, id, func(m map[string]any) { m["Description"] = "New" })()
	applied(t, ws, sb, 4)
	edit(t, sb, id, func(m map[string]any) { m["Version"] = 2 })()
	applied(t, ws, sb, 5)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("planned is %v", r.Changes)
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
	want := acctest.Words(this+".unlock_on_destroy", "The directory refused to unlock the application", "answered 403", "No directory.administrator_access_token is configured", "set unlock_on_destroy = false")
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
