package provider_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// shown is a test as the threat model names it, with the package where that is needed.
var shown = regexp.MustCompile("`(?:([a-z_]+)\\.)?((?:Test|Fuzz)[A-Za-z0-9]+)`")

// TestSecurityNamesTests: each control of the threat model is shown by a test that there is.
func TestSecurityNamesTests(t *testing.T) {
	t.Parallel()
	tests := testsOf(t, "..")
	names := shown.FindAllStringSubmatch(source(t, "../../.github/SECURITY.md"), -1)
	if len(names) < 40 {
		t.Errorf("only %d tests are named", len(names))
	}
	for _, name := range names {
		if problem := unshown(tests, name[1], name[2]); problem != "" {
			t.Errorf("%s: %s", name[0], problem)
		}
	}
	// The rule must be able to fail.
	few := map[string][]string{"TestA": {"../journal"}, "TestB": {"../journal", "../provider/client"}, "TestC": {"../a/client", "../b/client"}}
	for _, c := range []struct {
		folder, name string
		good         bool
	}{
		{"", "TestA", true}, {"journal", "TestA", true}, {"client", "TestB", true},
		{"", "TestNone", false}, {"", "TestB", false}, {"seal", "TestA", false}, {"nal", "TestA", false}, {"client", "TestC", false},
	} {
		if problem := unshown(few, c.folder, c.name); (problem == "") != c.good {
			t.Errorf("of %q in %q it says %q", c.name, c.folder, problem)
		}
	}
}

// unshown says why a name is not that of one test; empty when it is.
func unshown(tests map[string][]string, folder, name string) string {
	var found []string
	for _, at := range tests[name] {
		if folder == "" || filepath.Base(at) == folder {
			found = append(found, at)
		}
	}
	switch len(found) {
	case 0:
		return "there is no such test that make test runs"
	case 1:
		return ""
	}
	return fmt.Sprintf("it may be any of those in %v: name the package", found)
}

// testsOf is where the tests are that run without build tags, by their names.
func testsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	declared, tagged := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`), regexp.MustCompile(`(?m)^//go:build .*`)
	out := map[string][]string{}
	if err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "node_modules" {
			return skip(err, entry)
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		code := source(t, name)
		if tag := tagged.FindString(code); tag != "" && tag != "//go:build unix" {
			return nil
		}
		for _, found := range declared.FindAllStringSubmatch(code, -1) {
			out[found[1]] = append(out[found[1]], filepath.Dir(name))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
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
