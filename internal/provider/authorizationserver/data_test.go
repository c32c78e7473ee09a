package authorizationserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	servers    = "data.dcr_authorization_servers.this"
	server     = "data.dcr_authorization_server.this"
	listRoute  = "GET /participants"
	openRoute  = "GET /.well-known/openid-configuration"
	oauthRoute = "GET /.well-known/oauth-authorization-server"
)

// listOnly configures nothing but the address of the list and whom to trust.
func listOnly(sb *sandbox.Sandbox, filters string) string {
	return fmt.Sprintf("provider \"dcr\" {\n  max_retries = 0\n  directory = {\n    participants_url = %q\n    ca_certificates_pem = %s  }\n}\n",
		sb.Info().ParticipantsURL, acctest.Heredoc(sb.CACertificatesPEM())) + list(filters)
}

func list(filters string) string {
	return "data \"dcr_authorization_servers\" \"this\" {\n" + filters + "\n}\n"
}

// discovery configures no directory at all.
func discovery(sb *sandbox.Sandbox, issuer string) string {
	return fmt.Sprintf("provider \"dcr\" {\n  max_retries = 0\n  registration = {\n    ca_certificates_pem = %s  }\n}\ndata \"dcr_authorization_server\" \"this\" {\n  issuer = %q\n}\n",
		acctest.Heredoc(sb.CACertificatesPEM()), issuer)
}

func participants() []map[string]any {
	role := func(domain, name string) []any {
		return []any{map[string]any{"AuthorisationDomain": domain, "Role": name, "Status": "Active"}}
	}
	return []map[string]any{
		{"OrganisationId": "org-x", "OrganisationName": "Extra", "Status": "Active", "OrgDomainRoleClaims": role("Sandbox Ecosystem", "EXTRA"), "AuthorisationServers": []any{
			map[string]any{"AuthorisationServerId": "derived", "OpenIDDiscoveryDocument": "https://as.example/brand/.well-known/openid-configuration", "SupportsDCR": false},
			map[string]any{"AuthorisationServerId": "nowhere", "CustomerFriendlyName": "Nowhere"},
		}},
		{"OrganisationId": "org-w", "OrganisationName": "Withdrawn", "Status": "Withdrawn", "OrgDomainRoleClaims": role("Sandbox Ecosystem", "EXTRA"), "AuthorisationServers": []any{
			map[string]any{"AuthorisationServerId": "closed", "Issuer": "https://closed.example"},
		}},
	}
}

// TestList needs nothing but the address of the public list.
func TestList(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Participants: participants()})
	var warnings acctest.Warnings
	counted := func(want string) resource.TestCheckFunc {
		return resource.ComposeAggregateTestCheckFunc(resource.TestCheckResourceAttr(servers, "authorization_servers.%", want), resource.TestCheckResourceAttr(servers, "issuers.%", want))
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), Steps: []resource.TestStep{
		{Config: listOnly(sb, `  status = []`), ExpectError: acctest.Words("status", "at least 1 elements")},
		{
			// Two data sources read the list once in a run.
			Config: listOnly(sb, "") + "data \"dcr_authorization_servers\" \"again\" {}\n",
			Check: resource.ComposeAggregateTestCheckFunc(
				counted("4"),
				resource.TestCheckResourceAttr(servers, "issuers.derived", "https://as.example/brand"),
				resource.TestCheckResourceAttr(servers, "authorization_servers.derived.organisation_name", "Extra"),
				resource.TestCheckResourceAttr(servers, "authorization_servers.derived.supports_dcr", "false"),
				resource.TestCheckNoResourceAttr(servers, "authorization_servers.derived.supports_ciba"),
				warnings.Check(acctest.Words("Some authorization servers of the list were left out", `"Nowhere" (nowhere) of "Extra" (org-x): it has neither Issuer nor OpenIDDiscoveryDocument`)),
				everyBank(sb), onlyReads(sb),
			),
		},
		{
			PreConfig: func() { _ = warnings.None(nil) },
			Config:    listOnly(sb, "  role = \"DADOS\"\n  authorisation_domain = \"Open Banking Brasil \"\n  supports_dcr = true\n  certification_profile = \"BR-OF Adv. OP DCR\""),
			Check:     resource.ComposeAggregateTestCheckFunc(counted("1"), warnings.None),
		},
		{Config: listOnly(sb, `  api_family_type = "consents"`), Check: counted("2")},
		{Config: listOnly(sb, "  role = \"EXTRA\"\n  status = [\"Active\", \"Withdrawn\"]\n  organisation_ids = [\"org-w\"]"), Check: resource.ComposeAggregateTestCheckFunc(
			counted("1"), resource.TestCheckResourceAttr(servers, "authorization_servers.closed.organisation_status", "Withdrawn"))},
		{
			Config: listOnly(sb, `  authorisation_domain = "Open Banking Brasil"`),
			Check: resource.ComposeAggregateTestCheckFunc(counted("0"),
				warnings.Check(acctest.Words("authorisation_domain", "A filter matches nothing that is published", `"Open Banking Brasil "`))),
		},
	}})
}

// everyBank checks that the issuers in state are those of the sandbox.
func everyBank(sb *sandbox.Sandbox) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		attributes := s.RootModule().Resources[servers].Primary.Attributes
		known := map[string]bool{}
		for name, value := range attributes {
			if strings.HasPrefix(name, "issuers.") {
				known[value] = true
			}
		}
		for _, bank := range sb.Info().AuthorizationServers {
			if !known[bank.Issuer] {
				return fmt.Errorf("%s is missing in %v", bank.Issuer, known)
			}
		}
		return nil
	}
}

// onlyReads checks that nothing but GETs of the public list was sent, once for
// each time the provider was started.
func onlyReads(sb *sandbox.Sandbox) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, exchange := range sb.History() {
			if exchange.Route != listRoute {
				return fmt.Errorf("%s was asked", exchange.Route)
			}
		}
		if got := sb.Count(listRoute); got > 4 {
			return fmt.Errorf("the list was read %d times", got)
		}
		return nil
	}
}

func TestListFailures(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	fails := func(fault sandbox.Fault, words ...string) resource.TestStep {
		fault.Route, fault.Times = listRoute, -1
		return resource.TestStep{PreConfig: func() { sb.Reset(); sb.Inject(fault) }, Config: listOnly(sb, ""), ExpectError: acctest.Words(words...)}
	}
	acctest.Run(t, nil,
		resource.TestStep{Config: list(""), ExpectError: acctest.Words("The directory configuration is incomplete", "directory.participants_url", "DCR_DIRECTORY_PARTICIPANTS_URL")},
		fails(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 401}, "The participants server refused to list the participants", "answered 401", "It is public", "Check directory.participants_url"),
		fails(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500}, "The participants server failed", "answered 500"),
		fails(sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: 200}, "The participants server answered with something that is not its API", "text/html", "Check directory.participants_url"),
		fails(sandbox.Fault{Kind: sandbox.FaultTruncated}, "The participants server answered with something that is not its API", "broke off"),
		fails(sandbox.Fault{Kind: sandbox.FaultDrop}, "The participants server gave no answer"),
	)
}

// TestThousandBanks reads a list that is larger than other answers may be.
func TestThousandBanks(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: make([]sandbox.Temper, 1000)})
	acctest.Run(t, nil, resource.TestStep{Config: listOnly(sb, "  supports_dcr = true"), Check: resource.ComposeAggregateTestCheckFunc(
		resource.TestCheckResourceAttr(servers, "authorization_servers.%", "1000"), everyBank(sb))})
}

// TestServer reads one issuer, without a directory.
func TestServer(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}, {Name: "open", NoMutualTLS: true}}})
	bank, open := sb.Info().AuthorizationServers[0], sb.Info().AuthorizationServers[1]
	foreign := acctest.Sandbox(t, sandbox.Options{})
	fails := func(fault sandbox.Fault, words ...string) resource.TestStep {
		fault.Server, fault.Times = "bank", -1
		other := fault
		other.Route = oauthRoute
		return resource.TestStep{PreConfig: func() { sb.Reset(); sb.Inject(fault); sb.Inject(other) }, Config: discovery(sb, bank.Issuer), ExpectError: acctest.Words(words...)}
	}
	acctest.Run(t, nil,
		resource.TestStep{Config: discovery(sb, "http://bank.example"), ExpectError: acctest.Words("issuer is not valid", "plain http")},
		resource.TestStep{Config: discovery(sb, bank.Issuer), Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(server, "mtls_endpoint_aliases.registration_endpoint", bank.RegistrationEndpoint),
			resource.TestCheckResourceAttr(server, "jwks_uri", bank.Issuer+"/jwks"),
			resource.TestCheckResourceAttr(server, "tls_client_certificate_bound_access_tokens", "true"),
			resource.TestCheckTypeSetElemAttr(server, "grant_types_supported.*", "client_credentials"),
			resource.TestCheckNoResourceAttr(server, "userinfo_endpoint"),
			resource.TestMatchResourceAttr(server, "metadata", acctest.Words(`"issuer":"`+bank.Issuer+`"`)),
			acctest.Calls(sb, oauthRoute, 0),
		)},
		resource.TestStep{Config: discovery(sb, open.Issuer+"/"), Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(server, "registration_endpoint", open.RegistrationEndpoint),
			resource.TestCheckResourceAttr(server, "issuer", open.Issuer+"/"),
			resource.TestCheckNoResourceAttr(server, "mtls_endpoint_aliases.%"))},
		fails(sandbox.Fault{Route: openRoute, Kind: sandbox.FaultStatus, Status: 403}, "The authorization server refused to read the discovery document", "issuer =", "answered 403", "It is public"),
		fails(sandbox.Fault{Route: openRoute, Kind: sandbox.FaultNonJSON, Status: 200}, "The authorization server answered with something that is not its API"),
		resource.TestStep{Config: discovery(sb, bank.Issuer+"/other"), ExpectError: acctest.Words("refused to read the discovery document", "answered 404", "Check that issuer is")},
		resource.TestStep{Config: discovery(sb, foreign.Info().AuthorizationServers[0].Issuer), ExpectError: acctest.Words("The authorization server could not be trusted", "registration.ca_certificates_pem")},
		resource.TestStep{PreConfig: sb.Reset, Config: discovery(sb, bank.Issuer)},
	)
}

// TestCertificateInTheMaking reads a bank's document at plan time also when the
// provider's own certificate is only made by the same apply.
func TestCertificateInTheMaking(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	certificate, key, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	bank := sb.Info().AuthorizationServers[0]
	config := fmt.Sprintf(`
provider "dcr" {
  max_retries = 0
  registration = {
    ca_certificates_pem    = %s
    client_certificate_pem = terraform_data.certificate.output
    private_key_pem        = terraform_data.key.output
  }
}
resource "terraform_data" "certificate" {
  input = %s
}
resource "terraform_data" "key" {
  input = %s
}
data "dcr_authorization_server" "this" {
  issuer = %q
}
output "endpoint" {
  value = data.dcr_authorization_server.this.token_endpoint
}
`, acctest.Heredoc(sb.CACertificatesPEM()), acctest.Heredoc(certificate), acctest.Heredoc(key), bank.Issuer)
	acctest.Run(t, nil, resource.TestStep{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectKnownOutputValue("endpoint", knownvalue.NotNull()),
	}}})
}
