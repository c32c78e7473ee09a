package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestSecurityNamesTests: each control of the threat model is shown by a test that there is.
func TestSecurityNamesTests(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../.github/SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	if err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "node_modules" {
			return skip(err, entry)
		}
		if strings.HasSuffix(name, "_test.go") {
			raw, err := os.ReadFile(name) //nolint:gosec // A test of this repository.
			if err != nil {
				return err
			}
			code.Write(raw)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(document), -1)
	if len(names) < 20 {
		t.Errorf("only %d tests are named", len(names))
	}
	for _, name := range names {
		if !strings.Contains(code.String(), "\nfunc "+name[1]+"(") {
			t.Errorf("there is no %s", name[1])
		}
	}
}

func skip(err error, entry fs.DirEntry) error {
	if err == nil && entry.IsDir() {
		return fs.SkipDir
	}
	return err
}

// TestNoNetworkAtValidation: configuring the provider and validating a whole graph asks no server anything.
func TestNoNetworkAtValidation(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}, {Name: "self"}}})
	p := newProcess(t)
	p.write(t, graph(sb))
	p.run(t, 0, nil, "validate")
	// Terraform's validate configures no provider; a plan does.
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", t.TempDir()).With("sealing_key", acctest.SealingKey)
	ws.Set("dcr_client.this", map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}})
	if r := ws.Configure(); len(r.Errors) > 0 {
		t.Errorf("configuring says %q", r.Errors)
	}
	if stats := sb.Stats(); len(stats.Routes) > 0 || stats.Connections > 0 {
		t.Errorf("asked were %v, on %d connections", stats.Routes, stats.Connections)
	}
}
