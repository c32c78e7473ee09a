package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/application"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/certificate"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/generated"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/listed"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/released"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/sealed"
)

// Server returns a factory of what Terraform talks to: the provider, behind what
// seals its secrets and lets go of its calls.
func Server(version string, options Options) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &Provider{version: version, options: options}
		inner := providerserver.NewProtocol6(p)()
		whole, ok := inner.(sealed.Inner)
		if !ok {
			return inner // The framework serves all of it; nothing would seal, and TestSealed would fail.
		}
		// Reading a client may replace its token: the list says what the journal knows.
		complete := listed.New(whole, func(name string) bool { return name == "dcr_client" })
		return released.New(sealed.New(generated.New(complete, rules()), p.ring.Load))
	}
}

// rules are those of the configurations that Terraform generates.
func rules() map[string]generated.Rule {
	return map[string]generated.Rule{
		"dcr_application":           application.Generated,
		"dcr_transport_certificate": certificate.Generated,
		"dcr_signing_certificate":   certificate.Generated,
	}
}
