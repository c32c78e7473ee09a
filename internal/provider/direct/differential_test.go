package direct_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/direct"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const (
	// seeds are how many there are for each kind of identity.
	seeds = 150
	// enough differences end a test.
	enough = 5
	// legible is how much is shown of an answer.
	legible = 400
)

// TestAsTheFramework: whatever Terraform sends, and whatever the resource does, package
// direct answers what the plugin framework answers, and asks the resource the same.
func TestAsTheFramework(t *testing.T) {
	t.Parallel()
	for name, mutable := range map[string]bool{"mutable identity": true, "immutable identity": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newComparison(t, mutable)
			for seed := range uint64(seeds) {
				c.run(seed)
			}
		})
	}
}

// comparison asks two servers of one resource the same.
type comparison struct {
	*testing.T
	direct, framework tfprotov6.ProviderServer
	script            *script
	generator         generator
	identity          tftypes.Object
	seed              uint64
	differences       int
}

func newComparison(t *testing.T, mutable bool) *comparison {
	t.Helper()
	acting := &script{}
	identity := fw.Identity{Parts: []fw.Part{{Name: "id"}, {Name: "name", Optional: true}}, Mutable: mutable}
	served := direct.Resource{New: fw.Identified(func() resource.Resource { return scripted{acting} }, identity), Keys: scriptedKeys()}
	if err := direct.Check(t.Context(), scriptedType, served); err != nil {
		t.Fatal(err)
	}
	framework := providerserver.NewProtocol6(scriptedProvider{served.New})()
	inner, serves := framework.(direct.Inner)
	described := scriptedSchema(t.Context())
	object, is := described.Type().TerraformType(t.Context()).(tftypes.Object)
	if !serves || !is {
		t.Fatal("the framework's server does not do all that it should, or the resource is no object")
	}
	return &comparison{
		T: t, framework: framework, direct: direct.New(inner, map[string]direct.Resource{scriptedType: served}, func() any { return nil }), script: acting,
		generator: generator{attributes: described.Attributes, object: object},
		identity:  tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String, "name": tftypes.String}},
	}
}

// run makes all calls of one seed.
func (c *comparison) run(seed uint64) {
	c.seed = seed
	c.generator.Rand = rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // Repeatable on purpose.
	given, prior := c.generator.config(), c.generator.state(false, 25)
	offered := c.proposed(given, prior)
	*c.script = c.play(prior)
	config, state, proposed := c.wrap(given), c.wrap(prior), c.wrap(offered)
	private, identity := c.generator.private(), c.identified(prior)
	call(c, "validate", tfprotov6.ProviderServer.ValidateResourceConfig, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: scriptedType, Config: c.wrap(c.misspelt(given)), ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: c.generator.IntN(2) == 0},
	})
	call(c, "upgrade", tfprotov6.ProviderServer.UpgradeResourceState, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: scriptedType, Version: int64(c.generator.IntN(8) / 7), RawState: c.stored(prior),
	})
	call(c, "read", tfprotov6.ProviderServer.ReadResource, &tfprotov6.ReadResourceRequest{TypeName: scriptedType, CurrentState: state, Private: private, CurrentIdentity: identity})
	planned := call(c, "plan", tfprotov6.ProviderServer.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{
		TypeName: scriptedType, Config: config, PriorState: state, ProposedNewState: proposed, PriorPrivate: private, PriorIdentity: identity,
	})
	change := &tfprotov6.ApplyResourceChangeRequest{TypeName: scriptedType, Config: config, PriorState: state, PlannedState: proposed, PlannedPrivate: private, PlannedIdentity: identity}
	if planned.failure() == "" && c.generator.IntN(2) == 0 {
		change.PlannedState, change.PlannedPrivate, change.PlannedIdentity = planned.value, planned.private, planned.identity
	}
	call(c, "apply", tfprotov6.ProviderServer.ApplyResourceChange, change)
}

// misspelt is a configuration with a document that is none, sometimes.
func (c *comparison) misspelt(config tftypes.Value) tftypes.Value {
	if config.IsNull() || c.generator.IntN(8) > 0 {
		return config
	}
	members := maps.Clone(as[map[string]tftypes.Value](c.T, config))
	members["document"] = tftypes.NewValue(tftypes.String, "{")
	return tftypes.NewValue(c.generator.object, members)
}

// proposed is what Terraform makes of a configuration and the state before, in most draws.
func (c *comparison) proposed(config, prior tftypes.Value) tftypes.Value {
	switch drawn := c.generator.IntN(6); {
	case drawn == 0:
		return prior
	case drawn == 1:
		return tftypes.NewValue(c.generator.object, nil)
	case drawn == 2:
		return c.generator.state(true, 10)
	case config.IsNull() || prior.IsNull():
		return config
	}
	members, before := maps.Clone(as[map[string]tftypes.Value](c.T, config)), as[map[string]tftypes.Value](c.T, prior)
	for name, value := range members {
		if value.IsNull() && c.generator.attributes[name].IsComputed() {
			members[name] = before[name]
		}
	}
	return tftypes.NewValue(c.generator.object, members)
}

// play is what the resource is to do in the calls of a seed.
func (c *comparison) play(prior tftypes.Value) script {
	g, s := c.generator, script{keys: map[string][]byte{}}
	switch g.IntN(5) {
	case 0:
		s.state = &prior
	case 1:
		s.remove = true
	case 2, 3:
		s.state = new(g.state(g.IntN(5) == 0, 5))
	}
	switch g.IntN(4) {
	case 0:
		s.diags.AddError(failed, "everything")
		s.diags.AddAttributeError(path.Root("roles").AtSetValue(types.StringValue("x")).AtName("a"), failed, "one")
	case 1:
		s.diags.AddAttributeWarning(path.Root("triggers").AtMapKey("k").AtListIndex(2), warned, "another")
	}
	for _, key := range scriptedKeys() {
		if g.IntN(2) == 0 {
			s.keys[key] = [][]byte{nil, []byte(`["text", "words", "status"]`)}[g.IntN(2)]
		}
	}
	if g.IntN(8) == 0 {
		s.plan = new(g.state(true, 20))
	}
	if g.IntN(8) == 0 {
		s.identity = new(tftypes.NewValue(c.identity, g.members(c.identity, false)))
	}
	s.answered = g.IntN(3) == 0
	s.replace = [][]string{nil, {"text"}, {"text", "name", "answer", "text"}}[g.IntN(3)]
	return s
}

// identified is an identity: that of a state, another one, or none.
func (c *comparison) identified(state tftypes.Value) *tfprotov6.ResourceIdentityData {
	identity := tftypes.NewValue(c.identity, nil)
	switch drawn := c.generator.IntN(8); {
	case drawn == 0:
		return nil
	case drawn < 4:
		identity = tftypes.NewValue(c.identity, c.generator.members(c.identity, false))
	case drawn < 7 && !state.IsNull():
		members := as[map[string]tftypes.Value](c.T, state)
		identity = tftypes.NewValue(c.identity, map[string]tftypes.Value{"id": members["id"], "name": members["name"]})
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: c.wrap(identity)}
}

func (c *comparison) wrap(value tftypes.Value) *tfprotov6.DynamicValue {
	c.Helper()
	wrapped, err := tfprotov6.NewDynamicValue(value.Type(), value)
	c.must(err)
	return &wrapped
}

func (c *comparison) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// answer is what a server gives in any call.
type answer struct {
	diagnostics []*tfprotov6.Diagnostic
	value       *tfprotov6.DynamicValue
	private     []byte
	identity    *tfprotov6.ResourceIdentityData
	replaces    []*tftypes.AttributePath
}

// failure is the first error, empty where there is none.
func (a answer) failure() string {
	for _, d := range a.diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Sprint(d.Summary, " ", d.Attribute, ": ", d.Detail)
		}
	}
	return ""
}

// told are the diagnostics, without those of bugs of a provider, which may have other words.
// The details of others than the resource's are left out, likewise.
func (a answer) told() []string {
	var out []string
	for _, d := range a.diagnostics {
		if strings.HasPrefix(d.Summary, "Missing Resource ") || strings.HasPrefix(d.Summary, "Unexpected ") || d.Summary == "The provider failed at a value of its own" {
			continue
		}
		line := fmt.Sprint(d.Severity, "|", d.Summary, "|", d.Attribute)
		if slices.Contains([]string{asked, failed, warned}, d.Summary) {
			line += "|" + d.Detail
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// answerOf reads what a server gave.
func (c *comparison) answerOf(resp any) answer {
	switch r := resp.(type) {
	case *tfprotov6.ValidateResourceConfigResponse:
		return answer{diagnostics: r.Diagnostics}
	case *tfprotov6.UpgradeResourceStateResponse:
		return answer{diagnostics: r.Diagnostics, value: r.UpgradedState}
	case *tfprotov6.ReadResourceResponse:
		return answer{diagnostics: r.Diagnostics, value: r.NewState, private: r.Private, identity: r.NewIdentity}
	case *tfprotov6.PlanResourceChangeResponse:
		return answer{r.Diagnostics, r.PlannedState, r.PlannedPrivate, r.PlannedIdentity, r.RequiresReplace}
	case *tfprotov6.ApplyResourceChangeResponse:
		return answer{diagnostics: r.Diagnostics, value: r.NewState, private: r.Private, identity: r.NewIdentity}
	}
	c.Fatalf("nobody asked for a %T", resp)
	return answer{}
}

// stored is a state as it rests in a file, perhaps of a provider with other attributes.
func (c *comparison) stored(state tftypes.Value) *tfprotov6.RawState {
	stored := plain(c.T, state)
	if members, ok := stored.(map[string]any); ok {
		switch c.generator.IntN(6) {
		case 0, 1:
			delete(members, []string{"text", "words", "roles", "version"}[c.generator.IntN(4)])
			members["gone"] = map[string]any{"a": []any{1, nil}}
		case 2:
			members["number"] = []any{"no number"}
		case 3:
			members["answered_object"] = map[string]any{"a": nil, "gone": "x"}
		}
	}
	raw, err := json.Marshal(stored)
	c.must(err)
	return &tfprotov6.RawState{JSON: raw}
}

// call makes one of both, and returns what the framework answers.
func call[Request, Response any](c *comparison, name string, put func(tfprotov6.ProviderServer, context.Context, *Request) (*Response, error), req *Request) answer {
	resp, err := put(c.direct, c.Context(), req)
	respTheirs, errTheirs := put(c.framework, c.Context(), req)
	if err != nil || errTheirs != nil {
		if err == nil || errTheirs == nil {
			c.differ(name+", its error", fmt.Sprint(err), fmt.Sprint(errTheirs))
		}
		return answer{}
	}
	ours, theirs := c.answerOf(resp), c.answerOf(respTheirs)
	refused := theirs.failure() != ""
	if (ours.failure() != "") != refused {
		c.differ(name+", error or not", ours.failure(), theirs.failure())
		return theirs
	}
	if told, by := ours.told(), theirs.told(); !slices.Equal(told, by) {
		c.differ(name+", diagnostics", fmt.Sprint(told), fmt.Sprint(by))
	}
	c.compareValues(name+", state", c.generator.object, ours.value, theirs.value, refused)
	none := &tfprotov6.ResourceIdentityData{}
	c.compareValues(name+", identity", c.identity, cmp.Or(ours.identity, none).IdentityData, cmp.Or(theirs.identity, none).IdentityData, refused)
	if kept, by := c.kept(ours.private), c.kept(theirs.private); !reflect.DeepEqual(kept, by) {
		c.differ(name+", private state", fmt.Sprintf("%s", kept), fmt.Sprintf("%s", by))
	}
	if replaces, by := fmt.Sprint(ours.replaces), fmt.Sprint(theirs.replaces); replaces != by && !refused {
		c.differ(name+", what requires a replacement", replaces, by)
	}
	return theirs
}

// compareValues compares two values; only with an error it is the same to have none and a null one.
func (c *comparison) compareValues(what string, typ tftypes.Type, ours, theirs *tfprotov6.DynamicValue, refused bool) {
	if (ours == nil) != (theirs == nil) && !refused {
		c.differ(what+", whether there is one", fmt.Sprint(ours != nil), fmt.Sprint(theirs != nil))
		return
	}
	value, by := c.open(typ, ours), c.open(typ, theirs)
	parts, err := value.Diff(by)
	if c.must(err); len(parts) > 0 {
		c.differ(fmt.Sprint(what, " at ", parts[0].Path, " and in all ", len(parts)), value.String(), by.String())
	}
}

func (c *comparison) open(typ tftypes.Type, wrapped *tfprotov6.DynamicValue) tftypes.Value {
	c.Helper()
	if wrapped == nil {
		return tftypes.NewValue(typ, nil)
	}
	value, err := wrapped.Unmarshal(typ)
	c.must(err)
	return value
}

func (c *comparison) kept(private []byte) map[string][]byte {
	kept := map[string][]byte{}
	if len(private) > 0 {
		c.must(json.Unmarshal(private, &kept))
	}
	return kept
}

// differ tells of a difference, from a little before the place where the two part.
func (c *comparison) differ(what, ours, theirs string) {
	same := 0
	for same < min(len(ours), len(theirs)) && ours[same] == theirs[same] {
		same++
	}
	from := max(0, same-legible/4)
	c.Errorf("seed %d: %s: package direct gives\n%.*s\nand the framework\n%.*s", c.seed, what, legible, ours[from:], legible, theirs[from:])
	if c.differences++; c.differences == enough {
		c.Fatal("there may be more")
	}
}
