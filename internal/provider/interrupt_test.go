package provider_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestInterruptKeepsAnAnswerOnItsWay presses Ctrl-C while a bank works on a
// registration: the answer is still read, and the client is in state.
func TestInterruptKeepsAnAnswerOnItsWay(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true}}})
	sb.Inject(sandbox.Fault{Route: "POST /register", Kind: sandbox.FaultDelay, Delay: 3 * time.Second, Times: 1})
	p := newProcess(t)
	p.write(t, fmt.Sprintf(`
resource "dcr_client" "this" {
  issuer              = %q
  ca_certificates_pem = %s
  redirect_uris       = ["https://app.example.com/callback"]
}
`, sb.Info().AuthorizationServers[0].Issuer, acctest.Heredoc(sb.CACertificatesPEM())))
	cmd := exec.CommandContext(t.Context(), p.terraform, "apply", "-auto-approve", "-no-color")
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+p.cli, "CHECKPOINT_DISABLE=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); sb.Count("POST /register") == 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // Terraform exits with 1 when interrupted.
	if !strings.Contains(out.String(), "Interrupt received") {
		t.Errorf("Terraform was not interrupted:\n%s", out.String())
	}
	if got := len(sb.Server("bank").Clients()); got != 1 {
		t.Fatalf("the bank holds %d clients, want 1\n%s", got, out.String())
	}
	if state := p.run(t, 0, nil, "state", "list"); !strings.Contains(state, "dcr_client.this") {
		t.Errorf("the client is not in state\n%s", out.String())
	}
	p.run(t, 0, nil, "destroy", "-auto-approve")
	if got := len(sb.Server("bank").Clients()); got != 0 {
		t.Errorf("the bank still holds %d clients", got)
	}
	if got := sb.Count("POST /register"); got != 1 {
		t.Errorf("POST /register was sent %d times", got)
	}
}
