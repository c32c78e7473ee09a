package application_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestStatementWaits has the application suspended while its statement is
// behind, in each way that comes about: everything else is applied, and the
// statement follows when the application is resumed.
func TestStatementWaits(t *testing.T) {
	t.Parallel()
	theirs := func(t *testing.T, s story, member, value string) func() {
		t.Helper()
		return edit(t, s.sb, func(m map[string]any) { m[member] = value })
	}
	const unlock, status, description = "unlock", "status", "description"
	for name, suspend := range map[string]func(t *testing.T, s story) map[string]any{
		"edited by others, suspended in the same apply": func(t *testing.T, s story) map[string]any {
			t.Helper()
			theirs(t, s, "Description", "By others")()
			return map[string]any{unlock: "when_needed", status: "Suspended"}
		},
		"the statement failed before": func(t *testing.T, s story) map[string]any {
			t.Helper()
			s.sb.Inject(sandbox.Fault{Route: acctest.Assertion, Kind: sandbox.FaultStatus, Status: 500})
			config := map[string]any{unlock: "when_needed", description: "New"}
			s.refuses(config, "The directory failed", "/assertion")
			theirs(t, s, "Status", "Suspended")()
			return config
		},
		"suspended between plan and apply": func(t *testing.T, s story) map[string]any {
			t.Helper()
			config := map[string]any{unlock: "when_needed", description: "New"}
			s.configure(config)
			if r := s.ApplyLater(theirs(t, s, "Status", "Suspended")); len(r.Errors) > 0 {
				t.Errorf("the apply says %q", r.Errors)
			}
			return config
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, sandbox.Options{}).withStatement()
			s.applies(map[string]any{unlock: "when_needed"})
			config := suspend(t, s)
			s.applies(config)
			s.has("Status", "Suspended")
			before := s.sb.Count(acctest.Assertion)
			config[status] = "Active"
			s.configure(config)
			if r := s.Apply(); len(r.Errors) > 0 {
				t.Errorf("resuming says %q", r.Errors)
			}
			s.applies(config)
			s.issued(before + 1)
			s.has("Locked", true)
		})
	}
}

// TestRolesAreStillRemoved removes the roles for good although the first try failed.
func TestRolesAreStillRemoved(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 503} {
		s := tell(t, sandbox.Options{})
		s.applies(map[string]any{"roles": roles(tpp), "description": "x"})
		s.sb.Inject(sandbox.Fault{Route: acctest.ChangeRole, Kind: sandbox.FaultStatus, Status: status})
		s.configure(map[string]any{"description": "y"})
		if r := s.Apply(); len(r.Errors) != 1 {
			t.Errorf("the apply says %q", r.Errors)
		}
		s.applies(map[string]any{"description": "y"})
		s.acts()
		s.applies(nil)
		s.has("Description", nil)
	}
}

// TestRetiredFlags keeps to what a word stood for when it was sent, whatever
// the directory has its name for by now, and whether or not its list can be read.
func TestRetiredFlags(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	flags := func(words ...string) map[string]any { return map[string]any{"flags": words} }
	first := s.sb.Directory().AddFlag("launch", "true")
	s.applies(flags("launch"))
	if err := s.sb.Directory().RetireFlag(first); err != nil {
		t.Fatal(err)
	}
	second := s.sb.Directory().AddFlag("launch", "false")
	s.sb.Inject(sandbox.Fault{Route: "GET /references/flags", Kind: sandbox.FaultStatus, Status: 403, Times: -1})
	lock(t, s.sb)()
	// Written another way, and under a lock: still the same flag.
	s.applies(flags(first))
	s.applies(flags(first))
	s.calls(acctest.ReplaceApplication, 0)
	if err := s.sb.Directory().Unlock(only(t, s.sb)); err != nil {
		t.Fatal(err)
	}
	s.applies(flags(second))
	app, _ := s.sb.Directory().Application(only(t, s.sb))
	if has, _ := app["Flags"].([]any); len(has) != 1 {
		t.Errorf("the directory has the flags %v", app["Flags"])
	}
	s.sb.Reset()
	s.configure(flags(second))
	s.refuses(flags("launch", second), this+".flags", "A flag is written twice", "Nothing was sent")
}

// TestClientIDIsStated has another statement issued for another client ID.
func TestClientIDIsStated(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{Directory: sandbox.DirectoryTemper{TakeClientID: true}}).withStatement()
	self := map[string]any{"federation_management": "openid_entity_self_managed", "client_id": "https://rp.example.com/old"}
	s.applies(self)
	if err := s.sb.Directory().Unlock(only(t, s.sb)); err != nil {
		t.Fatal(err)
	}
	self["client_id"] = "https://rp.example.com/new"
	s.applies(self)
	if claims, _ := s.State(statement)["claims"].(string); !strings.Contains(claims, "rp.example.com/new") {
		t.Errorf("the statement says %s", claims)
	}
	s.issued(2)
	s.has("Locked", true)
}

// TestLargeNumbers are no other numbers, however close.
func TestLargeNumbers(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(map[string]any{"additional_metadata": `{"n":9007199254740993}`})
	s.applies(map[string]any{"additional_metadata": `{"n":9007199254740992}`})
	s.has("AdditionalSoftwareMetadata", `{"n":9007199254740992}`)
	if r := s.applies(map[string]any{"additional_metadata": `{ "n": 9007199254740992 }`}); !slices.Contains([]string{acctest.ActionNone, acctest.ActionUpdate}, r.Actions[this]) {
		t.Errorf("planned is %v", r.Actions)
	}
	s.calls(acctest.ReplaceApplication, 1)
}

// TestUnlockIsToldTruly says that the directory refused only where it did.
func TestUnlockIsToldTruly(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{}).withStatement()
	s.applies(map[string]any{"unlock": "when_needed"})
	s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended"})
	r := s.applies(map[string]any{"unlock": "when_needed", "status": "Suspended", "description": "New"})
	if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, "The application had to be unlocked") || strings.Contains(all, "refused") {
		t.Errorf("the warnings are %q", r.Warnings)
	}
}

// TestElsewhere never takes what belongs to another organisation's application for gone.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(nil)
	id := only(t, s.sb)
	ws := acctest.NewWorkspace(t, s.sb, nil)
	mine := map[string]map[string]any{
		statement:                            {"application_id": id},
		"dcr_transport_certificate.this":     {"application_id": id, "private_key": map[string]any{"algorithm": "ECDSA"}},
		"dcr_application_certification.this": {"application_id": id, "profile_type": "FAPI RP", "profile_variant": "BR-OF"},
	}
	for address, attributes := range mine {
		ws.Set(address, attributes)
	}
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	ws.Override("organisation_id", "74e929d9-0000-4000-8000-000000000000")
	s.sb.Inject(sandbox.Fault{Server: "directory", Kind: sandbox.FaultStatus, Status: 404, Times: -1})
	for _, r := range []*acctest.Result{ws.Apply(), ws.Destroy()} {
		if len(r.Errors) != 3 || strings.Count(strings.Join(r.Errors, "\n"), "belongs to another organisation") != 3 {
			t.Errorf("elsewhere it says %q", r.Errors)
		}
	}
	for address := range mine {
		if ws.State(address) == nil {
			t.Errorf("%s left the state", address)
		}
	}
}
