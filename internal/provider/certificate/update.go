package certificate

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Update brings in the successor the plan asks for, and revokes predecessors
// whose overlap has ended. Everything else concerns only how it will behave.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, before types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan, state := newModel(ctx, r.flavour, planned).with(ctx, req.Config), newModel(ctx, r.flavour, before)
	succession, cleaning := plan.Values["kid"].IsUnknown(), plan.Values["previous"].IsUnknown()
	if succession && !r.needed(ctx, req, plan, state) {
		// What was not known when it was planned turned out to be what it was.
		plan.resume(state)
		succession, cleaning = false, plan.overdue(state, r.now())
	}
	var client *directory.Client
	if succession || cleaning {
		var err error
		if client, err = r.conn.Directory(); err != nil {
			resp.Diagnostics.Append(target().Diagnostic(err, "renew the "+r.flavour.noun))
			return
		}
	}
	if succession && !r.succeed(ctx, client, plan, state, req, resp) {
		return
	}
	if !succession {
		plan.setPrevious(state.previous())
		for _, name := range []string{"status", "ready_for_renewal"} {
			// What time has changed since the plan is for the next refresh to show.
			if value, ok := state.Values[name]; ok {
				plan.Values[name] = value
			}
		}
		resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
		resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	}
	if cleaning {
		r.clean(ctx, client, plan, resp)
	}
}

// succeed brings in the successor; false when it could not and that is an error.
// While the predecessor is good and nothing else was asked for, failing is a
// warning: the next plan tries again.
func (r *Resource) succeed(ctx context.Context, client *directory.Client, plan, state Model, req resource.UpdateRequest, resp *resource.UpdateResponse) bool {
	made, sent, problems := r.issue(ctx, client, plan, state)
	if made == nil {
		if !problems.HasError() || !r.preventive(ctx, req, state) || r.local(problems) {
			resp.Diagnostics.Append(problems...)
			return false
		}
		plan.resume(state)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
		postponed(problems, state, &resp.Diagnostics)
		return true
	}
	problem := plan.hold(made, sent)
	plan.succeed(state, r.now())
	plan.refreshed(r.now(), r.now())
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, memory{IssuedAt: r.now()})...)
	resp.Diagnostics.Append(problems...)
	r.flavour.unreadable(problem, &resp.Diagnostics)
	plan.warnLifetime(r.now(), &resp.Diagnostics)
	// With a successor that may be of no use, its predecessor is not revoked yet.
	return problem == nil
}

// issue uploads; without a result the diagnostics say why.
func (r *Resource) issue(ctx context.Context, client *directory.Client, plan, state Model) (*directory.Certificate, *upload, diag.Diagnostics) {
	var diags diag.Diagnostics
	sent := r.prepare(ctx, client, plan, &diags)
	if sent == nil {
		return nil, nil, diags
	}
	if before := takenBack(ctx, client, state, sent); before != nil {
		return before, sent, diags
	}
	made, err := sent.submit(ctx, client, plan)
	if err != nil {
		diags.Append(r.refused(ctx, client, plan, err, sent))
		return nil, nil, diags
	}
	return made, sent, diags
}

// local reports whether what failed would fail for ever: the key or the subject
// that is asked for, and not the directory.
func (r *Resource) local(problems diag.Diagnostics) bool {
	for _, problem := range problems.Errors() {
		if problem.Summary() == keyProblem || problem.Summary() == subjectProblem {
			return true
		}
	}
	return false
}

// takenBack finds a predecessor that is still valid and is asked for again; the
// directory would refuse it as known.
func takenBack(ctx context.Context, client *directory.Client, state Model, sent *upload) *directory.Certificate {
	if !sent.given {
		return nil
	}
	for _, p := range state.previous() {
		held, err := client.Certificate(ctx, state.Text("application_id"), state.Text("type"), p.KeyID)
		if err == nil && held.Active() && (p.KeyID == sent.keyID || sent.keyID == "" && pki.SameKey(held.PublicKey(), sent.key)) {
			return held
		}
	}
	return nil
}

// preventive reports whether the update is nothing but a renewal in good time.
func (r *Resource) preventive(ctx context.Context, req resource.UpdateRequest, state Model) bool {
	changed, _ := r.rekeyed(ctx, req, state)
	return state.usable(r.now()) && !changed
}

// needed reports whether a planned successor is still asked for, now that everything is known.
func (r *Resource) needed(ctx context.Context, req resource.UpdateRequest, plan, state Model) bool {
	changed, config := r.rekeyed(ctx, req, state)
	return changed || state.inactive() || plan.renews(config, state)
}

// rekeyed reports whether the configuration asks for another key or certificate than the state has.
func (r *Resource) rekeyed(ctx context.Context, req resource.UpdateRequest, state Model) (bool, Model) {
	var object types.Object
	if req.Config.Get(ctx, &object).HasError() {
		return true, Model{}
	}
	config := newModel(ctx, r.flavour, object)
	had := func(name string) bool { return fw.Configured(ctx, req.Private, name) }
	return config.rekeyed(state, had) != "", config
}

// resume goes on with the predecessor.
func (m Model) resume(state Model) {
	for name := range m.Values {
		if m.Values[name].IsUnknown() {
			m.Values[name] = state.Values[name]
		}
	}
}

func postponed(problems diag.Diagnostics, state Model, diags *diag.Diagnostics) {
	words := make([]string, 0, len(problems))
	for _, problem := range problems {
		words = append(words, problem.Summary()+"\n\n"+problem.Detail())
	}
	diags.AddWarning("The certificate could not be renewed yet",
		fmt.Sprintf("%s\n\nThe certificate in use, %s, is good until %s. The next plan tries again.", strings.Join(words, "\n\n"), state.Text("kid"), state.Text("not_after")))
}

// clean revokes the predecessors whose overlap has ended. One that cannot be
// revoked stays in the list, for the next plan.
func (r *Resource) clean(ctx context.Context, client *directory.Client, plan Model, resp *resource.UpdateResponse) {
	var left []predecessor
	for _, p := range plan.previous() {
		if !plan.over(p, r.now()) || p.KeyID == plan.Text("kid") {
			left = append(left, p)
			continue
		}
		if err := client.RevokeCertificate(ctx, plan.Text("application_id"), plan.Text("type"), p.KeyID, supersededReason); err != nil {
			left = append(left, p)
			problem := target().Diagnostic(err, "revoke the predecessor "+p.KeyID)
			resp.Diagnostics.AddWarning(problem.Summary(), problem.Detail()+"\n\nIt stays in previous, and the next plan tries again.")
		}
	}
	plan.setPrevious(left)
	var remembered memory
	resp.Diagnostics.Append(fw.Recall(ctx, resp.Private, memoryKey, &remembered)...)
	remembered.Overdue = len(left) > 0 && plan.overdue(plan, r.now())
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, remembered)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
}
