package provider_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

var fenced = regexp.MustCompile("(?ms)^```(?:terraform|hcl)\n(.*?)^```$")

// TestSnippets holds every piece of configuration in the documentation to the
// schema: names, required attributes, allowed values and what validation
// forbids. What a piece leaves out around it, such as the resources it refers
// to, may be missing; what it refers to of them must exist.
func TestSnippets(t *testing.T) {
	t.Parallel()
	r := reader{server: unconfigured(t)}
	r.schemas(t)
	files := []string{"../../README.md"}
	for _, folder := range []string{"../../docs", "../../examples"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".md") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	checked := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range fenced.FindAllSubmatchIndex(raw, -1) {
			at := fmt.Sprintf("%s:%d", file, 2+strings.Count(string(raw[:found[0]]), "\n"))
			for _, fault := range r.faults(raw[found[2]:found[3]]) {
				t.Errorf("%s: %s", at, fault)
			}
			checked++
		}
	}
	if checked < 40 {
		t.Errorf("only %d pieces of configuration were found", checked)
	}
}

// The rules must be able to fail.
func TestSnippetFaults(t *testing.T) {
	t.Parallel()
	r := reader{server: unconfigured(t)}
	r.schemas(t)
	const good = "resource \"dcr_public_key\" \"x\" {\n  application_id = dcr_application.x.id\n  private_key = { algorithm = \"RSA\" }\n}\n"
	if found := r.faults([]byte(good)); len(found) > 0 {
		t.Errorf("nothing is wrong, and found was %q", found)
	}
	for _, change := range [][2]string{
		{"private_key", "private_keys"}, {"algorithm", "algorithms"}, {`"RSA"`, `"DSA"`}, {".id", ".ids"}, {"dcr_application.", "dcr_app."},
		{"dcr_public_key", "dcr_public"}, {"  application_id = dcr_application.x.id\n", ""}, {"}\n}", "}"}, {`"x"`, `"x" "y"`},
		{"private_key = ", "public_key_pem = \"\"\n  private_key = "},
	} {
		if bad := strings.Replace(good, change[0], change[1], 1); len(r.faults([]byte(bad))) == 0 {
			t.Errorf("nothing was found in\n%s", bad)
		}
	}
	for bad, good := range map[string]string{
		"action \"dcr_unlock_application\" \"x\" {\n}\n":                              "action \"dcr_unlock_application\" \"x\" {\n  config {\n    application_id = dcr_application.x.id\n  }\n}\n",
		"list \"dcr_public_key\" \"x\" {\n  config {\n    type = \"brcac\"\n  }\n}\n": "list \"dcr_public_key\" \"x\" {\n  provider = dcr\n}\n",
	} {
		if len(r.faults([]byte(bad))) == 0 || len(r.faults([]byte(good))) > 0 {
			t.Errorf("%q: %q, and of %q: %q", good, r.faults([]byte(good)), bad, r.faults([]byte(bad)))
		}
	}
}

// reader knows the provider's schema.
type reader struct {
	server tfprotov6.ProviderServer
	all    *tfprotov6.GetProviderSchemaResponse
}

func (r *reader) schemas(t *testing.T) {
	t.Helper()
	all, err := r.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	r.all = all
}

// faults says what is wrong with a piece of configuration.
func (r *reader) faults(source []byte) []string {
	file, diags := hclsyntax.ParseConfig(source, "", hcl.InitialPos)
	if diags.HasErrors() {
		return []string{diags.Error()}
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return []string{"it is not HCL's own syntax"}
	}
	var out []string
	for _, block := range body.Blocks {
		kind, name := block.Type, ""
		if len(block.Labels) > 0 {
			name = block.Labels[0]
		}
		if slices.Contains([]string{"resource", "data", "ephemeral"}, kind) && strings.HasPrefix(name, "dcr_") || kind == "provider" && name == "dcr" {
			out = append(out, r.block(kind, name, block)...)
		}
		if slices.Contains([]string{"action", "list"}, kind) && strings.HasPrefix(name, "dcr_") {
			out = append(out, r.block(kind, name, configOf(block))...)
		}
	}
	_ = hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
		if found, ok := node.(*hclsyntax.ScopeTraversalExpr); ok {
			out = append(out, r.reference(found.Traversal)...)
		}
		return nil
	})
	return out
}

// reference checks that what is referred to can exist.
func (r *reader) reference(traversal hcl.Traversal) []string {
	var names []string
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		}
	}
	schemas := r.all.ResourceSchemas
	switch names[0] {
	case "data":
		schemas, names = r.all.DataSourceSchemas, names[1:]
	case "ephemeral":
		schemas, names = r.all.EphemeralResourceSchemas, names[1:]
	}
	if len(names) == 0 || !strings.HasPrefix(names[0], "dcr_") {
		return nil
	}
	schema, ok := schemas[names[0]]
	if !ok {
		return []string{"there is no " + names[0]}
	}
	if len(names) > 2 && !slices.ContainsFunc(schema.Block.Attributes, func(a *tfprotov6.SchemaAttribute) bool { return a.Name == names[2] }) {
		return []string{names[0] + " has no attribute " + names[2]}
	}
	return nil
}

// block checks a block of the provider's own.
func (r *reader) block(kind, name string, block *hclsyntax.Block) []string {
	actions := map[string]*tfprotov6.Schema{}
	for action, described := range r.all.ActionSchemas {
		actions[action] = described.Schema
	}
	schemas := map[string]map[string]*tfprotov6.Schema{
		"action": actions, "list": r.all.ListResourceSchemas, "resource": r.all.ResourceSchemas, "data": r.all.DataSourceSchemas, "ephemeral": r.all.EphemeralResourceSchemas, "provider": {"dcr": r.all.Provider},
	}
	schema, ok := schemas[kind][name]
	if !ok || kind != "provider" && len(block.Labels) != 2 {
		return []string{fmt.Sprintf("%s %q does not exist", kind, block.Labels)}
	}
	var out []string
	members := map[string]tftypes.Value{}
	for _, a := range schema.Block.Attributes {
		attribute, given := block.Body.Attributes[a.Name]
		members[a.Name] = tftypes.NewValue(a.ValueType(), nil)
		if given {
			value, err := valueOf(attribute.Expr, a.ValueType())
			if err != nil {
				return append(out, fmt.Sprintf("%s of %s: %v", a.Name, name, err))
			}
			members[a.Name] = value
		}
	}
	for given := range block.Body.Attributes {
		if _, ok := members[given]; !ok && !slices.Contains([]string{"for_each", "count", "depends_on", "provider", "alias"}, given) {
			out = append(out, fmt.Sprintf("%s has no attribute %s", name, given))
		}
	}
	config, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), members))
	if err != nil {
		return append(out, err.Error())
	}
	problems, err := r.validate(kind, name, &config)
	if err != nil {
		return append(out, err.Error())
	}
	for _, p := range problems {
		if p.Severity == tfprotov6.DiagnosticSeverityError {
			out = append(out, fmt.Sprintf("%s: %s: %s", name, p.Summary, p.Detail))
		}
	}
	for _, a := range schema.Block.Attributes {
		if a.Required && members[a.Name].IsNull() {
			out = append(out, fmt.Sprintf("%s lacks %s", name, a.Name))
		}
	}
	return out
}

func (r *reader) validate(kind, name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
	ctx := context.Background()
	switch kind {
	case "resource":
		resp, err := r.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
			TypeName: name, Config: config, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true}})
		if err != nil {
			return nil, err
		}
		return resp.Diagnostics, nil
	case "data":
		resp, err := r.server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: config})
		if err != nil {
			return nil, err
		}
		return resp.Diagnostics, nil
	case "ephemeral":
		resp, err := r.server.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: name, Config: config})
		if err != nil {
			return nil, err
		}
		return resp.Diagnostics, nil
	}
	if kind == "action" || kind == "list" {
		return r.validateLater(kind, name, config)
	}
	resp, err := r.server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	if err != nil {
		return nil, err
	}
	return resp.Diagnostics, nil
}

// valueOf evaluates what needs nothing else; the rest is unknown, down to the
// part that is.
func valueOf(expression hclsyntax.Expression, t tftypes.Type) (tftypes.Value, error) {
	object, isObject := t.(tftypes.Object)
	items, isObjectSyntax := expression.(*hclsyntax.ObjectConsExpr)
	if isObject && isObjectSyntax {
		return objectOf(items, object)
	}
	element := elementOf(t)
	if tuple, ok := expression.(*hclsyntax.TupleConsExpr); ok && element != nil {
		var elements []tftypes.Value
		for _, each := range tuple.Exprs {
			value, err := valueOf(each, element)
			if err != nil {
				return tftypes.Value{}, err
			}
			elements = append(elements, value)
		}
		return tftypes.NewValue(t, elements), nil
	}
	value, diags := expression.Value(nil)
	if diags.HasErrors() {
		// What cannot be evaluated here is known to Terraform only.
		return tftypes.NewValue(t, tftypes.UnknownValue), nil
	}
	raw, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		return tftypes.Value{}, err
	}
	return tftypes.ValueFromJSON(raw, t) //nolint:staticcheck // The one reader of JSON there is; such values have none of a state's quirks.
}

func elementOf(t tftypes.Type) tftypes.Type {
	switch t := t.(type) {
	case tftypes.Set:
		return t.ElementType
	case tftypes.List:
		return t.ElementType
	}
	return nil
}

func objectOf(items *hclsyntax.ObjectConsExpr, t tftypes.Object) (tftypes.Value, error) {
	members := map[string]tftypes.Value{}
	for name, member := range t.AttributeTypes {
		members[name] = tftypes.NewValue(member, nil)
	}
	for _, item := range items.Items {
		key, diags := item.KeyExpr.Value(nil)
		if diags.HasErrors() || key.Type() != cty.String {
			return tftypes.Value{}, fmt.Errorf("a key cannot be read: %w", diags)
		}
		member, ok := t.AttributeTypes[key.AsString()]
		if !ok {
			return tftypes.Value{}, fmt.Errorf("there is no %s", key.AsString())
		}
		value, err := valueOf(item.ValueExpr, member)
		if err != nil {
			return tftypes.Value{}, err
		}
		members[key.AsString()] = value
	}
	return tftypes.NewValue(t, members), nil
}
