package provider_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestExampleOfOpenFinanceBrasil applies the example of the guide; only where
// the directory is comes from the environment, which goes before the preset.
func TestExampleOfOpenFinanceBrasil(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", StrictCertificate: true}}})
	p, environment := example(t, "open-finance-brasil"), environmentOf(t, sb)
	p.run(t, 0, environment, "apply", "-auto-approve")
	clients := sb.Server("bank").Clients()
	if len(clients) != 1 || fmt.Sprint(clients[0]["webhook_uris"]) != "[https://planner.example.com/hooks]" {
		t.Errorf("the bank has %v", clients)
	}
	p.run(t, 0, environment, "plan", "-detailed-exitcode")
	p.run(t, 0, environment, "destroy", "-auto-approve")
}

// TestExampleOfMigration takes over what was made elsewhere, as the guide says:
// the application and its certificate by import blocks, the client by the
// command. Nothing but a statement is new.
func TestExampleOfMigration(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", Rotate: sandbox.RotateOnRead}}})
	environment := environmentOf(t, sb)
	made := portal(t, sb, environment)
	p := example(t, "migration")
	in := func(name, text string) string {
		file := filepath.Join(p.folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	environment = append(environment, "TF_VAR_application_id="+made["id"], "TF_VAR_certificate_kid="+made["kid"], "TF_VAR_private_key_file="+in("planner.key", made["key"]),
		"TF_VAR_certificate_request_file="+in("planner.csr", requestFor(t, made["key"], sb.Info().OrganisationID, made["id"])), fmt.Sprintf("TF_VAR_banks={%q=%q}", "first", sb.Server("bank").Issuer()))
	token := append(environment, "DCR_REGISTRATION_ACCESS_TOKEN_FILE="+in("first.token", made["token"]),
		"DCR_REGISTRATION_CLIENT_CERTIFICATE_FILE="+in("planner.pem", made["certificate"]), "DCR_REGISTRATION_PRIVATE_KEY_FILE="+filepath.Join(p.folder, "planner.key"))
	p.run(t, 0, token, "import", `dcr_client.bank["first"]`, made["uri"])
	if printed := p.run(t, 2, environment, "plan", "-detailed-exitcode"); !strings.Contains(printed, "Plan: 2 to import, 1 to add, 2 to change, 0 to destroy.") {
		t.Error(tail(printed))
	}
	p.run(t, 0, environment, "apply", "-auto-approve")
	p.run(t, 0, environment, "plan", "-detailed-exitcode")
	clients := sb.Server("bank").Clients()
	if len(clients) != 1 || clients[0]["client_id"] != made["client_id"] {
		t.Errorf("the bank has %v, want %s alone", clients, made["client_id"])
	}
	if all := sb.Directory().Certificates(made["id"]); len(all) != 1 || all[0].Kid != made["kid"] {
		t.Errorf("the application has %v, want %s alone", all, made["kid"])
	}
}

// portal makes by other means what the migration finds: its state is thrown away.
func portal(t *testing.T, sb *sandbox.Sandbox, environment []string) map[string]string {
	t.Helper()
	p := newProcess(t)
	p.write(t, fmt.Sprintf(`
resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://planner.example.com/callback"]
}

resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
  private_key    = { algorithm = "RSA" }
}

resource "dcr_software_statement" "this" {
  application_id = dcr_application.this.id
}

resource "dcr_client" "this" {
  issuer                     = %q
  software_statement         = dcr_software_statement.this.assertion
  client_certificate_pem     = dcr_transport_certificate.this.certificate_chain_pem
  private_key_pem            = dcr_transport_certificate.this.private_key_pem
  redirect_uris              = dcr_application.this.redirect_uris
  jwks_uri                   = dcr_application.this.jwks_uri
  token_endpoint_auth_method = "tls_client_auth"
  tls_client_auth_subject_dn = dcr_transport_certificate.this.subject_dn
}

output "made" {
  sensitive = true
  value = {
    id          = dcr_application.this.id
    kid         = dcr_transport_certificate.this.kid
    certificate = dcr_transport_certificate.this.certificate_chain_pem
    key         = dcr_transport_certificate.this.private_key_pem
    client_id   = dcr_client.this.client_id
    uri         = dcr_client.this.registration_client_uri
    token       = dcr_client.this.registration_access_token
  }
}
`, sb.Server("bank").Issuer()))
	p.run(t, 0, environment, "apply", "-auto-approve")
	made := map[string]string{}
	if err := json.Unmarshal([]byte(p.run(t, 0, environment, "output", "-json", "made")), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

// requestFor is the request that a certificate of the key was issued for.
func requestFor(t *testing.T, keyPEM, organisation, application string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(keyPEM))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	subject := pkix.Name{Country: []string{"BR"}, Organization: []string{"Aurora Pagamentos S.A."}, OrganizationalUnit: []string{organisation}, CommonName: application}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, SignatureAlgorithm: x509.SHA256WithRSA}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}))
}

// TestRecipesEncodeQueries: a variable goes into a query by --data-urlencode alone, since
// a client_id may have "+", "=", "/" and spaces in it, and those of the sandbox do.
func TestRecipesEncodeQueries(t *testing.T) {
	t.Parallel()
	raw := regexp.MustCompile(`\bcurl\b.*[?&][a-z_]+=\$`)
	if !raw.MatchString(`curl -s -X POST "$CONTROL/rotate?client_id=$CLIENT"`) {
		t.Fatal("the rule finds nothing")
	}
	guides, err := filepath.Glob("../../docs/*/*.md")
	if err != nil || len(guides) < 20 {
		t.Fatal(guides, err)
	}
	for _, guide := range append(guides, "../../README.md", "../../docs/index.md") {
		for _, line := range raw.FindAllString(source(t, guide), -1) {
			t.Errorf("%s: %s", guide, line)
		}
	}
}
