package fw

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func strs(values ...string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.SetValueMust(types.StringType, elements)
}

func TestEncode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value attr.Value
		want  string // empty: not sent
	}{
		"text":              {types.StringValue("A & B <x>"), `"A & B <x>"`},
		"text null":         {types.StringNull(), ""},
		"text unknown":      {types.StringUnknown(), ""},
		"text empty":        {types.StringValue(""), ""},
		"flag false":        {types.BoolValue(false), "false"},
		"flag null":         {types.BoolNull(), ""},
		"number":            {types.Int64Value(3600), "3600"},
		"set sorted":        {strs("b", "a"), `["a","b"]`},
		"set empty":         {strs(), ""},
		"set unknown":       {types.SetUnknown(types.StringType), ""},
		"list":              {StringList([]string{"b", "a"}), `["b","a"]`},
		"document compact":  {jsontypes.NewNormalizedValue("{\n \"keys\": [ ]\n}"), `{"keys":[]}`},
		"document null":     {jsontypes.NewNormalizedNull(), ""},
		"document unquoted": {jsontypes.NewNormalizedValue(`{"n":1e3}`), `{"n":1e3}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := Encode(tt.value)
			if ok != (tt.want != "") || ok && string(got) != tt.want {
				t.Errorf("encode = %s, %v; want %s", got, ok, tt.want)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind Kind
		raw  string
		want attr.Value
	}{
		"text":              {Text, `"A"`, types.StringValue("A")},
		"text as array":     {Text, `["private_key_jwt"]`, types.StringValue("private_key_jwt")},
		"text empty":        {Location, `""`, types.StringNull()},
		"text null":         {Location, `null`, types.StringNull()},
		"text absent":       {Location, ``, types.StringNull()},
		"scope keeps order": {Words, `"openid accounts"`, types.StringValue("openid accounts")},
		"scope as array":    {Words, `["openid","accounts"]`, types.StringValue("openid accounts")},
		"set":               {Set, `["b","a","b"]`, strs("a", "b")},
		"set as text":       {Set, `"https://a.example"`, strs("https://a.example")},
		"set empty":         {Set, `[]`, types.SetNull(types.StringType)},
		"list":              {List, `["b","a"]`, StringList([]string{"b", "a"})},
		"list empty":        {List, `[]`, types.ListNull(types.StringType)},
		"flag":              {Flag, `true`, types.BoolValue(true)},
		"flag as text":      {Flag, `"false"`, types.BoolValue(false)},
		"flag absent":       {Flag, ``, types.BoolNull()},
		"number":            {Integer, `60`, types.Int64Value(60)},
		"number as text":    {Integer, `"60"`, types.Int64Value(60)},
		"document":          {Document, `{"keys":[{"kid":"a"}]}`, jsontypes.NewNormalizedValue(`{"keys":[{"kid":"a"}]}`)},
		"document empty":    {Document, `{}`, jsontypes.NewNormalizedNull()},
		"document as text":  {Document, `"none"`, jsontypes.NewNormalizedNull()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.kind.Decode(json.RawMessage(tt.raw)); !got.Equal(tt.want) {
				t.Errorf("decode(%s) = %s, want %s", tt.raw, got, tt.want)
			}
		})
	}
}

// TestSecretive: JSON that may hold a key is compared as JSON is, and never quoted.
func TestSecretive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a := Keys.Decode([]byte(`{"keys":[{"kid":"a"}]}`))
	b := NewSecretive(`{ "keys": [ {"kid": "a"} ] }`)
	typed, ok := a.(Secretive)
	if !ok {
		t.Fatalf("decoded is %T", a)
	}
	if same, diags := typed.StringSemanticEquals(ctx, b); !same || diags.HasError() || typed.Equal(b) || !typed.Equal(NewSecretive(typed.ValueString())) {
		t.Error("the same JSON is not the same")
	}
	var resp xattr.ValidateAttributeResponse
	NewSecretive("-----BEGIN PRIVATE KEY").ValidateAttribute(ctx, xattr.ValidateAttributeRequest{}, &resp)
	if resp.Diagnostics.HasError() || !Keys.Decode([]byte("7")).IsNull() || !NullOf(SecretiveType{}).IsNull() {
		t.Errorf("it says %v", resp.Diagnostics)
	}
	for _, text := range []string{"-----BEGIN PRIVATE KEY", `{"a":1}`} {
		value, err := (SecretiveType{}).ValueFromTerraform(ctx, tftypes.NewValue(tftypes.String, text))
		if secretive, ok := value.(Secretive); err != nil || !ok || secretive.ValueString() != text {
			t.Errorf("%q became %v, %v", text, value, err)
		}
	}
}
