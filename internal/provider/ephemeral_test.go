package provider_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// echoing lets a test see what an ephemeral resource gave, through a provider
// that copies its own configuration into a resource.
func echoing() map[string]func() (tfprotov6.ProviderServer, error) {
	factories := acctest.Factories()
	factories["echo"] = echoprovider.NewProviderServer()
	return factories
}

func echo(address string) string {
	return fmt.Sprintf("provider \"echo\" {\n  data = %s\n}\n\nresource \"echo\" \"this\" {}\n", address)
}

// echoed decodes what the echo has and checks it.
func echoed(check func(map[string]any) error) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		got := map[string]any{}
		for name, value := range s.RootModule().Resources["echo.this"].Primary.Attributes {
			if member, ok := strings.CutPrefix(name, "data."); ok {
				got[member] = value
			}
		}
		return check(got)
	}
}

// TestEphemeralStatement: the statement is for the application, locks it, and
// registers a client without resting anywhere.
func TestEphemeralStatement(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoMutualTLS: true}}})
	config := acctest.ProviderConfig(sb) + application + fmt.Sprintf(`
ephemeral "dcr_software_statement" "this" {
  application_id = dcr_application.this.id
}

resource "dcr_client" "this" {
  issuer                        = %q
  redirect_uris                 = ["https://app.example.com/callback"]
  software_statement_wo         = ephemeral.dcr_software_statement.this.assertion
  software_statement_wo_version = 1
}
`, sb.Server("bank").Issuer())
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: echoing(),
		Steps: []resource.TestStep{
			{
				Config: acctest.ProviderConfig(sb) + "ephemeral \"dcr_software_statement\" \"this\" {\n  application_id = \"74e929d9-0000-4000-8000-000000000000\"\n}\n" +
					echo("ephemeral.dcr_software_statement.this"),
				ExpectError: acctest.Words("The application does not exist", "No statement was issued"),
			},
			{Config: config + echo("ephemeral.dcr_software_statement.this"), Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckNoResourceAttr("dcr_client.this", "software_statement_wo"),
				echoed(func(got map[string]any) error {
					var claims map[string]any
					if err := json.Unmarshal([]byte(fmt.Sprint(got["claims"])), &claims); err != nil {
						return err
					}
					if claims["software_client_name"] != "Budget planner" || got["issued_at"] == nil || got["key_id"] == nil || strings.Count(fmt.Sprint(got["assertion"]), ".") != 2 {
						return fmt.Errorf("the statement is %v", claims)
					}
					return nil
				}),
			)},
		},
	})
}

// TestEphemeralToken gets tokens of the directory and of a registered client by
// every method, and uses them. The provider has one configuration at a time:
// there is one server in process, and OpenTofu configures whatever a function
// is called of.
func TestEphemeralToken(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, AllowSecondRegistration: true}}})
	client := func(method, more string) string {
		return fmt.Sprintf(`
provider "dcr" {
  registration = {
    client_certificate_pem = %s
    private_key_pem        = %s
    ca_certificates_pem    = %s
  }
}

resource "dcr_client" "this" {
  issuer                     = %q
  redirect_uris              = ["https://app.example.com/callback"]
  grant_types                = ["client_credentials", "authorization_code"]
  response_types             = ["code"]
  scope                      = "openid accounts"
  token_endpoint_auth_method = %q
%s}
`, acctest.Heredoc(sb.ClientCertificatePEM()), acctest.Heredoc(sb.ClientPrivateKeyPEM()), acctest.Heredoc(sb.CACertificatesPEM()), sb.Server("bank").Issuer(), method, more)
	}
	token := func(more string) string {
		return fmt.Sprintf(`
ephemeral "dcr_access_token" "this" {
  client_id = dcr_client.this.client_id
  issuer    = dcr_client.this.issuer
%s}
`, more)
	}
	for name, config := range map[string]string{
		"the directory's":             acctest.ProviderConfig(sb) + "ephemeral \"dcr_access_token\" \"this\" {}\n",
		"the directory's, of a scope": acctest.ProviderConfig(sb) + "ephemeral \"dcr_access_token\" \"this\" {\n  scope = \"directory:software\"\n}\n",
		"by secret":                   client("client_secret_basic", "") + token("  client_secret = dcr_client.this.client_secret\n  scope = \"accounts\"\n"),
		"by secret in the form":       client("client_secret_post", "") + token("  token_endpoint_auth_method = \"client_secret_post\"\n  client_secret = dcr_client.this.client_secret\n"),
		"by certificate":              client("tls_client_auth", "  tls_client_auth_subject_dn = provider::dcr::subject_dn("+acctest.Heredoc(sb.ClientCertificatePEM())+")\n") + token(""),
		"by private key":              client("private_key_jwt", "  jwks = provider::dcr::jwks(["+acctest.Heredoc(sb.ClientPrivateKeyPEM())+"])\n") + token("  signing_key_pem = "+acctest.Heredoc(sb.ClientPrivateKeyPEM())+"\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: echoing(),
				Steps: []resource.TestStep{{Config: config + echo("ephemeral.dcr_access_token.this"), Check: echoed(func(got map[string]any) error {
					if text := fmt.Sprint(got["access_token"]); len(text) < 20 {
						return fmt.Errorf("the token is %d characters", len(text))
					}
					return nil
				})}},
			})
		})
	}
}

// TestEphemeralTokenOfUnknownKey waits for the key instead of trying another method.
func TestEphemeralTokenOfUnknownKey(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: echoing(),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf("resource \"terraform_data\" \"key\" {\n  input = \"x\"\n}\n\nprovider \"dcr\" {\n  registration = {\n    signing_key_pem = terraform_data.key.output\n    ca_certificates_pem = %s\n  }\n}\n\n"+
				"ephemeral \"dcr_access_token\" \"this\" {\n  client_id = \"one\"\n  issuer = %q\n}\n", acctest.Heredoc(sb.CACertificatesPEM()), sb.Server("bank").Issuer()) + echo("ephemeral.dcr_access_token.this"),
			ExpectError: regexp.MustCompile(`The provider configuration is not known yet`),
		}},
	})
}

// TestEphemeralTokenRefused says what is missing, before and after it was asked for.
func TestEphemeralTokenRefused(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	for body, want := range map[string]string{
		`client_id = "one"`:                   `The server of the client is missing`,
		`issuer = "https://bank.example.com"`: `The client is missing`,
		fmt.Sprintf("client_id = \"one\"\n  issuer = %q", sb.Server("bank").Issuer()):                                                                                                `there is no client certificate`,
		fmt.Sprintf("client_id = \"one\"\n  issuer = %q\n  client_secret = \"no\"\n  ca_certificates_pem = %s", sb.Server("bank").Issuer(), acctest.Heredoc(sb.CACertificatesPEM())): `invalid_client(?s:.*)Check client_id`,
		`scope = "directory:everything"`: `(?s)refused to issue an access token.*scope`,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: echoing(),
				Steps: []resource.TestStep{{
					Config:      acctest.ProviderConfig(sb) + "ephemeral \"dcr_access_token\" \"this\" {\n  " + body + "\n}\n" + echo("ephemeral.dcr_access_token.this"),
					ExpectError: regexp.MustCompile(strings.ReplaceAll(want, " ", `\s+`)),
				}},
			})
		})
	}
}
