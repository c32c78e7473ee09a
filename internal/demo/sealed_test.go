package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFoundInState finds secrets in state and journal, and says where they are as people would.
func TestFoundInState(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"terraform.tfstate": "one two", journal + "/client-1.json": "two", journal + "/registration-2.json": "one", journal + "/sealed.json": "a JWE", "main.tf": "nothing",
	} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	count, files, err := found(folder, []string{"one", "two", "three"})
	if err != nil || count != 2 {
		t.Errorf("%d secrets, %v", count, err)
	}
	if got, want := places(files), "terraform.tfstate and 2 files of the journal (.dcr-journal)"; got != want {
		t.Errorf("they are in %s, want %s", got, want)
	}
	if got := places([]string{"tfplan"}); got != "tfplan" {
		t.Errorf("without a journal they are in %s", got)
	}
}

// TestJournalOfTheExample: the demo looks where the example keeps its journal.
func TestJournalOfTheExample(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../examples/onboarding/main.tf")
	if err != nil || !strings.Contains(string(raw), `journal_path = "${path.root}/`+journal+`"`) {
		t.Errorf("examples/onboarding has no journal in %s: %v", journal, err)
	}
}
