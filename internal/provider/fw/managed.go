package fw

import (
	"context"
	"encoding/json"
	"slices"
	"sort"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Private is the part of a resource's private state that this package uses.
type Private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

const configuredKey = "configured"

// MarkConfigured records in private state which top-level attributes the
// configuration sets, so that a later plan can tell an attribute the user
// removed (clear it) from one that only an import filled (leave it alone).
// Attributes that are still to be dealt with keep the mark they have.
func MarkConfigured(ctx context.Context, private Private, config tfsdk.Config, pending ...string) diag.Diagnostics {
	var object types.Object
	diags := config.Get(ctx, &object)
	names := slices.DeleteFunc(slices.Clone(pending), func(name string) bool { return !Configured(ctx, private, name) })
	for name, value := range object.Attributes() {
		if !value.IsNull() && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	raw, err := json.Marshal(names)
	if err != nil {
		diags.AddError("The provider could not record the configured attributes", ProviderBug(err))
		return diags
	}
	diags.Append(private.SetKey(ctx, configuredKey, raw)...)
	return diags
}

// Configured tells whether the user set the attribute at the last apply.
func Configured(ctx context.Context, private Private, name string) bool {
	raw, _ := private.GetKey(ctx, configuredKey)
	var names []string
	if len(raw) == 0 || json.Unmarshal(raw, &names) != nil {
		return false
	}
	return slices.Contains(names, name)
}

// Managed is the plan modifier of an Optional and Computed attribute that is
// the server's business until the user sets it: unset, it is null at create,
// keeps what an import found, and is cleared only when the user removes what
// they once set.
func Managed() ManagedModifier { return ManagedModifier{} }

// ManagedOr is Managed for a string that has a value also when nobody ever set
// it: that at create, and after the user removed what they once set.
func ManagedOr(otherwise string) ManagedModifier {
	return ManagedModifier{otherwise: types.StringValue(otherwise)}
}

// ManagedModifier implements Managed for each attribute type.
type ManagedModifier struct{ otherwise types.String }

var (
	_ planmodifier.String  = ManagedModifier{}
	_ planmodifier.Bool    = ManagedModifier{}
	_ planmodifier.Int64   = ManagedModifier{}
	_ planmodifier.Float64 = ManagedModifier{}
	_ planmodifier.Set     = ManagedModifier{}
	_ planmodifier.List    = ManagedModifier{}
)

// Description says what the modifier does.
func (ManagedModifier) Description(context.Context) string {
	return "While unset, the value is the server's business."
}

// MarkdownDescription says what the modifier does.
func (m ManagedModifier) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// Inert reports whether what neither configuration nor state has is null in the plan.
func (m ManagedModifier) Inert() bool { return m.otherwise.IsNull() }

// keeps reports whether the prior value stays; otherwise the plan is null, or what
// is there otherwise.
func (m ManagedModifier) keeps(ctx context.Context, state tfsdk.State, p path.Path, private Private, before attr.Value) bool {
	if state.Raw.IsNull() || before.IsNull() && m.otherwise.IsNull() {
		return false
	}
	return !Configured(ctx, private, p.String())
}

// PlanModifyString implements planmodifier.String.
func (m ManagedModifier) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	// Null unless there is another.
	resp.PlanValue = m.otherwise
	if m.keeps(ctx, req.State, req.Path, req.Private, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyBool implements planmodifier.Bool.
func (m ManagedModifier) PlanModifyBool(ctx context.Context, req planmodifier.BoolRequest, resp *planmodifier.BoolResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.BoolNull()
	if m.keeps(ctx, req.State, req.Path, req.Private, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyInt64 implements planmodifier.Int64.
func (m ManagedModifier) PlanModifyInt64(ctx context.Context, req planmodifier.Int64Request, resp *planmodifier.Int64Response) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.Int64Null()
	if m.keeps(ctx, req.State, req.Path, req.Private, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyFloat64 implements planmodifier.Float64.
func (m ManagedModifier) PlanModifyFloat64(ctx context.Context, req planmodifier.Float64Request, resp *planmodifier.Float64Response) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.Float64Null()
	if m.keeps(ctx, req.State, req.Path, req.Private, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifySet implements planmodifier.Set.
func (m ManagedModifier) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.SetNull(req.StateValue.ElementType(ctx))
	if m.keeps(ctx, req.State, req.Path, req.Private, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// PlanModifyList implements planmodifier.List.
func (m ManagedModifier) PlanModifyList(ctx context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	resp.PlanValue = types.ListNull(req.StateValue.ElementType(ctx))
	if m.keeps(ctx, req.State, req.Path, req.Private, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

// Changed reports whether any of the named top-level attributes differs
// between two objects.
func Changed(a, b map[string]attr.Value, names ...string) bool {
	for _, name := range names {
		if !a[name].Equal(b[name]) {
			return true
		}
	}
	return false
}
