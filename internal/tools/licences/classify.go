package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences (SPDX) that go with that of this project, MPL-2.0, in a binary for everybody.
func allowed() []string {
	return []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unicode-3.0", "Unicode-DFS-2015", "Unicode-DFS-2016"}
}

// recognised is how much of a text must be known, in percent; pkg.go.dev asks for as much.
const recognised = 75

// licences reads those of a module's packages: every licence file in their folders and in the ones above them, because
// code that was taken over from elsewhere has its own beside it. All must be allowed.
func licences(module fs.FS, folders []string) ([]string, error) {
	named := regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|copyright)s?([-._].*)?$`)
	var found []string
	seen := map[string]bool{}
	for _, folder := range folders {
		for ; !seen[folder]; folder = path.Dir(folder) {
			seen[folder] = true
			entries, err := fs.ReadDir(module, folder)
			if err != nil {
				return nil, fmt.Errorf("folder %s: %w", folder, err)
			}
			for _, entry := range entries {
				if entry.IsDir() || !named.MatchString(entry.Name()) || path.Ext(entry.Name()) == ".go" {
					continue
				}
				ids, err := classify(module, path.Join(folder, entry.Name()))
				if err != nil {
					return nil, err
				}
				found = append(found, ids...)
			}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no licence file, so nobody may use it")
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func classify(module fs.FS, name string) ([]string, error) {
	text, err := fs.ReadFile(module, name)
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", name, err)
	}
	coverage := licensecheck.Scan(text)
	var ids, others []string
	for _, match := range coverage.Match {
		ids = append(ids, match.ID)
		if !slices.Contains(allowed(), match.ID) {
			others = append(others, match.ID)
		}
	}
	switch {
	case len(others) > 0:
		return nil, fmt.Errorf("%s is %s, which is not among those allowed", name, strings.Join(others, ", "))
	case len(ids) == 0 || coverage.Percent < recognised:
		return nil, fmt.Errorf("%s is no licence that is known: %.0f %% of its text is, as %q", name, coverage.Percent, ids)
	}
	return ids, nil
}
