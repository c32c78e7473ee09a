package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// unconfigured is the provider in process; what is imported has a token.
func unconfigured(t *testing.T) tfprotov6.ProviderServer {
	t.Helper()
	server, err := acctest.FactoriesWith(map[string]string{"DCR_REGISTRATION_ACCESS_TOKEN": "a-token"})["dcr"]()
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// TestResourcePages: every resource has both examples, says what the server
// does, and how it is imported.
func TestResourcePages(t *testing.T) {
	t.Parallel()
	r := reader{server: unconfigured(t)}
	r.schemas(t)
	for name := range r.all.ResourceSchemas {
		page, err := os.ReadFile(filepath.Join("../../docs/resources", strings.TrimPrefix(name, "dcr_")+".md"))
		if err != nil {
			t.Error(err)
		}
		at := 0
		for _, part := range []string{"\n### Minimal\n", "\n### Complete\n", "\n## What the server does\n", "\n| destroy |", "\n## Schema\n", "\n## Import\n", "\n  id = ", "\n  identity = {", "\nterraform import " + name + ".complete "} {
			found := strings.Index(string(page[at:]), part)
			if found < 0 {
				t.Errorf("the page of %s lacks %q, or has it too early", name, strings.TrimSpace(part))
				continue
			}
			at += found
		}
	}
}

// TestPublishedImports gives the provider the IDs and identities of the
// documentation. That imports find things is tried where the resources are.
func TestPublishedImports(t *testing.T) {
	t.Parallel()
	server := unconfigured(t)
	r := reader{server: server}
	r.schemas(t)
	config := nothing(t, r.all.Provider.ValueType())
	// Each import is a run of its own: a token is for one client in each.
	run := func(req *tfprotov6.ImportResourceStateRequest) {
		if resp, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: config}); err != nil || len(resp.Diagnostics) > 0 {
			t.Fatal(err, resp)
		}
		imported(t, server, req)
	}
	for name := range r.all.ResourceSchemas {
		folder := filepath.Join("../../examples/resources", name)
		example := source(t, filepath.Join(folder, "complete.tf"))
		if !strings.Contains(example, `resource "`+name+`" "complete" {`) {
			t.Errorf("%s has no complete example", name)
		}
		var ids []string
		for _, line := range strings.Split(source(t, filepath.Join(folder, "import.sh")), "\n") {
			if id, ok := strings.CutPrefix(line, "terraform import "+name+".complete "); ok {
				ids = append(ids, strings.Trim(id, "'"))
			}
		}
		to, id, _ := importBlock(t, filepath.Join(folder, "import-by-string-id.tf"))
		if to != name+".complete" || len(ids) == 0 || !strings.Contains(strings.Join(ids, " "), id) {
			t.Errorf("%s is imported to %s by %q, and on the command line by %q", name, to, id, ids)
		}
		for _, id := range append(ids, id) {
			run(&tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
		}
		to, _, parts := importBlock(t, filepath.Join(folder, "import-identity.tf"))
		if to != name+".complete" {
			t.Errorf("%s is imported to %s by identity", name, to)
		}
		run(&tfprotov6.ImportResourceStateRequest{TypeName: name, Identity: &tfprotov6.ResourceIdentityData{IdentityData: identityValue(t, server, name, parts)}})
	}
}

func imported(t *testing.T, server tfprotov6.ProviderServer, req *tfprotov6.ImportResourceStateRequest) {
	t.Helper()
	resp, err := server.ImportResourceState(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s %q: %s: %s", req.TypeName, req.ID, d.Summary, d.Detail)
	}
	if len(resp.ImportedResources) != 1 {
		t.Errorf("%s %q: %d resources were imported", req.TypeName, req.ID, len(resp.ImportedResources))
	}
}

func source(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// importBlock reads an import block: where to, by which ID, by which identity.
func importBlock(t *testing.T, file string) (to, id string, identity map[string]string) {
	t.Helper()
	parsed, diags := hclsyntax.ParseConfig([]byte(source(t, file)), file, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok || len(body.Blocks) != 1 || body.Blocks[0].Type != "import" {
		t.Fatalf("%s is no import block", file)
	}
	identity = map[string]string{}
	for name, attribute := range body.Blocks[0].Body.Attributes {
		if name == "to" {
			to = attribute.Expr.Variables()[0].RootName() + "." + attribute.Expr.Variables()[0][1].(hcl.TraverseAttr).Name //nolint:forcetypeassert // It fails the test, as it should.
			continue
		}
		value, diags := attribute.Expr.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if name == "id" {
			id = value.AsString()
			continue
		}
		for part, text := range value.AsValueMap() {
			identity[part] = text.AsString()
		}
	}
	return to, id, identity
}

func identityValue(t *testing.T, server tfprotov6.ProviderServer, name string, parts map[string]string) *tfprotov6.DynamicValue {
	t.Helper()
	schemas, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]tftypes.Value{}
	for _, a := range schemas.IdentitySchemas[name].IdentityAttributes {
		members[a.Name] = tftypes.NewValue(tftypes.String, parts[a.Name])
		if parts[a.Name] == "" {
			t.Errorf("the identity of %s lacks %s", name, a.Name)
		}
	}
	if len(members) != len(parts) {
		t.Errorf("the identity of %s is %v, want %v", name, parts, members)
	}
	value, err := tfprotov6.NewDynamicValue(schemas.IdentitySchemas[name].ValueType(), tftypes.NewValue(schemas.IdentitySchemas[name].ValueType(), members))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// nothing is a configuration in which nothing is set.
func nothing(t *testing.T, of tftypes.Type) *tfprotov6.DynamicValue {
	t.Helper()
	object, ok := of.(tftypes.Object)
	if !ok {
		t.Fatalf("%s is no object", of)
	}
	members := map[string]tftypes.Value{}
	for name, member := range object.AttributeTypes {
		members[name] = tftypes.NewValue(member, nil)
	}
	value, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, members))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// TestPages: everything that has a schema has a page with an example, whatever the
// Terraform that generated them knew.
func TestPages(t *testing.T) {
	t.Parallel()
	folders := map[string]string{"resource": "resources", "data": "data-sources", "ephemeral": "ephemeral-resources", "action": "actions", "list": "list-resources"}
	for name := range schemasOf(t) {
		kind, noun, some := strings.Cut(name, " dcr_")
		if !some {
			continue // The provider's own page is the index.
		}
		page, err := os.ReadFile(filepath.Join("../../docs", folders[kind], noun+".md"))
		if err != nil || !strings.Contains(string(page), "## Example Usage") {
			t.Errorf("%s has no page with an example: %v", name, err)
		}
	}
}
