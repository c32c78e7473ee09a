package main

import (
	"fmt"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// configuration is n clients of one subject.
func configuration(sb *sandbox.Sandbox, subject, states string, n int) string {
	server := sb.Info().AuthorizationServers[0]
	authority := "<<-EOT\n" + strings.TrimSpace(sb.CACertificatesPEM()) + "\nEOT\n"
	head := fmt.Sprintf("terraform {\n  backend \"http\" {\n    address = %q\n  }\n", states+"/"+subject)
	if subject != builtin {
		head += fmt.Sprintf("  required_providers {\n    %s = {\n      source = \"dcr-onboarding/%[1]s\"\n    }\n  }\n", subject)
	}
	head += "}\nvariable \"client_name\" {\n  default = \"First\"\n}\n"
	switch subject {
	case ours:
		return head + fmt.Sprintf(`
provider "dcr" {
  registration = {
    ca_certificates_pem = %s
  }
}
resource "dcr_client" "this" {
  count         = %d
  issuer        = %q
  client_name   = "${var.client_name} ${count.index}"
  redirect_uris = ["https://app.example.com/callback"]
}
`, authority, n, server.Issuer)
	case wide:
		return head + fmt.Sprintf(`
provider "wide" {
  ca_certificates_pem = %s
}
resource "wide_client" "this" {
  count                 = %d
  registration_endpoint = %q
  client_name           = "${var.client_name} ${count.index}"
  redirect_uris         = ["https://app.example.com/callback"]
}
`, authority, n, server.RegistrationEndpoint)
	case floor:
		return head + fmt.Sprintf(`
provider "floor" {
  ca_certificates_pem = %s
}
resource "floor_client" "this" {
  count                 = %d
  registration_endpoint = %q
  client_name           = "${var.client_name} ${count.index}"
  redirect_uri          = "https://app.example.com/callback"
}
`, authority, n, server.RegistrationEndpoint)
	}
	return head + fmt.Sprintf("resource \"terraform_data\" \"this\" {\n  count = %d\n  input = \"${var.client_name} ${count.index}\"\n}\n", n)
}
