package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	callback = "https://app.example.com/callback"
	added    = "https://app.example.com/added"
)

// onboarding is the main job: application, certificate, statement and one
// client at each of the sandbox's authorization servers.
func onboarding(sb *sandbox.Sandbox, redirects []string, clientExtra string) string {
	issuers := make([]string, 0, 3)
	for _, s := range sb.Info().AuthorizationServers {
		issuers = append(issuers, fmt.Sprintf("%q", s.Issuer))
	}
	return acctest.ProviderConfig(sb) + fmt.Sprintf(`
locals {
  redirect_uris = %s
  issuers       = [%s]
}

resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = local.redirect_uris
  roles         = [{ authorisation_domain = "Open Banking Brasil ", role = "DADOS" }]
}

resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "ECDSA" }
}

resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}

resource "dcr_client" "this" {
  count = length(local.issuers)

  issuer                 = local.issuers[count.index]
  software_statement     = dcr_software_statement.this.assertion
  client_certificate_pem = dcr_transport_certificate.this.certificate_pem
  private_key_pem        = dcr_transport_certificate.this.private_key_pem
  ca_certificates_pem    = %s

  redirect_uris              = local.redirect_uris
  grant_types                = ["authorization_code", "client_credentials", "refresh_token"]
  response_types             = ["code"]
  token_endpoint_auth_method = "tls_client_auth"
  tls_client_auth_subject_dn = dcr_transport_certificate.this.subject_dn
  %s
}
`, list(redirects), strings.Join(issuers, ", "), heredoc(sb.CACertificatesPEM()), clientExtra)
}

// plain is one client at a server that wants neither certificate nor statement:
// any RFC 7591 server, without a directory.
func plain(sb *sandbox.Sandbox, extra string) string {
	return fmt.Sprintf(`
provider "dcr" {
  max_retries = 0
}

resource "dcr_client" "this" {
  issuer              = %q
  ca_certificates_pem = %s
  redirect_uris       = [%q]
  %s
}
`, sb.Info().AuthorizationServers[0].Issuer, heredoc(sb.CACertificatesPEM()), callback, extra)
}

// open is a sandbox with one such server.
func open(t *testing.T, change func(*sandbox.Temper)) *sandbox.Sandbox {
	t.Helper()
	temper := sandbox.Temper{Name: "bank", NoStatement: true, NoMutualTLS: true}
	if change != nil {
		change(&temper)
	}
	return acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper}})
}

func heredoc(pem string) string { return acctest.Heredoc(pem) }

func list(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// run runs steps through the real CLI, in parallel with other tests.
func run(t *testing.T, destroyed func(*terraform.State) error, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy:             destroyed,
		Steps:                    steps,
	})
}

// attribute returns an attribute of a resource in state.
func attribute(s *terraform.State, address, name string) (string, error) {
	r, ok := s.RootModule().Resources[address]
	if !ok {
		return "", fmt.Errorf("%s is not in state", address)
	}
	value, ok := r.Primary.Attributes[name]
	if !ok {
		return "", fmt.Errorf("%s has no attribute %s in state", address, name)
	}
	return value, nil
}

// noClients checks that no registration is left at any server.
func noClients(sb *sandbox.Sandbox) func(*terraform.State) error {
	return func(*terraform.State) error {
		for _, s := range sb.Info().AuthorizationServers {
			if left := sb.Server(s.Name).Clients(); len(left) > 0 {
				return fmt.Errorf("%d clients are left at %s", len(left), s.Name)
			}
		}
		return nil
	}
}

// calls checks how often the sandbox saw a route.
func calls(sb *sandbox.Sandbox, route string, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := sb.Count(route); got != want {
			return fmt.Errorf("%s was called %d times, want %d", route, got, want)
		}
		return nil
	}
}

// registered checks a member of the client's metadata at the server.
func registered(sb *sandbox.Sandbox, server, address, member, want string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		id, err := attribute(s, address, "client_id")
		if err != nil {
			return err
		}
		client, ok := sb.Server(server).Client(id)
		if !ok {
			return fmt.Errorf("%s does not know client %q", server, id)
		}
		if got := fmt.Sprint(client[member]); got != want {
			return fmt.Errorf("%s registered %s as %s, want %s", server, member, got, want)
		}
		return nil
	}
}
