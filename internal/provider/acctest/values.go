package acctest

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Unknown is a value that Terraform does not know when it plans or applies.
type Unknown struct{}

// Reference is an attribute of another resource.
type Reference struct{ Address, Attribute string }

// Nested is an object with references among its members.
type Nested map[string]any

// Ref refers to an attribute of another resource, which has to be set before.
func Ref(address, attribute string) Reference { return Reference{address, attribute} }

// resolve makes the configuration's value; references to what is not known yet are unknown.
func (s *session) resolve(kind tftypes.Type, attributes map[string]any) tftypes.Value {
	s.t.Helper()
	resolved := make(map[string]any, len(attributes))
	for name, value := range attributes {
		resolved[name] = s.lookUp(value)
	}
	return canonical(s.encode(kind, resolved))
}

// lookUp follows references, also those within a Nested.
func (s *session) lookUp(value any) any {
	s.t.Helper()
	switch v := value.(type) {
	case Nested:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = s.lookUp(member)
		}
		return out
	case Reference:
		referred, known := s.planned[v.Address]
		switch {
		case !known && s.state[v.Address] != nil:
			referred = s.state[v.Address].value
		case !known:
			s.t.Fatalf("%s is referred to, and not set before", v.Address)
		}
		if !referred.IsKnown() {
			return Unknown{}
		}
		return attributesOf(referred)[v.Attribute]
	}
	return value
}

// encode turns Go values into a value of the type; what is left out is null.
func (w *Workspace) encode(kind tftypes.Type, value any) tftypes.Value {
	w.t.Helper()
	switch v := value.(type) {
	case nil:
		return tftypes.NewValue(kind, nil)
	case Unknown:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case tftypes.Value:
		return v
	case int:
		return tftypes.NewValue(kind, number(w.t, strconv.Itoa(v)))
	case float64:
		return tftypes.NewValue(kind, number(w.t, strconv.FormatFloat(v, 'g', -1, 64)))
	case []string:
		items := make([]any, len(v))
		for i := range v {
			items[i] = v[i]
		}
		return w.encode(kind, items)
	case []any:
		return w.collection(kind, v)
	case map[string]any:
		return w.object(kind, v)
	}
	return tftypes.NewValue(kind, value)
}

// number reads a number as Terraform does, which keeps far more digits than a float64.
func number(t *testing.T, text string) *big.Float {
	t.Helper()
	value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (w *Workspace) collection(kind tftypes.Type, items []any) tftypes.Value {
	w.t.Helper()
	var element tftypes.Type
	switch typed := kind.(type) {
	case tftypes.Set:
		element = typed.ElementType
	case tftypes.List:
		element = typed.ElementType
	default:
		w.t.Fatalf("%s is no collection", kind)
	}
	values := make([]tftypes.Value, len(items))
	for i, item := range items {
		values[i] = w.encode(element, item)
	}
	return tftypes.NewValue(kind, values)
}

func (w *Workspace) object(kind tftypes.Type, members map[string]any) tftypes.Value {
	w.t.Helper()
	values := map[string]tftypes.Value{}
	switch typed := kind.(type) {
	case tftypes.Object:
		for name, each := range typed.AttributeTypes {
			values[name] = w.encode(each, members[name])
		}
		for name := range members {
			if _, ok := typed.AttributeTypes[name]; !ok {
				w.t.Fatalf("there is no attribute %s", name)
			}
		}
	case tftypes.Map:
		for name, member := range members {
			values[name] = w.encode(typed.ElementType, member)
		}
	default:
		w.t.Fatalf("%s is no object", kind)
	}
	return tftypes.NewValue(kind, values)
}

// plainValue is a value as Go values: string, float64, bool, []any, map[string]any.
func plainValue(value tftypes.Value) any {
	if value.IsNull() || !value.IsKnown() {
		return nil
	}
	var text string
	var flag bool
	var number big.Float
	var list []tftypes.Value
	var object map[string]tftypes.Value
	switch {
	case value.As(&text) == nil:
		return text
	case value.As(&flag) == nil:
		return flag
	case value.As(&number) == nil:
		f, _ := number.Float64()
		return f
	case value.As(&list) == nil:
		out := make([]any, len(list))
		for i := range list {
			out[i] = plainValue(list[i])
		}
		return out
	case value.As(&object) == nil:
		out := map[string]any{}
		for name, member := range object {
			out[name] = plainValue(member)
		}
		return out
	}
	return fmt.Sprint(value)
}

// attributesOf are the members of an object, nil for null.
func attributesOf(value tftypes.Value) map[string]tftypes.Value {
	var members map[string]tftypes.Value
	if value.IsNull() || !value.IsKnown() || value.As(&members) != nil {
		return nil
	}
	return maps.Clone(members)
}

// changed names the attributes in which two objects differ.
func changed(a, b tftypes.Value) []string {
	x, y := attributesOf(a), attributesOf(b)
	var names []string
	for name := range x {
		if !x[name].Equal(y[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// consistent reports whether a result keeps what was planned: unknown values
// may become anything, all others stay. In a set, whose elements have no names
// to compare by, each planned element needs one that keeps it, and the other way round.
func consistent(planned, actual tftypes.Value) bool {
	if !planned.IsKnown() || planned.Equal(actual) {
		return true
	}
	if planned.IsFullyKnown() || planned.IsNull() || actual.IsNull() || !actual.IsKnown() {
		return false
	}
	if x, y := attributesOf(planned), attributesOf(actual); x != nil || y != nil {
		same := len(x) == len(y)
		for name := range x {
			same = same && consistent(x[name], y[name])
		}
		return same
	}
	var x, y []tftypes.Value
	if planned.As(&x) != nil || actual.As(&y) != nil {
		return false
	}
	if planned.Type().Is(tftypes.Set{}) {
		kept := func(p tftypes.Value) bool {
			return slices.ContainsFunc(y, func(a tftypes.Value) bool { return consistent(p, a) })
		}
		meant := func(a tftypes.Value) bool {
			return slices.ContainsFunc(x, func(p tftypes.Value) bool { return consistent(p, a) })
		}
		return len(x) >= len(y) && !slices.ContainsFunc(x, func(p tftypes.Value) bool { return !kept(p) }) && !slices.ContainsFunc(y, func(a tftypes.Value) bool { return !meant(a) })
	}
	return slices.EqualFunc(x, y, consistent)
}

// proposedNew is Terraform's proposal for the plan: what is configured, and
// for computed attributes without configuration what was there before.
func proposedNew(schema *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() {
		return config
	}
	before, values := attributesOf(prior), attributesOf(config)
	for _, attribute := range schema.Block.Attributes {
		if kept, ok := before[attribute.Name]; ok && attribute.Computed && values[attribute.Name].IsNull() {
			values[attribute.Name] = kept
		}
		if attribute.WriteOnly {
			values[attribute.Name] = tftypes.NewValue(attribute.Type, nil)
		}
	}
	return tftypes.NewValue(config.Type(), values)
}

// canonical puts the sets among an object's attributes in one order, as
// Terraform does: order means nothing in them.
func canonical(value tftypes.Value) tftypes.Value {
	members := attributesOf(value)
	moved := false
	for name, member := range members {
		var elements []tftypes.Value
		if !member.Type().Is(tftypes.Set{}) || member.IsNull() || !member.IsKnown() || member.As(&elements) != nil || len(elements) < 2 {
			continue
		}
		slices.SortFunc(elements, func(a, b tftypes.Value) int { return strings.Compare(a.String(), b.String()) })
		members[name], moved = tftypes.NewValue(member.Type(), elements), true
	}
	if !moved {
		return value
	}
	return tftypes.NewValue(value.Type(), members)
}
