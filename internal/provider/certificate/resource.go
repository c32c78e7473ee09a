package certificate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Resource implements dcr_transport_certificate, dcr_signing_certificate and dcr_public_key.
type Resource struct {
	conn    *conn.Conn
	flavour flavour
}

var (
	_ resource.ResourceWithConfigure        = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan       = (*Resource)(nil)
	_ resource.ResourceWithImportState      = (*Resource)(nil)
	_ resource.ResourceWithConfigValidators = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig   = (*Resource)(nil)
)

// NewTransport returns dcr_transport_certificate.
func NewTransport() resource.Resource { return &Resource{flavour: transport()} }

// NewSigning returns dcr_signing_certificate.
func NewSigning() resource.Resource { return &Resource{flavour: signing()} }

// NewPublicKey returns dcr_public_key.
func NewPublicKey() resource.Resource { return &Resource{flavour: publicKey()} }

// Metadata implements resource.Resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.flavour.name
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

func target() diagnose.Target { return diagnose.Directory(nil) }

// Create uploads, and stores what the directory made of it.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan := newModel(ctx, r.flavour, object).with(ctx, req.Config)
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "have a "+r.flavour.noun+" issued"))
		return
	}
	sent := r.prepare(ctx, client, plan, &resp.Diagnostics)
	if sent == nil {
		return
	}
	made, err := sent.submit(ctx, client, plan)
	if err != nil {
		resp.Diagnostics.Append(r.refused(ctx, client, plan, err, sent))
		return
	}
	problem := plan.hold(made, sent)
	plan.setPrevious(nil)
	plan.refreshed(r.now(), r.now())
	resp.Diagnostics.Append(resp.State.Set(ctx, plan.Resolved())...)
	resp.Diagnostics.Append(fw.Own(ctx, resp.Private, r.conn.OrganisationID())...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, memory{IssuedAt: r.now()})...)
	r.flavour.unreadable(problem, &resp.Diagnostics)
	plan.warnLifetime(r.now(), &resp.Diagnostics)
}

// hold stores what was made of an upload.
func (m Model) hold(made *directory.Certificate, sent *upload) error {
	m.Values["private_key_pem"] = sent.keyPEM
	if m.flavour.bare && !fw.Known(m.Values["public_key_pem"]) {
		m.set("public_key_pem", sent.publicPEM)
	}
	if problem := m.apply(made); problem != nil {
		return problem
	}
	if key := made.PublicKey(); key != nil && sent.key != nil && !pki.SameKey(key, sent.key) {
		return errors.New("the directory answered with one of another key")
	}
	return nil
}

// Read notices what the directory no longer counts as active, and whether a
// renewal is due. What is not active stays in state, so that a plan shows its
// successor in place of it.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, r.flavour, object)
	if resp.Diagnostics.Append(fw.Elsewhere(ctx, req.Private, r.conn.OrganisationID(), r.flavour.noun)...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Unrefreshed(err, "read the "+r.flavour.noun))
		return
	}
	found, err := client.Snapshot().Certificate(ctx, state.Text("application_id"), state.Text("type"), state.Text("kid"))
	if errors.Is(err, directory.ErrGone) && fw.Importing(ctx, req.Private) {
		resp.Diagnostics.Append(target().NotImported(err, r.flavour.noun, client.ApplicationURL(state.Text("application_id")), r.conn.OrganisationID()))
		return
	}
	if errors.Is(err, directory.ErrGone) {
		resp.Diagnostics.Append(state.missing())
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the "+r.flavour.noun))
		return
	}
	if kind := state.Text("type"); found.Type != "" && !strings.EqualFold(found.Type, kind) {
		resp.Diagnostics.AddError("The directory has it as another type",
			fmt.Sprintf("%s is of the type %q at the directory, and of the type %q here.\n\nAn import with the wrong type could not be revoked. Import it as %s/%s/%s, as the resource for that type.", found.KeyID, found.Type, kind, state.Text("application_id"), found.Type, found.KeyID))
		return
	}
	resp.Diagnostics.Append(fw.DoneImporting(ctx, resp.Private)...)
	r.observe(ctx, client, found, state, req, resp)
}

// observe takes over what the directory has of a certificate.
func (r *Resource) observe(ctx context.Context, client *directory.Client, found *directory.Certificate, state Model, req resource.ReadRequest, resp *resource.ReadResponse) {
	wasActive := !state.inactive()
	problem := state.apply(found)
	if listed, err := client.Snapshot().Certificates(ctx, state.Text("application_id")); err == nil {
		state.prune(listed, r.now())
	}
	var remembered memory
	resp.Diagnostics.Append(fw.Recall(ctx, req.Private, memoryKey, &remembered)...)
	state.refreshed(r.now(), remembered.IssuedAt)
	resp.Diagnostics.Append(resp.State.Set(ctx, state.Resolved())...)
	resp.Diagnostics.Append(fw.Own(ctx, resp.Private, r.conn.OrganisationID())...)
	remembered.Overdue = state.overdue(state, r.now())
	resp.Diagnostics.Append(fw.Remember(ctx, resp.Private, memoryKey, remembered)...)
	r.flavour.unreadable(problem, &resp.Diagnostics)
	if state.inactive() && wasActive {
		resp.Diagnostics.Append(r.inactive(found, state))
	}
}

// inactive tells of what the directory no longer counts as valid. Why it does
// not is nowhere in its answer.
func (r *Resource) inactive(found *directory.Certificate, state Model) diag.Diagnostic {
	detail := fmt.Sprintf("The directory has %s as %s: it was revoked, or expired, or its application was deleted.\n\nIt is of no use any more. A successor is planned in its place, unless it is one that you gave, of which the provider cannot make another.", found.KeyID, found.Status)
	if !r.flavour.bare && state.Text(r.flavour.input()) != "" && state.Values["private_key"].IsNull() {
		detail += " Its key is yours and stays the same: if it was revoked because the key was compromised, change " + r.flavour.input() + " before you apply."
	}
	return diag.NewWarningDiagnostic(fmt.Sprintf("The %s is no longer active", r.flavour.noun), detail)
}

// Delete revokes, unless the user wants it left alone. What was revoked,
// removed or has expired before is fine.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, r.flavour, object)
	if !state.Flag("revoke_on_destroy") {
		return
	}
	if resp.Diagnostics.Append(fw.Elsewhere(ctx, req.Private, r.conn.OrganisationID(), r.flavour.noun)...); resp.Diagnostics.HasError() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "revoke the "+r.flavour.noun))
		return
	}
	reasons := map[string]string{}
	for _, p := range state.previous() {
		reasons[p.KeyID] = supersededReason
	}
	if !state.inactive() {
		reasons[state.Text("kid")] = state.Text("revoke_reason")
	}
	for _, kid := range slices.Sorted(maps.Keys(reasons)) {
		if err := client.RevokeCertificate(ctx, state.Text("application_id"), state.Text("type"), kid, reasons[kid]); err != nil {
			resp.Diagnostics.Append(target().Diagnostic(err, "revoke the "+r.flavour.noun))
		}
	}
}

// ImportState takes application_id/type/kid. A private key cannot be imported:
// the directory never had it.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	application, kind, kid, ok := parseImportID(strings.TrimSpace(req.ID))
	if !ok {
		resp.Diagnostics.AddError("The import ID is not valid",
			fmt.Sprintf("%q is not of the form application_id/type/kid, without white space.\n\nGive, for example,\n  terraform import dcr_%s.x 3f0c…/%s/SWSVZ7cN…", req.ID, r.flavour.name, r.flavour.types[0]))
		return
	}
	for name, value := range map[string]string{"application_id": application, "type": kind, "kid": kid, "id": kid, "revoke_reason": defaultReason, "overlap": defaultOverlap} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("revoke_on_destroy"), true)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("previous"), types.ListValueMust(types.ObjectType{AttrTypes: predecessorTypes()}, nil))...)
	resp.Diagnostics.Append(fw.MarkImported(ctx, resp.Private)...)
}

// missing tells that the directory, which deletes none, has no such certificate any more.
func (m Model) missing() diag.Diagnostic {
	kids := []string{m.Text("kid")}
	for _, p := range m.previous() {
		kids = append(kids, p.KeyID)
	}
	return diag.NewWarningDiagnostic(fmt.Sprintf("The %s is not at the directory any more", m.flavour.noun),
		fmt.Sprintf("The directory answers that application %s has no %s %s, neither active nor inactive, although directories delete none. It leaves state, with its private key and what it replaced, and another is planned. The key IDs were: %s.\n\n"+
			"If the directory is being restored or is not well, do not apply: plan again later. What is there all the same after an apply has to be revoked in the directory's portal.", m.Text("application_id"), m.flavour.noun, m.Text("kid"), strings.Join(kids, ", ")))
}
