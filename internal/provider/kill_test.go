//go:build unix

package provider_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestKilledBetweenAnswerAndState kills Terraform and the provider after the
// bank's answer and before Terraform had it. The next apply takes the client
// over from the journal; without it, nobody could manage that client any more.
func TestKilledBetweenAnswerAndState(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true}}})
	// Reading the registration back keeps the answer from Terraform for as long as it takes.
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultDelay, Delay: time.Minute, Times: 1})
	p := newProcess(t)
	journal := filepath.Join(t.TempDir(), "journal")
	p.write(t, fmt.Sprintf(`
provider "dcr" {
  journal_path = %q
}
resource "dcr_client" "this" {
  issuer              = %q
  ca_certificates_pem = %s
  redirect_uris       = ["https://app.example.com/callback"]
}
`, journal, sb.Info().AuthorizationServers[0].Issuer, acctest.Heredoc(sb.CACertificatesPEM())))
	cmd := exec.CommandContext(t.Context(), p.terraform, "apply", "-auto-approve", "-no-color")
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+p.cli, "CHECKPOINT_DISABLE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !answered(journal); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("the answer is not in the journal")
			break
		}
	}
	// The whole group: Terraform and the provider, with no time for either to clean up.
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if clients := sb.Server("bank").Clients(); len(clients) != 1 {
		t.Fatalf("the bank holds %d clients, want 1\n%s", len(clients), out.String())
	}
	if state, err := os.ReadFile(filepath.Join(p.folder, "terraform.tfstate")); err == nil && bytes.Contains(state, []byte("dcr_client")) {
		t.Fatal("the state has the client, so that the kill proves nothing")
	}
	printed := p.run(t, 0, nil, "apply", "-auto-approve")
	if !strings.Contains(printed, "A client of an earlier run was taken over") {
		t.Errorf("the next apply does not say what it did:\n%s", printed)
	}
	p.run(t, 0, nil, "plan", "-detailed-exitcode")
	p.run(t, 0, nil, "destroy", "-auto-approve")
	if got := len(sb.Server("bank").Clients()); got != 0 || sb.Count("POST /register") != 1 {
		t.Errorf("the bank holds %d clients after %d registrations", got, sb.Count("POST /register"))
	}
	if files, err := os.ReadDir(journal); err != nil || len(files) != 0 {
		t.Errorf("the journal still has %v, %v", files, err)
	}
}

// answered reports whether the journal has an answer.
func answered(journal string) bool {
	files, err := filepath.Glob(filepath.Join(journal, "registration-*.json"))
	if err != nil || len(files) == 0 {
		return false
	}
	raw, err := os.ReadFile(files[0])
	return err == nil && bytes.Contains(raw, []byte(`"client_id"`))
}
