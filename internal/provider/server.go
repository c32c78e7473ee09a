package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/application"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/certificate"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/checked"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/client"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/direct"
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
		served := many()
		if options.Framework {
			served = nil
		}
		quick := direct.New(checked.New(complete), served, p.given)
		return released.New(sealed.New(generated.New(quick, rules()), p.ring.Load))
	}
}

// given is what resources are configured with.
func (p *Provider) given() any {
	if data := p.data.Load(); data != nil {
		return data
	}
	return nil
}

// many are the resources of many attributes.
func many() map[string]direct.Resource {
	all := map[string]direct.Resource{"dcr_application": {Keys: application.PrivateKeys()}, "dcr_client": {Keys: client.PrivateKeys()}}
	for _, found := range resources() {
		var resp resource.MetadataResponse
		found().Metadata(context.Background(), resource.MetadataRequest{ProviderTypeName: "dcr"}, &resp)
		if of, ok := all[resp.TypeName]; ok {
			of.New = found
			all[resp.TypeName] = of
		}
	}
	return all
}

// rules are those of the configurations that Terraform generates.
func rules() map[string]generated.Rule {
	return map[string]generated.Rule{
		"dcr_application":           application.Generated,
		"dcr_transport_certificate": certificate.Generated,
		"dcr_signing_certificate":   certificate.Generated,
	}
}
