package provider_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestEveryAuthMethod fetches tokens by each way a client can authenticate,
// once for a run, however many resources want one.
func TestEveryAuthMethod(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*sandbox.Sandbox) acctest.Settings{
		"tls_client_auth": func(*sandbox.Sandbox) acctest.Settings { return nil },
		"private_key_jwt": func(sb *sandbox.Sandbox) acctest.Settings {
			return acctest.Settings{"auth_method": `"private_key_jwt"`, "signing_key_pem": acctest.Heredoc(sb.ClientSigningKeyPEM()), "signing_key_id": fmt.Sprintf("%q", sb.ClientSigningKeyID())}
		},
		"client_secret_basic": func(sb *sandbox.Sandbox) acctest.Settings {
			return acctest.Settings{"auth_method": `"client_secret_basic"`, "client_secret": fmt.Sprintf("%q", sb.ClientSecret())}
		},
	}
	for name, settings := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{ClientScopes: []string{"directory:software", "directory:website"}})
			overrides := credentials(acctest.Settings{"scope": `"directory:website"`})
			maps.Copy(overrides, settings(sb))
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config: acctest.ProviderConfig(sb, overrides) + `
resource "dcr_application" "many" {
  count         = 8
  client_name   = "Application ${count.index}"
  version       = 1
  redirect_uris = ["https://app.example.com/callback"]
}
`,
					// Each plan and each apply is a configured provider of its own, and fetches once.
					Check: func(*terraform.State) error {
						if got := sb.Count("POST /token"); got < 1 || got > 4 {
							return fmt.Errorf("%d tokens were fetched for 8 applications", got)
						}
						return nil
					},
				}},
			})
		})
	}
}

// TestEnvironment configures everything from environment variables.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, InitialAccessToken: "let-me-in"}}})
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	info := sb.Info()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.FactoriesWith(map[string]string{
			"DCR_DIRECTORY_API_URL":                    info.APIURL,
			"DCR_DIRECTORY_ISSUER":                     info.Issuer,
			"DCR_DIRECTORY_KEYSTORE_URL":               info.KeystoreURL,
			"DCR_ORGANISATION_ID":                      info.OrganisationID,
			"DCR_DIRECTORY_CLIENT_ID":                  info.ClientID,
			"DCR_DIRECTORY_ACCESS_TOKEN":               info.AccessToken,
			"DCR_DIRECTORY_CLIENT_CERTIFICATE_FILE":    file("client.pem", sb.ClientCertificatePEM()),
			"DCR_DIRECTORY_PRIVATE_KEY_FILE":           file("client.key", sb.ClientPrivateKeyPEM()),
			"DCR_DIRECTORY_CA_CERTIFICATES_FILE":       file("ca.pem", sb.CACertificatesPEM()),
			"DCR_REGISTRATION_CLIENT_CERTIFICATE_FILE": file("bank.pem", sb.ClientCertificatePEM()),
			"DCR_REGISTRATION_PRIVATE_KEY_PEM":         sb.ClientPrivateKeyPEM(),
			"DCR_REGISTRATION_CA_CERTIFICATES_PEM":     sb.CACertificatesPEM(),
			"DCR_REGISTRATION_INITIAL_ACCESS_TOKEN":    "let-me-in",
			"DCR_MAX_RETRIES":                          "0",
			"DCR_REQUEST_TIMEOUT":                      "10s",
			"DCR_REQUESTS_PER_SECOND":                  "200",
		}),
		Steps: []resource.TestStep{{Config: application + fmt.Sprintf(`
resource "dcr_client" "this" {
  issuer        = %q
  redirect_uris = ["https://app.example.com/callback"]
}
`, info.AuthorizationServers[0].Issuer)}},
	})
}

// TestEnvironmentIsChecked names the variable that is wrong.
func TestEnvironmentIsChecked(t *testing.T) {
	t.Parallel()
	step := filepath.Join(t.TempDir(), "organisation")
	if err := os.WriteFile(step, []byte("..\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ variable, value, want string }{
		"file":      {"DCR_DIRECTORY_PRIVATE_KEY_FILE", "/does/not/exist", `DCR_DIRECTORY_PRIVATE_KEY_FILE`},
		"number":    {"DCR_MAX_RETRIES", "many", `DCR_MAX_RETRIES`},
		"fraction":  {"DCR_MAX_RETRIES", "1.5", `DCR_MAX_RETRIES`},
		"too many":  {"DCR_MAX_RETRIES", "21", `DCR_MAX_RETRIES`},
		"no number": {"DCR_REQUESTS_PER_SECOND", "NaN", `DCR_REQUESTS_PER_SECOND`},
		"too slow":  {"DCR_REQUESTS_PER_SECOND", "0.001", `at\s+least\s+0.01`},
		"in a file": {"DCR_ORGANISATION_ID_FILE", step, `The value of DCR_ORGANISATION_ID_FILE is not valid[\s\S]*step\s+in\s+a\s+path`},
		"endless":   {"DCR_REQUESTS_PER_SECOND", "+Inf", `DCR_REQUESTS_PER_SECOND`},
		"duration":  {"DCR_REQUEST_TIMEOUT", "soon", `DCR_REQUEST_TIMEOUT`},
		"too short": {"DCR_REQUEST_TIMEOUT", "99ms", `at least\s+100ms`},
		"no URL":    {"DCR_DIRECTORY_API_URL", "directory.example.com", `The value of DCR_DIRECTORY_API_URL is not valid`},
		"plain":     {"DCR_DIRECTORY_KEYSTORE_URL", "http://keystore.example.com", `The value of DCR_DIRECTORY_KEYSTORE_URL is not valid[\s\S]*plain http`},
		"line":      {"DCR_DIRECTORY_CLIENT_ID", "client\n", `The value of DCR_DIRECTORY_CLIENT_ID is not valid[\s\S]*white space`},
		"path":      {"DCR_ORGANISATION_ID", "..", `The value of DCR_ORGANISATION_ID is not valid`},
		"method":    {"DCR_DIRECTORY_AUTH_METHOD", "mtls", `The value of DCR_DIRECTORY_AUTH_METHOD is not valid[\s\S]*private_key_jwt`},
		"origin":    {"DCR_REGISTRATION_ALLOWED_MANAGEMENT_ORIGINS", "https://bank.example.com reg.bank.example.com", `DCR_REGISTRATION_ALLOWED_MANAGEMENT_ORIGINS is not\s+valid[\s\S]*"reg.bank`},
		"ecosystem": {"DCR_DIRECTORY_ECOSYSTEM", "atlantis", `The ecosystem is not known[\s\S]*open_finance_brasil`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.FactoriesWith(map[string]string{tt.variable: tt.value}),
				Steps:                    []resource.TestStep{{Config: application, ExpectError: pattern(tt.want)}},
			})
		})
	}
}
