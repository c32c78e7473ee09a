package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-version"
	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
	"github.com/hashicorp/hc-install/src"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// process runs Terraform or OpenTofu with the provider as a process of its own,
// as users do: what the in-process tests cannot show, which is logs, and several
// configurations of one provider.
type process struct {
	terraform, folder, cli string
}

func newProcess(t *testing.T) *process {
	t.Helper()
	p := &process{folder: t.TempDir(), terraform: findTerraform(t)}
	plugins, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p.cli = filepath.Join(t.TempDir(), "cli.tfrc")
	// A source without a host is looked for in the registry of whoever reads it.
	config := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  dev_overrides {\n    \"registry.terraform.io/dcr-onboarding/dcr\" = %[1]q\n    \"registry.opentofu.org/dcr-onboarding/dcr\" = %[1]q\n  }\n  direct {}\n}\n", plugins)
	if err := os.WriteFile(p.cli, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMain removes what built made.
func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := plugins(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

var plugins = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "dcr-plugins-") })

// built is the folder of a provider binary, which all tests of a run share.
var built = sync.OnceValues(func() (string, error) {
	folder, err := plugins()
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "terraform-provider-dcr"), "github.com/dcr-onboarding/terraform-provider-dcr")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return folder, nil
})

// findTerraform takes the program that was named, which may be OpenTofu, or
// Terraform from PATH, or installs that.
func findTerraform(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	least := version.MustConstraints(version.NewConstraint(">= 1.11.0"))
	path, err := install.NewInstaller().Ensure(context.WithoutCancel(t.Context()), []src.Source{
		&fs.Version{Product: product.Terraform, Constraints: least},
		&releases.LatestVersion{Product: product.Terraform, Constraints: least, InstallDir: t.TempDir()},
	})
	if err != nil {
		t.Fatalf("Terraform 1.11 or later: %v", err)
	}
	return path
}

const required = "terraform {\n  required_providers {\n    dcr = {\n      source = \"dcr-onboarding/dcr\"\n    }\n  }\n}\n"

func (p *process) write(t *testing.T, config string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, "main.tf"), []byte(required+config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs Terraform and returns all it printed; a wrong exit code fails the test.
func (p *process) run(t *testing.T, want int, environment []string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.terraform, append(arguments, "-no-color")...)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), append([]string{"TF_CLI_CONFIG_FILE=" + p.cli, "CHECKPOINT_DISABLE=1"}, environment...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != want {
		t.Fatalf("terraform %s: %v, exit code %d, want %d\n%s", strings.Join(arguments, " "), err, code, want, tail(out.String()))
	}
	return out.String()
}

func tail(text string) string {
	if len(text) > 4000 {
		return "…" + text[len(text)-4000:]
	}
	return text
}

// graph is the main job with every way a secret can pass through the provider.
func graph(sb *sandbox.Sandbox) string {
	info := sb.Info()
	return acctest.ProviderConfig(sb) + application + fmt.Sprintf(`
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "ECDSA" }
}

resource "dcr_signing_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "ECDSA" }
}

resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}

# Its configuration depends on a certificate that is made in the same apply.
provider "dcr" {
  alias        = "banks"
  journal_path = "${path.root}/journal"
  registration = {
    client_certificate_pem = dcr_transport_certificate.this.certificate_pem
    private_key_pem        = dcr_transport_certificate.this.private_key_pem
    ca_certificates_pem    = %s
    initial_access_token   = "not-the-one-that-is-used"
    signing_key_pem        = dcr_signing_certificate.this.private_key_pem
    signing_key_id         = dcr_signing_certificate.this.kid
  }
}

resource "dcr_client" "self" {
  provider                   = dcr.banks
  issuer                     = %q
  software_statement         = dcr_software_statement.this.assertion
  redirect_uris              = ["https://app.example.com/callback"]
  grant_types                = ["authorization_code", "client_credentials"]
  response_types             = ["code"]
  token_endpoint_auth_method = "private_key_jwt"
  jwks_uri                   = dcr_application.this.jwks_uri
  request_format             = "jwt"
  management_auth            = "client_credentials"
}

resource "dcr_client" "this" {
  provider                   = dcr.banks
  for_each                   = { bank = %q }
  issuer                     = each.value
  software_statement         = dcr_software_statement.this.assertion
  redirect_uris              = ["https://app.example.com/callback"]
  token_endpoint_auth_method = "client_secret_basic"
  initial_access_token_wo    = "let-me-in-please"
}
`, acctest.Heredoc(sb.CACertificatesPEM()), info.AuthorizationServers[1].Issuer, info.AuthorizationServers[0].Issuer)
}

// TestUnknownConfigurationAndSecretsInLogs goes from nothing to a registered
// client in one apply, with a provider configuration whose certificate is made
// in that apply, at the most talkative log level, and looks for every secret
// that was issued in everything that was printed and logged.
func TestUnknownConfigurationAndSecretsInLogs(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{
		{Name: "bank", InitialAccessToken: "let-me-in-please", RotateSecret: true},
		{Name: "self", SignedRequests: "application/jwt", ManagedByAccessToken: true},
	}})
	p := newProcess(t)
	log := filepath.Join(t.TempDir(), "trace.log")
	trace := []string{"TF_LOG=TRACE", "TF_LOG_PATH=" + log}
	p.write(t, graph(sb))
	printed := p.run(t, 0, trace, "apply", "-auto-approve")
	p.write(t, strings.Replace(graph(sb), `= ["https://app.example.com/callback"]`, `= ["https://app.example.com/callback", "https://app.example.com/two"]`, 3))
	printed += p.run(t, 2, trace, "plan", "-detailed-exitcode")
	printed += p.run(t, 0, trace, "apply", "-auto-approve")
	printed += p.run(t, 0, trace, "plan", "-detailed-exitcode")
	// Replacing the certificate makes the banks' configuration unknown again: the plan goes on without reading them.
	printed += p.run(t, 0, trace, "apply", "-auto-approve", "-replace=dcr_transport_certificate.this")
	if !strings.Contains(printed, "Drift was not looked for") {
		t.Error("a refresh with an unknown configuration did not say that it was skipped")
	}
	// Errors must not carry secrets either.
	sb.Inject(sandbox.Fault{Server: "bank", Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1})
	printed += p.run(t, 1, trace, "plan")
	printed += p.run(t, 0, trace, "destroy", "-auto-approve")

	logged, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	checkSubsystems(t, string(logged))
	if !strings.Contains(printed, "The request's x-fapi-interaction-id is ") {
		t.Error("the error about the refused token does not name its request")
	}
	state, err := os.ReadFile(filepath.Join(p.folder, "terraform.tfstate.backup"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, secret := range sb.Secrets() {
		// Terraform itself logs configuration that is not an attribute marked sensitive; ours all are.
		if bytes.Contains(state, []byte(secret)) {
			found++
		}
		if bytes.Contains(logged, []byte(secret)) || strings.Contains(printed, secret) {
			t.Errorf("secret %d of the sandbox (%d characters) was logged or printed: %s", i, len(secret), around(logged, printed, secret))
		}
	}
	if found == 0 {
		t.Error("no issued secret is in state, so looking for them proves nothing")
	}
}

// checkSubsystems looks for a line of each part of the provider, and for the
// x-fapi-interaction-id in each that is about a request.
func checkSubsystems(t *testing.T, logged string) {
	t.Helper()
	wanted := map[string]string{
		"HTTP exchange:": "http", "requests to one host:": "http", "requests of this run:": "http",
		"request carried out:": "directory", "request answered:": "oauth", "request failed:": "dcr", "the registration was answered:": "journal",
	}
	for line := range strings.Lines(logged) {
		if strings.Contains(line, ": HTTP exchange") && !strings.Contains(line, "interaction_id=") {
			t.Errorf("no x-fapi-interaction-id: %s", line)
		}
		for message, module := range wanted {
			if strings.Contains(line, message) && strings.Contains(line, "@module=dcr."+module) {
				delete(wanted, message)
			}
		}
	}
	for message, module := range wanted {
		t.Errorf("the log of %s has no line %q", module, message)
	}
}

// around shows where a secret stands, without the secret.
func around(logged []byte, printed, secret string) string {
	text := string(logged)
	at := strings.Index(text, secret)
	if at < 0 {
		text, at = printed, strings.Index(printed, secret)
	}
	from, to := max(0, at-200), min(len(text), at+len(secret)+80)
	return strings.ReplaceAll(text[from:to], secret, "<SECRET>")
}
