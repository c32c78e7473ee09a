package certification

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

// Resource implements dcr_application_certification.
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
	resp.TypeName = req.ProviderTypeName + "_application_certification"
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// target words errors; the directory's names of members point at attributes.
func target() diagnose.Target {
	return diagnose.Directory(map[string]path.Path{
		"ProfileType": path.Root("profile_type"), "ProfileVariant": path.Root("profile_variant"), "ProfileVersion": path.Root("profile_version"),
		"CertificationURI": path.Root("certification_uri"), "Status": path.Root("status"), "CertificationStartDate": path.Root("start_date"),
	})
}

// ModifyPlan keeps the expiry while nothing changes that the directory might reckon it from.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || len(resp.RequiresReplace) > 0 {
		return
	}
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(target().Preflight(r.conn, "create the certification")...)
		return
	}
	var planned, before types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan, state := newModel(ctx, planned), newModel(ctx, before)
	plan.KeepNumber(state.Object, "profile_version")
	plan.Values["expiration_date"] = state.Values["expiration_date"]
	if plan.differs(state) {
		plan.Values["expiration_date"] = types.StringUnknown()
		resp.Diagnostics.Append(target().Preflight(r.conn, "update the certification")...)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan.Planned())...)
}

// Create publishes the certification.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan := newModel(ctx, object)
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "create the certification"))
		return
	}
	sent := plan.request(directory.Certification{}, Model{})
	created, err := client.CreateCertification(ctx, plan.Text("application_id"), sent)
	if err != nil {
		resp.Diagnostics.Append(refused(ctx, client, plan, sent, err))
		return
	}
	plan.describe(created)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.Own(ctx, resp.Private, r.conn.OrganisationID())...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	if created.Recovered {
		resp.Diagnostics.AddWarning("The answer to the creation of the certification was lost",
			fmt.Sprintf("The directory published certification %s of application %s, but its answer did not arrive. It was found again by its profile, of which there was none before, and nothing was sent twice.", created.ID, plan.Text("application_id")))
	}
}

// refused words a failed creation. That there is one already is told with its
// ID, since taking it over is what the user most likely wants.
func refused(ctx context.Context, client *directory.Client, plan Model, sent directory.Certification, err error) diag.Diagnostic {
	if d, lost := diagnose.Created(err); lost {
		return d
	}
	if absent := diagnose.Absent(ctx, client, plan.Text("application_id"), err, "Nothing was published for it."); absent != nil {
		return absent
	}
	problem := target().Diagnostic(err, "create the certification")
	var status *rest.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusConflict {
		return problem
	}
	id := "its ID"
	if all, err := client.Certifications(ctx, plan.Text("application_id")); err == nil {
		if i := slices.IndexFunc(all, sent.SameProfile); i >= 0 {
			id = all[i].ID
		}
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("profile_type"), "The application has this certification already",
		fmt.Sprintf("%s\n\nAn application has one certification of a type, variant and version, and this one is not managed here. To take it over, run\n  terraform import dcr_application_certification.… %s/%s",
			problem.Detail(), plan.Text("application_id"), id))
}

// Read finds drift. What belongs to an inactive application is gone with it.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, object)
	if resp.Diagnostics.Append(fw.Elsewhere(ctx, req.Private, r.conn.OrganisationID(), "certification")...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Unrefreshed(err, "read the certification"))
		return
	}
	importing := fw.Importing(ctx, req.Private)
	found, err := client.Snapshot().Certification(ctx, state.Text("application_id"), state.Text("id"))
	if errors.Is(err, directory.ErrGone) && importing {
		resp.Diagnostics.Append(target().NotImported(err, "certification", client.ApplicationURL(state.Text("application_id")), r.conn.OrganisationID()))
		return
	}
	if errors.Is(err, directory.ErrGone) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the certification"))
		return
	}
	state.observe(found, importing)
	resp.Diagnostics.Append(resp.State.Set(ctx, state.Resolved())...)
	resp.Diagnostics.Append(fw.Own(ctx, resp.Private, r.conn.OrganisationID())...)
	resp.Diagnostics.Append(fw.DoneImporting(ctx, resp.Private)...)
}

// Update replaces the certification by what it is with the planned changes.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, before types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan, state := newModel(ctx, planned), newModel(ctx, before)
	application, id := state.Text("application_id"), state.Text("id")
	client, err := r.conn.Directory()
	var current *directory.Certification
	if err == nil {
		current, err = client.Certification(ctx, application, id)
	}
	if err == nil {
		current, err = client.UpdateCertification(ctx, application, id, plan.request(*current, state))
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "update the certification"))
		return
	}
	plan.describe(current)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
}

// Delete removes the certification.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, object)
	if resp.Diagnostics.Append(fw.Elsewhere(ctx, req.Private, r.conn.OrganisationID(), "certification")...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err == nil {
		err = client.DeleteCertification(ctx, state.Text("application_id"), state.Text("id"))
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "delete the certification"))
	}
}

// ImportState takes application_id/certification_id.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	application, id, ok := parseImportID(strings.TrimSpace(req.ID))
	if !ok {
		resp.Diagnostics.AddError("The import ID is not valid", fmt.Sprintf("%q is not of the form application_id/certification_id, without white space.\n\nGive both as the directory has them.", req.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("application_id"), application)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(fw.MarkImported(ctx, resp.Private)...)
}
