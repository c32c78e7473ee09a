package application_test

import (
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestDeletedByOthers: no other application is created in place of one that others
// deleted without a word, and with deletion_protection none at all.
func TestDeletedByOthers(t *testing.T) {
	t.Parallel()
	for _, protected := range []bool{false, true} {
		s := tell(t, sandbox.Options{})
		s.applies(map[string]any{"deletion_protection": protected})
		id := only(t, s.sb)
		if err := s.sb.Directory().Delete(id); err != nil {
			t.Fatal(err)
		}
		r := s.Plan()
		said, about := r.Warnings, acctest.Words("dcr_application", "The application was deleted at the directory", id, "Another one is another software", "The plan creates another")
		if protected {
			said, about = r.Errors, acctest.Words("deletion_protection", "The application was deleted at the directory", id, "the plan stops here, and state was kept", "terraform state rm")
		}
		if len(said) != 1 || !about.MatchString(said[0]) {
			t.Errorf("protected: %t; errors %q, warnings %q", protected, r.Errors, r.Warnings)
		}
		if protected {
			s.Lose(this)
		}
		s.applies(map[string]any{"deletion_protection": protected})
		if s.State(this)["id"] == id {
			t.Error("no other application was created")
		}
	}
}
