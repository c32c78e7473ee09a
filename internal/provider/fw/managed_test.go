package fw

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// store is private state in a map.
type store map[string][]byte

// GetKey implements Private.
func (s store) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return s[key], nil }

// SetKey implements Private.
func (s store) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	s[key] = value
	return nil
}

func texts() (schema.Schema, tftypes.Object) {
	attributes := map[string]schema.Attribute{}
	kinds := map[string]tftypes.Type{}
	for _, name := range []string{"set", "null", "unknown"} {
		attributes[name], kinds[name] = schema.StringAttribute{Optional: true}, tftypes.String
	}
	return schema.Schema{Attributes: attributes}, tftypes.Object{AttributeTypes: kinds}
}

func config() tfsdk.Config {
	s, kind := texts()
	return tfsdk.Config{Schema: s, Raw: tftypes.NewValue(kind, map[string]tftypes.Value{
		"set": tftypes.NewValue(tftypes.String, "x"), "null": tftypes.NewValue(tftypes.String, nil), "unknown": tftypes.NewValue(tftypes.String, tftypes.UnknownValue),
	})}
}

// TestConfigured remembers what the configuration sets, and forgets it again.
func TestConfigured(t *testing.T) {
	t.Parallel()
	private := store{}
	if Configured(t.Context(), private, "set") {
		t.Error("before any apply, an attribute counts as configured")
	}
	if diags := MarkConfigured(t.Context(), private, config()); diags.HasError() {
		t.Fatal(diags)
	}
	for name, want := range map[string]bool{"set": true, "unknown": true, "null": false, "other": false} {
		if got := Configured(t.Context(), private, name); got != want {
			t.Errorf("%s counts as configured: %t, want %t", name, got, want)
		}
	}
	private[configuredKey] = []byte("not JSON")
	if Configured(t.Context(), private, "set") {
		t.Error("what cannot be read counts as configured")
	}
}

func TestKeeps(t *testing.T) {
	t.Parallel()
	s, kind := texts()
	exists := tfsdk.State{Schema: s, Raw: config().Raw}
	absent := tfsdk.State{Schema: s, Raw: tftypes.NewValue(kind, nil)}
	once := store{configuredKey: []byte(`["set"]`)}
	for name, tc := range map[string]struct {
		state   tfsdk.State
		private store
		want    bool
	}{
		"create":                          {absent, store{}, false},
		"imported and never configured":   {exists, store{}, true},
		"configured once":                 {exists, once, false},
		"another one was configured once": {exists, store{configuredKey: []byte(`["null"]`)}, true},
	} {
		if got := Managed().keeps(t.Context(), tc.state, path.Root("set"), tc.private, types.StringValue("before")); got != tc.want {
			t.Errorf("%s: the prior value stays: %t, want %t", name, got, tc.want)
		}
	}
}

// modified plans one attribute of each type, framework's requests filled in.
func modified(ctx context.Context, state tfsdk.State, config, prior attr.Value) attr.Value {
	p, m := path.Root("set"), Managed()
	switch c := config.(type) {
	case types.String:
		resp := planmodifier.StringResponse{PlanValue: c}
		m.PlanModifyString(ctx, planmodifier.StringRequest{Path: p, State: state, ConfigValue: c, StateValue: prior.(types.String)}, &resp) //nolint:forcetypeassert // The table pairs them.
		return resp.PlanValue
	case types.Bool:
		resp := planmodifier.BoolResponse{PlanValue: c}
		m.PlanModifyBool(ctx, planmodifier.BoolRequest{Path: p, State: state, ConfigValue: c, StateValue: prior.(types.Bool)}, &resp) //nolint:forcetypeassert // The table pairs them.
		return resp.PlanValue
	case types.Int64:
		resp := planmodifier.Int64Response{PlanValue: c}
		m.PlanModifyInt64(ctx, planmodifier.Int64Request{Path: p, State: state, ConfigValue: c, StateValue: prior.(types.Int64)}, &resp) //nolint:forcetypeassert // The table pairs them.
		return resp.PlanValue
	case types.Set:
		resp := planmodifier.SetResponse{PlanValue: c}
		m.PlanModifySet(ctx, planmodifier.SetRequest{Path: p, State: state, ConfigValue: c, StateValue: prior.(types.Set)}, &resp) //nolint:forcetypeassert // The table pairs them.
		return resp.PlanValue
	}
	return nil
}

// TestManaged plans each type of attribute in each situation.
func TestManaged(t *testing.T) {
	t.Parallel()
	s, kind := texts()
	exists := tfsdk.State{Schema: s, Raw: config().Raw}
	absent := tfsdk.State{Schema: s, Raw: tftypes.NewValue(kind, nil)}
	for name, v := range map[string]struct{ null, unknown, known, other attr.Value }{
		"string": {types.StringNull(), types.StringUnknown(), types.StringValue("a"), types.StringValue("b")},
		"bool":   {types.BoolNull(), types.BoolUnknown(), types.BoolValue(true), types.BoolValue(false)},
		"int64":  {types.Int64Null(), types.Int64Unknown(), types.Int64Value(1), types.Int64Value(2)},
		"set":    {types.SetNull(types.StringType), types.SetUnknown(types.StringType), StringSet([]string{"a"}), StringSet([]string{"b"})},
	} {
		for situation, tc := range map[string]struct {
			state               tfsdk.State
			config, prior, want attr.Value
		}{
			"unset at create":      {absent, v.null, v.null, v.null},
			"unset, imported":      {exists, v.null, v.known, v.known},
			"unset, never had one": {exists, v.null, v.null, v.null},
			"set at create":        {absent, v.known, v.null, v.known},
			"set otherwise":        {exists, v.other, v.other, v.other},
			"not known yet":        {exists, v.unknown, v.known, v.unknown},
		} {
			t.Run(name+" "+situation, func(t *testing.T) {
				t.Parallel()
				if got := modified(t.Context(), tc.state, tc.config, tc.prior); got == nil || !got.Equal(tc.want) {
					t.Errorf("the plan is %v, want %s", got, tc.want)
				}
			})
		}
	}
	if d := Managed().MarkdownDescription(t.Context()); !strings.HasSuffix(d, ".") {
		t.Errorf("the description is no sentence: %q", d)
	}
}
