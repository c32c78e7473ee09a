package softwarestatement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	if req.State.Raw.IsNull() || req.Plan.Raw.IsNull() || len(resp.RequiresReplace) > 0 {
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
	if plan.reissued(state) || len(differences) > 0 {
		plan.forget()
	} else {
		plan.keep(state)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

const (
	// staleKey holds, in private state, how the statement in state differs from
	// the application, as the last read found it.
	staleKey = "stale"
	// settledKey holds the differences for which a statement was issued anew. If
	// the new one has them too, they are the directory's way of wording claims,
	// and asking again and again would not change them.
	settledKey = "settled"
)

// Create has the directory issue a statement, which locks the application.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	statement, err := r.conn.Statements.Fetch(ctx, plan.ApplicationID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(target().Statement(err, "issue a software statement"))
		return
	}
	plan.apply(statement)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Update has a new statement issued.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Assertion.IsUnknown() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		return
	}
	statement, err := r.conn.Statements.Fetch(ctx, plan.ApplicationID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(target().Statement(err, "issue a software statement"))
		return
	}
	plan.apply(statement)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	settle(ctx, resp)
}

// settle remembers for which differences the statement was issued.
func settle(ctx context.Context, resp *resource.UpdateResponse) {
	differences, diags := resp.Private.GetKey(ctx, staleKey)
	resp.Diagnostics.Append(diags...)
	if len(differences) > 0 {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, settledKey, differences)...)
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, staleKey, nil)...)
}

// Read looks whether the application still exists and still is what the
// statement says. It asks for no statement: that would lock the application.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Unrefreshed(err, "read the application of the software statement"))
		return
	}
	id := state.ApplicationID.ValueString()
	app, err := client.Snapshot().Application(ctx, id)
	if errors.Is(err, directory.ErrGone) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the application of the software statement"))
		return
	}
	state.ID, state.ApplicationLocked = types.StringValue(id), types.BoolValue(app.Locked)
	if state.ApplicationRevision.IsNull() && !state.Assertion.IsNull() {
		r.compare(ctx, client, state, *app, resp)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// compare finds out whether the application has changed since the statement
// was issued. With application_revision that is the application's business.
func (r *Resource) compare(ctx context.Context, client *directory.Client, state Model, app directory.Application, resp *resource.ReadResponse) {
	roles, err := client.Snapshot().Roles(ctx, app.ID)
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the roles of the application"))
		return
	}
	var settled []string
	resp.Diagnostics.Append(fw.Recall(ctx, resp.Private, settledKey, &settled)...)
	var differences []byte
	found := stale(state.Claims.ValueString(), app, roles)
	isSettled := func(difference string) bool { return slices.Contains(settled, difference) }
	if fresh := slices.DeleteFunc(slices.Clone(found), isSettled); len(fresh) > 0 {
		differences = fw.Marshal(found)
		resp.Diagnostics.AddAttributeWarning(path.Root("assertion"), "The software statement is stale",
			fmt.Sprintf("Since the statement was issued the application has changed: %s.\n\nA new statement is planned; issuing it locks the application.", strings.Join(fresh, "; ")))
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, staleKey, differences)...)
}

// Delete forgets the statement: the directory has no operation that withdraws
// one. What it can do is unlock the application, where that is wanted.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !state.UnlockOnDestroy.ValueBool() {
		return
	}
	client, err := r.conn.Directory()
	if err == nil {
		err = unlock(ctx, client, state.ApplicationID.ValueString())
	}
	if err == nil {
		return
	}
	problem := target().Diagnostic(err, "unlock the application")
	detail := problem.Detail()
	if !r.conn.KnowsAdministrator() {
		detail += "\n\nNo directory.administrator_access_token is configured, so the token for everything else was used. In most deployments only a Super Administrator may unlock."
	}
	resp.Diagnostics.AddAttributeError(path.Root("unlock_on_destroy"), problem.Summary(),
		detail+"\n\nTo leave the application locked, set unlock_on_destroy = false, apply, and destroy again.")
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
	resource.ImportStatePassthroughID(ctx, path.Root("application_id"), req, resp)
}
