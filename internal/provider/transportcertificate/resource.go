package transportcertificate

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Resource implements dcr_transport_certificate.
type Resource struct{ conn *conn.Conn }

var (
	_ resource.ResourceWithConfigure        = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan       = (*Resource)(nil)
	_ resource.ResourceWithImportState      = (*Resource)(nil)
	_ resource.ResourceWithConfigValidators = (*Resource)(nil)
)

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata implements resource.Resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_transport_certificate"
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

func target() diagnose.Target { return diagnose.Directory(nil) }

// Create has the certificate issued. The private key exists before the request
// is sent, so that no answer can leave a certificate without its key.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "have a certificate issued"))
		return
	}
	requestPEM, keyPEM := plan.CSRPEM.ValueString(), types.StringNull()
	if plan.PrivateKey != nil {
		var ok bool
		if requestPEM, keyPEM, ok = r.request(ctx, client, plan, &resp.Diagnostics); !ok {
			return
		}
	}
	certificate, err := client.CreateCertificate(ctx, plan.ApplicationID.ValueString(), plan.Type.ValueString(), requestPEM)
	if err != nil {
		resp.Diagnostics.Append(refused(err, plan))
		return
	}
	problem := plan.apply(certificate)
	plan.PrivateKeyPEM = keyPEM
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	unreadable(problem, &resp.Diagnostics)
}

// request makes the private key and the request for it.
func (r *Resource) request(ctx context.Context, client *directory.Client, plan Model, diags *diag.Diagnostics) (requestPEM string, keyPEM types.String, ok bool) {
	var organisation *directory.Organisation
	if !plan.Subject.complete() {
		var err error
		if organisation, err = client.Organisation(ctx); err != nil {
			diags.Append(target().Diagnostic(err, "read the organisation for the certificate's subject"))
			return "", keyPEM, false
		}
	}
	subject := plan.subject(r.conn.OrganisationID(), organisation)
	if len(subject.Country) != 2 || subject.Organisation == "" {
		diags.AddAttributeError(path.Root("subject"), "The certificate's subject is incomplete",
			fmt.Sprintf("The directory gives the country %q and the name %q for the organisation.\n\nDirectories want a country of two letters and an organization in the subject.\n\nSet subject = { country = \"…\", organization = \"…\" }.", subject.Country, subject.Organisation))
		return "", keyPEM, false
	}
	key, request, err := plan.generate(subject)
	if err != nil {
		diags.AddAttributeError(path.Root("private_key"), "The private key could not be made", err.Error()+".")
		return "", keyPEM, false
	}
	return request, types.StringValue(key), true
}

func unreadable(problem error, diags *diag.Diagnostics) {
	if problem != nil {
		diags.AddWarning("The certificate could not be read in full",
			fmt.Sprintf("%v.\n\nThe certificate was issued and is in state by its kid; attributes that could not be read are null.", problem))
	}
}

// refused words a refusal, and points at the request when that is to blame.
func refused(err error, plan Model) diag.Diagnostic {
	if d, lost := diagnose.Created(err); lost {
		return d
	}
	d := target().Diagnostic(err, "issue the certificate")
	var status *rest.StatusError
	if errors.As(err, &status) && (status.Status == 400 || status.Status == 422) {
		at := path.Root("csr_pem")
		if plan.PrivateKey != nil {
			at = path.Root("subject")
		}
		return diag.WithPath(at, d)
	}
	return d
}

// Read notices what the directory no longer counts as active.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Unrefreshed(err, "read the certificate"))
		return
	}
	certificate, err := client.Certificate(ctx, state.ApplicationID.ValueString(), state.Type.ValueString(), state.KeyID.ValueString())
	if errors.Is(err, directory.ErrGone) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the certificate"))
		return
	}
	if !certificate.Active() {
		resp.Diagnostics.AddWarning("The certificate is no longer active",
			fmt.Sprintf("The directory has certificate %s as %s: it was revoked, or its application was deleted.\n\nIt leaves state, and a new one is planned.", certificate.KeyID, certificate.Status))
		resp.State.RemoveResource(ctx)
		return
	}
	problem := state.apply(certificate)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	unreadable(problem, &resp.Diagnostics)
}

// Update makes no call: what can change in place is how destroying behaves.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan Model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
}

// Delete revokes the certificate, unless the user wants it left alone. One
// that was revoked or removed before is fine.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !state.RevokeOnDestroy.ValueBool() {
		return
	}
	client, err := r.conn.Directory()
	if err == nil {
		err = client.RevokeCertificate(ctx, state.ApplicationID.ValueString(), state.Type.ValueString(), state.KeyID.ValueString(), state.RevokeReason.ValueString())
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "revoke the certificate"))
	}
}

// ImportState takes application_id/type/kid. The private key cannot be
// imported: the directory never had it.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	application, certificateType, keyID, ok := parseImportID(req.ID)
	if !ok {
		resp.Diagnostics.AddError("The import ID is not valid",
			fmt.Sprintf("%q is not of the form application_id/type/kid.\n\nGive, for example,\n  terraform import dcr_transport_certificate.x 3f0c…/rtstransport/SWSVZ7cN…", req.ID))
		return
	}
	for name, value := range map[string]string{"application_id": application, "type": certificateType, "kid": keyID, "id": keyID, "revoke_reason": defaultReason} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("revoke_on_destroy"), true)...)
}

// ModifyPlan checks the request before anything is sent, and replaces the
// certificate when its key or subject changes.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan Model
	resp.Diagnostics.Append(open(ctx, &req.Plan)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		r.lint(plan, &resp.Diagnostics)
		return
	}
	var state Model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// A replacement is planned a second time as a creation, which is where the new request is checked.
	if changed := plan.rekeyed(state); changed != "" {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root(changed))
	} else if fw.Known(plan.CSRPEM) && fw.Known(state.CSRPEM) {
		// The same request in another form is no change.
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("csr_pem"), state.CSRPEM)...)
	}
}

// open replaces an object that is not known as a whole, such as the subject an
// application of the same apply gives, by one of unknown parts, which a Model can hold.
func open(ctx context.Context, plan *tfsdk.Plan) diag.Diagnostics {
	var diags diag.Diagnostics
	for name, parts := range map[string]any{"private_key": unknownKey(), "subject": unknownSubject()} {
		var object types.Object
		diags.Append(plan.GetAttribute(ctx, path.Root(name), &object)...)
		if object.IsUnknown() {
			diags.Append(plan.SetAttribute(ctx, path.Root(name), parts)...)
		}
	}
	return diags
}

// lint reports what a directory would refuse in the user's request.
func (r *Resource) lint(plan Model, diags *diag.Diagnostics) {
	if plan.CSRPEM.IsNull() || plan.CSRPEM.IsUnknown() {
		return
	}
	at := path.Root("csr_pem")
	request, err := pki.ParseRequest(plan.CSRPEM.ValueString())
	if err != nil {
		diags.AddAttributeError(at, "The certificate request cannot be read", fmt.Sprintf("%v.\n\nGive a PKCS#10 request in PEM form, as openssl req -new makes it.", err))
		return
	}
	holder := pki.Holder{ApplicationID: plan.ApplicationID.ValueString()}
	if r.conn != nil {
		holder.OrganisationID = r.conn.OrganisationID()
	}
	for _, finding := range pki.LintRequest(request, pki.RulesFor(plan.Type.ValueString(), holder)) {
		if finding.Advisory {
			diags.AddAttributeWarning(at, "The directory may refuse the certificate request", finding.Message)
			continue
		}
		diags.AddAttributeError(at, "The directory would refuse the certificate request", finding.Message+"\n\nMake the request anew and plan again. Nothing was sent.")
	}
}
