package direct

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// result is what came of reading, creating, changing or removing a resource.
type result struct {
	state    tftypes.Value
	identity *tfsdk.ResourceIdentity
	diags    diag.Diagnostics
}

// read reads a resource.
func (k *kind) read(ctx context.Context, made resource.Resource, req *tfprotov6.ReadResourceRequest) *tfprotov6.ReadResourceResponse {
	var diags diag.Diagnostics
	current, identity := k.open(req.CurrentState, &diags), k.openIdentity(req.CurrentIdentity, &diags)
	kept, problems := k.openPrivate(ctx, req.Private)
	if diags.Append(problems...); diags.HasError() {
		return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: req.CurrentIdentity, Diagnostics: diagnostics(ctx, diags)}
	}
	imported := kept.imported()
	asked := resource.ReadRequest{State: tfsdk.State{Raw: current, Schema: k.schema}, Private: kept.Private, Identity: k.identified(identity)}
	if req.ClientCapabilities != nil {
		asked.ClientCapabilities.DeferralAllowed = req.ClientCapabilities.DeferralAllowed
	}
	answer := resource.ReadResponse{State: asked.State, Private: kept.Private, Identity: k.identified(identity), Diagnostics: diags}
	made.Read(ctx, asked, &answer)
	r := result{state: answer.State.Raw, identity: answer.Identity, diags: answer.Diagnostics}
	k.finish(ctx, &r, current, identity, imported, "read")
	out := &tfprotov6.ReadResourceResponse{NewState: k.wrap(r.state, &r.diags), NewIdentity: k.wrapIdentity(r.identity, &r.diags), Deferred: deferred(answer.Deferred)}
	out.Private, problems = kept.close(ctx)
	r.diags.Append(problems...)
	out.Diagnostics = diagnostics(ctx, r.diags)
	return out
}

// apply creates, changes or removes a resource.
func (k *kind) apply(ctx context.Context, made resource.Resource, req *tfprotov6.ApplyResourceChangeRequest) *tfprotov6.ApplyResourceChangeResponse {
	var diags diag.Diagnostics
	config, prior := k.open(req.Config, &diags), k.open(req.PriorState, &diags)
	planned, identity := k.open(req.PlannedState, &diags), k.openIdentity(req.PlannedIdentity, &diags)
	sent := req.PlannedPrivate
	if prior.IsNull() {
		sent = nil
	}
	kept, problems := k.openPrivate(ctx, sent)
	if diags.Append(problems...); diags.HasError() {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PriorState, Private: req.PlannedPrivate, Diagnostics: diagnostics(ctx, diags)}
	}
	c := change{
		kind: k, made: made, private: kept, identity: k.identified(identity),
		config: tfsdk.Config{Raw: config, Schema: k.schema}, plan: tfsdk.Plan{Raw: planned, Schema: k.schema}, prior: tfsdk.State{Raw: prior, Schema: k.schema},
	}
	var r result
	switch {
	case prior.IsNull():
		r = c.create(ctx)
	case planned.IsNull():
		r = c.remove(ctx)
	default:
		r = c.update(ctx)
	}
	out := &tfprotov6.ApplyResourceChangeResponse{NewState: k.wrap(r.state, &r.diags), NewIdentity: k.wrapIdentity(r.identity, &r.diags)}
	if prior.IsNull() || !planned.IsNull() || r.diags.HasError() {
		out.Private, problems = kept.close(ctx)
		r.diags.Append(problems...)
	}
	out.Diagnostics = diagnostics(ctx, r.diags)
	return out
}

// change is one that is to be applied.
type change struct {
	kind     *kind
	made     resource.Resource
	private  *private
	identity *tfsdk.ResourceIdentity
	config   tfsdk.Config
	plan     tfsdk.Plan
	prior    tfsdk.State
}

func (c change) create(ctx context.Context) result {
	resp := resource.CreateResponse{State: c.prior, Private: c.private.Private, Identity: c.kind.identified(c.identity.Raw)}
	c.made.Create(ctx, resource.CreateRequest{Config: c.config, Plan: c.plan, Identity: c.identity}, &resp)
	return c.done(ctx, result{resp.State.Raw, resp.Identity, resp.Diagnostics}, "create")
}

func (c change) update(ctx context.Context) result {
	resp := resource.UpdateResponse{State: c.prior, Private: c.private.Private, Identity: c.kind.identified(c.identity.Raw)}
	c.made.Update(ctx, resource.UpdateRequest{Config: c.config, Plan: c.plan, State: c.prior, Private: c.private.Private, Identity: c.identity}, &resp)
	return c.done(ctx, result{resp.State.Raw, resp.Identity, resp.Diagnostics}, "update")
}

// done looks at what a creation or an update left.
func (c change) done(ctx context.Context, r result, action string) result {
	if r.state.IsNull() && !r.diags.HasError() {
		r.diags.Append(fw.Failed(action+" the resource", errors.New("the provider said that it went well, and gave no state. "+
			"What it made may exist and not be in state, and applying again may make another: look for it, and import it")))
	}
	c.kind.finish(ctx, &r, c.plan.Raw, c.identity.Raw, false, action)
	return r
}

func (c change) remove(ctx context.Context) result {
	resp := resource.DeleteResponse{State: c.prior, Private: c.private.Private, Identity: c.kind.identified(c.identity.Raw)}
	c.made.Delete(ctx, resource.DeleteRequest{State: c.prior, Private: c.private.Private, Identity: c.identity}, &resp)
	if !resp.Diagnostics.HasError() {
		resp.State.RemoveResource(ctx)
		resp.Identity = c.kind.identified(tftypes.NewValue(c.kind.identityObject, nil))
	}
	return result{resp.State.Raw, resp.Identity, resp.Diagnostics}
}

// finish looks after identity, values that mean the same as before, and write-only ones.
func (k *kind) finish(ctx context.Context, r *result, before, identity tftypes.Value, imported bool, action string) {
	switch {
	case r.diags.HasError():
		return
	case r.identity != nil && !k.mutable && !imported && action != "create" && !identity.IsFullyNull() && !identity.Equal(r.identity.Raw):
		r.diags.Append(fw.Failed("keep the identity", fmt.Errorf("it was %s and became %s", identity, r.identity.Raw)))
		return
	case r.identity == nil || r.identity.Raw.IsFullyNull():
		r.diags.Append(fw.Failed(action+" the resource", errors.New("the provider said that it went well, and gave no identity")))
		return
	}
	if r.state.IsNull() {
		return
	}
	old, errOld := values(before)
	state, errState := values(r.state)
	if errOld != nil || errState != nil {
		r.diags.Append(fw.Failed("read what came of it", errors.Join(errOld, errState)))
		return
	}
	changed := map[string]tftypes.Value{}
	for _, a := range k.attributes {
		switch {
		case state[a.name].IsNull():
		case a.writeOnly:
			changed[a.name] = a.null
		case a.semantic && a.same(ctx, old, state, &r.diags):
			changed[a.name] = old[a.name]
		}
	}
	if len(changed) > 0 {
		r.state = k.with(state, changed)
	}
}

// same reports whether a value means what another means, so that the other is kept.
func (a attribute) same(ctx context.Context, old, now map[string]tftypes.Value, diags *diag.Diagnostics) bool {
	before, errBefore := a.value(ctx, old)
	after, errAfter := a.value(ctx, now)
	if errBefore != nil || errAfter != nil {
		diags.Append(diag.WithPath(path.Root(a.name), fw.Failed("compare values", errors.Join(errBefore, errAfter))))
		return false
	}
	if before.IsNull() || before.IsUnknown() || after.IsNull() || after.IsUnknown() {
		return false
	}
	var equal bool
	var problems diag.Diagnostics
	switch now := after.(type) {
	case basetypes.StringValuableWithSemanticEquals:
		if prior, ok := before.(basetypes.StringValuable); ok {
			equal, problems = now.StringSemanticEquals(ctx, prior)
		}
	case basetypes.Float64ValuableWithSemanticEquals:
		if prior, ok := before.(basetypes.Float64Valuable); ok {
			equal, problems = now.Float64SemanticEquals(ctx, prior)
		}
	}
	diags.Append(problems...)
	return equal
}
