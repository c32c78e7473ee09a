package application_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestDataSources reads applications that others made, by requests that change nothing.
func TestDataSources(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	made := map[string]string{}
	for name, fields := range map[string]map[string]any{
		"Budget": {"Environment": "Sandbox", "Roles": []map[string]string{{"AuthorisationDomain": "Open Banking Brasil ", "Role": "DADOS", "Status": "Active"}}, "AdditionalSoftwareMetadata": `{"a":1}`},
		"Twin":   {"Environment": "production"}, "Twin 2": {}, "Gone": {},
	} {
		fields["ClientName"], fields["Version"], fields["LogoUri"], fields["RedirectUri"] = strings.TrimSuffix(name, " 2"), 1.5, "https://app.example.com/l.png", []string{"https://app.example.com/cb"}
		id, err := sb.Directory().Create(fields)
		if err != nil {
			t.Fatal(err)
		}
		made[name] = id
	}
	if err := sb.Directory().Delete(made["Gone"]); err != nil {
		t.Fatal(err)
	}
	data := func(kind, attributes string) string {
		return acctest.ProviderConfig(sb) + fmt.Sprintf("\ndata %q \"this\" {\n%s\n}\n", kind, attributes)
	}
	const one, all = "data.dcr_application.this", "data.dcr_applications.this"
	failing := func(attributes string, words ...string) resource.TestStep {
		return resource.TestStep{Config: data("dcr_application", attributes), ExpectError: acctest.Words(words...)}
	}
	certified := data("dcr_application", "  client_name = \"Budget\"\n  depends_on = [dcr_transport_certificate.this]") +
		fmt.Sprintf("resource \"dcr_transport_certificate\" \"this\" {\n  application_id = %q\n  private_key = { algorithm = \"ECDSA\" }\n}\n", made["Budget"])
	acctest.Run(t, nil,
		resource.TestStep{Config: data("dcr_application", fmt.Sprintf("  id = %q", made["Budget"])), Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(one, "client_name", "Budget"), resource.TestCheckResourceAttr(one, "version", "1.5"), resource.TestCheckResourceAttr(one, "mode", "Live"),
			resource.TestCheckResourceAttr(one, "roles.0.authorisation_domain", "Open Banking Brasil "), resource.TestCheckTypeSetElemAttr(one, "scopes.*", "accounts"),
			resource.TestCheckResourceAttr(one, "additional_metadata", `{"a":1}`), resource.TestCheckResourceAttr(one, "locked", "false"), resource.TestCheckNoResourceAttr(one, "client_secret"),
			resource.TestCheckResourceAttr(one, "jwks_uri", sb.Info().KeystoreURL+"/"+sb.Info().OrganisationID+"/"+made["Budget"]+"/application.jwks"),
		)},
		resource.TestStep{Config: certified, Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttrPair(one, "certificates.0.kid", "dcr_transport_certificate.this", "kid"),
			resource.TestCheckResourceAttrPair(one, "certificates.0.not_after", "dcr_transport_certificate.this", "not_after"),
			resource.TestCheckResourceAttr(one, "certificates.0.status", "Active"), resource.TestCheckResourceAttr(one, "id", made["Budget"]),
		)},
		failing(`  client_name = "Twin"`, "Several applications have this name", "Look the application up by its id"),
		failing(`  client_name = "budget"`, "The directory has no such application", `"Budget"`, "compared to the letter"),
		failing(fmt.Sprintf("  id = %q", made["Gone"]), "The directory has no such application", "or it is inactive"),
		failing("", "id,client_name"),
		resource.TestStep{Config: data("dcr_applications", ""), Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(all, "ids.#", "3"), resource.TestCheckResourceAttr(all, "applications.%", "3"),
			resource.TestCheckResourceAttr(all, "applications."+made["Budget"]+".client_name", "Budget"),
		)},
		resource.TestStep{Config: data("dcr_applications", "  status = [\"Inactive\"]"), Check: resource.TestCheckResourceAttr(all, "ids.0", made["Gone"])},
		resource.TestStep{Config: data("dcr_applications", "  client_name_regex = \"^T\"\n  environment = \"production\""), Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(all, "ids.#", "1"), resource.TestCheckResourceAttr(all, "ids.0", made["Twin"]),
		)},
		resource.TestStep{Config: data("dcr_applications", "  client_name_regex = \"(\""), ExpectError: acctest.Words("client_name_regex", "missing closing")},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: listApplications, Kind: sandbox.FaultNonJSON, Times: -1}) },
			Config:    data("dcr_applications", ""), ExpectError: acctest.Words("The directory", "list the applications"),
		},
	)
	for _, request := range sb.History() {
		if request.Method != "GET" && !strings.Contains(request.Route, "/certificates") || strings.HasSuffix(request.Route, "/assertion") {
			t.Errorf("a data source made the request %s", request.Route)
		}
	}
}
