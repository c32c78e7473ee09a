package organisation_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	this  = "data.dcr_organisation.this"
	block = "\ndata \"dcr_organisation\" \"this\" {}\n"
	route = "GET /organisations/{OrganisationId}"
)

func TestOrganisation(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	sb.Directory().DropOrganisationRole("Open Banking Brasil ", "CONTA")
	acctest.Run(t, nil, resource.TestStep{Config: acctest.ProviderConfig(sb) + block, Check: resource.ComposeAggregateTestCheckFunc(
		resource.TestCheckResourceAttr(this, "id", sb.Info().OrganisationID),
		resource.TestCheckResourceAttr(this, "name", "Aurora Pagamentos S.A."),
		resource.TestCheckResourceAttr(this, "legal_entity_name", "Aurora Pagamentos S.A."),
		resource.TestCheckResourceAttr(this, "registered_name", "Aurora Pagamentos S.A."),
		resource.TestCheckResourceAttr(this, "registration_number", "43142666000197"),
		resource.TestCheckResourceAttr(this, "registration_id", "43142666000197"),
		resource.TestCheckResourceAttr(this, "company_register", "CNPJ"),
		resource.TestCheckResourceAttr(this, "country_of_registration", "BR"),
		resource.TestCheckResourceAttr(this, "country", "BR"),
		resource.TestCheckResourceAttr(this, "city", "São Paulo"),
		resource.TestCheckResourceAttr(this, "status", "Active"),
		resource.TestCheckResourceAttr(this, "roles.#", "5"),
		resource.TestCheckTypeSetElemNestedAttrs(this, "roles.*", map[string]string{
			"authorisation_domain": "Open Banking Brasil ", "role": "DADOS", "status": "Active", "role_type": "Directory", "registration_id": "43142666000197",
			"metadata": `{"grant_type":["authorization_code"],"scope":["openid","accounts","consents","customers"]}`,
		}),
		resource.TestCheckTypeSetElemNestedAttrs(this, "roles.*", map[string]string{"role": "CONTA", "status": "Inactive"}),
	)})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	fails := func(fault sandbox.Fault, words ...string) resource.TestStep {
		fault.Route, fault.Times = route, -1
		return resource.TestStep{PreConfig: func() { sb.Reset(); sb.Inject(fault) }, Config: acctest.ProviderConfig(sb) + block, ExpectError: acctest.Words(words...)}
	}
	acctest.Run(t, nil,
		resource.TestStep{Config: block, ExpectError: acctest.Words("The directory is not configured", "To read the organisation")},
		fails(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 401}, "The directory refused to read the organisation", "answered 401"),
		fails(sandbox.Fault{Kind: sandbox.FaultDrop}, "The directory gave no answer"),
		fails(sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: 200}, "The directory answered with something that is not its API"),
		fails(sandbox.Fault{Kind: sandbox.FaultOversized}, "The directory answered with something that is not its API", "larger than 1 MiB"),
	)
}
