package direct

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// kind is a resource with what its schema says, found out once.
type kind struct {
	make func() resource.Resource
	keys []string

	schema     quick
	object     tftypes.Object
	attributes []attribute
	named      map[string]attribute

	identity       identityschema.Schema
	identityObject tftypes.Object
	// mutable is set where the identity may change.
	mutable bool
}

// attribute is one attribute at the top of a schema.
type attribute struct {
	schema.Attribute
	name string
	typ  attr.Type
	raw  tftypes.Type
	// null and unknown are its values without a content, for Terraform and for the framework.
	null, unknown       tftypes.Value
	nullValue           attr.Value
	fallback            func(ctx context.Context) (tftypes.Value, error)
	modify              modify
	validate            validate
	semantic            bool
	computed, writeOnly bool
	// inert is set where the plan modifiers make null of what neither configuration nor state has.
	inert bool
}

// newKind looks at a resource. The error says what this package does not know of it.
func newKind(ctx context.Context, typeName string, of Resource) (*kind, error) {
	made := of.New()
	var described resource.SchemaResponse
	made.Schema(ctx, resource.SchemaRequest{}, &described)
	k := &kind{make: of.New, keys: of.Keys, named: map[string]attribute{}}
	if len(described.Schema.Blocks) > 0 || described.Schema.DeprecationMessage != "" {
		return nil, fmt.Errorf("%s has blocks, or is deprecated", typeName)
	}
	k.object = tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	for _, name := range slices.Sorted(maps.Keys(described.Schema.Attributes)) {
		a, err := newAttribute(ctx, name, described.Schema.Attributes[name])
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", typeName, name, err)
		}
		k.attributes = append(k.attributes, a)
		k.named[name], k.object.AttributeTypes[name] = a, a.raw
	}
	k.schema = newQuick(described.Schema, k.attributes)
	identified, ok := made.(resource.ResourceWithIdentity)
	if !ok {
		return nil, fmt.Errorf("%s has no identity", typeName)
	}
	var identity resource.IdentitySchemaResponse
	identified.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
	k.identity = identity.IdentitySchema
	if k.identityObject, ok = k.identity.Type().TerraformType(ctx).(tftypes.Object); !ok {
		return nil, fmt.Errorf("the identity of %s is no object", typeName)
	}
	var metadata resource.MetadataResponse
	made.Metadata(ctx, resource.MetadataRequest{}, &metadata)
	k.mutable = metadata.ResourceBehavior.MutableIdentity
	return k, nil
}

func newAttribute(ctx context.Context, name string, described schema.Attribute) (attribute, error) {
	typ := described.GetType()
	raw := typ.TerraformType(ctx)
	a := attribute{
		Attribute: described, name: name, typ: typ, raw: raw,
		null: tftypes.NewValue(raw, nil), unknown: tftypes.NewValue(raw, tftypes.UnknownValue),
	}
	var err error
	if a.nullValue, err = typ.ValueFromTerraform(ctx, a.null); err != nil {
		return a, err
	}
	if a.fallback, err = fallbackOf(described); err != nil {
		return a, err
	}
	if a.modify, err = modifyOf(described); err != nil {
		return a, err
	}
	if a.validate, err = validateOf(described); err != nil {
		return a, err
	}
	if a.semantic = equals(a.nullValue); unasked(a.nullValue) || inside(ctx, typ) {
		return a, fmt.Errorf("a %s, or a part of it, decides for itself what it equals", typ)
	}
	a.computed, a.writeOnly, a.inert = described.IsComputed(), described.IsWriteOnly(), inert(described)
	return a, flat(described)
}

// equals reports whether values of a type decide for themselves what they equal, of the
// types that are asked here.
func equals(value attr.Value) bool {
	switch value.(type) {
	case basetypes.StringValuableWithSemanticEquals, basetypes.Float64ValuableWithSemanticEquals:
		return true
	}
	return false
}

// unasked reports whether values of a type do that are not asked here.
func unasked(value attr.Value) bool {
	switch value.(type) {
	case basetypes.BoolValuableWithSemanticEquals, basetypes.Int64ValuableWithSemanticEquals, basetypes.NumberValuableWithSemanticEquals, basetypes.ListValuableWithSemanticEquals,
		basetypes.SetValuableWithSemanticEquals, basetypes.MapValuableWithSemanticEquals, basetypes.ObjectValuableWithSemanticEquals, basetypes.DynamicValuable:
		return true
	}
	return false
}

// inside reports whether values of a type have parts that do.
func inside(ctx context.Context, typ attr.Type) bool {
	var parts []attr.Type
	switch t := typ.(type) {
	case attr.TypeWithAttributeTypes:
		parts = slices.Collect(maps.Values(t.AttributeTypes()))
	case attr.TypeWithElementType:
		parts = []attr.Type{t.ElementType()}
	}
	return slices.ContainsFunc(parts, func(part attr.Type) bool {
		return equals(part.ValueType(ctx)) || unasked(part.ValueType(ctx)) || inside(ctx, part)
	})
}

// flat refuses what would have to be looked for inside an attribute.
func flat(described schema.Attribute) error {
	nested, ok := described.(schema.NestedAttribute)
	if !ok {
		return nil
	}
	if object, ok := nested.GetNestedObject().(interface{ ObjectPlanModifiers() []planmodifier.Object }); ok && len(object.ObjectPlanModifiers()) > 0 {
		return errors.New("its objects have plan modifiers")
	}
	for name, inner := range nested.GetNestedObject().GetAttributes() {
		fallback, err := fallbackOf(inner)
		if err != nil {
			return err
		}
		changes, err := modifyOf(inner)
		switch _, deeper := inner.(schema.NestedAttribute); {
		case err != nil:
			return err
		case deeper || inner.IsComputed() || inner.IsWriteOnly() || fallback != nil || changes != nil:
			return fmt.Errorf("%s is more than a given value", name)
		}
	}
	return nil
}

// values takes an object apart; nil is one that is null. It is the map that the object
// itself, and all its copies, are made of: whoever changes it has to copy it first.
func values(object tftypes.Value) (map[string]tftypes.Value, error) {
	if object.IsNull() {
		return nil, nil
	}
	var attributes map[string]tftypes.Value
	err := object.As(&attributes)
	return attributes, err
}

// value is an attribute's value for the framework.
func (a attribute) value(ctx context.Context, all map[string]tftypes.Value) (attr.Value, error) {
	raw, ok := all[a.name]
	if !ok || raw.IsNull() {
		return a.nullValue, nil
	}
	return a.typ.ValueFromTerraform(ctx, raw)
}
