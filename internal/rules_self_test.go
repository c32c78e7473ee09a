package internal_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestRulesFindWhatTheyAreFor breaks each rule once and each near miss of it.
func TestRulesFindWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("//\n", fileLimit)
	body := strings.Repeat("\t_ = 0\n", functionLimit)
	for name, test := range map[string]struct {
		file, text string
		want       []string
	}{
		"nothing wrong":                     {"internal/rest/a.go", "// Package rest does.\npackage rest\n\nimport _ \"net/http\"\n\n// Do does.\nfunc Do() {}\n", nil},
		"Terraform outside of the provider": {"internal/dcr/a.go", "// Package dcr does.\npackage dcr\n\nimport _ \"github.com/hashicorp/terraform-plugin-log/tflog\"\n", []string{"internal/dcr/a.go:4: imports github.com/hashicorp/terraform-plugin-log/tflog; only internal/provider knows Terraform"}},
		"Terraform in the provider":         {"internal/provider/client/a.go", "// Package client does.\npackage client\n\nimport _ \"github.com/hashicorp/terraform-plugin-log/tflog\"\n", nil},
		"the layers upside down":            {"internal/rest/a.go", "// Package rest does.\npackage rest\n\nimport _ \"" + module + "internal/oauth\"\n", []string{"internal/rest/a.go:4: internal/rest must not import internal/oauth"}},
		"a noun imports a noun":             {"internal/provider/client/a.go", "// Package client does.\npackage client\n\nimport _ \"" + module + "internal/provider/application\"\n", []string{"internal/provider/client/a.go:4: internal/provider/client must not import internal/provider/application"}},
		"a noun imports what it may":        {"internal/provider/client/a.go", "// Package client does.\npackage client\n\nimport _ \"" + module + "internal/provider/conn\"\n", nil},
		"the sandbox in the provider":       {"internal/provider/a.go", "// Package provider does.\npackage provider\n\nimport _ \"" + module + "internal/sandbox\"\n", []string{"internal/provider/a.go:4: internal/provider must not import internal/sandbox"}},
		"the sandbox in a test":             {"internal/provider/client/a_test.go", "package client_test\n\nimport _ \"" + module + "internal/sandbox\"\n", nil},
		"the sandbox knows the client":      {"internal/sandbox/a_test.go", "package sandbox_test\n\nimport _ \"" + module + "internal/dcr\"\n", []string{"internal/sandbox/a_test.go:3: internal/sandbox must not import internal/dcr"}},
		"a clock":                           {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nimport \"time\"\n\nfunc f() any { return time.Now() }\n", []string{"internal/pki/a.go:6: calls time.Now; take a clock"}},
		"a default clock":                   {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nimport \"time\"\n\nfunc f() any { return time.Now }\n", nil},
		"the environment":                   {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nimport \"os\"\n\nfunc f() any { return os.Getenv }\n", []string{"internal/pki/a.go:6: os.Getenv; only internal/provider/configure.go reads the environment"}},
		"the environment where it belongs":  {"internal/provider/configure.go", "// Package provider does.\npackage provider\n\nimport \"os\"\n\nfunc f() any { return os.Getenv }\n", nil},
		"a command":                         {"internal/demo/main.go", "// Command demo does.\npackage main\n\nimport (\n\t\"os\"\n\t\"time\"\n)\n\nvar at = time.Now()\n\nfunc main() { _ = os.Getenv(\"X\") }\n", nil},
		"init":                              {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nfunc init() {}\n", []string{"internal/pki/a.go:4: init runs whether it is wanted or not"}},
		"a package variable":                {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nvar seen = map[string]bool{}\n", []string{"internal/pki/a.go:4: seen is a package variable"}},
		"constant package variables":        {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nvar (\n\terrNo = errors.New(\"no\")\n\tword  = regexp.MustCompile(`a`)\n\t_ any = 1\n)\n\n//go:embed logo.png\nvar logo []byte\n", nil},
		"no package comment":                {"internal/pki/a.go", "package pki\n", []string{"internal/pki/a.go:1: the package has 0 package comments, not one []"}},
		"no comment":                        {"internal/pki/a.go", "// Package pki does.\npackage pki\n\ntype A int\n", []string{"internal/pki/a.go:4: A has no comment"}},
		"no full stop":                      {"internal/pki/a.go", "// Package pki does.\npackage pki\n\n// A is it\nconst A = 1\n", []string{"internal/pki/a.go:5: the comment of A does not end with a full stop"}},
		"comments of a group and of a line": {"internal/pki/a.go", "// Package pki does.\npackage pki\n\n// These are all.\nconst (\n\tA = 1\n\tB = 2 // the other\n)\n", nil},
		"a long file":                       {"internal/pki/a.go", long + "// Package pki does.\npackage pki\n", []string{"internal/pki/a.go:352: the file has 352 lines, more than 350"}},
		"a long test":                       {"internal/pki/a_test.go", long + "package pki\n", nil},
		"a long function":                   {"internal/pki/a.go", "// Package pki does.\npackage pki\n\nfunc f() {\n" + body + "}\n", []string{"internal/pki/a.go:4: f has 62 lines, more than 60"}},
		"a package of everything":           {"internal/util/a.go", "// Package util does.\npackage util\n", []string{"internal/util/a.go:2: package util is named after nothing it does"}},
		"work put off":                      {"internal/pki/a_test.go", "package pki\n\n// TO" + "DO: all of it.\n", []string{"internal/pki/a_test.go:3: the comment says \"TO" + "DO\""}},
		"a registry":                        {"internal/x/package-lock.json", "{\n\"resolved\": \"https://registry." + "npmjs" + ".org/a\"}\n", []string{"internal/x/package-lock.json:2: mentions the package registry registry." + "npmjs" + ".org"}},
		"a registry in what others wrote":   {"internal/x/node_modules/a.json", "registry." + "npmjs" + ".org", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := check(fstest.MapFS{test.file: &fstest.MapFile{Data: []byte(test.text)}})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// TestRulesRefuseWhatIsNotGo makes sure that an unread file is not a good one.
func TestRulesRefuseWhatIsNotGo(t *testing.T) {
	t.Parallel()
	if _, err := check(fstest.MapFS{"internal/pki/a.go": &fstest.MapFile{Data: []byte("no Go")}}); err == nil {
		t.Error("a file that cannot be parsed passes")
	}
}
