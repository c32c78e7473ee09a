// Package internal_test holds the rules of the whole tree that no linter knows:
// which package may import which, where the clock and the environment are read,
// and how long files and functions may be.
package internal_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	module        = "github.com/dcr-onboarding/terraform-provider-dcr/"
	terraform     = "github.com/hashicorp/terraform-plugin-"
	fileLimit     = 350
	functionLimit = 60
)

func TestRules(t *testing.T) {
	t.Parallel()
	found, err := check(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range found {
		t.Error(finding)
	}
}

// check reads a tree and returns what breaks a rule, as "file:line: fact".
func check(tree fs.FS) ([]string, error) {
	l := &linter{files: token.NewFileSet(), docs: map[string][]string{}, first: map[string]string{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", ".terraform", "bin", "dist", "node_modules", "testdata"}, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // A file that came and went.
		}
		if err != nil {
			return err
		}
		l.registries(name, text)
		if path.Ext(name) != ".go" {
			return nil
		}
		return l.source(name, text)
	})
	if err != nil {
		return nil, err
	}
	l.documented()
	slices.Sort(l.found)
	return l.found, nil
}

// linter collects what it finds.
type linter struct {
	files *token.FileSet
	found []string
	docs  map[string][]string // By folder: the files with a package comment.
	first map[string]string   // By folder: a file of the package.
}

func (l *linter) report(position token.Pos, format string, arguments ...any) {
	at := l.files.Position(position)
	l.found = append(l.found, fmt.Sprintf("%s:%d: ", at.Filename, at.Line)+fmt.Sprintf(format, arguments...))
}

// registries refuses download addresses of package registries: the tree must not say where its parts come from.
func (l *linter) registries(name string, text []byte) {
	for i, line := range bytes.Split(text, []byte("\n")) {
		for _, host := range []string{"proxy." + "golang" + ".org", "sum." + "golang" + ".org", "registry." + "npmjs" + ".org", "registry." + "yarnpkg" + ".com"} {
			if bytes.Contains(line, []byte(host)) {
				l.found = append(l.found, fmt.Sprintf("%s:%d: mentions the package registry %s", name, i+1, host))
			}
		}
	}
}

func (l *linter) source(name string, text []byte) error {
	file, err := parser.ParseFile(l.files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	test := strings.HasSuffix(name, "_test.go")
	l.imports(name, file, test)
	l.wording(file)
	l.skipped(file)
	if test {
		return nil
	}
	folder := path.Dir(name)
	l.first[folder] = name
	if file.Doc != nil {
		l.docs[folder] = append(l.docs[folder], name)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > fileLimit {
		l.report(file.Package, "the file has %d lines, more than %d", lines, fileLimit)
	}
	if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "shared"}, file.Name.Name) {
		l.report(file.Package, "package %s is named after nothing it does", file.Name.Name)
	}
	l.declarations(file)
	if file.Name.Name != "main" {
		l.ambient(name, file)
	}
	return nil
}

// imports checks the layers; below says what each package may know of ours.
func (l *linter) imports(name string, file *ast.File, test bool) {
	folder := path.Dir(name)
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if strings.HasPrefix(imported, terraform) && name != "main.go" && !within(folder, "internal/provider") && folder != "internal/bench/floor" {
			l.report(spec.Pos(), "imports %s; only internal/provider knows Terraform", imported)
		}
		ours, own := strings.CutPrefix(imported, module)
		if !own || allowed(folder, ours) || test && allowedInTests(folder, ours) {
			continue
		}
		l.report(spec.Pos(), "%s must not import %s", folder, ours)
	}
}

func within(folder, tree string) bool { return folder == tree || strings.HasPrefix(folder, tree+"/") }

// allowed are the layers: provider → nouns → {directory, dcr} → oauth → rest, with jws, pki, journal and seal beside them.
func allowed(folder, imported string) bool {
	protocols := []string{"internal/directory", "internal/dcr", "internal/oauth", "internal/rest", "internal/jws", "internal/journal", "internal/pki", "internal/seal"}
	layers := map[string][]string{
		".":                           {"internal/provider"},
		"internal/oauth":              {"internal/rest"},
		"internal/dcr":                {"internal/oauth", "internal/rest"},
		"internal/directory":          {"internal/oauth", "internal/rest"},
		"internal/provider/fw":        {},
		"internal/provider/sealed":    {"internal/seal"},
		"internal/provider/listed":    {},
		"internal/provider/released":  {},
		"internal/provider/generated": {},
		"internal/provider/checked":   {},
		"internal/provider/schemas":   {"internal/provider"},
		"internal/bench":              {"internal/sandbox"},
		"internal/provider/conn":      protocols,
		"internal/provider/diagnose":  append(protocols, "internal/provider/conn"),
		"internal/provider/acctest":   {"internal/provider", "internal/sandbox", "internal/seal"},
	}
	known, listed := layers[folder]
	switch {
	case listed:
		return slices.Contains(known, imported)
	case folder == "internal/provider":
		return slices.Contains(protocols, imported) || within(imported, folder) && imported != "internal/provider/acctest"
	case within(folder, "internal/provider"): // A noun.
		return slices.Contains(append(protocols, "internal/provider/fw", "internal/provider/conn", "internal/provider/diagnose"), imported)
	case within(folder, "internal/sandbox/cmd"):
		return imported == "internal/sandbox"
	}
	return false // rest, jws, pki, journal, seal, sandbox, demo: nothing of ours.
}

// allowedInTests are what tests may have besides: the package itself, the sandbox as the other side, and what starts both.
func allowedInTests(folder, imported string) bool {
	switch imported {
	case folder, "internal/sandbox":
		return true
	case "internal/provider", "internal/provider/acctest":
		return within(folder, "internal/provider")
	}
	return false
}

// ambient finds what makes code depend on the hour, the environment or an order of initialization.
func (l *linter) ambient(name string, file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok {
			for _, clock := range []string{"Now", "Since", "Until"} {
				if isSelector(call.Fun, "time", clock) {
					l.report(call.Pos(), "calls time.%s; take a clock", clock)
				}
			}
		}
		for _, reader := range []string{"Getenv", "LookupEnv", "Environ"} {
			if expression, ok := node.(ast.Expr); ok && isSelector(expression, "os", reader) && name != "internal/provider/configure.go" {
				l.report(node.Pos(), "os.%s; only internal/provider/configure.go reads the environment", reader)
			}
		}
		return true
	})
	for _, declaration := range file.Decls {
		if group, ok := declaration.(*ast.GenDecl); ok && group.Tok == token.VAR {
			l.globals(group)
		}
	}
}

// globals lets interface assertions, sentinel errors, patterns and embedded files be package variables, and nothing else.
func (l *linter) globals(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || embeds(group.Doc) || embeds(value.Doc) {
			continue
		}
		for i, name := range value.Names {
			if name.Name != "_" && (i >= len(value.Values) || !constant(value.Values[i])) {
				l.report(name.Pos(), "%s is a package variable", name.Name)
			}
		}
	}
}

func constant(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	return ok && (isSelector(call.Fun, "errors", "New") || isSelector(call.Fun, "regexp", "MustCompile"))
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

func isSelector(expression ast.Expr, from, name string) bool {
	selector, ok := expression.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	x, ok := selector.X.(*ast.Ident)
	return ok && x.Name == from
}

// declarations checks names, lengths and comments.
func (l *linter) declarations(file *ast.File) {
	for _, declaration := range file.Decls {
		switch declared := declaration.(type) {
		case *ast.FuncDecl:
			l.function(declared)
		case *ast.GenDecl:
			for _, spec := range declared.Specs {
				l.exported(declared, spec)
			}
		}
	}
}

func (l *linter) function(declared *ast.FuncDecl) {
	lines := l.files.Position(declared.End()).Line - l.files.Position(declared.Pos()).Line + 1
	if lines > functionLimit {
		l.report(declared.Pos(), "%s has %d lines, more than %d", declared.Name.Name, lines, functionLimit)
	}
	if declared.Name.Name == "init" && declared.Recv == nil {
		l.report(declared.Pos(), "init runs whether it is wanted or not")
	}
	if declared.Name.IsExported() {
		l.sentence(declared.Name, declared.Doc)
	}
}

func (l *linter) exported(group *ast.GenDecl, spec ast.Spec) {
	switch declared := spec.(type) {
	case *ast.TypeSpec:
		if declared.Name.IsExported() {
			l.sentence(declared.Name, declared.Doc, group.Doc)
		}
	case *ast.ValueSpec:
		for _, name := range declared.Names {
			if name.IsExported() && declared.Comment == nil { // A remark at the end of a line is no sentence.
				l.sentence(name, declared.Doc, group.Doc)
			}
		}
	}
}

// sentence wants one of the comments to be one.
func (l *linter) sentence(name *ast.Ident, comments ...*ast.CommentGroup) {
	for _, comment := range comments {
		if text := strings.TrimSpace(comment.Text()); text != "" {
			if !strings.HasSuffix(text, ".") {
				l.report(name.Pos(), "the comment of %s does not end with a full stop", name.Name)
			}
			return
		}
	}
	l.report(name.Pos(), "%s has no comment", name.Name)
}

// wording finds work that was put off.
func (l *linter) wording(file *ast.File) {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			for _, word := range []string{"TODO", "FIXME", "XXX", "for now", "not implemented"} {
				if strings.Contains(comment.Text, word) {
					l.report(comment.Pos(), "the comment says %q", word)
				}
			}
		}
	}
}

// skipped finds tests that the test framework leaves out unless TF_ACC is set, which nothing here sets.
func (l *linter) skipped(file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := call.X.(*ast.Ident)
		if ok && from.Name == "resource" && (call.Sel.Name == "Test" || call.Sel.Name == "ParallelTest") {
			l.report(call.Pos(), "resource.%s is skipped without TF_ACC; resource.UnitTest is not", call.Sel.Name)
		}
		return true
	})
}

// documented wants one package comment a package.
func (l *linter) documented() {
	for folder, file := range l.first {
		if comments := l.docs[folder]; len(comments) != 1 {
			l.found = append(l.found, fmt.Sprintf("%s:1: the package has %d package comments, not one %v", file, len(comments), comments))
		}
	}
}
