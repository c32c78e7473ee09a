// Package acctest is what tests through the real Terraform CLI share: a
// sandbox of their own, the provider in process, and its configuration. It is
// imported by external test packages only.
package acctest

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// Sandbox starts a sandbox that ends with the test.
func Sandbox(t *testing.T, options sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	sb, err := sandbox.Start(options)
	if err != nil {
		t.Fatalf("the sandbox did not start: %v", err)
	}
	t.Cleanup(func() {
		if err := sb.Close(); err != nil {
			t.Errorf("the sandbox did not stop: %v", err)
		}
	})
	return sb
}

// Factories returns the provider, in process, without an environment.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return FactoriesWith(nil)
}

// FactoriesWith returns the provider, in process, with the given environment.
func FactoriesWith(environment map[string]string) map[string]func() (tfprotov6.ProviderServer, error) {
	return factories(environment, nil)
}

// FactoriesAt returns the provider, in process, with the given clock.
func FactoriesAt(now func() time.Time) map[string]func() (tfprotov6.ProviderServer, error) {
	return factories(nil, now)
}

func factories(environment map[string]string, now func() time.Time) map[string]func() (tfprotov6.ProviderServer, error) {
	factory := provider.Server("test", provider.Options{Getenv: func(name string) string { return environment[name] }, Now: now})
	return map[string]func() (tfprotov6.ProviderServer, error){"dcr": func() (tfprotov6.ProviderServer, error) { return factory(), nil }}
}

// Settings are attributes of the provider's directory attribute, as HCL
// expressions; an empty expression leaves the attribute out.
type Settings map[string]string

// ProviderConfig is a provider block for the sandbox. Overrides replace or
// remove attributes of directory.
func ProviderConfig(sb *sandbox.Sandbox, overrides ...Settings) string {
	info := sb.Info()
	settings := Settings{
		"api_url":                    fmt.Sprintf("%q", info.APIURL),
		"issuer":                     fmt.Sprintf("%q", info.Issuer),
		"keystore_url":               fmt.Sprintf("%q", info.KeystoreURL),
		"participants_url":           fmt.Sprintf("%q", info.ParticipantsURL),
		"organisation_id":            fmt.Sprintf("%q", info.OrganisationID),
		"client_id":                  fmt.Sprintf("%q", info.ClientID),
		"client_certificate_pem":     Heredoc(sb.ClientCertificatePEM()),
		"private_key_pem":            Heredoc(sb.ClientPrivateKeyPEM()),
		"ca_certificates_pem":        Heredoc(sb.CACertificatesPEM()),
		"access_token":               fmt.Sprintf("%q", info.AccessToken),
		"administrator_access_token": fmt.Sprintf("%q", info.AdministratorAccessToken),
	}
	for _, o := range overrides {
		for name, expression := range o {
			settings[name] = expression
		}
	}
	names := make([]string, 0, len(settings))
	for name, expression := range settings {
		if expression != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("provider \"dcr\" {\n  max_retries = 0\n  directory = {\n")
	for _, name := range names {
		fmt.Fprintf(&b, "    %s = %s\n", name, settings[name])
	}
	fmt.Fprintf(&b, "  }\n  registration = {\n    ca_certificates_pem = %s\n  }\n}\n", Heredoc(sb.CACertificatesPEM()))
	return b.String()
}

// Heredoc quotes text of several lines as an HCL expression.
func Heredoc(text string) string { return "<<-EOT\n" + strings.TrimSpace(text) + "\nEOT\n" }
