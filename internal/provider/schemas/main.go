// Command schemas writes the provider's schemas to standard output, as `terraform
// providers schema -json` does: all of them, whatever the Terraform of the machine
// knows, for the documentation generator.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	server := provider.Server("docs", provider.Options{})()
	all, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(object{"format_version": "1.0", "provider_schemas": object{"dcr": object{
		"provider":                   schema(all.Provider),
		"resource_schemas":           each(all.ResourceSchemas, schema),
		"data_source_schemas":        each(all.DataSourceSchemas, schema),
		"ephemeral_resource_schemas": each(all.EphemeralResourceSchemas, schema),
		"list_resource_schemas":      each(all.ListResourceSchemas, schema),
		"action_schemas":             each(all.ActionSchemas, func(a *tfprotov6.ActionSchema) object { return schema(a.Schema) }),
		"functions":                  each(all.Functions, function),
		"resource_identity_schemas":  each(identities.IdentitySchemas, identity),
	}}})
}

// object is a JSON object.
type object = map[string]any

func each[V any](all map[string]V, convert func(V) object) object {
	out := object{}
	for name, one := range all {
		out[name] = convert(one)
	}
	return out
}

func schema(s *tfprotov6.Schema) object {
	return object{"version": s.Version, "block": block(s.Block)}
}

func block(b *tfprotov6.SchemaBlock) object {
	nested := object{}
	for _, one := range b.BlockTypes {
		nested[one.TypeName] = object{"nesting_mode": strings.ToLower(one.Nesting.String()), "block": block(one.Block), "min_items": one.MinItems, "max_items": one.MaxItems}
	}
	return object{"attributes": attributes(b.Attributes), "block_types": nested, "description": b.Description, "description_kind": kind(b.DescriptionKind), "deprecated": b.Deprecated}
}

func attributes(all []*tfprotov6.SchemaAttribute) object {
	out := object{}
	for _, a := range all {
		one := object{
			"description": a.Description, "description_kind": kind(a.DescriptionKind), "deprecated": a.Deprecated, "required": a.Required,
			"optional": a.Optional, "computed": a.Computed, "sensitive": a.Sensitive, "write_only": a.WriteOnly,
		}
		if a.NestedType != nil {
			one["nested_type"] = object{"attributes": attributes(a.NestedType.Attributes), "nesting_mode": strings.ToLower(a.NestedType.Nesting.String())}
		} else {
			one["type"] = a.Type
		}
		out[a.Name] = one
	}
	return out
}

func kind(k tfprotov6.StringKind) string { return strings.ToLower(k.String()) }

func function(f *tfprotov6.Function) object {
	parameters := make([]object, len(f.Parameters))
	for i, p := range f.Parameters {
		parameters[i] = object{"name": p.Name, "description": p.Description, "is_nullable": p.AllowNullValue, "type": p.Type}
	}
	return object{"description": f.Description, "summary": f.Summary, "return_type": f.Return.Type, "parameters": parameters}
}

func identity(s *tfprotov6.ResourceIdentitySchema) object {
	out := object{}
	for _, a := range s.IdentityAttributes {
		out[a.Name] = object{"type": a.Type, "description": a.Description, "required_for_import": a.RequiredForImport, "optional_for_import": a.OptionalForImport}
	}
	return object{"version": s.Version, "attributes": out}
}
