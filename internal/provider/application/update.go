package application

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
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
	var remembered memory
	if resp.Diagnostics.Append(fw.Recall(ctx, req.Private, memoryKey, &remembered)...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil && plan.sends(state) {
		resp.Diagnostics.Append(target().Diagnostic(err, "update the application"))
		return
	}
	if err == nil {
		if problem, _ := plan.lookUpFlags(ctx, client, state, remembered.Flags); problem != nil {
			resp.Diagnostics.Append(problem)
			return
		}
	}
	if !plan.sends(state) {
		r.keep(ctx, plan, state, remembered, req, resp)
		return
	}
	u := &update{resource: r, client: client, plan: plan, state: state, remembered: remembered, req: req, resp: resp}
	if !u.read(ctx) || !u.unlock(ctx) {
		return
	}
	// Whatever was fetched before must not be sent any more, even if the answer to what follows is lost.
	r.conn.Statements.Changed(state.Text("id"))
	defer r.conn.Statements.Changed(state.Text("id"))
	if u.replace(ctx) && plan.changesRoles(state) {
		u.setRoles(ctx)
	}
}

// keep stores an update that needs no call: of the provider's own attributes,
// or of how flags are written.
func (r *Resource) keep(ctx context.Context, plan, state Model, remembered memory, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	remembered.Flags = plan.flagWording(remembered.Flags)
	plan.keep(state)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, remembered)...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
}

// sends reports whether the planned update needs the directory at all.
func (m Model) sends(state Model) bool {
	return len(m.changes(state)) > 0 || m.changesRoles(state)
}

// update is one update under way.
type update struct {
	resource *Resource
	client   *directory.Client
	plan     Model
	state    Model
	req      resource.UpdateRequest
	resp     *resource.UpdateResponse

	// current is the application as it is now, which others may have changed since the plan.
	current  *directory.Application
	roles    []directory.Role
	unlocked bool
	// refused is set when the directory refused a change that a lock usually allows.
	refused bool

	remembered memory
}

func (u *update) fail(d diag.Diagnostic) bool {
	if u.unlocked {
		at := path.Root("unlock")
		if anchored, ok := d.(diag.DiagnosticWithPath); ok {
			at = anchored.Path()
		}
		d = diag.NewAttributeErrorDiagnostic(at, d.Summary(), d.Detail()+
			"\n\nThe application was unlocked for this change, and stays so until the next software statement, which others may have asked for meanwhile. Apply again to go on from here, or revert the change and apply: either has a statement issued that locks it, if dcr_software_statement has its application_revision.")
	}
	u.resp.Diagnostics.Append(d)
	return false
}

// read reads what the update starts from.
func (u *update) read(ctx context.Context) bool {
	id := u.state.Text("id")
	var err error
	if u.current, err = u.client.Application(ctx, id); err != nil {
		return u.fail(target().Diagnostic(err, "update the application"))
	}
	if u.roles, err = u.client.Roles(ctx, id); err != nil {
		return u.fail(target().Diagnostic(err, "read the roles of the application"))
	}
	return true
}

// unlock opens a locked application for a change it does not allow. That it is
// open is in state at once, for the case that the change then fails.
func (u *update) unlock(ctx context.Context) bool {
	attribute := u.plan.forbidden(u.state)
	if !u.current.Locked || attribute == "" {
		return true
	}
	return u.open(ctx, locked(attribute, u.state.Text("client_name")))
}

// open unlocks if the configuration wants that, and otherwise fails with why it is needed.
func (u *update) open(ctx context.Context, refusal diag.Diagnostic) bool {
	if u.plan.Text("unlock") != unlockWhenNeeded {
		return u.fail(refusal)
	}
	app, err := u.client.Unlock(ctx, u.state.Text("id"))
	if err != nil {
		var status *rest.StatusError
		if !errors.As(err, &status) || status.Status >= http.StatusInternalServerError {
			// It may be open all the same, and then only another statement locks it.
			u.remembered.Unlocked++
			u.resp.Diagnostics.Append(fw.Remember(ctx, u.resp.Private, memoryKey, u.remembered)...)
		}
		return u.fail(target().Unlock(err, u.resource.conn.KnowsAdministrator()))
	}
	u.current, u.unlocked = app, true
	u.remembered.Unlocked++
	u.resp.Diagnostics.Append(fw.Remember(ctx, u.resp.Private, memoryKey, u.remembered)...)
	u.resp.Diagnostics.Append(u.resp.State.SetAttribute(ctx, path.Root("locked"), false)...)
	if !app.ClientSecret.Empty() {
		u.state.Values["client_secret"] = types.StringValue(app.ClientSecret.Reveal())
		u.resp.Diagnostics.Append(u.resp.State.SetAttribute(ctx, path.Root("client_secret"), u.state.Values["client_secret"])...)
	}
	return true
}

// replace sends the changed members and stores the answer. Until the roles are
// changed too, the state has those the application still has.
func (u *update) replace(ctx context.Context) bool {
	changes := u.plan.changes(u.state)
	app, err := u.put(ctx, changes)
	if u.lockedOut(err) {
		if !u.open(ctx, u.hinted(err, "Set unlock = \"when_needed\", or have a Super Administrator unlock the application.")) {
			return false
		}
		u.refused = true
		app, err = u.put(ctx, changes)
	}
	if err != nil && u.mayBeLock(err) {
		next := "If that is why, have a Super Administrator unlock the application."
		if u.plan.Text("unlock") == unlockWhenNeeded {
			next = "The answer does not say that this is why, so it was not unlocked. " + next
		}
		return u.fail(u.hinted(err, next))
	}
	if err != nil {
		return u.fail(target().Diagnostic(err, "update the application"))
	}
	saved := newModel(ctx, u.plan.Planned())
	if u.plan.changesRoles(u.state) {
		saved.Values["roles"] = u.state.Values["roles"]
	}
	saved.resolve(app, active(u.roles), u.state, u.remembered.Unlocked)
	u.resp.Diagnostics.Append(u.resp.State.Set(ctx, saved.Resolved())...)
	u.resp.Diagnostics.Append(fw.Remember(ctx, u.resp.Private, memoryKey, u.plan.remember(app, u.remembered, changes))...)
	// The roles come later, and if that fails, their removal has still to be planned.
	var later []string
	if u.plan.changesRoles(u.state) {
		later = []string{"roles"}
	}
	u.resp.Diagnostics.Append(fw.MarkConfigured(ctx, u.resp.Private, u.req.Config, later...)...)
	warnings(app, &u.resp.Diagnostics)
	ignoredID(u.plan, app, &u.resp.Diagnostics)
	u.unplanned(app)
	kept(u.current, app, changes, &u.resp.Diagnostics)
	u.current = app
	return true
}

// unplanned tells of what the plan did not show: an unlock that this directory
// turned out to need, and a secret that was told in an answer that got lost.
func (u *update) unplanned(app *directory.Application) {
	if u.unlocked && fw.Known(u.plan.Values["revision"]) {
		why := "The application was locked when the change was made, and was unlocked for it."
		if u.refused {
			why = "This directory refused a change that others allow while an application is locked, and the application was unlocked for it."
		}
		u.resp.Diagnostics.AddAttributeWarning(path.Root("unlock"), "The application had to be unlocked",
			why+" The next plan has another software statement issued, which locks it again, if dcr_software_statement has its application_revision; for a suspended application it waits until that is resumed.")
	}
	const method = "token_endpoint_auth_method"
	if app.ClientSecret.Empty() && app.TokenEndpointAuthMethod != nil && *app.TokenEndpointAuthMethod == secretMethod && u.plan.differs(u.state, method) {
		u.resp.Diagnostics.AddAttributeWarning(path.Root("client_secret"), "The directory told no client secret",
			fmt.Sprintf("The application now has %s = %q, and no answer with its client_secret arrived: directories tell it once.\n\nTo get another, change the method and change it back.", method, secretMethod))
	}
}

// kept tells of members that were removed and that the directory has as before:
// a replacement that leaves them out does not clear them everywhere.
func kept(before, after *directory.Application, changes directory.Fields, diags *diag.Diagnostics) {
	var names []string
	for _, f := range append(fields(), field{name: "additional_metadata", json: extraMember}) {
		change, removed := changes[f.json]
		hasDefault := f.kind == fw.Flag || len(f.allowed) > 0
		if removed && change == nil && !hasDefault && !fw.SameJSON(after.Raw[f.json], nil) && fw.SameJSON(after.Raw[f.json], before.Raw[f.json]) {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	diags.AddAttributeWarning(path.Root(names[0]), "The directory kept what was removed",
		fmt.Sprintf("The update left out %s, and the directory has the values from before: it merges updates instead of replacing by them.\n\nThey are no longer managed here. To clear one, set it to another value, or have it cleared in the directory's portal.", strings.Join(names, ", ")))
}

// put sends the changed members; a change of roles alone needs none.
func (u *update) put(ctx context.Context, changes directory.Fields) (*directory.Application, error) {
	if len(changes) == 0 {
		return u.current, nil
	}
	return u.client.ReplaceApplication(ctx, u.current, changes)
}

// hinted words a refusal that a lock may explain.
func (u *update) hinted(err error, next string) diag.Diagnostic {
	refusal := target().Diagnostic(err, "update the application")
	return diag.NewErrorDiagnostic(refusal.Summary(), refusal.Detail()+
		"\n\nThe application is locked, and this directory may allow less than others while it is. "+next)
}

// mayBeLock reports a refusal that a lock may explain although the change is one
// that locked applications usually allow.
func (u *update) mayBeLock(err error) bool {
	var status *rest.StatusError
	if !errors.As(err, &status) || !u.current.Locked || u.unlocked {
		return false
	}
	return slices.Contains([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusLocked}, status.Status)
}

// lockedOut reports a refusal that speaks of the lock. Any other may be about a scope or a
// value, and the application would be open to everybody for nothing.
func (u *update) lockedOut(err error) bool {
	var status *rest.StatusError
	return u.mayBeLock(err) && errors.As(err, &status) &&
		(status.Status == http.StatusLocked || regexp.MustCompile(`(?i)\b(un)?lock`).MatchString(strings.Join(append(status.Messages, status.Code, status.Description), " ")))
}

// setRoles changes the roles and stores what they are then, also after a failure.
func (u *update) setRoles(ctx context.Context) {
	now, err := setRoles(ctx, u.client, u.current.ID, u.roles, u.plan.roles())
	saved := newModel(ctx, u.plan.Planned())
	saved.Values["roles"] = roleSet(active(now))
	saved.resolve(u.current, active(now), u.state, u.remembered.Unlocked)
	u.resp.Diagnostics.Append(u.resp.State.Set(ctx, saved.Resolved())...)
	if err != nil {
		problem := target().Diagnostic(err, "change the roles of the application")
		u.fail(diag.NewAttributeErrorDiagnostic(path.Root("roles"), problem.Summary(),
			strings.ReplaceAll(problem.Detail(), "Nothing was changed at the server.", "This role was not changed.")+"\n\nWhat was changed before it, other attributes included, is in state. Apply again to go on."))
		return
	}
	u.resp.Diagnostics.Append(fw.MarkConfigured(ctx, u.resp.Private, u.req.Config)...)
}
