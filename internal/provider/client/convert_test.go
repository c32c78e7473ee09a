package client

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
		member member
		value  attr.Value
		want   string // empty: not sent
	}{
		"text":              {member{name: "client_name", kind: text}, types.StringValue("A & B <x>"), `"A & B <x>"`},
		"text null":         {member{name: "client_name", kind: text}, types.StringNull(), ""},
		"text unknown":      {member{name: "client_name", kind: text}, types.StringUnknown(), ""},
		"text empty":        {member{name: "client_name", kind: text}, types.StringValue(""), ""},
		"flag false":        {member{name: "require_auth_time", kind: flag}, types.BoolValue(false), "false"},
		"flag null":         {member{name: "require_auth_time", kind: flag}, types.BoolNull(), ""},
		"number":            {member{name: "default_max_age", kind: number}, types.Int64Value(3600), "3600"},
		"set sorted":        {member{name: "redirect_uris", kind: set}, strs("b", "a"), `["a","b"]`},
		"set empty":         {member{name: "redirect_uris", kind: set}, strs(), ""},
		"set unknown":       {member{name: "redirect_uris", kind: set}, types.SetUnknown(types.StringType), ""},
		"document compact":  {member{name: "jwks", kind: document}, jsontypes.NewNormalizedValue("{\n \"keys\": [ ]\n}"), `{"keys":[]}`},
		"document null":     {member{name: "jwks", kind: document}, jsontypes.NewNormalizedNull(), ""},
		"document unquoted": {member{name: "jwks", kind: document}, jsontypes.NewNormalizedValue(`{"n":1e3}`), `{"n":1e3}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.member.encode(tt.value)
			if ok != (tt.want != "") || ok && string(got) != tt.want {
				t.Errorf("encode = %s, %v; want %s", got, ok, tt.want)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		member member
		raw    string
		want   attr.Value
	}{
		"text":              {member{name: "client_name", kind: text}, `"A"`, types.StringValue("A")},
		"text as array":     {member{name: "token_endpoint_auth_method", kind: text}, `["private_key_jwt"]`, types.StringValue("private_key_jwt")},
		"text empty":        {member{name: "client_uri", kind: location}, `""`, types.StringNull()},
		"text null":         {member{name: "client_uri", kind: location}, `null`, types.StringNull()},
		"text absent":       {member{name: "client_uri", kind: location}, ``, types.StringNull()},
		"scope keeps order": {member{name: "scope", kind: text}, `"openid accounts"`, types.StringValue("openid accounts")},
		"scope as array":    {member{name: "scope", kind: text}, `["openid","accounts"]`, types.StringValue("openid accounts")},
		"set":               {member{name: "grant_types", kind: set}, `["b","a","b"]`, strs("a", "b")},
		"set as text":       {member{name: "redirect_uris", kind: set}, `"https://a.example"`, strs("https://a.example")},
		"set empty":         {member{name: "contacts", kind: set}, `[]`, types.SetNull(types.StringType)},
		"flag":              {member{name: "require_auth_time", kind: flag}, `true`, types.BoolValue(true)},
		"flag as text":      {member{name: "require_auth_time", kind: flag}, `"false"`, types.BoolValue(false)},
		"flag absent":       {member{name: "require_auth_time", kind: flag}, ``, types.BoolNull()},
		"number":            {member{name: "default_max_age", kind: number}, `60`, types.Int64Value(60)},
		"number as text":    {member{name: "default_max_age", kind: number}, `"60"`, types.Int64Value(60)},
		"document":          {member{name: "jwks", kind: document}, `{"keys":[{"kid":"a"}]}`, jsontypes.NewNormalizedValue(`{"keys":[{"kid":"a"}]}`)},
		"document empty":    {member{name: "jwks", kind: document}, `{}`, jsontypes.NewNormalizedNull()},
		"document as text":  {member{name: "jwks", kind: document}, `"none"`, jsontypes.NewNormalizedNull()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.member.decode(json.RawMessage(tt.raw)); !got.Equal(tt.want) {
				t.Errorf("decode(%s) = %s, want %s", tt.raw, got, tt.want)
			}
		})
	}
}

// TestMembersAreUnique guards the table: a name that stands twice would make
// one row win silently.
func TestMembersAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range members() {
		if seen[m.name] {
			t.Errorf("member %s stands twice in the table", m.name)
		}
		seen[m.name] = true
	}
	if len(seen) < 40 {
		t.Errorf("only %d members are known by name", len(seen))
	}
}
