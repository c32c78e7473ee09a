package application_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	dataOne  = "data.dcr_application.one"
	dataMany = "data.dcr_applications.many"
)

func dataLookup(sb *sandbox.Sandbox, attributes string) string {
	return acctest.ProviderConfig(sb) + "data \"dcr_application\" \"one\" {\n" + attributes + "\n}\n"
}

func dataListing(sb *sandbox.Sandbox, attributes string) string {
	return acctest.ProviderConfig(sb) + "data \"dcr_applications\" \"many\" {\n" + attributes + "\n}\n"
}

// dataPortal creates an application as somebody else would.
func dataPortal(t *testing.T, sb *sandbox.Sandbox, name string, more map[string]any) string {
	t.Helper()
	fields := map[string]any{"ClientName": name, "Version": 1.5, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/cb"}}
	for member, value := range more {
		fields[member] = value
	}
	id, err := sb.Directory().Create(fields)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestDataApplication finds an application by its ID and by its name, with all
// that belongs to it.
func TestDataApplication(t *testing.T) {
	t.Parallel()
	// Newer directories page the list of certificates, and the answer does not say so.
	sb := acctest.Sandbox(t, sandbox.Options{Directory: sandbox.DirectoryTemper{CertificatePageSize: 1}})
	certified := acctest.ProviderConfig(sb) + `
resource "dcr_application" "this" {
  client_name         = "Certified"
  version             = 1.5
  redirect_uris       = ["https://app.example.com/b", "https://app.example.com/a"]
  environment         = "Sandbox"
  additional_metadata = jsonencode({ team = "payments", area = 1 })
  roles = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
}
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}
resource "dcr_signing_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}
data "dcr_flags" "pilot" { name = "pilot" }
`
	const this, certificate = "dcr_application.this", "dcr_transport_certificate.this"
	pair := func(name string) resource.TestCheckFunc {
		return resource.TestCheckResourceAttrPair(dataOne, name, this, name)
	}
	var id string
	found := resource.ComposeAggregateTestCheckFunc(
		pair("id"), pair("client_name"), pair("version"), pair("revision"), pair("jwks_uri"), pair("transport_jwks_uri"), pair("additional_metadata"), pair("status"), pair("client_id"),
		pair("certificate_subject.organization"), pair("certificate_subject.common_name"), pair("certificate_subject.organizational_unit"), pair("certificate_subject.country"),
		resource.TestCheckResourceAttr(dataOne, "redirect_uris.#", "2"),
		resource.TestCheckResourceAttr(dataOne, "locked", "false"),
		resource.TestCheckTypeSetElemNestedAttrs(dataOne, "roles.*", map[string]string{"authorisation_domain": "Open Banking Brasil ", "role": "DADOS"}),
		resource.TestCheckTypeSetElemAttr(dataOne, "scopes.*", "consents"),
		resource.TestCheckResourceAttr(dataOne, "certificates.#", "2"),
		resource.TestCheckResourceAttr(dataOne, "certificates.0.status", "Active"),
		resource.TestCheckTypeSetElemAttrPair(dataOne, "certificates.*.kid", certificate, "kid"),
		resource.TestCheckTypeSetElemAttrPair(dataOne, "certificates.*.kid", "dcr_signing_certificate.this", "kid"),
		resource.TestCheckTypeSetElemAttrPair(dataOne, "certificates.*.not_after", certificate, "not_after"),
		resource.TestCheckTypeSetElemAttrPair(dataOne, "certificates.*.subject_dn", certificate, "subject_dn"),
		resource.TestCheckNoResourceAttr(dataOne, "client_secret"),
		acctest.Calls(sb, acctest.Assertion, 0),
	)
	acctest.Run(t, nil,
		resource.TestStep{Config: certified, Check: resource.ComposeAggregateTestCheckFunc(
			acctest.Save(this, "id", &id), resource.TestCheckResourceAttr("data.dcr_flags.pilot", "ids.pilot.#", "1"))},
		resource.TestStep{
			Config: certified + "data \"dcr_application\" \"one\" {\n  id = dcr_application.this.id\n  depends_on = [dcr_transport_certificate.this, dcr_signing_certificate.this]\n}\n",
			Check:  found,
		},
		resource.TestStep{
			// Inactive applications of the same name do not count.
			PreConfig: func() {
				if err := sb.Directory().Delete(dataPortal(t, sb, "Certified", nil)); err != nil {
					t.Error(err)
				}
			},
			Config: certified + "data \"dcr_application\" \"one\" {\n  client_name = \"Certified\"\n}\n", Check: found,
		},
	)
}

// TestDataApplicationNotFound says what there is instead.
func TestDataApplicationNotFound(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	first, second := dataPortal(t, sb, "Twin", nil), dataPortal(t, sb, "Twin", nil)
	gone := dataPortal(t, sb, "Gone", nil)
	if err := sb.Directory().Delete(gone); err != nil {
		t.Fatal(err)
	}
	if first > second {
		first, second = second, first
	}
	acctest.Run(t, nil,
		resource.TestStep{Config: dataLookup(sb, `  client_name = "Twin"`), ExpectError: acctest.Words("Several applications have this name", first, second, "Give id instead of client_name")},
		resource.TestStep{Config: dataLookup(sb, `  client_name = "twin"`), ExpectError: acctest.Words("No application has this name", `named "twin". It has "Twin" (`+first)},
		resource.TestStep{Config: dataLookup(sb, `  client_name = "Gone"`), ExpectError: acctest.Words("No application has this name")},
		resource.TestStep{Config: dataLookup(sb, fmt.Sprintf("  id = %q", gone)), ExpectError: acctest.Words("The application does not exist", gone, "dcr_applications")},
		resource.TestStep{Config: dataLookup(sb, ""), ExpectError: acctest.Words("Exactly one of these attributes must be configured: [id,client_name]")},
		resource.TestStep{Config: dataLookup(sb, "  id = \"a\"\n  client_name = \"b\""), ExpectError: acctest.Words("Exactly one of these attributes must be configured: [id,client_name]")},
		resource.TestStep{
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Route: "GET /organisations/{OrganisationId}/softwarestatements", Kind: sandbox.FaultTruncated, Times: -1})
			},
			Config: dataLookup(sb, `  client_name = "Twin"`), ExpectError: acctest.Words("The directory answered with something that is not its API", "broke off"),
		},
		resource.TestStep{Config: "data \"dcr_application\" \"one\" { id = \"a\" }", ExpectError: acctest.Words("The directory is not configured")},
	)
}

// TestDataApplications filters what one request brings.
func TestDataApplications(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	live := dataPortal(t, sb, "Budget planner", map[string]any{"Environment": "production", "Roles": []any{map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "DADOS", "Status": "Active"}}})
	paused, gone := dataPortal(t, sb, "Budget tracker", nil), dataPortal(t, sb, "Other", nil)
	if err := sb.Directory().Edit(paused, func(app map[string]any) { app["Status"] = "Suspended" }); err != nil {
		t.Fatal(err)
	}
	if err := sb.Directory().Delete(gone); err != nil {
		t.Fatal(err)
	}
	sb.Reset()
	are := func(ids ...string) resource.TestCheckFunc {
		checks := []resource.TestCheckFunc{
			resource.TestCheckResourceAttr(dataMany, "applications.%", fmt.Sprint(len(ids))), resource.TestCheckResourceAttr(dataMany, "ids.#", fmt.Sprint(len(ids)))}
		for _, id := range ids {
			checks = append(checks, resource.TestCheckResourceAttr(dataMany, "applications."+id+".id", id), resource.TestCheckTypeSetElemAttr(dataMany, "ids.*", id))
		}
		return resource.ComposeAggregateTestCheckFunc(checks...)
	}
	acctest.Run(t, nil,
		resource.TestStep{Config: dataListing(sb, ""), Check: resource.ComposeAggregateTestCheckFunc(
			are(live, paused),
			resource.TestCheckResourceAttr(dataMany, "applications."+live+".client_name", "Budget planner"),
			resource.TestCheckResourceAttr(dataMany, "applications."+live+".version", "1.5"),
			resource.TestCheckResourceAttr(dataMany, "applications."+paused+".status", "Suspended"),
			func(*terraform.State) error { return onlyListed(sb) },
		)},
		resource.TestStep{Config: dataListing(sb, `  status = ["Inactive"]`), Check: are(gone)},
		resource.TestStep{Config: dataListing(sb, `  client_name_regex = "^Budget (planner|x)$"`), Check: are(live)},
		resource.TestStep{Config: dataListing(sb, `  environment = "production"`), Check: are(live)},
		resource.TestStep{Config: dataListing(sb, `  client_name_regex = "nothing"`), Check: are()},
		resource.TestStep{Config: dataListing(sb, `  client_name_regex = "("`), ExpectError: acctest.Words("client_name_regex is not valid", "missing closing )")},
		resource.TestStep{Config: dataListing(sb, `  status = ["Deleted"]`), ExpectError: acctest.Words("Inactive")},
		resource.TestStep{
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Route: "GET /organisations/{OrganisationId}/softwarestatements", Kind: sandbox.FaultStatus, Status: 403, Times: -1})
			},
			Config: dataListing(sb, ""), ExpectError: acctest.Words("The directory refused to list the applications", "answered 403", "Check directory.organisation_id"),
		},
	)
}

// onlyListed checks that the list was asked for, and nothing else.
func onlyListed(sb *sandbox.Sandbox) error {
	for _, exchange := range sb.History() {
		if exchange.Route != "GET /organisations/{OrganisationId}/softwarestatements" {
			return fmt.Errorf("%s was asked", exchange.Route)
		}
	}
	return nil
}
