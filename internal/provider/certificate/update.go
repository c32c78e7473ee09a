package certificate

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
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
	plan, state := newModel(ctx, r.flavour, planned), newModel(ctx, r.flavour, before)
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
	made, sent, problems := r.issue(ctx, client, plan)
	if made == nil {
		if !r.preventive(ctx, req, state) {
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
	plan.refreshed(r.now())
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	resp.Diagnostics.Append(problems...)
	r.flavour.unreadable(problem, &resp.Diagnostics)
	return true
}

// issue uploads; without a result the diagnostics say why.
func (r *Resource) issue(ctx context.Context, client *directory.Client, plan Model) (*directory.Certificate, *upload, diag.Diagnostics) {
	var diags diag.Diagnostics
	sent := r.prepare(ctx, client, plan, &diags)
	if sent == nil {
		return nil, nil, diags
	}
	made, err := client.CreateCertificate(ctx, plan.Text("application_id"), plan.Text("type"), sent.pem)
	if err != nil {
		diags.Append(r.refused(err, sent.input))
		return nil, nil, diags
	}
	return made, sent, diags
}

// preventive reports whether the update is nothing but a renewal in good time.
func (r *Resource) preventive(ctx context.Context, req resource.UpdateRequest, state Model) bool {
	changed, _ := r.rekeyed(ctx, req, state)
	return state.usable(r.now()) && !changed
}

// needed reports whether a planned successor is still asked for, now that everything is known.
func (r *Resource) needed(ctx context.Context, req resource.UpdateRequest, plan, state Model) bool {
	changed, config := r.rekeyed(ctx, req, state)
	return changed || !state.usable(r.now()) || plan.renews(config, state, r.now())
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
		if !plan.over(p, r.now()) {
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
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
}
