package application

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Update changes the application in place, unlocking it first where that is
// needed and wanted. After each of the directory's yeses the state says what
// is true, so that a failure half-way leaves nothing wrong.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, before types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan, state := newModel(ctx, planned), newModel(ctx, before)
	if len(plan.changes(state)) == 0 && !plan.changesRoles(state) {
		plan.keep(state)
		resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
		resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "update the application"))
		return
	}
	roles, err := client.Roles(ctx, state.Text("id"))
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the roles of the application"))
		return
	}
	if !r.unlock(ctx, client, plan, state, resp) {
		return
	}
	// Whatever was fetched before must not be sent any more, even if the answer to what follows is lost.
	r.conn.Statements.Changed(state.Text("id"))
	defer r.conn.Statements.Changed(state.Text("id"))
	app, ok := r.replace(ctx, client, plan, state, active(roles), req, resp)
	if !ok || !plan.changesRoles(state) {
		return
	}
	now, err := setRoles(ctx, client, app.ID, roles, plan.roles())
	plan.Values["roles"] = roleSet(active(now))
	plan.resolve(app, active(now), state)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "change the roles of the application"))
	}
}

// replace sends the changed members and stores the answer. Until the roles are
// changed too, the state has those the application still has.
func (r *Resource) replace(ctx context.Context, client *directory.Client, plan, state Model, roles []directory.Role, req resource.UpdateRequest, resp *resource.UpdateResponse) (*directory.Application, bool) {
	var remembered memory
	if resp.Diagnostics.Append(fw.Recall(ctx, req.Private, memoryKey, &remembered)...); resp.Diagnostics.HasError() {
		return nil, false
	}
	changes := plan.changes(state)
	app, err := put(ctx, client, state.Text("id"), changes)
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "update the application"))
		return nil, false
	}
	saved := newModel(ctx, plan.Planned())
	if plan.changesRoles(state) {
		saved.Values["roles"] = state.Values["roles"]
	}
	saved.resolve(app, roles, state)
	resp.Diagnostics.Append(resp.State.Set(ctx, saved.Resolved())...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, plan.remember(app, remembered, changes))...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	warnings(app, &resp.Diagnostics)
	return app, true
}

// put sends the changed members; a change of roles alone needs none.
func put(ctx context.Context, client *directory.Client, id string, changes directory.Fields) (*directory.Application, error) {
	if len(changes) == 0 {
		return client.Application(ctx, id)
	}
	return client.UpdateApplication(ctx, id, changes)
}

// unlock opens a locked application for a change it does not allow. That it is
// open is in state at once, for the case that the change then fails.
func (r *Resource) unlock(ctx context.Context, client *directory.Client, plan, state Model, resp *resource.UpdateResponse) bool {
	if !plan.needsUnlock(state) {
		return true
	}
	diags := &resp.Diagnostics
	if plan.Text("unlock") != unlockWhenNeeded {
		diags.Append(locked(plan.forbidden(state), state.Text("client_name")))
		return false
	}
	app, err := client.Unlock(ctx, state.Text("id"))
	if err != nil {
		problem := target().Diagnostic(err, "unlock the application")
		detail := problem.Detail()
		if !r.conn.KnowsAdministrator() {
			detail += "\n\nNo directory.administrator_access_token is configured, so the token for everything else was used. In most deployments only a Super Administrator may unlock."
		}
		diags.AddError(problem.Summary(), detail)
		return false
	}
	diags.Append(resp.State.SetAttribute(ctx, path.Root("locked"), false)...)
	if !app.ClientSecret.Empty() {
		state.Values["client_secret"] = types.StringValue(app.ClientSecret.Reveal())
		diags.Append(resp.State.SetAttribute(ctx, path.Root("client_secret"), state.Values["client_secret"])...)
	}
	return true
}

// setRoles makes the wanted roles active and all others inactive, one call for
// each that changes. It returns the roles as they are then, also after a failure.
func setRoles(ctx context.Context, client *directory.Client, id string, have, wanted []directory.Role) ([]directory.Role, error) {
	now := slices.Clone(have)
	for _, role := range wanted {
		at := slices.IndexFunc(now, func(h directory.Role) bool { return sameRole(h, role) })
		if at >= 0 && now[at].Status == directory.StatusActive {
			continue
		}
		added, err := client.AddRole(ctx, id, role)
		if err != nil {
			return now, err
		}
		if at >= 0 {
			now[at] = *added
		} else {
			now = append(now, *added)
		}
	}
	for i, role := range now {
		if role.Status != directory.StatusActive || slices.ContainsFunc(wanted, func(w directory.Role) bool { return sameRole(w, role) }) {
			continue
		}
		if err := client.SetRoleStatus(ctx, id, role.ClaimID, directory.StatusInactive); err != nil {
			return now, err
		}
		now[i].Status = directory.StatusInactive
	}
	return now, nil
}
