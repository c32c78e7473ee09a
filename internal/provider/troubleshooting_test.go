package provider_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	row      = regexp.MustCompile(`(?m)^\| ([^|]+?) \|`)
	verb     = regexp.MustCompile(`%[a-z]`)
	addition = regexp.MustCompile(` \([^)]*\)$`)
)

// TestTroubleshooting: every summary of an error or warning that the provider
// can give is in the guide on troubleshooting, and the guide has no other. What
// is only ever one of the two is marked as what it is.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	summaries := summariesOf(t)
	if len(summaries) < 100 {
		t.Fatalf("only %d summaries were found", len(summaries))
	}
	marked := map[string]bool{}
	for _, found := range row.FindAllStringSubmatch(source(t, "../../docs/guides/troubleshooting.md"), -1) {
		if found[1] != "error" && !strings.HasPrefix(found[1], "--") {
			marked[addition.ReplaceAllString(found[1], "")] = strings.HasSuffix(found[1], " (warning)")
		}
	}
	said := map[string]bool{}
	for summary, kinds := range summaries {
		pattern := summaryPattern(summary)
		some := false
		for one, warning := range marked {
			if !pattern.MatchString(one) {
				continue
			}
			some, said[one] = true, true
			if told := len(kinds) == 1 && !kinds["unknown"] && !strings.Contains(summary, "%"); told && warning == kinds["Error"] {
				t.Errorf("the guide has %q as a warning: %t", one, warning)
			}
		}
		if !some {
			t.Errorf("the guide lacks %q", summary)
		}
	}
	for one := range marked {
		if !said[one] {
			t.Errorf("nothing says %q any more", one)
		}
	}
}

// summaryPattern matches what a summary may be in the guide. What is put into
// it is left open there.
func summaryPattern(summary string) *regexp.Regexp {
	parts := verb.Split(summary, -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".+") + "$")
}

// summariesOf collects, from the source, the summaries of all diagnostics, and
// for those whose severity is written beside them, which it is.
func summariesOf(t *testing.T) map[string]map[string]bool {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && slices.Contains([]string{"acctest", "interop", "testdata"}, entry.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c := collector{constants: map[string]string{}, found: map[string]map[string]bool{}}
	var parsed []*ast.File
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, tree)
		for _, declaration := range tree.Decls {
			if constants, ok := declaration.(*ast.GenDecl); ok {
				c.remember(constants)
			}
		}
	}
	for _, tree := range parsed {
		ast.Inspect(tree, c.summary)
	}
	return c.found
}

// collector finds summaries where diagnostics are made, and where they are put
// into a variable or member of that name.
type collector struct {
	constants map[string]string
	found     map[string]map[string]bool
}

// remember keeps the texts declared outside functions, by their name alone.
func (c *collector) remember(declaration *ast.GenDecl) {
	for _, spec := range declaration.Specs {
		values, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, value := range values.Values {
			if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				c.constants[values.Names[i].Name], _ = strconv.Unquote(literal.Value)
			}
		}
	}
}

func (c *collector) summary(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.CallExpr:
		if function, ok := node.Fun.(*ast.SelectorExpr); ok {
			c.call(function.Sel.Name, node.Args)
		}
	case *ast.CompositeLit:
		for _, element := range node.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && name(pair.Key) == "Summary" && !strings.HasSuffix(name(node.Type), "Definition") {
				c.add(pair.Value, "unknown")
			}
		}
	case *ast.KeyValueExpr:
		if name(node.Key) == "summary" {
			c.add(node.Value, "unknown")
		}
	case *ast.AssignStmt:
		for i, left := range node.Lhs {
			if name(left) == "summary" && len(node.Rhs) == len(node.Lhs) {
				c.add(node.Rhs[i], "unknown")
			}
		}
	}
	return true
}

func (c *collector) call(function string, arguments []ast.Expr) {
	kind := "Error"
	if strings.Contains(function, "Warning") {
		kind = "Warning"
	}
	switch function {
	case "AddError", "AddWarning", "NewErrorDiagnostic", "NewWarningDiagnostic":
		c.add(arguments[0], kind)
	case "AddAttributeError", "AddAttributeWarning", "NewAttributeErrorDiagnostic", "NewAttributeWarningDiagnostic":
		c.add(arguments[1], kind)
	}
}

// add keeps a summary of which at least a part is written down here.
func (c *collector) add(expression ast.Expr, kind string) {
	text := c.text(expression)
	if strings.Trim(verb.ReplaceAllString(text, ""), " ") == "" {
		return
	}
	if c.found[text] == nil {
		c.found[text] = map[string]bool{}
	}
	c.found[text][kind] = true
}

// text is an expression with a verb in place of what is put in.
func (c *collector) text(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(expression.Value)
		return text
	case *ast.BinaryExpr:
		return c.text(expression.X) + c.text(expression.Y)
	case *ast.CallExpr:
		if name(expression.Fun) == "Sprintf" {
			return c.text(expression.Args[0])
		}
	case *ast.Ident, *ast.SelectorExpr:
		if text := c.constants[name(expression)]; text != "" {
			return text
		}
	}
	return "%s"
}

func name(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return expression.Sel.Name
	}
	return ""
}
