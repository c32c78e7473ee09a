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
	case floor, wide:
		callback := `redirect_uri = "https://app.example.com/callback"`
		if subject == wide {
			callback = `redirect_uris = ["https://app.example.com/callback"]`
		}
		return head + fmt.Sprintf(`
provider %[1]q {
  ca_certificates_pem = %[2]s
}
resource "%[1]s_client" "this" {
  count                 = %[3]d
  registration_endpoint = %[4]q
  client_name           = "${var.client_name} ${count.index}"
  %[5]s
}
`, subject, authority, n, server.RegistrationEndpoint, callback)
	}
	return head + fmt.Sprintf("resource \"terraform_data\" \"this\" {\n  count = %d\n  input = \"${var.client_name} ${count.index}\"\n}\n", n)
}
