package fw

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Datum is one computed attribute of a data source, or of an object in one.
type Datum struct {
	Name string
	Kind Kind
	// Doc is the attribute's description.
	Doc string
}

// Attribute is the attribute's schema.
func (d Datum) Attribute() schema.Attribute {
	switch d.Kind {
	case Flag:
		return schema.BoolAttribute{Computed: true, MarkdownDescription: d.Doc}
	case Integer:
		return schema.Int64Attribute{Computed: true, MarkdownDescription: d.Doc}
	case Set:
		return schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: d.Doc}
	case Document:
		return schema.StringAttribute{Computed: true, CustomType: jsontypes.NormalizedType{}, MarkdownDescription: d.Doc}
	default:
		return schema.StringAttribute{Computed: true, MarkdownDescription: d.Doc}
	}
}

// Type is the type of the values that Decode gives.
func (k Kind) Type() attr.Type {
	switch k {
	case Flag:
		return types.BoolType
	case Integer:
		return types.Int64Type
	case Set:
		return types.SetType{ElemType: types.StringType}
	case Document:
		return jsontypes.NormalizedType{}
	default:
		return types.StringType
	}
}

// DataAttributes are the schemas of a table of attributes.
func DataAttributes(data []Datum) map[string]schema.Attribute {
	out := make(map[string]schema.Attribute, len(data))
	for _, d := range data {
		out[d.Name] = d.Attribute()
	}
	return out
}

// DataTypes are the types of a table of attributes.
func DataTypes(data []Datum) map[string]attr.Type {
	out := make(map[string]attr.Type, len(data))
	for _, d := range data {
		out[d.Name] = d.Kind.Type()
	}
	return out
}

// Filter is an optional string that narrows a result down.
func Filter(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

// FilterSet is an optional set of strings, not empty, that narrows a result down.
func FilterSet(description string, validators ...validator.Set) schema.SetAttribute {
	return schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description, Validators: append([]validator.Set{setvalidator.SizeAtLeast(1), WholeSet()}, validators...)}
}

// Passes reports whether a value is the filter's; an absent filter takes every value.
func Passes(filter types.String, value string) bool {
	return filter.IsNull() || filter.ValueString() == value
}

// PassesSet reports whether a value is in the filter's set; an absent filter
// takes the given values.
func PassesSet(filter types.Set, value string, otherwise ...string) bool {
	wanted := otherwise
	if !filter.IsNull() {
		wanted = Strings(filter.Elements())
	}
	for _, w := range wanted {
		if w == value {
			return true
		}
	}
	return false
}

// Distinct leaves out repeated values, which a set must not have.
func Distinct(values []attr.Value) []attr.Value {
	seen := make(map[string]bool, len(values))
	out := make([]attr.Value, 0, len(values))
	for _, v := range values {
		if key := v.String(); !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	return out
}

// Canonical writes JSON with its members sorted, so that a server's order
// never is a difference. Numbers stay as written; what is not JSON gives nil.
func Canonical(raw json.RawMessage) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return Marshal(value)
}
