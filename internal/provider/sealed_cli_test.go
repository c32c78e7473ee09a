package provider_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestSealedThroughTerraform: with the key in the environment, Terraform itself
// has sealed values, another provider gets them opened by an ephemeral resource,
// a provider configuration takes them, and a function says why it cannot.
func TestSealedThroughTerraform(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", Rotate: sandbox.RotateNever}}})
	factories := acctest.FactoriesWith(map[string]string{"DCR_SEALING_KEY": acctest.SealingKey})
	factories["echo"] = echoprovider.NewProviderServer()
	config := acctest.ProviderConfig(sb) + application + fmt.Sprintf(`
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "ECDSA" }
}

resource "dcr_software_statement" "this" {
  application_id = dcr_application.this.id
}

resource "dcr_client" "this" {
  issuer                     = %q
  client_certificate_pem     = dcr_transport_certificate.this.certificate_pem
  private_key_pem            = dcr_transport_certificate.this.private_key_pem
  software_statement         = dcr_software_statement.this.assertion
  redirect_uris              = ["https://app.example.com/callback"]
  token_endpoint_auth_method = "client_secret_basic"
}

ephemeral "dcr_client_credentials" "this" {
  client_id                        = dcr_client.this.client_id
  sealed_client_secret             = dcr_client.this.client_secret
  sealed_registration_access_token = dcr_client.this.registration_access_token
  sealed_private_key_pem           = dcr_transport_certificate.this.private_key_pem
  sealed_assertion                 = dcr_software_statement.this.assertion
}
`, sb.Server("bank").Issuer())
	sealed := resource.TestMatchResourceAttr
	jwe := regexp.MustCompile(`^eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$`)
	inClear := regexp.MustCompile(`^([^e]|e[^y]).{15,}$`)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{
				Config: config + echo("ephemeral.dcr_client_credentials.this"),
				Check: resource.ComposeAggregateTestCheckFunc(
					sealed("dcr_transport_certificate.this", "private_key_pem", jwe), sealed("dcr_software_statement.this", "assertion", jwe),
					sealed("dcr_client.this", "client_secret", jwe), sealed("dcr_client.this", "registration_access_token", jwe), sealed("dcr_client.this", "software_statement", jwe),
					sealed("echo.this", "data.client_secret", inClear), sealed("echo.this", "data.registration_access_token", inClear),
					sealed("echo.this", "data.private_key_pem", regexp.MustCompile(`^-----BEGIN PRIVATE KEY-----`)), sealed("echo.this", "data.assertion", regexp.MustCompile(`^[^.]+\.[^.]+\.[^.]+$`)),
					sealed("echo.this", "data.sealed_client_secret", jwe),
				),
			},
			{Config: config + echo("ephemeral.dcr_client_credentials.this"), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
			{
				Config:      config + "output \"claims\" {\n  value     = provider::dcr::decode_software_statement(dcr_software_statement.this.assertion)\n  sensitive = true\n}\n",
				ExpectError: regexp.MustCompile(`(?s)it is\s+sealed`),
			},
		},
	})
}

// TestSealedProcesses: provider configurations of their own processes open what
// another one sealed, and no secret that was issued rests in state.
func TestSealedProcesses(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{
		{Name: "bank", InitialAccessToken: "let-me-in-please", RotateSecret: true},
		{Name: "self", SignedRequests: "application/jwt", ManagedByAccessToken: true},
	}})
	p := newProcess(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(acctest.SealingKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sealing := []string{"DCR_SEALING_KEY_FILE=" + key}
	p.write(t, graph(sb))
	p.run(t, 0, sealing, "apply", "-auto-approve")
	p.run(t, 0, sealing, "plan", "-detailed-exitcode")
	state, err := os.ReadFile(filepath.Join(p.folder, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	for i, secret := range append(sb.Secrets(), "PRIVATE KEY") {
		if bytes.Contains(state, []byte(secret)) {
			t.Errorf("secret %d of the sandbox is in state: %s", i, around(state, "", secret))
		}
	}
	if out := p.run(t, 1, nil, "plan"); !strings.Contains(out, "A sealed secret cannot be opened") {
		t.Errorf("without the key a plan says %s", out)
	}
	p.run(t, 0, sealing, "destroy", "-auto-approve")
}

// TestSealingKeys: a key that cannot be used is refused where it is given, and is not quoted.
func TestSealingKeys(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	for name, c := range map[string]struct {
		environment map[string]string
		settings    map[string]any
		want        string
	}{
		"too short":             {settings: map[string]any{"sealing_key": "c2hvcnQ="}, want: `(?s)The sealing key cannot be used.*openssl rand`},
		"too short, by name":    {environment: map[string]string{"DCR_SEALING_KEY": "c2hvcnQ="}, want: `(?s)The sealing key cannot be used.*DCR_SEALING_KEY`},
		"no file":               {environment: map[string]string{"DCR_SEALING_KEY_FILE": "/nowhere/key"}, want: `A file named by an environment variable cannot be read`},
		"a bad earlier key":     {settings: map[string]any{"previous_sealing_keys": []string{acctest.SealingKey, "c2hvcnQ="}}, want: `A previous sealing key cannot be used`},
		"a bad line":            {environment: map[string]string{"DCR_PREVIOUS_SEALING_KEYS": acctest.SealingKey + "\n\nc2hvcnQ=\n"}, want: `Line 2 of DCR_PREVIOUS_SEALING_KEYS`},
		"not known yet":         {settings: map[string]any{"sealing_key": acctest.Unknown{}}, want: `The sealing key is not known yet`},
		"earlier not known yet": {settings: map[string]any{"previous_sealing_keys": acctest.Unknown{}}, want: `The previous sealing keys are not known yet`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said []string
			if c.settings != nil {
				ws := acctest.NewWorkspace(t, sb, nil).With("sealing_key", nil)
				for name, value := range c.settings {
					ws.With(name, value)
				}
				said = ws.Plan().Errors
			} else {
				said = configuredBy(t, func(variable string) string { return c.environment[variable] })
			}
			if len(said) != 1 || !regexp.MustCompile(c.want).MatchString(said[0]) || strings.Contains(said[0], "c2hvcnQ=") {
				t.Errorf("%q", said)
			}
		})
	}
}

// configuredBy configures a provider by the environment alone, and returns what it says.
func configuredBy(t *testing.T, getenv func(string) string) []string {
	t.Helper()
	server := provider.Server("test", provider.Options{Getenv: getenv})()
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: config(t, schema.Provider.ValueType(), nil)})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, d := range configured.Diagnostics {
		said = append(said, d.Summary+"\n"+d.Detail)
	}
	return said
}
