package direct_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const (
	// scriptedType is the name of the scripted resource.
	scriptedType = "scripted_thing"
	// asked, failed and warned are the summaries of what the scripted resource says.
	asked  = "asked"
	failed = "failed"
	warned = "warned"
)

// scriptedKeys are what the scripted resource keeps in private state.
func scriptedKeys() []string { return []string{"one", "configured"} }

// scriptedProvider is a provider of the scripted resource alone.
type scriptedProvider struct{ make func() resource.Resource }

func (scriptedProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "scripted"
}
func (scriptedProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (scriptedProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (p scriptedProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{p.make}
}
func (scriptedProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

// script is what the scripted resource does in each call until there is another script.
type script struct {
	// state is what a call leaves, nil for what is there before it.
	state  *tftypes.Value
	remove bool
	keys   map[string][]byte
	diags  diag.Diagnostics
	// plan and identity are what the plan becomes, nil for what they are.
	plan, identity *tftypes.Value
	// answered has one computed attribute planned.
	answered bool
	replace  []string
}

// scripted is a resource that does what its script says. What it is asked it tells in a
// warning, so that the questions can be compared like the answers.
type scripted struct{ script *script }

var (
	_ resource.ResourceWithModifyPlan       = scripted{}
	_ resource.ResourceWithValidateConfig   = scripted{}
	_ resource.ResourceWithConfigValidators = scripted{}
)

func (scripted) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = scriptedType
}
func (scripted) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = scriptedSchema(ctx)
}

// scriptedSchema has an attribute of each sort that package direct knows.
func scriptedSchema(ctx context.Context) schema.Schema {
	number := fw.OptionalInt64("An integer.")
	number.Validators = []validator.Int64{int64validator.AtMost(1)}
	managed := []planmodifier.String{fw.Managed()}
	return schema.Schema{Attributes: map[string]schema.Attribute{
		"id":                fw.Identifier("An identifier."),
		"answer":            fw.Computed("A computed string."),
		"answered_number":   schema.Int64Attribute{Computed: true},
		"answered_document": schema.StringAttribute{Computed: true, CustomType: jsontypes.NormalizedType{}},
		"answered_object":   schema.ObjectAttribute{Computed: true, AttributeTypes: map[string]attr.Type{"a": types.StringType, "b": types.StringType}},
		"name":              schema.StringAttribute{Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
		"text":              fw.OptionalString("A string.", stringvalidator.NoneOf(`{"a":2}`)),
		"flag":              fw.OptionalBool("A boolean."),
		"number":            number,
		"words":             fw.OptionalStrings("Some strings."),
		"status":            schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{fw.ManagedOr("Active")}},
		"document":          schema.StringAttribute{Optional: true, Computed: true, CustomType: jsontypes.NormalizedType{}, PlanModifiers: managed},
		"secretive":         schema.StringAttribute{Optional: true, Computed: true, CustomType: fw.SecretiveType{}, PlanModifiers: managed},
		"version":           schema.Float64Attribute{Required: true, Validators: []validator.Float64{float64validator.AtMost(1.5)}},
		"share":             schema.Float64Attribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.Float64{fw.Managed()}},
		"password":          schema.StringAttribute{Optional: true, WriteOnly: true},
		"old":               schema.StringAttribute{Optional: true, DeprecationMessage: "There is a newer one."},
		"default":           schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("d")},
		"default_flag":      schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false)},
		"triggers":          schema.MapAttribute{Optional: true, ElementType: types.StringType},
		"roles": schema.SetNestedAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.Set{fw.Managed()}, NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{"a": schema.StringAttribute{Required: true}, "b": schema.StringAttribute{Required: true}},
		}},
		"timeouts": timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true}),
	}}
}

func (scripted) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{resourcevalidator.Conflicting(path.MatchRoot("text"), path.MatchRoot("triggers"))}
}

// ValidateConfig implements resource.ResourceWithValidateConfig. It does not tell what it
// is asked: package direct leaves a configuration of which there is something to say.
func (r scripted) ValidateConfig(_ context.Context, _ resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	resp.Diagnostics.Append(r.script.diags...)
}

// tell is a warning that says what the resource is asked.
func tell(ctx context.Context, diags *diag.Diagnostics, method string, private fw.Private, identity *tfsdk.ResourceIdentity, values ...tftypes.Value) {
	kept := map[string]string{}
	for _, key := range scriptedKeys() {
		value, problems := private.GetKey(ctx, key)
		diags.Append(problems...)
		kept[key] = string(value)
	}
	diags.AddWarning(asked, fmt.Sprint(method, kept, identity.Raw, values))
}

// play does what the script says to a state.
func (r scripted) play(ctx context.Context, state *tfsdk.State, private fw.Private, diags *diag.Diagnostics) {
	if r.script.state != nil {
		state.Raw = *r.script.state
	}
	if r.script.remove {
		state.RemoveResource(ctx)
	}
	r.keep(ctx, private, diags)
}

// keep does what the script says to private state, and says what it says.
func (r scripted) keep(ctx context.Context, private fw.Private, diags *diag.Diagnostics) {
	for _, key := range slices.Sorted(maps.Keys(r.script.keys)) {
		diags.Append(private.SetKey(ctx, key, r.script.keys[key])...)
	}
	diags.Append(r.script.diags...)
}

func (r scripted) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	tell(ctx, &resp.Diagnostics, "Create", resp.Private, req.Identity, req.Config.Raw, req.Plan.Raw, resp.State.Raw, resp.Identity.Raw)
	r.play(ctx, &resp.State, resp.Private, &resp.Diagnostics)
}
func (r scripted) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	tell(ctx, &resp.Diagnostics, "Read", req.Private, req.Identity, req.State.Raw, resp.State.Raw, resp.Identity.Raw)
	r.play(ctx, &resp.State, resp.Private, &resp.Diagnostics)
}
func (r scripted) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	tell(ctx, &resp.Diagnostics, "Update", req.Private, req.Identity, req.Config.Raw, req.Plan.Raw, req.State.Raw, resp.State.Raw, resp.Identity.Raw)
	r.play(ctx, &resp.State, resp.Private, &resp.Diagnostics)
}
func (r scripted) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	tell(ctx, &resp.Diagnostics, "Delete", req.Private, req.Identity, req.State.Raw, resp.State.Raw, resp.Identity.Raw)
	r.play(ctx, &resp.State, resp.Private, &resp.Diagnostics)
}

func (r scripted) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	tell(ctx, &resp.Diagnostics, "ModifyPlan", req.Private, req.Identity, req.Config.Raw, req.Plan.Raw, req.State.Raw, resp.Plan.Raw, resp.Identity.Raw)
	r.keep(ctx, resp.Private, &resp.Diagnostics)
	for _, name := range r.script.replace {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root(name)) // Append would leave out what is there.
	}
	if r.script.plan != nil {
		resp.Plan.Raw = *r.script.plan
	}
	if r.script.identity != nil {
		resp.Identity.Raw = *r.script.identity
	}
	if r.script.answered && !resp.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("answer"), types.StringValue("planned"))...)
	}
}

// generator makes the values of a seed.
type generator struct {
	*rand.Rand
	attributes map[string]schema.Attribute
	object     tftypes.Object
}

// value is any value of a type.
func (g generator) value(typ tftypes.Type, unknown bool) tftypes.Value {
	switch drawn := g.IntN(10); {
	case drawn < 3:
		return tftypes.NewValue(typ, nil)
	case drawn == 3 && unknown:
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	}
	switch whole := typ.(type) {
	case tftypes.Set:
		elements := []tftypes.Value{}
		for range g.IntN(3) {
			element := g.value(whole.ElementType, unknown)
			if !slices.ContainsFunc(elements, element.Equal) {
				elements = append(elements, element)
			}
		}
		return tftypes.NewValue(typ, elements)
	case tftypes.Map:
		elements := map[string]tftypes.Value{}
		for _, key := range []string{"a", "b"}[:g.IntN(3)] {
			elements[key] = g.value(whole.ElementType, unknown)
		}
		return tftypes.NewValue(typ, elements)
	case tftypes.Object:
		return tftypes.NewValue(typ, g.members(whole, unknown))
	}
	return g.single(typ)
}

// members are any values of the attributes of an object.
func (g generator) members(typ tftypes.Object, unknown bool) map[string]tftypes.Value {
	members := map[string]tftypes.Value{}
	for _, name := range slices.Sorted(maps.Keys(typ.AttributeTypes)) {
		members[name] = g.value(typ.AttributeTypes[name], unknown)
	}
	return members
}

// single is a known value of a type without parts. Of some texts and numbers there are
// two that mean the same.
func (g generator) single(typ tftypes.Type) tftypes.Value {
	switch {
	case typ.Is(tftypes.String):
		return tftypes.NewValue(typ, []string{`{"a":1}`, `{ "a": 1 }`, `{"a":2}`, `{"b":1,"a":[1.50]}`}[g.IntN(4)])
	case typ.Is(tftypes.Bool):
		return tftypes.NewValue(typ, g.IntN(2) == 0)
	}
	return tftypes.NewValue(typ, int64(g.IntN(3)))
}

// fraction is 1.2 as Terraform has it, or as a server answers it.
func (g generator) fraction() tftypes.Value {
	exact, ok := new(big.Float).SetPrec(512).SetString("1.2")
	if !ok || g.IntN(2) == 0 {
		exact = big.NewFloat(1.2)
	}
	return tftypes.NewValue(tftypes.Number, exact)
}

// state is a state, in some percent of the draws one that is null.
func (g generator) state(unknown bool, percent int) tftypes.Value {
	if g.IntN(100) < percent {
		return tftypes.NewValue(g.object, nil)
	}
	members := g.members(g.object, unknown)
	for _, name := range []string{"version", "share"} {
		if g.IntN(2) == 0 {
			members[name] = g.fraction()
		}
	}
	if g.IntN(2) == 0 { // A plan may leave it as it is.
		members["password"] = tftypes.NewValue(tftypes.String, nil)
		members["default"] = tftypes.NewValue(tftypes.String, "d")
		members["default_flag"] = tftypes.NewValue(tftypes.Bool, false)
	}
	return tftypes.NewValue(g.object, members)
}

// config is a configuration: half of them have little that a schema alone refuses.
func (g generator) config() tftypes.Value {
	if g.IntN(2) == 0 {
		return g.state(true, 10)
	}
	members := g.members(g.object, true)
	for _, name := range slices.Sorted(maps.Keys(g.attributes)) {
		switch a, typ := g.attributes[name], g.object.AttributeTypes[name]; {
		case g.IntN(40) == 0: // This one may be refused.
		case a.IsRequired():
			members[name] = g.single(typ)
		case !a.IsOptional(), a.IsWriteOnly(), a.GetDeprecationMessage() != "" && g.IntN(3) > 0, name == "roles", name == "timeouts":
			members[name] = tftypes.NewValue(typ, nil)
		}
	}
	return tftypes.NewValue(g.object, members)
}

// private is what was kept in private state, also of others than the resource.
func (g generator) private() []byte {
	return []byte([]string{
		"", "{}", `{"one":"MQ=="}`, `{"one":"MQ==",".import_before_read":"dHJ1ZQ==",".other":"MQ=="}`,
		`{"other":"MQ==","configured":"WyJ0ZXh0Iiwid29yZHMiLCJzdGF0dXMiLCJyb2xlcyIsInNoYXJlIl0="}`,
	}[g.IntN(5)])
}

// plain is a known value for JSON.
func plain(t *testing.T, value tftypes.Value) any {
	t.Helper()
	switch typ := value.Type(); {
	case value.IsNull():
		return nil
	case typ.Is(tftypes.String):
		return as[string](t, value)
	case typ.Is(tftypes.Bool):
		return as[bool](t, value)
	case typ.Is(tftypes.Number):
		return json.Number(as[*big.Float](t, value).Text('f', -1))
	case typ.Is(tftypes.Set{}):
		out := []any{}
		for _, element := range as[[]tftypes.Value](t, value) {
			out = append(out, plain(t, element))
		}
		return out
	}
	out := map[string]any{}
	for name, member := range as[map[string]tftypes.Value](t, value) {
		out[name] = plain(t, member)
	}
	return out
}

// as reads a known value.
func as[Content any](t *testing.T, value tftypes.Value) Content {
	t.Helper()
	var content Content
	if err := value.As(&content); err != nil {
		t.Fatal(err)
	}
	return content
}
