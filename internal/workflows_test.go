package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestWorkflowKeys: a workflow that names a job, or anything else beside it, twice is none at all.
func TestWorkflowKeys(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	key := regexp.MustCompile(`(?m)^( {0,2})([A-Za-z_-]+):`)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		section, seen := "", map[string]bool{}
		for _, found := range key.FindAllStringSubmatch(string(raw), -1) {
			name := found[2]
			if found[1] == "" {
				section = name
			} else {
				name = section + "." + name
			}
			if seen[name] {
				t.Errorf("%s has %s twice", file, name)
			}
			seen[name] = true
		}
	}
}
