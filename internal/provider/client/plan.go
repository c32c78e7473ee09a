package client

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// ModifyPlan decides whether the planned change needs a call at all, and with
// it which of the server's values are unknown.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.State.Raw.IsNull() {
		return
	}
	var before types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := newModel(ctx, before)
	if req.Plan.Raw.IsNull() {
		state.protect("destroys", &resp.Diagnostics)
		return
	}
	var planned, configured types.Object
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &configured)...)
	remembered, diags := recall(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan := newModel(ctx, planned)
	plan.decide(remembered, &resp.Diagnostics)
	if moved := plan.moves(state, remembered); moved != "" {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root(moved))
	}
	if len(resp.RequiresReplace) > 0 {
		// The decision is the configuration's: protection that is being switched off in the same change still counts.
		state.protect("replaces", &resp.Diagnostics)
		return
	}
	plan.settle(state, newModel(ctx, configured))
	if !state.manageable() && plan.sends(state) {
		resp.Diagnostics.Append(unmanageable())
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan.Planned())...)
}

// settle replaces planned values that mean the same as the state's by the
// state's, then decides the computed ones: known while nothing is sent,
// unknown where an answer may change them.
func (m Model) settle(state, config Model) {
	for _, member := range members() {
		m.keepEqual(member, state)
	}
	if sameJSON(m.Values["additional_metadata"], state.Values["additional_metadata"]) {
		m.Values["additional_metadata"] = state.Values["additional_metadata"]
	}
	if fw.Known(m.Values["software_statement"]) && jws.Equivalent(m.Text("software_statement"), state.Text("software_statement")) {
		m.Values["software_statement"] = state.Values["software_statement"]
	}
	for _, name := range learntNames() {
		m.Values[name] = state.Values[name]
	}
	if !m.sends(state) {
		return
	}
	// What an import filled and the configuration does not name is not sent, so the plan says that it goes.
	for _, name := range metadataNames() {
		if config.Values[name].IsNull() {
			m.Values[name] = fw.NullOf(m.Types[name])
		}
	}
	m.Values["client_secret"] = types.StringUnknown()
	m.Values["client_secret_expires_at"] = types.Int64Unknown()
	m.Values["registration_access_token"] = types.StringUnknown()
	m.Values["registered_metadata"] = jsontypes.NewNormalizedUnknown()
}

// sends reports whether the planned change has to be sent to the server.
// Changing how the provider connects or behaves is not.
func (m Model) sends(state Model) bool {
	return fw.Changed(m.Values, state.Values, append(metadataNames(), "software_statement", "triggers")...)
}

func metadataNames() []string {
	names := []string{"additional_metadata"}
	for _, member := range members() {
		names = append(names, member.name)
	}
	return names
}

func (m Model) keepEqual(member member, state Model) {
	planned, ok := fw.Encode(m.Values[member.name])
	current, known := fw.Encode(state.Values[member.name])
	if ok && known && dcr.Equal(member.name, planned, current) {
		m.Values[member.name] = state.Values[member.name]
	}
}

func sameJSON(a, b attr.Value) bool {
	x, okX := a.(jsontypes.Normalized)
	y, okY := b.(jsontypes.Normalized)
	if !okX || !okY || !fw.Known(x) || !fw.Known(y) {
		return false
	}
	return dcr.Equal("additional_metadata", fw.Compact(x.ValueString()), fw.Compact(y.ValueString()))
}

// moves names the attribute that, by switching between issuer and
// registration_endpoint, sends the client to another server. Changes of the
// same attribute are the business of its own plan modifier.
func (m Model) moves(state Model, remembered memory) string {
	endpoint := m.Values["registration_endpoint"]
	if state.Values["registration_endpoint"].IsNull() && fw.Known(endpoint) && remembered.Endpoint != "" &&
		m.Text("registration_endpoint") != remembered.Endpoint && !state.Values["issuer"].IsNull() && m.Values["issuer"].IsNull() {
		return "registration_endpoint"
	}
	issuer := m.Values["issuer"]
	if state.Values["issuer"].IsNull() && fw.Known(issuer) && endpoint.IsNull() && !state.Values["registration_endpoint"].IsNull() {
		if origin, err := rest.Origin(m.Text("issuer")); err != nil || !slices.Contains(remembered.Origins, origin) && !sameHost(m.Text("issuer"), remembered.Endpoint) {
			return "issuer"
		}
	}
	return ""
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Hostname() != "" && x.Hostname() == y.Hostname()
}

func (m Model) protect(what string, diags *diag.Diagnostics) {
	if m.Flag("deletion_protection") {
		diags.AddAttributeError(path.Root("deletion_protection"), "The client is protected from deletion",
			fmt.Sprintf("The plan %s the registration of client_id %q, which has deletion_protection = true.\n\n"+
				"A new registration has a new client_id, and every consent given to the old one is lost.\n\n"+
				"If that is intended, set deletion_protection = false, apply that change alone, then plan again.", what, m.Text("client_id")))
	}
}

func unmanageable() diag.Diagnostic {
	return diag.NewErrorDiagnostic("The registration cannot be updated",
		"At creation the authorization server gave no registration access token and no registration_client_uri, so RFC 7592 management is not possible.\n\n"+
			"The planned change would have to be made by the server's operator.\n\n"+
			"Have it made there and undo it here with lifecycle { ignore_changes = […] }, or replace the client with terraform apply -replace, which registers a new client_id.")
}
