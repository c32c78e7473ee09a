package fw

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// SecretiveType is normalized JSON whose errors never quote the value, for what
// may hold a private key by mistake. The attribute's validators tell what is wrong.
type SecretiveType struct{ jsontypes.NormalizedType }

// Secretive is a value of SecretiveType.
type Secretive struct{ jsontypes.Normalized }

var (
	_ basetypes.StringTypable                    = SecretiveType{}
	_ basetypes.StringValuableWithSemanticEquals = Secretive{}
	_ xattr.ValidateableAttribute                = Secretive{}
)

// NewSecretive returns a known value.
func NewSecretive(text string) Secretive {
	return Secretive{Normalized: jsontypes.NewNormalizedValue(text)}
}

// NewSecretiveNull returns null.
func NewSecretiveNull() Secretive { return Secretive{Normalized: jsontypes.NewNormalizedNull()} }

// String implements attr.Type.
func (SecretiveType) String() string { return "fw.SecretiveType" }

// ValueType implements attr.Type.
func (SecretiveType) ValueType(context.Context) attr.Value { return Secretive{} }

// Equal implements attr.Type.
func (t SecretiveType) Equal(other attr.Type) bool {
	o, ok := other.(SecretiveType)
	return ok && t.StringType.Equal(o.StringType)
}

// ValueFromString implements basetypes.StringTypable.
func (SecretiveType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return Secretive{Normalized: jsontypes.Normalized{StringValue: in}}, nil
}

// ValueFromTerraform implements attr.Type.
func (t SecretiveType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	text, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("unexpected value type %T", value)
	}
	return Secretive{Normalized: jsontypes.Normalized{StringValue: text}}, nil
}

// Type implements attr.Value.
func (Secretive) Type(context.Context) attr.Type { return SecretiveType{} }

// Equal implements attr.Value.
func (v Secretive) Equal(other attr.Value) bool {
	o, ok := other.(Secretive)
	return ok && v.StringValue.Equal(o.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals.
func (v Secretive) StringSemanticEquals(ctx context.Context, other basetypes.StringValuable) (bool, diag.Diagnostics) {
	o, ok := other.(Secretive)
	if !ok {
		return false, nil
	}
	return v.Normalized.StringSemanticEquals(ctx, o.Normalized)
}

// ValidateAttribute implements xattr.ValidateableAttribute: it leaves that to
// the validators, which do not quote the value.
func (Secretive) ValidateAttribute(context.Context, xattr.ValidateAttributeRequest, *xattr.ValidateAttributeResponse) {
}
