package softwarestatement

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Resource implements dcr_software_statement.
type Resource struct{ conn *conn.Conn }

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
)

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata implements resource.Resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_software_statement"
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

func target() diagnose.Target { return diagnose.Directory(nil) }

// ModifyPlan makes the statement unknown when a new one will be issued.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	const action = "issue a software statement"
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(target().Preflight(r.conn, action)...)
		return
	}
	var plan, state Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	var differences []string
	resp.Diagnostics.Append(fw.Recall(ctx, req.Private, staleKey, &differences)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.succeeds(state, &resp.Diagnostics)
	if plan.reissued(state) || len(differences) > 0 {
		plan.forget(state)
		resp.Diagnostics.Append(target().Preflight(r.conn, action)...)
	} else {
		plan.keep(state)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// succeeds tells that the statement is to be that of another application: that one is not asked about a
// replacement that -replace wants.
func (m *Model) succeeds(state Model, diags *diag.Diagnostics) {
	if m.ApplicationID.Equal(state.ApplicationID) {
		return
	}
	diags.AddAttributeWarning(path.Root("application_id"), "The software statement is to be another application's",
		fmt.Sprintf("It is that of application %s now. Another application is another software: authorization servers do not move a client from one software to another, so every client that is registered with this statement has to be registered anew, and loses its consents.\n\n"+
			"If the application is replaced by -replace, because it is tainted, or by a change that was not meant, do not apply.", state.ApplicationID.ValueString()))
}

const (
	// staleKey holds, in private state, how the application has changed since the
	// statement was issued, as the last read found it.
	staleKey = "stale"
	// contentKey holds what the application was when the statement was issued,
	// for a statement that does not leave that to application_revision.
	contentKey = "content"
	// pendingKey is set when a statement could not be issued because the application
	// is suspended: it is issued when that is resumed.
	pendingKey = "pending"
)

// Create has the directory issue a statement, which locks the application.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	content, problem, _ := r.issue(ctx, &plan)
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(fw.Own(ctx, resp.Private, r.conn.OrganisationID())...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, contentKey, content)...)
}

// Update has a new statement issued. If that has to wait until the application
// is resumed, the old one stays: an apply that cannot succeed would only keep
// everything else from being applied.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Assertion.IsUnknown() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		return
	}
	content, problem, suspended := r.issue(ctx, &plan)
	if suspended && !state.Assertion.IsNull() {
		plan.keep(state)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, pendingKey, true)...)
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, staleKey, nil)...)
		resp.Diagnostics.AddAttributeWarning(path.Root("assertion"), "The software statement waits for the application",
			"The application is suspended, and directories issue no statement for one that is. The statement from before stays in state.\n\nThe first plan after the application is resumed has a new one issued.")
		return
	}
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, contentKey, content)...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, pendingKey, false)...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, staleKey, nil)...)
}

// issue has a statement issued. What the application is, which later reads
// compare it with, is read before: nothing may come between the directory's
// yes and the state, and a change in between is found all the same. It tells
// when the directory refused because the application is suspended.
func (r *Resource) issue(ctx context.Context, plan *Model) (content directory.Content, problem diag.Diagnostic, suspended bool) {
	id := plan.ApplicationID.ValueString()
	client, err := r.conn.Directory()
	if err == nil && plan.ApplicationRevision.IsNull() {
		content, err = read(ctx, client, id)
	}
	if errors.Is(err, directory.ErrGone) {
		return nil, diagnose.NoApplication(id, "No statement was asked for."), false
	}
	if err != nil {
		return nil, target().Diagnostic(err, "read the application of the software statement"), false
	}
	statement, err := r.conn.Statements.Fetch(ctx, id)
	if err != nil {
		if absent := diagnose.Absent(ctx, client, id, err, "No statement was issued."); absent != nil {
			return nil, absent, false
		}
		problem, suspended = target().Unissued(ctx, r.conn, id, err, "issue a software statement")
		if suspended {
			problem = diag.WithPath(path.Root("application_id"), problem)
		}
		return nil, problem, suspended
	}
	plan.apply(statement)
	return content, nil, false
}

// read reads what a statement may say of an application.
func read(ctx context.Context, client *directory.Client, id string) (directory.Content, error) {
	app, err := client.Application(ctx, id)
	if err != nil {
		return nil, err
	}
	roles, err := client.Roles(ctx, id)
	if err != nil {
		return nil, err
	}
	return directory.NewContent(app, roles), nil
}

// Read looks whether the application still exists and still is what it was
// when the statement was issued. It asks for no statement: that would lock the
// application.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if resp.Diagnostics.Append(fw.Elsewhere(ctx, req.Private, r.conn.OrganisationID(), "software statement")...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Unrefreshed(err, "read the application of the software statement"))
		return
	}
	id := state.ApplicationID.ValueString()
	app, err := client.Snapshot().Application(ctx, id)
	if errors.Is(err, directory.ErrGone) && fw.Importing(ctx, req.Private) {
		resp.Diagnostics.Append(target().NotImported(err, "application", client.ApplicationURL(id), r.conn.OrganisationID()))
		return
	}
	if errors.Is(err, directory.ErrGone) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the application of the software statement"))
		return
	}
	if state.ApplicationLocked.ValueBool() && !app.Locked && !state.Assertion.IsNull() {
		resp.Diagnostics.AddAttributeWarning(path.Root("application_locked"), "The application is not locked any more",
			"Issuing the software statement locked the application, and it is not locked any more: somebody unlocked it, or an update of the application did.\n\nThe next statement locks it again. If none is planned, change triggers to have one issued.")
	}
	resp.Diagnostics.Append(fw.DoneImporting(ctx, resp.Private)...)
	state.ID, state.ApplicationLocked = types.StringValue(id), types.BoolValue(app.Locked)
	r.compare(ctx, client, app, resp)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(fw.Own(ctx, resp.Private, r.conn.OrganisationID())...)
}

// compare finds out whether the application has changed since the statement
// was issued. With application_revision that is the application's business. A
// suspended application gets no statement, so that has to wait.
func (r *Resource) compare(ctx context.Context, client *directory.Client, app *directory.Application, resp *resource.ReadResponse) {
	var before directory.Content
	var pending bool
	resp.Diagnostics.Append(fw.Recall(ctx, resp.Private, contentKey, &before)...)
	resp.Diagnostics.Append(fw.Recall(ctx, resp.Private, pendingKey, &pending)...)
	var found []string
	if before != nil && app.Status != directory.StatusSuspended {
		roles, err := client.Snapshot().Roles(ctx, app.ID)
		if err != nil {
			resp.Diagnostics.Append(target().Diagnostic(err, "read the roles of the application"))
			return
		}
		found = differences(before, directory.NewContent(app, roles))
	}
	if pending && app.Status != directory.StatusSuspended {
		found = append(found, "a statement that was to be issued had to wait until it was resumed")
	}
	if len(found) > 0 {
		resp.Diagnostics.AddAttributeWarning(path.Root("assertion"), "The software statement is stale",
			fmt.Sprintf("Since the statement was issued the application has changed: %s.\n\nA new statement is planned; issuing it locks the application.", strings.Join(found, "; ")))
	}
	if len(found) == 0 {
		// As after issuing: to a plan of the refresh alone, anything else would be a change.
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, staleKey, nil)...)
		return
	}
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, staleKey, found)...)
}

// Delete forgets the statement: the directory has no operation that withdraws
// one. What it can do is unlock the application, where that is wanted.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !state.UnlockOnDestroy.ValueBool() {
		return
	}
	if resp.Diagnostics.Append(fw.Elsewhere(ctx, req.Private, r.conn.OrganisationID(), "software statement")...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err == nil {
		err = unlock(ctx, client, state.ApplicationID.ValueString())
	}
	if err == nil {
		return
	}
	problem := target().Unlock(err, r.conn.KnowsAdministrator())
	resp.Diagnostics.AddAttributeError(path.Root("unlock_on_destroy"), problem.Summary(),
		problem.Detail()+"\n\nTo leave the application locked, set unlock_on_destroy = false, apply, and destroy again.")
}

// unlock unlocks an application that is there and locked.
func unlock(ctx context.Context, client *directory.Client, id string) error {
	app, err := client.Application(ctx, id)
	switch {
	case errors.Is(err, directory.ErrGone):
		return nil
	case err != nil:
		return err
	case !app.Locked:
		return nil
	}
	_, err = client.Unlock(ctx, id)
	return err
}

// ImportState takes the application's ID. It issues nothing; the plan that
// follows shows that a statement will be.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := strings.TrimSpace(req.ID)
	if id == "" {
		resp.Diagnostics.AddError("The import ID is not valid", "It is empty.\n\nGive the application's ID, which the directory calls the software statement ID.")
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("application_id"), id)...)
	resp.Diagnostics.Append(fw.MarkImported(ctx, resp.Private)...)
}
