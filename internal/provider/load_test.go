//go:build load && linux

package provider_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	loadBanks, loadApplications = 1000, 200
	// loadMemory and loadFiles are the most that a process of the provider may have.
	loadMemory, loadFiles = 384 << 20, 400
	loadParallelism       = 50
)

// TestLoad onboards 200 applications with 400 certificates and 1,000 clients at as many
// servers in one configuration, each client with the statement and the certificate of an application. One server in five is slow, one in twenty is down, and
// one in ten asks to slow down: what can be done is done, the rest is reported by name,
// and the next apply completes it.
func TestLoad(t *testing.T) {
	t.Parallel()
	var tempers []sandbox.Temper
	var faults []sandbox.Fault
	for i := range loadBanks {
		name := "load-" + strconv.Itoa(i)
		tempers = append(tempers, sandbox.Temper{Name: name})
		switch {
		case i%5 == 0:
			faults = append(faults, sandbox.Fault{Server: name, Kind: sandbox.FaultDelay, Delay: 2 * time.Second, Times: -1})
		case i%20 == 1:
			faults = append(faults, sandbox.Fault{Server: name, Kind: sandbox.FaultDrop, Times: -1})
		case i%10 == 2:
			faults = append(faults, sandbox.Fault{Server: name, Kind: sandbox.FaultStatus, Status: 429, RetryAfter: "1", Times: 2})
		}
	}
	sb := acctest.Sandbox(t, sandbox.Options{Servers: tempers})
	sb.Inject(faults...)
	p := newProcess(t)
	p.write(t, loadConfig(sb))

	started := time.Now()
	printed, peak := p.watched(t, 1, "apply", "-auto-approve", fmt.Sprintf("-parallelism=%d", loadParallelism))
	t.Logf("first apply: %s, %d MiB, %d files", time.Since(started).Round(time.Second), peak.memory>>20, peak.files)
	registered := 0
	for i := range loadBanks {
		clients := len(sb.Server("load-" + strconv.Itoa(i)).Clients())
		registered += clients
		down := i%20 == 1
		if down && !strings.Contains(printed, fmt.Sprintf("dcr_client.at[%q]", sb.Server("load-"+strconv.Itoa(i)).Issuer())) {
			t.Errorf("load-%d is down, and its client is not named", i)
		}
		if down == (clients == 1) {
			t.Errorf("load-%d has %d clients", i, clients)
		}
	}
	t.Logf("%d of %d are registered", registered, loadBanks)
	peak.check(t)

	sb.Reset()
	started = time.Now()
	_, peak = p.watched(t, 0, "apply", "-auto-approve", fmt.Sprintf("-parallelism=%d", loadParallelism))
	t.Logf("second apply: %s, %d MiB, %d files", time.Since(started).Round(time.Second), peak.memory>>20, peak.files)
	peak.check(t)
	if got := sb.Count("POST /register"); got != loadBanks-registered {
		t.Errorf("the second apply registered %d clients, %d were missing", got, loadBanks-registered)
	}
	sb.Reset()
	started = time.Now()
	_, peak = p.watched(t, 0, "plan", "-detailed-exitcode", fmt.Sprintf("-parallelism=%d", loadParallelism))
	stats := sb.Stats()
	t.Logf("plan: %s, %d MiB, %d files, %d connections, at most %d requests at once", time.Since(started).Round(time.Second), peak.memory>>20, peak.files, stats.Connections, stats.MaxInFlight)
	peak.check(t)
	// One for each bank that is read, and what the directory takes; each parallel operation may need another.
	if most := loadBanks + loadParallelism; stats.Connections > most {
		t.Errorf("the plan made %d connections, more than %d", stats.Connections, most)
	}
	if stats.MaxInFlight > loadParallelism {
		t.Errorf("%d requests were under way at once, with -parallelism=%d", stats.MaxInFlight, loadParallelism)
	}
}

func loadConfig(sb *sandbox.Sandbox) string {
	var issuers []string
	for _, server := range sb.Info().AuthorizationServers {
		issuers = append(issuers, strconv.Quote(server.Issuer))
	}
	config := strings.Replace(acctest.ProviderConfig(sb), "max_retries = 0", "max_retries = 3", 1)
	return config + fmt.Sprintf(`
resource "dcr_application" "load" {
  count         = %d
  client_name   = "Load ${count.index}"
  version       = 1
  redirect_uris = ["https://app.example.com/${count.index}"]
}
resource "dcr_transport_certificate" "load" {
  count          = %[1]d
  application_id = dcr_application.load[count.index].id
  private_key    = { algorithm = "ECDSA" }
}
resource "dcr_signing_certificate" "load" {
  count          = %[1]d
  application_id = dcr_application.load[count.index].id
  private_key    = { algorithm = "ECDSA" }
}
resource "dcr_software_statement" "load" {
  count                = %[1]d
  application_id       = dcr_application.load[count.index].id
  application_revision = dcr_application.load[count.index].revision
}
resource "dcr_client" "at" {
  for_each               = { for i, issuer in [%s] : issuer => i %% %[1]d }
  issuer                 = each.key
  software_statement     = dcr_software_statement.load[each.value].assertion
  client_certificate_pem = dcr_transport_certificate.load[each.value].certificate_chain_pem
  private_key_pem        = dcr_transport_certificate.load[each.value].private_key_pem
  redirect_uris          = dcr_application.load[each.value].redirect_uris
}
`, loadApplications, strings.Join(issuers, ", "))
}

// peaks are the most memory and files that a process of the provider had.
type peaks struct{ memory, files int }

func (p peaks) check(t *testing.T) {
	t.Helper()
	if p.memory == 0 || p.memory > loadMemory || p.files > loadFiles {
		t.Errorf("a process of the provider had %d MiB and %d files", p.memory>>20, p.files)
	}
}

// watched runs Terraform and looks at the provider's processes meanwhile.
func (p *process) watched(t *testing.T, want int, arguments ...string) (string, peaks) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.terraform, append(arguments, "-no-color")...) //nolint:gosec // The test's own.
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+p.cli, "CHECKPOINT_DISABLE=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var most peaks
	for running := true; running; {
		select {
		case <-done: // The exit code is looked at below.
			running = false
		case <-time.After(200 * time.Millisecond):
			most.see(cmd.Process.Pid)
		}
	}
	if code := cmd.ProcessState.ExitCode(); code != want {
		t.Fatalf("terraform %s: exit code %d, want %d\n%s", arguments[0], code, want, tail(out.String()))
	}
	return out.String(), most
}

// see looks at the children of a process.
func (p *peaks) see(parent int) {
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil {
		return
	}
	for _, file := range children {
		raw, err := os.ReadFile(file) //nolint:gosec // Of a child of this test.
		if err != nil {
			continue // It has ended.
		}
		for _, child := range strings.Fields(string(raw)) {
			p.look(child)
		}
	}
}

func (p *peaks) look(pid string) {
	if open, err := os.ReadDir("/proc/" + pid + "/fd"); err == nil {
		p.files = max(p.files, len(open))
	}
	status, err := os.ReadFile("/proc/" + pid + "/status") //nolint:gosec // Of a child of this test.
	if err != nil {
		return
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			if kilobytes, err := strconv.Atoi(fields[1]); err == nil {
				p.memory = max(p.memory, kilobytes<<10)
			}
		}
	}
}
