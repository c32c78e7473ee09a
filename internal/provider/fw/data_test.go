package fw_test

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// TestDataAgree compares the schema's types with those of the values.
func TestDataAgree(t *testing.T) {
	t.Parallel()
	values := map[fw.Kind]string{fw.Text: `"a"`, fw.Location: `"https://a.example"`, fw.Flag: `true`, fw.Integer: `7`, fw.Set: `["a"]`, fw.Document: `{"a":1}`, fw.Words: `"a b"`}
	for kind, raw := range values {
		d := fw.Datum{Name: "x", Kind: kind, Doc: "Something."}
		decoded := kind.Decode(json.RawMessage(raw))
		if decoded.IsNull() || !decoded.Type(t.Context()).Equal(kind.Type()) {
			t.Errorf("kind %d: %s of type %s, want %s", kind, decoded, decoded.Type(t.Context()), kind.Type())
		}
		if got := fw.DataAttributes([]fw.Datum{d})["x"]; !got.IsComputed() || !got.GetType().Equal(kind.Type()) || got.GetMarkdownDescription() != d.Doc {
			t.Errorf("kind %d: attribute %+v", kind, got)
		}
		if got := fw.DataTypes([]fw.Datum{d})["x"]; !got.Equal(kind.Type()) {
			t.Errorf("kind %d: type %s", kind, got)
		}
	}
}

func TestPasses(t *testing.T) {
	t.Parallel()
	set := fw.StringSet([]string{"a", "b"})
	none := types.SetNull(types.StringType)
	for i, c := range []struct{ got, want bool }{
		{fw.Passes(types.StringNull(), "x"), true}, {fw.Passes(types.StringValue("x"), "x"), true}, {fw.Passes(types.StringValue("x "), "x"), false},
		{fw.PassesSet(none, "x", "x"), true}, {fw.PassesSet(none, "y", "x"), false}, {fw.PassesSet(set, "b", "x"), true}, {fw.PassesSet(set, "x", "x"), false},
	} {
		if c.got != c.want {
			t.Errorf("row %d: %v", i, c.got)
		}
	}
}

func TestCanonicalAndDistinct(t *testing.T) {
	t.Parallel()
	if got := fw.Canonical(json.RawMessage(`{"b": 1.0, "a": "<&>"}`)); string(got) != `{"a":"<&>","b":1.0}` {
		t.Errorf("canonical: %s", got)
	}
	for _, broken := range []string{"", "{", "no"} {
		if got := fw.Canonical(json.RawMessage(broken)); got != nil {
			t.Errorf("canonical of %q: %s", broken, got)
		}
	}
	a, b := types.StringValue("a"), types.StringValue("b")
	if got := fw.Distinct([]attr.Value{b, a, b}); len(got) != 2 || !got[0].Equal(b) || !got[1].Equal(a) {
		t.Errorf("distinct: %v", got)
	}
}
