package application

import (
	"cmp"
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
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Resource implements dcr_application.
type Resource struct{ conn *conn.Conn }

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithMoveState      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
)

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata implements resource.Resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application"
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// target words errors; the directory's names of members point at attributes.
func target() diagnose.Target {
	fields := map[string]path.Path{"Roles": path.Root("roles"), "AuthorisationDomain": path.Root("roles"), statusMember: path.Root("status")}
	for name, member := range members() {
		fields[member] = path.Root(name)
	}
	return diagnose.Directory(fields)
}

// Create creates the application. Once the directory said yes nothing fails
// any more: an error would taint the application, and the next apply would
// create another.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan := newModel(ctx, object)
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "create the application"))
		return
	}
	// Read first, because nothing may come between the directory's yes and the state.
	organisation, err := client.Organisation(ctx)
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the organisation"))
		return
	}
	if problem, _ := plan.lookUpFlags(ctx, client, Model{}, nil); problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	sent := plan.request()
	app, err := client.CreateApplication(ctx, sent)
	if err != nil {
		resp.Diagnostics.Append(created(err))
		return
	}
	wantedID := plan.Values["client_id"]
	plan.describe(app, plan.roles(), 0)
	if fw.Known(wantedID) {
		plan.Values["client_id"] = wantedID
	}
	plan.place(client)
	plan.subject(r.conn.OrganisationID(), organisation)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, plan.remember(app, memory{}, sent))...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	warnings(app, &resp.Diagnostics)
	ignoredID(plan, app, &resp.Diagnostics)
	r.complete(ctx, client, plan, resp)
}

func created(err error) diag.Diagnostic {
	if d, lost := diagnose.Created(err); lost {
		return d
	}
	return target().Diagnostic(err, "create the application")
}

// complete does what a creation cannot: it suspends, and makes sure of the
// roles. What fails is a warning; the next plan shows it.
func (r *Resource) complete(ctx context.Context, client *directory.Client, plan Model, resp *resource.CreateResponse) {
	id := plan.Text("id")
	warn := func(err error, action string) {
		problem := target().Diagnostic(err, action)
		resp.Diagnostics.AddWarning("The application was created, but not completed", problem.Summary()+"\n\n"+problem.Detail()+"\n\nThe application is in state; the next plan shows what is left to do.")
	}
	if wanted := plan.roles(); len(wanted) > 0 {
		if roles, err := client.Roles(ctx, id); err != nil {
			warn(err, "read the roles of the application")
		} else if _, err := setRoles(ctx, client, id, roles, wanted); err != nil {
			warn(err, "give the application its roles")
		}
	}
	if plan.Text("status") == directory.StatusSuspended {
		app, err := client.UpdateApplication(ctx, id, directory.Fields{statusMember: directory.StatusSuspended})
		if err != nil {
			warn(err, "suspend the application")
		} else if !app.ClientSecret.Empty() {
			// Told once: the first may not be good any more.
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("client_secret"), app.ClientSecret.Reveal())...)
		}
	}
}

// Read finds drift. An inactive application is one that was deleted.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var object types.Object
	var remembered memory
	resp.Diagnostics.Append(req.State.Get(ctx, &object)...)
	resp.Diagnostics.Append(fw.Recall(ctx, req.Private, memoryKey, &remembered)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, object)
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Unrefreshed(err, "read the application"))
		return
	}
	if r.elsewhere(state, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	importing := fw.Importing(ctx, req.Private)
	app, err := client.Snapshot().Application(ctx, state.Text("id"))
	if errors.Is(err, directory.ErrGone) && importing {
		resp.Diagnostics.Append(target().NotImported(err, "application", client.ApplicationURL(state.Text("id")), r.conn.OrganisationID()))
		return
	}
	if errors.Is(err, directory.ErrGone) {
		state.gone(ctx, resp)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the application"))
		return
	}
	roles, err := client.Snapshot().Roles(ctx, app.ID)
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the roles of the application"))
		return
	}
	explainLost(ctx, client, state, active(roles), &resp.Diagnostics)
	failedUpdate(app, &resp.Diagnostics)
	state.observe(app, roles, remembered, importing)
	state.place(client)
	remembered.Protected = state.Flag("deletion_protection")
	remembered.Overdue = state.Text("revision") != revision(app, active(roles), remembered.Unlocked)
	if importing {
		if r.adopt(ctx, client, app, state, &resp.Diagnostics); resp.Diagnostics.HasError() {
			return
		}
		remembered.Flags = nil
	}
	if len(app.Flags) > 0 && len(remembered.Flags) == 0 && fw.Known(state.Values["flags"]) {
		remembered.Flags = importedFlags(ctx, client, app)
		state.Values["flags"] = flagWords(identifiers(app.Flags), remembered.Flags)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state.Resolved())...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, remembered)...)
	resp.Diagnostics.Append(fw.DoneImporting(ctx, resp.Private)...)
}

// adopt fills what only an import has to be told.
func (r *Resource) adopt(ctx context.Context, client *directory.Client, app *directory.Application, state Model, diags *diag.Diagnostics) {
	organisation, err := client.Organisation(ctx)
	if err != nil {
		diags.Append(target().Diagnostic(err, "read the organisation"))
		return
	}
	state.subject(r.conn.OrganisationID(), organisation)
	state.Values["flags"] = flagWords(identifiers(app.Flags), nil)
}

// elsewhere refuses to look for an application in an organisation that is not
// its own: that it is not found there does not mean that it is gone.
func (r *Resource) elsewhere(state Model, diags *diag.Diagnostics) {
	owner, configured := state.Text("organisation_id"), r.conn.OrganisationID()
	if owner == "" || configured == "" || strings.EqualFold(owner, configured) {
		return
	}
	diags.AddAttributeError(path.Root("organisation_id"), "The application belongs to another organisation",
		fmt.Sprintf("Application %s is one of organisation %s, and the provider's directory.organisation_id is %s. Nothing was sent.\n\n"+
			"Set directory.organisation_id to the application's organisation, or use a provider configuration of its own for it. To have Terraform forget the application, which keeps it in the directory, run terraform state rm.", state.Text("id"), owner, configured))
}

// Delete makes the application inactive, which is as far as directories go.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, object)
	state.protect(&resp.Diagnostics)
	r.elsewhere(state, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err == nil {
		err = client.DeleteApplication(ctx, state.Text("id"))
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "delete the application"))
	}
}

// ImportState takes the application's ID.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if strings.TrimSpace(req.ID) == "" {
		resp.Diagnostics.AddError("The import ID is not valid", "Give the application's ID, which the directory calls the software statement ID.")
		return
	}
	resp.Diagnostics.Append(taken(ctx, strings.TrimSpace(req.ID), &resp.State, resp.Private)...)
}

// ignoredID tells that the directory gave another client ID than the wanted one.
func ignoredID(plan Model, app *directory.Application, diags *diag.Diagnostics) {
	if got := app.ClientID; got != "" && got != plan.Text("client_id") {
		diags.AddAttributeWarning(path.Root("client_id"), "The directory gave another client ID",
			fmt.Sprintf("Wanted was %q, and the directory gave %q: it may not take client IDs from its participants.\n\nIt has the directory's. Remove client_id from the configuration.", plan.Text("client_id"), got))
	}
}

// warnings passes on the directory's own.
func warnings(app *directory.Application, diags *diag.Diagnostics) {
	for _, w := range app.OperationWarnings {
		diags.AddAttributeWarning(path.Root("logo_uri"), "The directory warns about the application",
			fmt.Sprintf("%s.\n\nThe application was saved; the directory may have used a placeholder for the logo.", rest.Words(w)))
	}
	if app.Recovered {
		diags.AddWarning("The answer to the creation of the application was lost",
			fmt.Sprintf("The directory created application %q as %s, but its answer did not arrive. The application was found again by its name, its redirect URIs and the time of its creation, and nothing was sent twice.\n\n"+
				"What the directory tells once was in that answer: with token_endpoint_auth_method = \"client_secret_basic\" the client_secret is unknown. To get another, change the method and change it back.", app.ClientName, app.ID))
	}
	failedUpdate(app, diags)
}

// failedUpdate tells that the application is in a failed update state, which it may get
// into after the answer to the update.
func failedUpdate(app *directory.Application, diags *diag.Diagnostics) {
	if app.UpdateFailed {
		diags.AddWarning("The directory could not pass the application on", fmt.Sprintf("It says UpdateFailed: %s.\n\nApplication %q was saved; ask the directory's operator if it is not usable.", cmp.Or(rest.Words(app.UpdateFailedReason), "no reason given"), app.ClientName))
	}
}

const deletedSummary = "The application was deleted at the directory"

// gone tells that somebody deleted the application: another in its place is another
// software, to which no client follows.
func (m Model) gone(ctx context.Context, resp *resource.ReadResponse) {
	told := fmt.Sprintf("Application %q (%s) is not in the directory any more, or inactive, which is as far as it deletes.\n\n"+
		"Another one is another software: it has another software ID, its certificates and statements are new, and authorization servers do not move a client from one software to another, so every client has to be registered anew and loses its consents. ", m.Text("client_name"), m.Text("id"))
	if m.Flag("deletion_protection") {
		resp.Diagnostics.AddAttributeError(path.Root("deletion_protection"), deletedSummary,
			told+"Because of deletion_protection = true, the plan stops here, and state was kept.\n\n"+
				"Ask the directory's operator, who alone may be able to bring it back. If it is gone for good, run terraform state rm with the address of this resource, and plan again.")
		return
	}
	resp.Diagnostics.AddWarning(deletedSummary,
		told+"The plan creates another.\n\nAsk the directory's operator first, who alone may be able to bring it back. deletion_protection = true stops a plan here.")
	resp.State.RemoveResource(ctx)
}
