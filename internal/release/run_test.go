//go:build snapshot

package release_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const host = runtime.GOOS + "_" + runtime.GOARCH

// TestAnotherCloneGivesTheSame builds this machine's provider in another folder with an empty cache, then everything.
func TestAnotherCloneGivesTheSame(t *testing.T) {
	t.Parallel()
	b := load(t)
	folder := filepath.Join(t.TempDir(), "somewhere", "else")
	run(t, ".", nil, "git", "clone", "--quiet", "--no-hardlinks", "../..", folder)
	run(t, folder, nil, "git", "checkout", "--quiet", "--detach", b.Commit)
	goreleaser, err := filepath.Abs("../../bin/release/goreleaser")
	if err != nil {
		t.Fatal(err)
	}
	single, all := []string{"build", "--single-target", "--clean", "--id", "provider"}, "--unsigned"
	if b.snapshot() {
		single, all = append(single, "--snapshot"), "--snapshot"
	}
	cache := t.TempDir()
	run(t, folder, []string{"GOCACHE=" + cache, "GOTOOLCHAIN=" + toolchain(t), "GOFLAGS="}, goreleaser, single...)
	built, err := filepath.Glob(filepath.Join(folder, "dist", "provider_"+host+"_*", "terraform-provider-dcr_v"+b.Version))
	if err != nil || len(built) != 1 {
		t.Fatalf("built %q, %v", built, err)
	}
	archived := unpack(t, filepath.Join(dist, b.registry()+"_"+host+".zip"))["terraform-provider-dcr_v"+b.Version].content
	if !bytes.Equal(read(t, built[0]), archived) {
		t.Error("compiled from nothing in another folder, the provider is another one")
	}
	run(t, folder, []string{"GPG_FINGERPRINT=", "TZ=Asia/Kathmandu"}, "bash", "-c", "umask 077; exec .ci/release "+all)
	for file, listed := range b.summed() {
		for _, name := range append(listed, file) {
			if !bytes.Equal(read(t, filepath.Join(folder, "dist", name)), read(t, filepath.Join(dist, name))) {
				t.Errorf("%s is another one", name)
			}
		}
	}
}

// cli is a Terraform that finds providers in a folder of archives, and nowhere else.
type cli struct {
	folder      string
	environment []string
}

func newCLI(t *testing.T, b build) cli {
	t.Helper()
	mirror := filepath.Join(t.TempDir(), "mirror")
	packed := filepath.Join(mirror, "registry.terraform.io", "dcr-onboarding", "dcr")
	if err := os.MkdirAll(packed, 0o700); err != nil {
		t.Fatal(err)
	}
	name := b.registry() + "_" + host + ".zip"
	if err := os.WriteFile(filepath.Join(packed, name), read(t, filepath.Join(dist, name)), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	text := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return cli{t.TempDir(), []string{"TF_CLI_CONFIG_FILE=" + config, "CHECKPOINT_DISABLE=1", "TF_PLUGIN_CACHE_DIR="}}
}

func (c cli) run(t *testing.T, arguments ...string) []byte {
	t.Helper()
	return run(t, c.folder, c.environment, "terraform", arguments...)
}

// TestTerraformInstallsAndServersAreTold installs the archive as from a mirror and has the provider ask a server.
func TestTerraformInstallsAndServersAreTold(t *testing.T) {
	t.Parallel()
	b := load(t)
	agents := make(chan string, 100)
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]string{
			"issuer": server.URL, "token_endpoint": server.URL + "/token", "registration_endpoint": server.URL + "/register",
		}); err != nil {
			t.Error(err)
		}
	})
	server.StartTLS()
	defer server.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	c := newCLI(t, b)
	config := fmt.Sprintf(`terraform {
  required_providers {
    dcr = {
      source  = "dcr-onboarding/dcr"
      version = %q
    }
  }
}

provider "dcr" {
  registration = {
    ca_certificates_pem = file("ca.pem")
  }
}

data "dcr_authorization_server" "this" {
  issuer = %q
}
`, b.Version, server.URL)
	for name, text := range map[string]string{"main.tf": config, "ca.pem": string(authority)} {
		if err := os.WriteFile(filepath.Join(c.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.run(t, "init", "-no-color")
	var schema struct {
		Providers map[string]struct {
			Resources map[string]any `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal(c.run(t, "providers", "schema", "-json"), &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Providers["registry.terraform.io/dcr-onboarding/dcr"].Resources["dcr_client"] == nil {
		t.Errorf("no dcr_client among the schemas %v", schema)
	}
	var terraform struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(c.run(t, "version", "-json"), &terraform); err != nil {
		t.Fatal(err)
	}
	c.run(t, "plan", "-no-color")
	want := "terraform-provider-dcr/" + b.Version + " (" + b.Commit[:12] + ") terraform/" + terraform.Version
	if len(agents) == 0 {
		t.Error("nothing was asked")
	}
	for range len(agents) {
		if got := <-agents; got != want {
			t.Errorf("the server was asked by %q, not %q", got, want)
		}
	}
}

// TestSandboxRuns takes the sandbox out of its archive, asks its version, starts it and ends it.
func TestSandboxRuns(t *testing.T) {
	t.Parallel()
	b := load(t)
	binary := filepath.Join(t.TempDir(), "dcr-sandbox")
	if err := os.WriteFile(binary, unpack(t, filepath.Join(dist, "dcr-sandbox_"+b.Version+"_"+host+".zip"))["dcr-sandbox"].content, 0o700); err != nil { //nolint:gosec // G306: it is a program.
		t.Fatal(err)
	}
	if got, want := string(run(t, ".", nil, binary, "-version")), "dcr-sandbox "+b.Version+" ("+b.Commit[:12]+")\n"; got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	out := filepath.Join(t.TempDir(), "out")
	cmd := exec.CommandContext(t.Context(), binary, "-out", out)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "ready "+filepath.Join(out, "sandbox.json") {
		t.Errorf("%q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("did not end cleanly: %v", err)
	}
}
