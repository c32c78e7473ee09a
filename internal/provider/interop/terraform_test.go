//go:build interop

package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

const (
	source  = "registry.terraform.io/dcr-onboarding/dcr"
	changes = 2 // The exit code of a plan with changes.
)

type environment map[string]string

// workspace is a folder with a configuration and a state.
type workspace struct {
	t      *testing.T
	folder string
	// needs is the environment of the provider.
	needs environment
}

// outcome is what Terraform said, in words between single spaces, and its exit code.
type outcome struct {
	said string
	code int
}

func newWorkspace(t *testing.T, needs environment) *workspace {
	t.Helper()
	w := &workspace{t: t, folder: t.TempDir(), needs: needs}
	w.write("cli.tfrc", "")
	return w
}

// attributes are those of a resource, as HCL expressions.
type attributes map[string]string

// quoted is a text as an HCL expression.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "${", "$${").Replace(text) + `"`
}

// configure makes attributes the configuration of the client.
func (w *workspace) configure(a attributes) {
	w.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "terraform {\n  required_providers {\n    dcr = { source = %q }\n  }\n}\n\nresource \"dcr_client\" \"this\" {\n", source)
	for _, name := range slices.Sorted(maps.Keys(a)) {
		fmt.Fprintf(&b, "  %s = %s\n", name, a[name])
	}
	b.WriteString("}\n")
	w.write("main.tf", b.String())
}

// client is what state has of a client.
type client struct {
	ID         string `json:"client_id"`
	URI        string `json:"registration_client_uri"`
	Secret     string `json:"client_secret"`
	Token      string `json:"registration_access_token"`
	Registered string `json:"registered_metadata"`
}

// client returns the one client in state.
func (w *workspace) client() client {
	w.t.Helper()
	all := w.state()
	if len(all) != 1 {
		w.t.Fatalf("state has %d clients, want one", len(all))
	}
	return all[0]
}

// state returns the clients in state.
func (w *workspace) state() []client {
	w.t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.folder, "terraform.tfstate"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Instances []struct {
				Attributes client `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		w.t.Fatal(err)
	}
	var all []client
	for _, resource := range state.Resources {
		for _, instance := range resource.Instances {
			all = append(all, instance.Attributes)
		}
	}
	return all
}

// succeeds runs Terraform and ends the test when it fails.
func (w *workspace) succeeds(arguments ...string) {
	w.t.Helper()
	w.exits(0, nil, arguments...)
}

// unchanged checks that there is nothing to do.
func (w *workspace) unchanged() {
	w.t.Helper()
	w.exits(0, nil, "plan", "-detailed-exitcode")
}

// exits runs Terraform, and ends the test unless it says some things, in this
// order, and exits with a code.
func (w *workspace) exits(code int, says []string, arguments ...string) {
	w.t.Helper()
	if slices.Contains([]string{"apply", "destroy"}, arguments[0]) {
		arguments = append(slices.Clone(arguments), "-auto-approve")
	}
	secrets := w.state()
	got := w.run(arguments...)
	for _, c := range append(secrets, w.state()...) {
		for _, secret := range []string{c.Secret, c.Token} {
			if secret != "" && strings.Contains(got.said, secret) {
				w.t.Errorf("terraform %s says a secret", arguments[0])
			}
		}
	}
	if _, problems, some := strings.Cut(got.said, " Error: "); some {
		got.said = problems // Without the plan before it.
	}
	rest, found := got.said, true
	for _, text := range says {
		if _, rest, found = strings.Cut(rest, text); !found {
			break
		}
	}
	if got.code != code || !found {
		w.t.Fatalf("terraform %s exits with %d and says %s\nwant %d and %q", arguments[0], got.code, got.said, code, says)
	}
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run has Terraform do something, with a provider in this process that lives as
// long as the command, as the plugin does that Terraform itself starts.
func (w *workspace) run(arguments ...string) outcome {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	attach, ended := w.serve(ctx)
	defer func() { cancel(); <-ended }()
	program := "terraform"
	if named := os.Getenv("TF_ACC_TERRAFORM_PATH"); named != "" {
		program = named
	}
	cmd := exec.CommandContext(ctx, program, append([]string{arguments[0], "-no-color", "-input=false"}, arguments[1:]...)...) //nolint:gosec // Which Terraform is tried is for whoever runs the tests to say.
	cmd.Dir = w.folder
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "TF_REATTACH_PROVIDERS="+attach, "TF_CLI_CONFIG_FILE="+filepath.Join(w.folder, "cli.tfrc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	raw, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		w.t.Fatalf("Terraform did not run: %v", err)
	}
	return outcome{said: strings.Join(strings.Fields(strings.ReplaceAll(string(raw), "│", "")), " "), code: cmd.ProcessState.ExitCode()}
}

// serve returns what Terraform needs to know of the provider, and a channel
// that is closed when it has ended after ctx.
func (w *workspace) serve(ctx context.Context) (attach string, ended chan struct{}) {
	w.t.Helper()
	server, err := acctest.FactoriesWith(w.needs)["dcr"]()
	if err != nil {
		w.t.Fatal(err)
	}
	ready, ended := make(chan *plugin.ReattachConfig, 1), make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(source, func() tfprotov6.ProviderServer { return server },
			tf6server.WithDebug(ctx, ready, ended), tf6server.WithGoPluginLogger(hclog.NewNullLogger()), tf6server.WithLoggingSink(w.t))
	}()
	var config *plugin.ReattachConfig
	select {
	case config = <-ready:
	case err := <-failed:
		w.t.Fatalf("the provider was not served: %v", err)
	}
	raw, err := json.Marshal(map[string]any{source: map[string]any{
		"Protocol": config.Protocol, "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": config.Test,
		"Addr": map[string]any{"Network": config.Addr.Network(), "String": config.Addr.String()},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw), ended
}
