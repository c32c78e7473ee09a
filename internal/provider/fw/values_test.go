package fw

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// TestSameJSON decides between drift and another way of writing.
func TestSameJSON(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		a, b string
		want bool
	}{
		"text":                  {`"a"`, `"a"`, true},
		"other text":            {`"a"`, `"A"`, false},
		"escaped text":          {`"a\u0026b"`, `"a&b"`, true},
		"absent and null":       {``, `null`, true},
		"absent and empty":      {``, `""`, true},
		"empty array, object":   {`[]`, `{}`, true},
		"absent and false":      {``, `false`, false},
		"absent and zero":       {`null`, `0`, false},
		"something and nothing": {`"a"`, ``, false},
		"set in another order":  {`["a","b"]`, `["b","a"]`, true},
		"set with repetition":   {`["a","a"]`, `["a"]`, true},
		"another set":           {`["a","b"]`, `["a"]`, false},
		"set and text":          {`["a"]`, `"a"`, false},
		"white space":           {"{ \"a\" : [1] }", `{"a":[1]}`, true},
		"order of members":      {`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		"number":                {`1.0`, `1`, true},
		"other number":          {`1`, `"1"`, false},
		"order of objects":      {`[{"a":1},{"b":2}]`, `[{"b":2},{"a":1}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]string{{tc.a, tc.b}, {tc.b, tc.a}} {
				if got := SameJSON(json.RawMessage(pair[0]), json.RawMessage(pair[1])); got != tc.want {
					t.Errorf("%s and %s are the same: %t, want %t", pair[0], pair[1], got, tc.want)
				}
			}
		})
	}
}

func TestRememberAndRecall(t *testing.T) {
	t.Parallel()
	private := store{}
	got := []string{"as it was"}
	if diags := Recall(t.Context(), private, "key", &got); diags.HasError() || len(got) != 1 {
		t.Errorf("nothing remembered is recalled as %v, %v", got, diags)
	}
	if diags := Remember(t.Context(), private, "key", []string{"<a>", "b"}); diags.HasError() {
		t.Fatal(diags)
	}
	if diags := Recall(t.Context(), private, "key", &got); diags.HasError() || !slices.Equal(got, []string{"<a>", "b"}) {
		t.Errorf("recalled is %v, %v", got, diags)
	}
	private["key"] = []byte(`{"not":"a list"}`)
	if diags := Recall(t.Context(), private, "key", &got); !diags.HasError() || !strings.Contains(diags[0].Detail(), "bug in the provider") {
		t.Errorf("what cannot be read gives %v", diags)
	}
}

func TestSets(t *testing.T) {
	t.Parallel()
	if got := StringSet([]string{"b", "a", "b"}); !got.Equal(strs("a", "b")) {
		t.Errorf("repetition gives %s", got)
	}
	for _, empty := range [][]string{nil, {}} {
		if got := StringSet(empty); !got.IsNull() {
			t.Errorf("nothing gives %s, want null", got)
		}
	}
	elements := []attr.Value{types.StringValue("b"), types.StringUnknown(), types.StringNull(), types.BoolValue(true), types.StringValue("a")}
	if got := Strings(elements); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the known elements are %v", got)
	}
	for _, tc := range []struct {
		a, b []string
		want bool
	}{{nil, []string{}, true}, {[]string{"a", "a"}, []string{"a"}, true}, {[]string{"a", "b"}, []string{"b", "a"}, true}, {[]string{"a"}, []string{"b"}, false}, {[]string{"a"}, nil, false}} {
		if got := SameSet(tc.a, tc.b); got != tc.want {
			t.Errorf("%v and %v are the same set: %t, want %t", tc.a, tc.b, got, tc.want)
		}
	}
}

// TestResolved leaves nothing unknown, whatever the type.
func TestResolved(t *testing.T) {
	t.Parallel()
	role := types.ObjectType{AttrTypes: map[string]attr.Type{"role": types.StringType}}
	unknown := map[string]attr.Value{
		"text": types.StringUnknown(), "flag": types.BoolUnknown(), "count": types.Int64Unknown(), "version": types.Float64Unknown(),
		"uris": types.SetUnknown(types.StringType), "roles": types.SetUnknown(role), "subject": types.ObjectUnknown(role.AttrTypes),
		"extra": jsontypes.NewNormalizedUnknown(), "triggers": types.MapUnknown(types.StringType),
	}
	kinds := map[string]attr.Type{}
	for name, value := range unknown {
		kinds[name] = value.Type(t.Context())
	}
	for name, value := range (Object{Values: unknown, Types: kinds}).Resolved().Attributes() {
		if !value.IsNull() || !value.Type(t.Context()).Equal(kinds[name]) {
			t.Errorf("%s is %s of type %s", name, value, value.Type(t.Context()))
		}
	}
	kept := Object{Values: map[string]attr.Value{"text": types.StringValue("a")}, Types: map[string]attr.Type{"text": types.StringType}}
	if got := kept.Resolved().Attributes()["text"]; !got.Equal(types.StringValue("a")) {
		t.Errorf("a known value became %s", got)
	}
}

// TestNewObject returns a copy: changing it must not change what it came from.
func TestNewObject(t *testing.T) {
	t.Parallel()
	original := types.ObjectValueMust(map[string]attr.Type{"text": types.StringType, "flag": types.BoolType, "uris": types.SetType{ElemType: types.StringType}},
		map[string]attr.Value{"text": types.StringValue("a"), "flag": types.BoolValue(true), "uris": strs("b", "a")})
	object := NewObject(t.Context(), original)
	if object.Text("text") != "a" || !object.Flag("flag") || !slices.Equal(object.Strings("uris"), []string{"a", "b"}) {
		t.Errorf("read as %q, %t, %v", object.Text("text"), object.Flag("flag"), object.Strings("uris"))
	}
	if object.Text("flag") != "" || object.Flag("text") || object.Strings("text") != nil || object.Text("absent") != "" {
		t.Error("an attribute of another type is read as something")
	}
	object.Values["text"] = types.StringValue("changed")
	if got := original.Attributes()["text"]; !got.Equal(types.StringValue("a")) {
		t.Errorf("the original became %s", got)
	}
}

func TestSmallValues(t *testing.T) {
	t.Parallel()
	if !StringOrNull("").IsNull() || StringOrNull("a").ValueString() != "a" {
		t.Error("only empty text is null")
	}
	for _, value := range []attr.Value{nil, types.StringNull(), types.StringUnknown()} {
		if Known(value) {
			t.Errorf("%v counts as known", value)
		}
	}
	if got := ProviderBug(errors.New("cause")); !strings.HasPrefix(got, "cause\n\n") || !strings.Contains(got, "report") {
		t.Errorf("a bug is worded as %q", got)
	}
	if got := OneOf([]string{"a", "b"}) + " " + Default(false); got != "One of `a`, `b`. Defaults to `false`." {
		t.Errorf("the sentences are %q", got)
	}
	a := map[string]attr.Value{"x": types.StringValue("1"), "y": types.StringValue("1")}
	b := map[string]attr.Value{"x": types.StringValue("1"), "y": types.StringValue("2")}
	if Changed(a, b, "x") || !Changed(a, b, "x", "y") {
		t.Error("changes are not told apart")
	}
}
