package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestHangingBank has one bank of six take the registration and answer nothing:
// the others are registered and verified before it is given up, and it is named.
func TestHangingBank(t *testing.T) {
	t.Parallel()
	const banks, patience = 6, 8 * time.Second
	tempers := make([]sandbox.Temper, banks)
	for i := range tempers {
		tempers[i] = sandbox.Temper{Name: fmt.Sprintf("bank%d", i), NoStatement: true, NoMutualTLS: true}
	}
	sb := acctest.Sandbox(t, sandbox.Options{Servers: tempers})
	issuers := make([]string, banks)
	for i, server := range sb.Info().AuthorizationServers {
		issuers[i] = fmt.Sprintf("%s = %q", server.Name, server.Issuer)
	}
	sb.Inject(sandbox.Fault{Server: "bank3", Route: "POST /register", Kind: sandbox.FaultDelay, Delay: 2 * patience, Times: 1})
	p := newProcess(t)
	p.write(t, fmt.Sprintf(`
provider "dcr" {
  request_timeout = %q
}

resource "dcr_client" "this" {
  for_each            = { %s }
  issuer              = each.value
  ca_certificates_pem = %s
  redirect_uris       = ["https://app.example.com/callback"]
}
`, patience, strings.Join(issuers, ", "), acctest.Heredoc(sb.CACertificatesPEM())))
	printed := p.run(t, 1, nil, "apply", "-auto-approve")
	if got := strings.Count(printed, "Creation complete"); got != banks-1 || !strings.Contains(printed, `dcr_client.this["bank3"]`) || !strings.Contains(printed, "A client may have been created") {
		t.Errorf("%d clients were created:\n%s", got, printed)
	}
	for _, line := range strings.Split(printed, "\n") {
		// Terraform prints how long each took.
		if _, after, ok := strings.Cut(line, "Creation complete after "); ok {
			if took, err := time.ParseDuration(strings.Fields(after)[0]); err != nil || took >= patience {
				t.Errorf("%s: a bank had to wait for the one that hangs", line)
			}
		}
	}
}
