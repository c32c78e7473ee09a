package provider_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

// TestNullElements: every set and list that can be configured, wherever it is,
// refuses a null element. What is made of one leaves it out, silently.
func TestNullElements(t *testing.T) {
	t.Parallel()
	found := 0
	for name, schema := range schemasOf(t) {
		found += nullsIn(t, name, reflect.ValueOf(schema).FieldByName("Attributes"))
	}
	if found < 40 {
		t.Errorf("only %d sets and lists were found", found)
	}
}

// schemasOf are all schemas of the provider, of the framework's various types.
func schemasOf(t *testing.T) map[string]any {
	t.Helper()
	ctx, out := context.Background(), map[string]any{}
	p := &provider.Provider{}
	var own frameworkprovider.SchemaResponse
	p.Schema(ctx, frameworkprovider.SchemaRequest{}, &own)
	out["provider"] = own.Schema
	for _, create := range p.Resources(ctx) {
		var name resource.MetadataResponse
		var resp resource.SchemaResponse
		one := create()
		one.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "dcr"}, &name)
		one.Schema(ctx, resource.SchemaRequest{}, &resp)
		out["resource "+name.TypeName] = resp.Schema
	}
	for _, create := range p.DataSources(ctx) {
		var name datasource.MetadataResponse
		var resp datasource.SchemaResponse
		one := create()
		one.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "dcr"}, &name)
		one.Schema(ctx, datasource.SchemaRequest{}, &resp)
		out["data "+name.TypeName] = resp.Schema
	}
	for _, create := range p.EphemeralResources(ctx) {
		var name ephemeral.MetadataResponse
		var resp ephemeral.SchemaResponse
		one := create()
		one.Metadata(ctx, ephemeral.MetadataRequest{ProviderTypeName: "dcr"}, &name)
		one.Schema(ctx, ephemeral.SchemaRequest{}, &resp)
		out["ephemeral "+name.TypeName] = resp.Schema
	}
	for _, create := range p.Actions(ctx) {
		var name action.MetadataResponse
		var resp action.SchemaResponse
		one := create()
		one.Metadata(ctx, action.MetadataRequest{ProviderTypeName: "dcr"}, &name)
		one.Schema(ctx, action.SchemaRequest{}, &resp)
		out["action "+name.TypeName] = resp.Schema
	}
	for _, create := range p.ListResources(ctx) {
		var name resource.MetadataResponse
		var resp list.ListResourceSchemaResponse
		one := create()
		one.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "dcr"}, &name)
		one.ListResourceConfigSchema(ctx, list.ListResourceSchemaRequest{}, &resp)
		out["list "+name.TypeName] = resp.Schema
	}
	return out
}

// configurable is what the attributes of all of the framework's schemas have.
type configurable interface {
	IsRequired() bool
	IsOptional() bool
	GetType() attr.Type
}

// nullsIn tries the sets and lists of a map of attributes, and of the objects in
// it, and returns how many there are.
func nullsIn(t *testing.T, where string, attributes reflect.Value) int {
	t.Helper()
	found := 0
	for _, name := range attributes.MapKeys() {
		value := attributes.MapIndex(name).Elem()
		a, ok := value.Interface().(configurable)
		if !ok {
			t.Fatalf("%s.%s is no attribute", where, name)
		}
		if !a.IsRequired() && !a.IsOptional() {
			continue
		}
		at := where + "." + name.String()
		refused, is := nullRefused(a)
		if is {
			found++
		}
		if is && !refused {
			t.Errorf("%s takes a null element", at)
		}
		for _, within := range []reflect.Value{value.FieldByName("Attributes"), value.FieldByName("NestedObject")} {
			if within.Kind() == reflect.Struct {
				within = within.FieldByName("Attributes")
			}
			if within.Kind() == reflect.Map {
				found += nullsIn(t, at, within)
			}
		}
	}
	return found
}

// nullRefused tries the validators of a set or list with a null element.
func nullRefused(a configurable) (refused, is bool) {
	ctx := context.Background()
	switch kind := a.GetType().(type) {
	case types.SetType:
		ruled, _ := a.(interface{ SetValidators() []validator.Set })
		for _, rule := range ruled.SetValidators() {
			var resp validator.SetResponse
			rule.ValidateSet(ctx, validator.SetRequest{Path: path.Root("x"), ConfigValue: types.SetValueMust(kind.ElemType, []attr.Value{null(kind.ElemType)})}, &resp)
			refused = refused || resp.Diagnostics.HasError()
		}
		return refused, true
	case types.ListType:
		ruled, _ := a.(interface{ ListValidators() []validator.List })
		for _, rule := range ruled.ListValidators() {
			var resp validator.ListResponse
			rule.ValidateList(ctx, validator.ListRequest{Path: path.Root("x"), ConfigValue: types.ListValueMust(kind.ElemType, []attr.Value{null(kind.ElemType)})}, &resp)
			refused = refused || resp.Diagnostics.HasError()
		}
		return refused, true
	}
	return false, false
}

func null(kind attr.Type) attr.Value {
	if object, ok := kind.(types.ObjectType); ok {
		return types.ObjectNull(object.AttrTypes)
	}
	return types.StringNull()
}
