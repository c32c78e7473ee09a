package application_test

import (
	"strings"
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

// TestReplacedOnRequest: -replace of an application is told by the plan, before anything that depends on it
// is removed, and refused if the application is protected.
func TestReplacedOnRequest(t *testing.T) {
	t.Parallel()
	for _, protected := range []bool{false, true} {
		s := tell(t, sandbox.Options{})
		s.applies(map[string]any{"deletion_protection": protected})
		const certificate, statement = "dcr_transport_certificate.this", "dcr_software_statement.this"
		s.Set(certificate, map[string]any{"application_id": acctest.Ref(this, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
		s.Set(statement, map[string]any{"application_id": acctest.Ref(this, "id")})
		if r := s.Apply(); len(r.Errors) > 0 {
			t.Fatal(r.Errors)
		}
		if r := s.Plan(); !r.Empty() { // A refresh learns of the protection.
			t.Fatal(r.Errors, r.Changes)
		}
		s.Replace(this)
		r := s.Plan()
		if !protected && !acctest.Words(statement+".application_id", "is to be another application's", "loses its consents").MatchString(strings.Join(r.Warnings, "\n")) {
			t.Errorf("the plan warns %q of %v", r.Warnings, r.Actions)
		}
		if said := acctest.Words("The application is protected from deletion").MatchString(strings.Join(r.Errors, "\n")); said != protected {
			t.Errorf("protected: %t, the plan says %q", protected, r.Errors)
		}
	}
}
