package provider_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestPublishedExamples applies every example of the documentation as it is
// published; only the addresses of the banks are the sandbox's. The minimal and
// the complete example of a resource share what they need, so they are applied
// together. The example of onboarding is what the demo runs.
func TestPublishedExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/resources/*/resource.tf")
	if err != nil || len(files) != 7 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	files = append(files, "../../examples/signed-requests/main.tf")
	ephemeral, err := filepath.Glob("../../examples/ephemeral-resources/*/ephemeral-resource.tf")
	if err != nil || len(ephemeral) != 4 {
		t.Fatalf("examples: %v, %v", ephemeral, err)
	}
	files = append(files, ephemeral...)
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Base(file) == "resource.tf" {
				complete, err := os.ReadFile(filepath.Join(filepath.Dir(file), "complete.tf"))
				if err != nil {
					t.Fatal(err)
				}
				raw = append(raw, complete...)
			}
			bank := sandbox.Temper{Name: "bank", KeepUnknownMetadata: true}
			if filepath.Base(file) == "main.tf" {
				// The test has a provider block of its own.
				raw = raw[bytes.Index(raw, []byte("resource \"dcr_client\"")):]
				bank.SignedRequests, bank.ManagedByAccessToken, bank.ManagementScope = "application/jwt", true, "cdr:registration"
			}
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{
				bank,
				{Name: "open", AllowSecondRegistration: true, NoStatement: true, NoMutualTLS: true},
			}})
			config := strings.NewReplacer(
				"https://auth.bank.example", sb.Server("bank").Issuer(),
				"https://auth.example.com", sb.Server("open").Issuer(),
			).Replace(string(raw))
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps:                    []resource.TestStep{{Config: acctest.ProviderConfig(sb) + config}},
			})
		})
	}
}

// TestPublishedFunctions evaluates the examples of the functions as they are published.
func TestPublishedFunctions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/functions/*/function.tf")
	if err != nil || len(files) != 5 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "open", NoStatement: true, NoMutualTLS: true}}})
			config := strings.NewReplacer("https://auth.example.com", sb.Server("open").Issuer(), `file("client.pem")`, acctest.Heredoc(sb.ClientCertificatePEM())).Replace(string(raw))
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps:                    []resource.TestStep{{Config: acctest.ProviderConfig(sb) + config}},
			})
		})
	}
}

// TestProviderExampleIsValid plans with the published provider block, which
// must need no network and no file but the ones it names.
func TestProviderExampleIsValid(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../examples/provider/provider.tf")
	if err != nil {
		t.Fatal(err)
	}
	sb := acctest.Sandbox(t, sandbox.Options{})
	// The harness supplies the provider's source itself.
	config := regexp.MustCompile(`(?s)^terraform \{.*?\n\}\n`).ReplaceAllString(string(raw), "")
	for file, text := range map[string]string{
		"client.pem": sb.ClientCertificatePEM(), "production.pem": sb.ClientCertificatePEM(), "ca.pem": sb.CACertificatesPEM(),
		"client.key": sb.ClientPrivateKeyPEM(), "production.key": sb.ClientPrivateKeyPEM(),
	} {
		config = strings.ReplaceAll(config, `file("`+file+`")`, acctest.Heredoc(text))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps:                    []resource.TestStep{{Config: config + "\nresource \"terraform_data\" \"this\" {}\n"}},
	})
}
