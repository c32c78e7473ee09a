package fw

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Object is a resource's value with its attributes by name, for resources
// whose attributes come from a table and not from a struct of sixty fields.
type Object struct {
	Values map[string]attr.Value
	Types  map[string]attr.Type
}

// NewObject returns a copy that can be changed.
func NewObject(ctx context.Context, object types.Object) Object {
	return Object{Values: maps.Clone(object.Attributes()), Types: object.AttributeTypes(ctx)}
}

// prepared is a schema that has the null values of its attributes ready, of which most
// objects are made up: the framework's and Terraform's. They must not be changed.
type prepared interface {
	Nulls() (map[string]attr.Value, map[string]tftypes.Value)
}

// Get takes a configuration, a plan or a state apart, given by its schema and its raw
// value. One that is null has no values. It is what Get of the plugin framework does
// for types.Object, without comparing the types of all attributes several times.
func Get(ctx context.Context, schema interface{ Type() attr.Type }, raw tftypes.Value) (Object, diag.Diagnostics) {
	var diags diag.Diagnostics
	whole, ok := schema.Type().(types.ObjectType)
	if !ok {
		diags.Append(Failed("read the schema", fmt.Errorf("a %T is no object", schema.Type())))
		return Object{}, diags
	}
	o := Object{Values: map[string]attr.Value{}, Types: whole.AttrTypes}
	var attributes map[string]tftypes.Value
	if raw.IsNull() || !raw.IsKnown() {
		return o, nil
	}
	if err := raw.As(&attributes); err != nil {
		diags.Append(Failed("read a value of Terraform", err))
		return o, diags
	}
	ready, known := schema.(prepared)
	if known {
		nulls, _ := ready.Nulls()
		o.Values = maps.Clone(nulls)
	}
	for name, t := range o.Types {
		if known && attributes[name].IsNull() {
			continue
		}
		value, err := t.ValueFromTerraform(ctx, attributes[name])
		if err != nil {
			diags.Append(diag.WithPath(path.Root(name), Failed("read a value of Terraform", err)))
			value = NullOf(t)
		}
		o.Values[name] = value
	}
	return o, diags
}

// Into is State.Set for an object that Get made of a value with the same schema: all
// attributes are there, and of their types. Whatever is still unknown, which only an
// attribute the server did not answer can be, becomes null.
func (o Object) Into(ctx context.Context, state *tfsdk.State) diag.Diagnostics {
	raw, diags := o.raw(ctx, state.Schema, state.Raw.Type(), true)
	if !diags.HasError() {
		state.Raw = raw
	}
	return diags
}

// IntoPlan is Plan.Set, likewise, with the unknowns.
func (o Object) IntoPlan(ctx context.Context, plan *tfsdk.Plan) diag.Diagnostics {
	raw, diags := o.raw(ctx, plan.Schema, plan.Raw.Type(), false)
	if !diags.HasError() {
		plan.Raw = raw
	}
	return diags
}

// raw is the object as Terraform has it.
func (o Object) raw(ctx context.Context, schema any, whole tftypes.Type, resolved bool) (tftypes.Value, diag.Diagnostics) {
	var diags diag.Diagnostics
	attributes := map[string]tftypes.Value{}
	ready, known := schema.(prepared)
	if known {
		_, nulls := ready.Nulls()
		attributes = maps.Clone(nulls)
	}
	for name, value := range o.Values {
		if resolved && value.IsUnknown() {
			value = NullOf(o.Types[name])
		}
		if known && value.IsNull() {
			continue
		}
		raw, err := value.ToTerraformValue(ctx)
		if err != nil {
			diags.Append(diag.WithPath(path.Root(name), Failed("write a value for Terraform", err)))
			continue
		}
		attributes[name] = raw
	}
	if diags.HasError() {
		return tftypes.Value{}, diags
	}
	return tftypes.NewValue(whole, attributes), diags
}

// Resolved returns the value for State.Set. Whatever is still unknown, which
// only an attribute the server did not answer can be, becomes null.
func (o Object) Resolved() types.Object {
	values := make(map[string]attr.Value, len(o.Values))
	for name, value := range o.Values {
		if value.IsUnknown() {
			value = NullOf(o.Types[name])
		}
		values[name] = value
	}
	return types.ObjectValueMust(o.Types, values)
}

// Planned returns the value for Plan.Set, with its unknowns.
func (o Object) Planned() types.Object { return types.ObjectValueMust(o.Types, o.Values) }

// Text returns a string attribute, empty when null or unknown.
func (o Object) Text(name string) string {
	switch v := o.Values[name].(type) {
	case types.String:
		return v.ValueString()
	case jsontypes.Normalized:
		return v.ValueString()
	case Secretive:
		return v.ValueString()
	}
	return ""
}

// Flag returns a boolean attribute, false when null or unknown.
func (o Object) Flag(name string) bool {
	v, ok := o.Values[name].(types.Bool)
	return ok && v.ValueBool()
}

// FullyKnown reports whether an attribute is known down to its last part.
func (o Object) FullyKnown(name string) bool { return FullyKnown(o.Values[name]) }

// Strings returns the known elements of a set of strings, sorted.
func (o Object) Strings(name string) []string {
	v, ok := o.Values[name].(types.Set)
	if !ok {
		return nil
	}
	return Strings(v.Elements())
}

// KeepNumber takes a number over from the state when the two are the same to a
// server: Terraform keeps more digits of 1.2 than an answer gives.
func (o Object) KeepNumber(state Object, name string) {
	x, okX := o.Values[name].(types.Float64)
	y, okY := state.Values[name].(types.Float64)
	if okX && okY && Known(x) && Known(y) && x.ValueFloat64() == y.ValueFloat64() {
		o.Values[name] = y
	}
}

// NullOf returns the null value of an attribute type the resources use.
func NullOf(t attr.Type) attr.Value {
	switch typed := t.(type) {
	case jsontypes.NormalizedType:
		return jsontypes.NewNormalizedNull()
	case SecretiveType:
		return NewSecretiveNull()
	case types.SetType:
		return types.SetNull(typed.ElemType)
	case types.ListType:
		return types.ListNull(typed.ElemType)
	case types.MapType:
		return types.MapNull(typed.ElemType)
	case types.ObjectType:
		return types.ObjectNull(typed.AttrTypes)
	}
	switch t {
	case types.BoolType:
		return types.BoolNull()
	case types.Int64Type:
		return types.Int64Null()
	case types.Float64Type:
		return types.Float64Null()
	}
	return types.StringNull()
}

// UnknownOf returns the unknown value of an attribute type that Terraform's own
// types can hold.
func UnknownOf(t attr.Type) attr.Value {
	value, err := t.ValueFromTerraform(context.Background(), tftypes.NewValue(t.TerraformType(context.Background()), tftypes.UnknownValue))
	if err != nil {
		return NullOf(t)
	}
	return value
}

// Kind is how a member of a JSON document looks in HCL.
type Kind int

// The kinds of members.
const (
	Text     Kind = iota // string ↔ string
	Location             // string ↔ string, an absolute URL
	Flag                 // bool ↔ boolean
	Integer              // number ↔ integer
	Set                  // set of strings ↔ array of strings
	List                 // list of strings ↔ array of strings whose order means something
	Document             // JSON text ↔ object
	Words                // string ↔ string, words separated by spaces
	Keys                 // JSON text ↔ object that may hold a private key by mistake
)

// Encode turns an attribute value into the JSON that is sent. Null, unknown
// and empty values are not sent at all: servers refuse or misread them.
func Encode(value attr.Value) (json.RawMessage, bool) {
	if !Known(value) {
		return nil, false
	}
	switch v := value.(type) {
	case types.String:
		return Marshal(v.ValueString()), v.ValueString() != ""
	case jsontypes.Normalized:
		return Compact(v.ValueString()), v.ValueString() != ""
	case Secretive:
		return Compact(v.ValueString()), v.ValueString() != ""
	case types.Bool:
		return Marshal(v.ValueBool()), true
	case types.Int64:
		return Marshal(v.ValueInt64()), true
	case types.Float64:
		return Marshal(v.ValueFloat64()), true
	case types.Set:
		words := Strings(v.Elements())
		return Marshal(words), len(words) > 0
	case types.List:
		words := InOrder(v.Elements())
		return Marshal(words), len(words) > 0
	}
	return nil, false
}

// Decode turns a server's JSON into an attribute value, tolerating the shapes
// servers are known to answer with: an array of one for a string, a string for
// an array, numbers and booleans as strings. What cannot be read, and what is
// empty, is null.
func (k Kind) Decode(raw json.RawMessage) attr.Value {
	switch k {
	case Flag:
		if b, err := strconv.ParseBool(strings.Trim(string(raw), `"`)); err == nil {
			return types.BoolValue(b)
		}
		return types.BoolNull()
	case Integer:
		if n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64); err == nil {
			return types.Int64Value(n)
		}
		return types.Int64Null()
	case Set:
		return StringSet(Texts(raw))
	case List:
		if texts := Texts(raw); len(texts) > 0 {
			return StringList(texts)
		}
		return types.ListNull(types.StringType)
	case Document:
		if compact := Compact(string(raw)); bytes.HasPrefix(compact, []byte("{")) && !bytes.Equal(compact, []byte("{}")) {
			return jsontypes.NewNormalizedValue(string(compact))
		}
		return jsontypes.NewNormalizedNull()
	case Keys:
		text, ok := Document.Decode(raw).(jsontypes.Normalized)
		if !ok || text.IsNull() {
			return NewSecretiveNull()
		}
		return NewSecretive(text.ValueString())
	case Words:
		return StringOrNull(strings.Join(Texts(raw), " "))
	default:
		if texts := Texts(raw); len(texts) == 1 {
			return StringOrNull(texts[0])
		}
		return types.StringNull()
	}
}

// Texts reads a string, or an array of strings.
func Texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		if one == "" {
			return nil
		}
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	return nil
}

// Marshal encodes without escaping <, > and &, so that what is sent is what
// was written.
func Marshal(v any) json.RawMessage {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSpace(buffer.Bytes())
}

// Compact removes insignificant white space; text that is not JSON gives nil.
func Compact(text string) json.RawMessage {
	var buffer bytes.Buffer
	if err := json.Compact(&buffer, []byte(text)); err != nil {
		return nil
	}
	return buffer.Bytes()
}
