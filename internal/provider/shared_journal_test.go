package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestSharedJournal has two provider configurations, which are two processes of
// one run, share a journal: neither takes the other's client for one that was left
// behind. A targeted apply does, for want of seeing the state, which is told and
// can be mended.
func TestSharedJournal(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true}}})
	p := newProcess(t)
	body := fmt.Sprintf(`
  issuer              = %q
  ca_certificates_pem = %s
  redirect_uris       = ["https://app.example.com/callback"]
}
`, sb.Info().AuthorizationServers[0].Issuer, acctest.Heredoc(sb.CACertificatesPEM()))
	journal := filepath.Join(t.TempDir(), "journal")
	config := fmt.Sprintf(`
provider "dcr" {
  journal_path = %[1]q
}

provider "dcr" {
  alias        = "two"
  journal_path = %[1]q
}

resource "dcr_client" "a" {
%[2]s
resource "dcr_client" "b" {
  provider   = dcr.two
  depends_on = [dcr_client.a]
%[2]s`, journal, body)
	clients := func(want int) {
		t.Helper()
		if got := len(sb.Server("bank").Clients()); got != want {
			t.Errorf("the bank has %d clients, want %d", got, want)
		}
	}
	p.write(t, config)
	p.run(t, 0, nil, "apply", "-auto-approve")
	clients(2)
	p.write(t, config+`resource "dcr_client" "c" {`+body)
	if printed := p.run(t, 0, nil, "apply", "-auto-approve", "-target=dcr_client.c"); !strings.Contains(printed, "was taken over") {
		t.Errorf("the targeted apply does not say what it took:\n%s", printed)
	}
	p.run(t, 0, nil, "state", "rm", "dcr_client.c")
	p.run(t, 2, nil, "plan", "-detailed-exitcode")
	p.run(t, 0, nil, "apply", "-auto-approve")
	clients(3)
	p.run(t, 0, nil, "destroy", "-auto-approve")
	clients(0)
	if files, err := filepath.Glob(filepath.Join(journal, "*")); err != nil || len(files) != 0 {
		t.Errorf("the journal still has %v, %v", files, err)
	}
}
