package application_test

import (
	"slices"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const statement = "dcr_software_statement.this"

// withStatement adds a statement that follows the application's revision.
func (s story) withStatement() story {
	s.Set(this, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris}})
	s.Set(statement, map[string]any{"application_id": acctest.Ref(this, "id"), "application_revision": acctest.Ref(this, "revision")})
	return s
}

// issued checks how many statements there were in all.
func (s story) issued(want int) {
	s.Helper()
	s.calls(acctest.Assertion, want)
}

// TestSuspend suspends and resumes: a suspended application gets no statement,
// and what changes meanwhile waits in its revision.
func TestSuspend(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{}).withStatement()
	s.applies(map[string]any{"unlock": "when_needed"})
	first := s.State(this)["revision"]
	// Suspending and resuming is nothing that needs another statement.
	s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended"})
	s.applies(map[string]any{"unlock": "when_needed", "status": "Active"})
	s.issued(1)
	s.calls(acctest.Unlock, 0)
	s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended", "description": "New"})
	s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended", "description": "Newer"})
	if s.State(this)["revision"] != first {
		t.Error("the revision did not wait for the application to be resumed")
	}
	s.issued(1)
	if r := s.applies(map[string]any{"unlock": "when_needed", "description": "Newer"}); r.Actions[statement] != acctest.ActionUpdate {
		t.Errorf("resuming is planned as %v", r.Actions)
	}
	s.issued(2)
	s.has("Locked", true)
	s.has("Status", "Active")
}

// TestSuspendUnderStrictLock has a directory that allows no change of a locked
// application, the status included.
func TestSuspendUnderStrictLock(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{StrictLock: true}).withStatement()
	s.applies(map[string]any{"unlock": "when_needed"})
	s.refuses(map[string]any{"status": "Suspended"}, "The directory refused to update the application", `Set unlock = "when_needed"`)
	r := s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended"})
	if len(r.Warnings) != 1 || !acctest.Words(this+".unlock", "The application had to be unlocked", "waits until that is resumed").MatchString(r.Warnings[0]) {
		t.Errorf("the unlock is told as %q", r.Warnings)
	}
	s.issued(1)
	s.has("Locked", false)
	s.applies(map[string]any{"unlock": "when_needed", "status": "Active"})
	s.issued(2)
	s.has("Locked", true)
	// Resuming what is locked: the unlock was not in the plan, the next one makes up for it.
	s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended"})
	lock(t, s.sb)()
	s.configure(map[string]any{"unlock": "when_needed", "status": "Active"})
	if r := s.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	s.applies(map[string]any{"unlock": "when_needed", "status": "Active"})
	s.has("Locked", true)
	s.has("Status", "Active")
}

// TestSuspendedByOthers leaves a suspension by others alone while nobody configures the status.
func TestSuspendedByOthers(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(nil)
	edit(t, s.sb, func(m map[string]any) { m["Status"] = "Suspended" })()
	s.applies(nil)
	s.has("Status", "Suspended")
	imported := story{t, acctest.NewWorkspace(t, s.sb, nil), s.sb}
	if r := imported.Import(this, only(t, s.sb)); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	imported.configure(nil)
	if r := imported.Plan(); !r.Empty() {
		t.Errorf("the import of a suspended application is planned as %v", r.Changes)
	}
	s.applies(map[string]any{"status": "Active"})
	edit(t, s.sb, func(m map[string]any) { m["Status"] = "Suspended" })()
	s.applies(map[string]any{"status": "Active"})
	s.has("Status", "Active")
	s.applies(map[string]any{"status": "Suspended"})
	s.applies(nil)
	s.has("Status", "Active")
}

// TestSuspensionByOthersIsTold has every plan say that an application is
// suspended while nobody configures the status, and none while somebody does.
func TestSuspensionByOthersIsTold(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(nil)
	edit(t, s.sb, func(m map[string]any) { m["Status"] = "Suspended" })()
	told := acctest.Words(this+".status", "The application is suspended", `"Budget"`, "left as it is", `Set status = "Active" to have it resumed`, "planned as a change")
	for _, r := range []*acctest.Result{s.Plan(), s.Apply(), s.Plan()} {
		if !r.Empty() || !slices.ContainsFunc(r.Warnings, told.MatchString) {
			t.Errorf("planned is %v, the warnings are %q", r.Changes, r.Warnings)
		}
	}
	s.configure(map[string]any{"status": "Suspended"})
	if r := s.Plan(); len(r.Warnings) > 0 {
		t.Errorf("a configured suspension warns %q", r.Warnings)
	}
	s.configure(map[string]any{"status": "Active"})
	if r := s.Plan(); !r.Updates(this, "status") || len(r.Warnings) > 0 {
		t.Errorf("with status planned is %v, the warnings are %q", r.Changes, r.Warnings)
	}
}
