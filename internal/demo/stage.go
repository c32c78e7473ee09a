package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-version"
	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
	"github.com/hashicorp/hc-install/src"
)

// info is what the sandbox writes about itself.
type info struct {
	APIURL                   string `json:"api_url"`
	Issuer                   string `json:"issuer"`
	KeystoreURL              string `json:"keystore_url"`
	ControlURL               string `json:"control_url"`
	OrganisationID           string `json:"organisation_id"`
	ClientID                 string `json:"client_id"`
	AccessToken              string `json:"access_token"`
	AdministratorAccessToken string `json:"administrator_access_token"`
	AuthorizationServers     []struct {
		Name   string `json:"name"`
		Issuer string `json:"issuer"`
	} `json:"authorization_servers"`
}

// stage is everything the demo runs on.
type stage struct {
	folder    string // of everything temporary
	work      string // with the configuration
	sandbox   *exec.Cmd
	log       *bytes.Buffer
	exited    chan struct{}
	info      info
	terraform string   // the program, which may be OpenTofu
	env       []string // of it, beside the demo's own
	keys      []string // lines of private keys the provider made
}

const providerVersion = "0.0.1"

// newStage builds, starts and installs what the demo needs.
func newStage(ctx context.Context, cli string) (_ *stage, err error) {
	folder, err := os.MkdirTemp("", "dcr-demo-")
	if err != nil {
		return nil, err
	}
	s := &stage{folder: folder, work: filepath.Join(folder, "onboarding"), log: &bytes.Buffer{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	title("Build the provider and the sandbox, start the sandbox, find Terraform or OpenTofu")
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	if err := s.findTerraform(ctx, cli); err != nil {
		return nil, err
	}
	return s, s.configure()
}

// build compiles both programs; the provider goes where init finds it, which
// for Terraform and OpenTofu is under the name of their own registry.
func (s *stage) build(ctx context.Context) error {
	plugin := filepath.Join("dcr-onboarding", "dcr", providerVersion, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-dcr_v"+providerVersion)
	terraform, tofu := s.path(filepath.Join("mirror", "registry.terraform.io", plugin)), s.path(filepath.Join("mirror", "registry.opentofu.org", plugin))
	for output, source := range map[string]string{terraform: ".", s.path("dcr-sandbox"): "./internal/sandbox/cmd/dcr-sandbox"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", output, source) //nolint:gosec // The arguments are the demo's own.
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", source, err, out)
		}
	}
	if err := os.MkdirAll(filepath.Dir(tofu), 0o700); err != nil {
		return err
	}
	return os.Link(terraform, tofu)
}

func (s *stage) path(name string) string { return filepath.Join(s.folder, name) }

// start runs the sandbox in a process group of its own and waits until it is ready.
func (s *stage) start(ctx context.Context) error {
	out := s.path("sandbox")
	command("dcr-sandbox", "-authorization-servers", "3", "-out", "sandbox")
	// Ended by close, not by the context: after an interrupt Terraform may still need it.
	s.sandbox = exec.CommandContext(context.WithoutCancel(ctx), s.path("dcr-sandbox"), "-authorization-servers", "3", "-out", out) //nolint:gosec // The program was just built.
	s.sandbox.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.sandbox.Stderr = s.log
	stdout, err := s.sandbox.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.sandbox.Start(); err != nil {
		return err
	}
	ready := make(chan string, 1)
	s.exited = make(chan struct{})
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		ready <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, stdout)
		_ = s.sandbox.Wait() // However it ended, it is gone.
		close(s.exited)
	}()
	select {
	case line := <-ready:
		if !strings.HasPrefix(line, "ready ") {
			return fmt.Errorf("the sandbox did not start: %s", s.log)
		}
	case <-time.After(30 * time.Second):
		return fmt.Errorf("the sandbox did not start within 30 s: %s", s.log)
	case <-ctx.Done():
		return ctx.Err()
	}
	raw, err := os.ReadFile(filepath.Join(out, "sandbox.json")) //nolint:gosec // The file was just written by the sandbox.
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &s.info); err != nil {
		return err
	}
	say("A directory, its keystore and certificate authority, and %d banks are up, with TLS and mutual TLS throughout.", len(s.info.AuthorizationServers))
	return nil
}

// findTerraform takes what was asked for, or Terraform from PATH, or installs that.
func (s *stage) findTerraform(ctx context.Context, cli string) error {
	if cli != "" {
		return s.take(cli)
	}
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return s.take(path)
	}
	least := version.MustConstraints(version.NewConstraint(">= 1.11.0"))
	found, err := install.NewInstaller().Ensure(ctx, []src.Source{
		&fs.Version{Product: product.Terraform, Constraints: least},
		&releases.LatestVersion{Product: product.Terraform, Constraints: least, InstallDir: s.path("terraform")},
	})
	if err != nil {
		return fmt.Errorf("no Terraform of version 1.11 or later was found in PATH, and none could be installed; if you have OpenTofu, run make demo CLI=tofu: %w", err)
	}
	return s.take(found)
}

// take finds the program and keeps where it is, whatever folder it is run in.
func (s *stage) take(cli string) error {
	found, err := exec.LookPath(cli)
	if err != nil {
		return fmt.Errorf("%s is neither a program in PATH nor the path of one, so there is no Terraform or OpenTofu to run the demo with; name another one as in make demo CLI=tofu: %w", cli, err)
	}
	if s.terraform, err = filepath.Abs(found); err != nil {
		return err
	}
	say("Terraform or OpenTofu: %s", s.terraform)
	return nil
}

// configure copies the published example and writes the values for this sandbox.
func (s *stage) configure() error {
	if err := os.CopyFS(s.work, os.DirFS(filepath.Join("examples", "onboarding"))); err != nil {
		return err
	}
	cli := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", s.path("mirror"))
	if err := os.WriteFile(s.path("cli.tfrc"), []byte(cli), 0o600); err != nil {
		return err
	}
	servers := map[string]string{}
	for _, server := range s.info.AuthorizationServers {
		servers[server.Name] = server.Issuer
	}
	return s.vars(map[string]any{
		"directory": map[string]string{
			"api_url": s.info.APIURL, "issuer": s.info.Issuer, "keystore_url": s.info.KeystoreURL,
			"organisation_id": s.info.OrganisationID, "client_id": s.info.ClientID,
			"client_certificate_file": s.path("sandbox/client.pem"), "private_key_file": s.path("sandbox/client.key"),
			"ca_certificates_file": s.path("sandbox/ca.pem"),
		},
		"directory_access_token":               s.info.AccessToken,
		"directory_administrator_access_token": s.info.AdministratorAccessToken,
		"authorization_servers":                servers,
	})
}

func (s *stage) vars(values map[string]any) error {
	raw, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.work, "terraform.tfvars.json"), raw, 0o600)
}

// close ends the sandbox and removes everything temporary.
func (s *stage) close() error {
	var problem error
	if s.sandbox != nil && s.sandbox.Process != nil && s.exited != nil {
		group := -s.sandbox.Process.Pid
		if err := syscall.Kill(group, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			problem = err
		}
		select {
		case <-s.exited:
		case <-time.After(10 * time.Second):
			_ = syscall.Kill(group, syscall.SIGKILL) // It may have ended meanwhile.
			problem = errors.New("the sandbox did not stop on SIGTERM")
		}
	}
	return errors.Join(problem, os.RemoveAll(s.folder))
}

// stay leaves the sandbox up and tells how to use it.
func (s *stage) stay(ctx context.Context) error {
	title("The sandbox stays up")
	fmt.Printf(`   In another terminal:

     cd %s
     export TF_CLI_CONFIG_FILE=%s
     %s plan

   The sandbox's own provider block:  %s
   What there is, for a browser:      %s/
   What the servers hold:             curl -s %s/objects
   Every request they saw:            curl -s %s/history
   Play another actor, inject faults: curl -s %s/endpoints

   Press Ctrl-C here, or send SIGTERM to process %d, to stop the sandbox and remove the folder.
`, s.work, s.path("cli.tfrc"), filepath.Base(s.terraform), s.path("sandbox/provider.tf"), s.info.ControlURL, s.info.ControlURL, s.info.ControlURL, s.info.ControlURL, os.Getpid())
	select {
	case <-ctx.Done():
		return nil
	case <-s.exited:
		return fmt.Errorf("the sandbox ended by itself: %s", s.log)
	}
}
