package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notSlug = regexp.MustCompile("[^a-z0-9 _-]")
)

// TestLinks follows every link between the pages of the documentation, to the
// heading. In the registry pages have no file name extension; in the repository
// they have.
func TestLinks(t *testing.T) {
	t.Parallel()
	var files []string
	for _, root := range []string{"../../docs", "../../README.md", "../../.github"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".md") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages := map[string]string{}
	for _, file := range files {
		pages[file] = source(t, file)
	}
	followed := 0
	for page, text := range pages {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if to := found[1]; !strings.Contains(to, "://") && !strings.HasPrefix(to, "mailto:") {
				followed++
				if problem := follow(pages, page, to); problem != "" {
					t.Errorf("%s: the link to %s %s", page, to, problem)
				}
			}
		}
	}
	for _, bad := range []string{"nowhere", "locks#nowhere", "locks.md"} {
		if follow(pages, "../../docs/guides/journal.md", bad) == "" {
			t.Errorf("the link to %s is taken for good", bad)
		}
	}
	if followed < 100 {
		t.Errorf("only %d links were found", followed)
	}
}

// follow says what is wrong with a link; empty when nothing is.
func follow(pages map[string]string, page, to string) string {
	file, anchor, _ := strings.Cut(to, "#")
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), file)
		if strings.HasPrefix(page, filepath.Clean("../../docs")) {
			if strings.HasSuffix(file, ".md") {
				return "has an extension, which the registry's pages do not have"
			}
			target += ".md"
		}
	}
	text, ok := pages[target]
	if !ok {
		if _, err := os.Stat(target); err != nil {
			return "leads nowhere"
		}
		return ""
	}
	if anchor == "" || strings.Contains(text, `<a id="`+anchor+`">`) {
		return ""
	}
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		if slug(found[1]) == anchor {
			return ""
		}
	}
	return "leads to no heading of that page"
}

func slug(title string) string {
	return strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(title), ""), " ", "-")
}
