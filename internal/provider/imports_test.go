package provider_test

import (
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestImportOfNothing: an import of what the directory does not have says what
// was asked, in which organisation, and what to check; blanks around an ID do no harm.
func TestImportOfNothing(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	create := func() string {
		id, err := sb.Directory().Create(map[string]any{"ClientName": "Budget", "Version": 1, "LogoUri": "https://a.example.com/logo.png", "RedirectUri": []string{"https://a.example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	const none = "3f0c0000-0000-4000-8000-000000000000"
	there, deleted := create(), create()
	if err := sb.Directory().Delete(deleted); err != nil {
		t.Fatal(err)
	}
	at := sb.Info().APIURL + "/organisations/" + sb.Info().OrganisationID + "/softwarestatements/"
	for _, c := range []struct{ address, id, what, at string }{
		{"dcr_application.a", none, "application", at + none},
		{"dcr_application.a", deleted, "application", at + deleted},
		{"dcr_software_statement.a", none, "application", at + none},
		{"dcr_software_statement.a", deleted, "application", at + deleted},
		{"dcr_transport_certificate.a", none + "/rtstransport/k", "certificate", at + none},
		{"dcr_transport_certificate.a", there + "/rtstransport/k", "certificate", at + there + "/certificates/rtstransport/k"},
		{"dcr_signing_certificate.a", there + "/rtssigning/k", "certificate", at + there + "/certificates/rtssigning/k"},
		{"dcr_public_key.a", there + "/sigkey/k", "key", at + there + "/certificates/sigkey/k"},
		{"dcr_application_certification.a", there + "/" + none, "certification", at + there},
		{"dcr_application_certification.a", deleted + "/" + none, "certification", at + deleted},
	} {
		r := acctest.NewWorkspace(t, sb, nil).Import(c.address, c.id)
		told := acctest.Words("The "+c.what+" to import does not exist", c.at, "organisation "+sb.Info().OrganisationID, "Check each part of the import ID", "directory.organisation_id")
		if len(r.Errors) != 1 || !told.MatchString(r.Errors[0]) {
			t.Errorf("the import of %s as %s says %q", c.id, c.address, r.Errors)
		}
	}
	for address, id := range map[string]string{"dcr_transport_certificate.a": there + " /rtstransport/k", "dcr_application_certification.a": there + "/ " + none, "dcr_software_statement.a": " ", "dcr_application.a": " "} {
		if r := acctest.NewWorkspace(t, sb, nil).Import(address, id); len(r.Errors) == 0 || !acctest.Words("The import ID is not valid", "Give").MatchString(r.Errors[0]) {
			t.Errorf("the import of %q as %s says %q", id, address, r.Errors)
		}
	}
	for _, address := range []string{"dcr_application.a", "dcr_software_statement.a"} {
		ws := acctest.NewWorkspace(t, sb, nil)
		if r := ws.Import(address, " "+there+"\n"); len(r.Errors) > 0 || ws.State(address)["id"] != there {
			t.Errorf("the import with blanks as %s says %q", address, r.Errors)
		}
	}
	// What disappears after its import is gone, and no wrong ID.
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Import("dcr_application.a", there)
	if err := sb.Directory().Delete(there); err != nil {
		t.Fatal(err)
	}
	ws.Set("dcr_application.a", planned()["dcr_application.a"])
	if r := ws.Plan(); len(r.Errors) > 0 || r.Actions["dcr_application.a"] != acctest.ActionCreate {
		t.Errorf("planned is %v, with %q", r.Actions, r.Errors)
	}
}
