package diagnose_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// spoken is a diagnostic and the attribute it must point at.
type spoken struct {
	name string
	at   string
	diag diag.Diagnostic
}

func attribute(d diag.Diagnostic) string {
	if at, ok := d.(diag.DiagnosticWithPath); ok {
		return at.Path().String()
	}
	return ""
}

// golden compares all diagnostics of a group with testdata/<group>.golden, and
// holds each to the rules of the house.
func golden(t *testing.T, group string, all []spoken) {
	t.Helper()
	var b strings.Builder
	seen := map[string]bool{}
	for _, s := range all {
		if seen[s.name] {
			t.Errorf("%s is there twice", s.name)
		}
		seen[s.name] = true
		if got := attribute(s.diag); got != s.at {
			t.Errorf("%s points at %q, want %q", s.name, got, s.at)
		}
		for _, fault := range faults(s.diag) {
			t.Errorf("%s: %s:\n%s\n%s", s.name, fault, s.diag.Summary(), s.diag.Detail())
		}
		fmt.Fprintf(&b, "=== %s\n%s: %s\n\n%s\n\n", s.name, s.diag.Severity(), s.diag.Summary(), s.diag.Detail())
	}
	file := filepath.Join("testdata", group+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, string(want), b.String())
}

// compare tells the messages that differ, and not the whole file.
func compare(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "=== "), strings.Split(got, "=== ")
	for i := range max(len(w), len(g)) {
		switch {
		case i >= len(w):
			t.Errorf("not in the golden file: %s", g[i])
		case i >= len(g):
			t.Errorf("only in the golden file: %s", w[i])
		case w[i] != g[i]:
			t.Errorf("got\n%s\nwant\n%s", g[i], w[i])
		}
	}
}

// faults are the ways in which a diagnostic breaks the rules: a summary that is
// no title, and anything but what happened, what it means and what to do next,
// each a paragraph of whole sentences.
func faults(d diag.Diagnostic) []string {
	var out []string
	complain := func(bad bool, format string, values ...any) {
		if bad {
			out = append(out, fmt.Sprintf(format, values...))
		}
	}
	summary := d.Summary()
	first, _ := utf8.DecodeRuneInString(summary)
	complain(!unicode.IsUpper(first), "the summary does not begin with a capital letter")
	complain(strings.HasSuffix(summary, ".") || strings.HasSuffix(summary, ":") || strings.HasSuffix(summary, "!"), "the summary ends like a sentence")
	complain(strings.ContainsAny(summary, "\n") || len(summary) > 90, "the summary is no title")
	paragraphs := strings.Split(d.Detail(), "\n\n")
	complain(len(paragraphs) < 2 || len(paragraphs) > 5, "%d paragraphs", len(paragraphs))
	for _, p := range paragraphs {
		complain(!strings.HasSuffix(p, "."), "a paragraph does not end with a period: %q", p)
		complain(strings.HasSuffix(p, ".."), "a paragraph ends with two periods: %q", p)
		complain(strings.TrimSpace(p) != p || strings.Contains(p, "  ") || strings.Contains(p, "\n"), "a paragraph has odd space: %q", p)
		complain(strings.Contains(p, "%!") || strings.Contains(p, "<nil>") || strings.Contains(p, "&{"), "a value is badly formatted: %q", p)
	}
	return out
}

// The rules themselves must be able to fail.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, bad := range []diag.Diagnostic{
		diag.NewErrorDiagnostic("It failed.", "A.\n\nB."), diag.NewErrorDiagnostic("It failed:", "A.\n\nB."), diag.NewErrorDiagnostic("it failed", "A.\n\nB."),
		diag.NewErrorDiagnostic("It failed", "A."), diag.NewErrorDiagnostic("It failed", "A.\n\nB"), diag.NewErrorDiagnostic("It failed", "A.\n\nB.."),
		diag.NewErrorDiagnostic("It failed", "A.\n\n B."), diag.NewErrorDiagnostic("It failed", "A.\n\n<nil>."), diag.NewErrorDiagnostic("It failed", "A.\n\nB.\n\nC.\n\nD.\n\nE.\n\nF."),
	} {
		if len(faults(bad)) == 0 {
			t.Errorf("nothing wrong with %q, %q", bad.Summary(), bad.Detail())
		}
	}
	if found := faults(diag.NewAttributeErrorDiagnostic(path.Root("x"), "It failed", "A.\n\nB.")); len(found) > 0 {
		t.Errorf("faults %q", found)
	}
}

func paragraphs(detail string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(diagnose.LostSummary, detail)
}
