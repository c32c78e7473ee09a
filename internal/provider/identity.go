package provider

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/application"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/certificate"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/certification"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/client"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/softwarestatement"
)

// resources are all resources with what tells each from all others.
func resources() []func() resource.Resource {
	const ofApplication = "The ID of the application."
	joined := func(names ...string) func(map[string]string) string {
		return func(parts map[string]string) string {
			values := make([]string, len(names))
			for i, name := range names {
				values[i] = parts[name]
			}
			return strings.Join(values, "/")
		}
	}
	// A renewal is another certificate in the same resource.
	certificates := fw.Identity{Mutable: true, ImportID: joined("application_id", "type", "kid"), Parts: []fw.Part{
		{Name: "application_id", Description: ofApplication}, {Name: "type", Description: "The type of the certificate or key."}, {Name: "kid", Description: "Its key ID in the directory."},
	}}
	return []func() resource.Resource{
		fw.Identified(application.New, fw.Identity{ImportID: joined("id"), Parts: []fw.Part{{Name: "id", Description: "The application's ID in the directory."}}}),
		fw.Identified(certificate.NewTransport, certificates),
		fw.Identified(certificate.NewSigning, certificates),
		fw.Identified(certificate.NewPublicKey, certificates),
		fw.Identified(certification.New, fw.Identity{ImportID: joined("application_id", "id"), Parts: []fw.Part{{Name: "application_id", Description: ofApplication}, {Name: "id", Description: "The ID of the certification."}}}),
		fw.Identified(softwarestatement.New, fw.Identity{ImportID: joined("application_id"), Parts: []fw.Part{{Name: "application_id", Description: ofApplication}}}),
		// Where a client is managed may be learnt later.
		fw.Identified(client.New, fw.Identity{Mutable: true, ImportID: clientID, Parts: []fw.Part{
			{Name: "client_id", Description: "The client ID the server issued."},
			{Name: "registration_client_uri", Description: "The URL at which the registration is managed; its token comes from the environment or the provider configuration.", Optional: true},
		}}),
	}
}

// clientID is the JSON form of a client's import ID, since either part may hold anything.
func clientID(parts map[string]string) string {
	raw, err := json.Marshal(parts)
	if err != nil {
		return ""
	}
	return string(raw)
}
