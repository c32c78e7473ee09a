package client

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// ModifyPlan decides whether the planned change needs a call at all, and with
// it which of the server's values are unknown.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	remembered, diags := recall(ctx, req.Private)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		r.planCreate(ctx, req, remembered, resp)
		return
	}
	state := modelOf(ctx, req.State.Schema, req.State.Raw, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r.journalKnown(state)
	if req.Plan.Raw.IsNull() {
		state.protect("destroys", &resp.Diagnostics)
		r.checkRemoval(state, remembered, &resp.Diagnostics)
		return
	}
	r.checkOthers(state, remembered, &resp.Diagnostics)
	plan := modelOf(ctx, req.Plan.Schema, req.Plan.Raw, &resp.Diagnostics).given(ctx, req.Config)
	config := modelOf(ctx, req.Config.Schema, req.Config.Raw, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	state.unrequested(plan, remembered)
	plan.decide(state, remembered, r.now(), &resp.Diagnostics)
	if moved := plan.relocates(state, remembered); len(moved) > 0 && !r.misnamed(ctx, state, plan, remembered, moved[0], &resp.Diagnostics) {
		if resp.Diagnostics.HasError() {
			return
		}
		resp.RequiresReplace = append(resp.RequiresReplace, moved...)
		// Protection that is being switched off in the same change still counts.
		state.protect("replaces", &resp.Diagnostics)
		r.checkRemoval(state, remembered, &resp.Diagnostics)
		r.departs(ctx, state, plan, req.Config, &resp.Diagnostics)
		return
	}
	r.checkPlace(ctx, state, plan, remembered, &resp.Diagnostics)
	r.planUpdate(ctx, state, plan, config, remembered, req, resp)
}

// planUpdate looks at what changes in place.
func (r *Resource) planUpdate(ctx context.Context, state, plan, config Model, remembered memory, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.conn != nil {
		plan.risks(state, remembered, r.conn.Journal, &resp.Diagnostics)
	}
	plan.settle(state, config, remembered)
	if plan.renews(state, remembered, r.now(), &resp.Diagnostics) {
		plan.dropImported(config)
		plan.unlearn()
	}
	if plan.sends(state) {
		if !plan.known(state).manageable() {
			resp.Diagnostics.Append(state.unmanageable())
		}
		r.check(ctx, plan, req.Config, "update the client", &resp.Diagnostics)
		if remembered.Adopted {
			plan.omits(state, config, plan.claims(ctx, req.Config), &resp.Diagnostics)
		}
	}
	resp.Diagnostics.Append(plan.IntoPlan(ctx, &resp.Plan)...)
}

// planCreate looks at a client that is to be registered, also in place of one that is replaced.
func (r *Resource) planCreate(ctx context.Context, req resource.ModifyPlanRequest, remembered memory, resp *resource.ModifyPlanResponse) {
	r.checkReplacement(remembered, &resp.Diagnostics)
	if remembered.Protected {
		protected("replaces a registration", &resp.Diagnostics)
	}
	plan := modelOf(ctx, req.Plan.Schema, req.Plan.Raw, &resp.Diagnostics).given(ctx, req.Config)
	if resp.Diagnostics.HasError() {
		return
	}
	r.checkLeft(&resp.Diagnostics)
	r.foresee(ctx, plan, &resp.Diagnostics)
	r.check(ctx, plan, req.Config, "register the client", &resp.Diagnostics)
}

// check looks at what a registration or an update would be sent with.
func (r *Resource) check(ctx context.Context, plan Model, config tfsdk.Config, action string, diags *diag.Diagnostics) {
	r.checkJournal(diags)
	r.checkSigning(plan, diags)
	if r.checkIdentity(plan, action, diags) {
		r.advise(ctx, plan, config, diags)
	}
}

// settle replaces planned values that mean the same as the state's by the
// state's, then decides the computed ones: known while nothing is sent,
// unknown where an answer may change them.
func (m Model) settle(state, config Model, remembered memory) {
	for _, member := range members() {
		m.keepEqual(member, state, remembered)
	}
	if same(m.Values["additional_metadata"], state.Values["additional_metadata"], fw.SameJSON) {
		m.Values["additional_metadata"] = state.Values["additional_metadata"]
	}
	given := m.Values["software_statement"]
	if fw.Known(given) && jws.Equivalent(m.Text("software_statement"), state.Text("software_statement")) {
		m.Values["software_statement"] = state.Values["software_statement"]
	}
	for _, name := range learntNames() {
		m.Values[name] = state.Values[name]
	}
	m.locate(remembered)
	if !m.sends(state) {
		return
	}
	// A fresh statement alone is no change; when something is sent, it is the fresh one.
	m.Values["software_statement"] = given
	m.dropImported(config)
	m.unlearn()
}

// dropImported says that what an import filled and the configuration does not
// name goes, because it is not sent. While something is unknown, it may turn
// out that nothing is sent at all.
func (m Model) dropImported(config Model) {
	certain := true
	for _, name := range sentNames() {
		certain = certain && m.FullyKnown(name)
	}
	for _, name := range metadataNames() {
		switch {
		case !config.Values[name].IsNull() || m.Values[name].IsNull():
		case certain:
			m.Values[name] = fw.NullOf(m.Types[name])
		default:
			m.Values[name] = fw.UnknownOf(m.Types[name])
		}
	}
}

// sends reports whether the planned change has to be sent to the server.
// Changing how the provider connects or behaves is not; a renewal, which shows
// in what it leaves unknown, is.
func (m Model) sends(state Model) bool {
	return m.Values["client_secret"].IsUnknown() || fw.Changed(m.Values, state.Values, sentNames()...)
}

func sentNames() []string {
	return append(metadataNames(), "software_statement", "software_statement_wo_version", "triggers")
}

func metadataNames() []string {
	all := members()
	names := append(make([]string, 0, len(all)+4), "additional_metadata")
	for _, member := range all {
		names = append(names, member.name)
	}
	return names
}

// keepEqual keeps the state's value where the configuration says the same in
// another order. Only for what was never requested, after an import, does it
// take the tolerance meant for server's answers: what the user writes is what
// is registered, to the letter.
func (m Model) keepEqual(member member, state Model, remembered memory) {
	if !m.FullyKnown(member.name) {
		return
	}
	equal := func(a, b json.RawMessage) bool { return dcr.Equal(member.name, a, b) }
	if _, requested := remembered.Pairs[member.name]; requested {
		switch {
		case member.name == "scope":
		case member.name == "response_types":
			equal = sameWords
		case member.kind == fw.Keys:
			equal = fw.SameJSON
		default:
			return
		}
	}
	if same(m.Values[member.name], state.Values[member.name], equal) {
		m.Values[member.name] = state.Values[member.name]
	}
}

// sameWords compares sets of word sets, as response types are.
func sameWords(a, b json.RawMessage) bool {
	sorted := func(raw json.RawMessage) []string {
		out := fw.Texts(raw)
		for i, t := range out {
			words := strings.Fields(t)
			slices.Sort(words)
			out[i] = strings.Join(words, " ")
		}
		return out
	}
	return fw.SameSet(sorted(a), sorted(b))
}

// same compares two known values by what would be sent.
func same(a, b attr.Value, equal func(a, b json.RawMessage) bool) bool {
	x, okX := fw.Encode(a)
	y, okY := fw.Encode(b)
	return okX && okY && equal(x, y)
}

func (m Model) protect(what string, diags *diag.Diagnostics) {
	if m.Flag("deletion_protection") {
		protected(fmt.Sprintf("%s the registration of client_id %q", what, m.Text("client_id")), diags)
	}
}

// protected refuses what a plan does to a client that is protected from it.
func protected(what string, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("deletion_protection"), "The client is protected from deletion",
		fmt.Sprintf("The plan %s, which has deletion_protection = true.\n\n"+
			"A new registration has a new client_id, and every consent given to the old one is lost.\n\n"+
			"If that is intended, set deletion_protection = false, apply that change alone, then plan again. What counts is what the last apply recorded: if the resource, or its key of for_each, is gone from the configuration, put it back first.", what))
}

// missing says what a server gave of what a registration is managed with (RFC 7592 §3), and
// what can be done with the one part without the other; empty if nothing.
func (m Model) missing() (given, way string) {
	switch token, uri := m.Text("registration_access_token") != "", m.Text("registration_client_uri") != ""; {
	case token && !uri:
		return "a registration access token but no registration_client_uri", "If the server's documentation says at which URL a client is managed, run terraform state rm and import the client with that URL and the token that is in state now. "
	case uri && !token:
		return "a registration_client_uri but no registration access token", "If the server's operator can issue a token, run terraform state rm and import the client with it. "
	}
	return "no registration access token and no registration_client_uri", ""
}

func (m Model) unmanageable() diag.Diagnostic {
	given, way := m.missing()
	return diag.NewErrorDiagnostic("The registration cannot be updated",
		"At creation the authorization server gave "+given+", so RFC 7592 management is not possible.\n\n"+
			"The planned change would have to be made by the server's operator.\n\n"+
			way+"Have the change made there and undo it here with lifecycle { ignore_changes = […] }, or have another client registered, with another client_id, by terraform state rm and apply: the old one stays until the operator removes it. terraform apply -replace does so only while no change is planned. To destroy with the change still pending, run terraform destroy -refresh=false.")
}
