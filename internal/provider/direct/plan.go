package direct

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// plan plans a change: defaults, what is computed, the attributes' plan modifiers
// and the resource's, in this order.
func (k *kind) plan(ctx context.Context, made resource.Resource, req *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	var diags diag.Diagnostics
	config, prior := k.open(req.Config, &diags), k.open(req.PriorState, &diags)
	proposed, identity := prior, k.openIdentity(req.PriorIdentity, &diags)
	if !same(req.PriorState, req.ProposedNewState) {
		proposed = k.open(req.ProposedNewState, &diags)
	}
	kept, problems := k.openPrivate(ctx, req.PriorPrivate)
	if diags.Append(problems...); diags.HasError() {
		return &tfprotov6.PlanResourceChangeResponse{Diagnostics: diagnostics(ctx, diags)}
	}
	whole := resource.ModifyPlanRequest{
		Config: tfsdk.Config{Raw: config, Schema: k.schema}, State: tfsdk.State{Raw: prior, Schema: k.schema}, Plan: tfsdk.Plan{Raw: proposed, Schema: k.schema},
		Private: kept.Private, Identity: k.identified(identity),
	}
	if req.ClientCapabilities != nil {
		whole.ClientCapabilities.DeferralAllowed = req.ClientCapabilities.DeferralAllowed
	}
	resp := resource.ModifyPlanResponse{Plan: whole.Plan, Private: kept.Private, Identity: k.identified(identity), Diagnostics: diags}
	if !proposed.IsNull() {
		k.planAttributes(ctx, &whole, &resp)
	}
	if modified, ok := made.(resource.ResourceWithModifyPlan); ok && !resp.Diagnostics.HasError() {
		whole.Plan = resp.Plan
		// As in the framework, a resource is not told what the attributes said.
		said := resp.RequiresReplace
		resp.RequiresReplace = path.Paths{}
		modified.ModifyPlan(ctx, whole, &resp)
		resp.RequiresReplace.Append(said...)
		if now := resp.Identity; now != nil && !k.mutable && !prior.IsNull() && !identity.IsFullyNull() && !identity.Equal(now.Raw) {
			resp.Diagnostics.Append(fw.Failed("keep the identity", fmt.Errorf("it was %s and is planned to be %s", identity, now.Raw)))
		}
		if proposed.IsNull() && !resp.Plan.Raw.IsNull() {
			resp.Diagnostics.Append(fw.Failed("plan the removal", errors.New("the planned state is not null")))
		}
	}
	out := &tfprotov6.PlanResourceChangeResponse{
		PlannedState: k.wrap(resp.Plan.Raw, &resp.Diagnostics), PlannedIdentity: k.wrapIdentity(resp.Identity, &resp.Diagnostics),
		RequiresReplace: replacing(ctx, resp.RequiresReplace), Deferred: deferred(resp.Deferred),
	}
	out.PlannedPrivate, problems = kept.close(ctx)
	resp.Diagnostics.Append(problems...)
	out.Diagnostics = diagnostics(ctx, resp.Diagnostics)
	return out
}

// planAttributes sets what a schema says of a plan.
func (k *kind) planAttributes(ctx context.Context, whole *resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	config, errConfig := values(whole.Config.Raw)
	prior, errPrior := values(whole.State.Raw)
	plan, errPlan := values(whole.Plan.Raw)
	if errConfig != nil || errPrior != nil || errPlan != nil {
		resp.Diagnostics.Append(fw.Failed("plan the resource", errors.Join(errConfig, errPrior, errPlan)))
		return
	}
	completed, err := k.complete(ctx, config, prior, plan)
	if err != nil {
		resp.Diagnostics.Append(fw.Failed("plan the resource", err))
		return
	}
	if len(completed) > 0 {
		whole.Plan.Raw = k.with(plan, completed)
		if plan, err = values(whole.Plan.Raw); err != nil {
			resp.Diagnostics.Append(fw.Failed("plan the resource", err))
			return
		}
	}
	resp.Plan = whole.Plan
	modified := map[string]tftypes.Value{}
	for _, a := range k.attributes {
		if a.modify == nil {
			continue
		}
		changed, replace, err := a.modified(ctx, whole, config, prior, plan, &resp.Diagnostics)
		if err != nil {
			resp.Diagnostics.Append(fw.Failed("plan "+a.name, err))
			return
		}
		if !equal(changed, plan[a.name]) {
			modified[a.name] = changed
		}
		if replace {
			resp.RequiresReplace.Append(path.Root(a.name))
		}
	}
	if len(modified) > 0 {
		resp.Plan.Raw = k.with(plan, modified)
	}
}

// with is an object with some values changed.
func (k *kind) with(attributes, changed map[string]tftypes.Value) tftypes.Value {
	all := maps.Clone(attributes)
	maps.Copy(all, changed)
	return tftypes.NewValue(k.object, all)
}

// same reports whether Terraform sent the same twice.
func same(a, b *tfprotov6.DynamicValue) bool {
	return a != nil && b != nil && len(a.MsgPack) > 0 && bytes.Equal(a.MsgPack, b.MsgPack)
}

// equal reports whether two values of one type are the same.
func equal(a, b tftypes.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	return a.Equal(b)
}

// complete sets defaults, takes write-only values out, and makes unknown what is
// computed, if there is a change at all. It returns what is other than in the plan.
func (k *kind) complete(ctx context.Context, config, prior, plan map[string]tftypes.Value) (map[string]tftypes.Value, error) {
	other, changed := map[string]tftypes.Value{}, prior == nil
	for _, a := range k.attributes {
		planned := plan[a.name]
		if a.fallback != nil && config[a.name].IsNull() {
			value, err := a.fallback(ctx)
			if err != nil {
				return nil, err
			}
			planned = value
		}
		if a.writeOnly {
			planned = a.null
		}
		if !equal(planned, plan[a.name]) {
			other[a.name] = planned
		}
		changed = changed || !equal(planned, prior[a.name])
	}
	if !changed {
		return other, nil
	}
	for _, a := range k.attributes {
		if a.computed && a.fallback == nil && config[a.name].IsNull() {
			other[a.name] = a.unknown
		}
	}
	return other, nil
}

// modified is what the plan modifiers of an attribute make of it.
func (a attribute) modified(ctx context.Context, whole *resource.ModifyPlanRequest, config, prior, plan map[string]tftypes.Value, diags *diag.Diagnostics) (tftypes.Value, bool, error) {
	if a.inert && config[a.name].IsNull() && prior[a.name].IsNull() && (plan[a.name].IsNull() || !plan[a.name].IsKnown()) {
		return a.null, false, nil
	}
	given, errGiven := a.value(ctx, config)
	planned, errPlanned := a.value(ctx, plan)
	before, errBefore := a.value(ctx, prior)
	for _, err := range []error{errGiven, errPlanned, errBefore} {
		if err != nil {
			return plan[a.name], false, err
		}
	}
	changed, replace, problems := a.modify(ctx, path.Root(a.name), whole, given, planned, before)
	diags.Append(problems...)
	raw, err := changed.ToTerraformValue(ctx)
	return raw, replace, err
}

// replacing are the paths that require a replacement, each once, in order.
func replacing(ctx context.Context, paths path.Paths) []*tftypes.AttributePath {
	slices.SortFunc(paths, func(a, b path.Path) int { return strings.Compare(a.String(), b.String()) })
	var out []*tftypes.AttributePath
	for i, p := range paths {
		if i == 0 || !p.Equal(paths[i-1]) {
			out = append(out, attributePath(ctx, p))
		}
	}
	return out
}
