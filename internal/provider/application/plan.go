package application

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// ModifyPlan finds, before any call, what a locked application and the
// organisation's roles do not allow, and decides which of the directory's
// values an update may change.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var before, planned types.Object
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		newModel(ctx, before).protect(&resp.Diagnostics)
		return
	}
	plan := newModel(ctx, planned)
	if req.State.Raw.IsNull() {
		if plan.checkReplacement(ctx, req, &resp.Diagnostics); resp.Diagnostics.HasError() {
			return
		}
		if resp.Diagnostics.Append(target().Preflight(r.conn, "create the application")...); resp.Diagnostics.HasError() {
			return
		}
		r.checkFlags(ctx, &plan, Model{}, nil, &resp.Diagnostics)
		r.checkRoles(ctx, plan, nil, &resp.Diagnostics)
		return
	}
	state := newModel(ctx, before)
	var remembered memory
	resp.Diagnostics.Append(fw.Recall(ctx, req.Private, memoryKey, &remembered)...)
	if r.checkFlags(ctx, &plan, state, remembered.Flags, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	plan.ignore(state, remembered)
	plan.settle(state, remembered.Overdue)
	if plan.changesRoles(state) {
		r.checkRoles(ctx, plan, state.roles(), &resp.Diagnostics)
	}
	if plan.sends(state) {
		resp.Diagnostics.Append(target().Preflight(r.conn, "update the application")...)
	}
	r.checkLock(plan, state, &resp.Diagnostics)
	plan.tellSuspension(ctx, req.Config, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan.Planned())...)
}

// ignore plans no change of the client ID where the directory gave another than the wanted one,
// which was told at the time: asked again, it would give the same.
func (m Model) ignore(state Model, remembered memory) {
	wanted, _ := m.encode("client_id")
	has, _ := state.encode("client_id")
	pair, asked := remembered.Pairs[clientIDMember]
	if asked && fw.SameJSON(pair.Requested, wanted) && fw.SameJSON(pair.Registered, has) {
		m.Values["client_id"] = state.Values["client_id"]
	}
}

const protectedSummary = "The application is protected from deletion"

// ValidateConfig refuses a client ID where the directory decides on it.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var object types.Object
	if resp.Diagnostics.Append(req.Config.Get(ctx, &object)...); resp.Diagnostics.HasError() {
		return
	}
	config := newModel(ctx, object)
	const management = "federation_management"
	if value := config.Values[management]; !fw.Known(config.Values["client_id"]) || value.IsUnknown() || config.Text(management) == selfManaged {
		return
	}
	resp.Diagnostics.AddAttributeError(path.Root("client_id"), "The value of client_id is not valid",
		fmt.Sprintf("The directory gives an application its client ID, unless the application manages its entity in a federation itself.\n\nRemove client_id, or set federation_management = %q.", selfManaged))
}

// settle takes over from the state what the planned change leaves alone, and
// makes unknown what an answer may change. The revision may be overdue from a
// suspension.
func (m Model) settle(state Model, overdue bool) {
	x, okX := m.Values["additional_metadata"].(jsontypes.Normalized)
	y, okY := state.Values["additional_metadata"].(jsontypes.Normalized)
	if okX && okY && fw.Known(x) && fw.Known(y) && fw.SameJSON(fw.Compact(x.ValueString()), fw.Compact(y.ValueString())) {
		m.Values["additional_metadata"] = y
	}
	m.KeepNumber(state.Object, "version")
	for name := range computed() {
		m.Values[name] = state.Values[name]
	}
	// A suspended application gets no statement: its revision waits until it is resumed.
	suspended := m.Text("status") == directory.StatusSuspended
	if !suspended && (m.restates(state) || overdue && m.differs(state, "status")) {
		m.Values["revision"] = types.StringUnknown()
	}
	// Without leave to unlock, nothing here changes it.
	if m.sends(state) && m.mayUnlock() {
		m.Values["locked"] = types.BoolUnknown()
	}
	if m.mayTellSecret(state) {
		m.Values["client_secret"] = types.StringUnknown()
	}
	if m.differs(state, "federation_enabled") || m.differs(state, "federation_management") {
		m.Values["federation_endpoint"] = types.StringUnknown()
	}
	if !m.Values["notification_webhook_uri"].Equal(state.Values["notification_webhook_uri"]) {
		m.Values["notification_webhook_status"] = types.StringUnknown()
	}
}

// restates reports whether the change makes another software statement
// necessary: it alters what one may say, or unlocks what one has to lock again.
func (m Model) restates(state Model) bool {
	stated := directory.StatedMembers()
	for name, member := range members() {
		if slices.Contains(stated, member) && m.differs(state, name) {
			return true
		}
	}
	return m.changesRoles(state) || m.needsUnlock(state) || state.Flag("locked") && m.mayForbid(state)
}

// mayForbid reports whether a value that is not known yet may turn out to need
// an unlock: the plan then must not promise that the revision stays.
func (m Model) mayForbid(state Model) bool {
	for name := range members() {
		if m.differs(state, name) && !m.FullyKnown(name) {
			return true
		}
	}
	return false
}

// forbidden names the first attribute whose change a locked application does
// not allow (redirect URIs may be added, and the status changed); empty means
// none. Values that are not known yet may turn out to be no change: the apply,
// where all are known, asks again.
func (m Model) forbidden(state Model) string {
	for _, name := range slices.Sorted(maps.Keys(members())) {
		if name != "redirect_uris" && m.differs(state, name) && m.FullyKnown(name) {
			return name
		}
	}
	if m.changesRoles(state) && m.FullyKnown("roles") {
		return "roles"
	}
	if m.FullyKnown("redirect_uris") {
		wanted := m.Strings("redirect_uris")
		for _, uri := range state.Strings("redirect_uris") {
			if !slices.Contains(wanted, uri) {
				return "redirect_uris"
			}
		}
	}
	return ""
}

// mayUnlock reports whether the update may unlock the application.
func (m Model) mayUnlock() bool {
	return m.Text("unlock") == unlockWhenNeeded || m.Values["unlock"].IsUnknown()
}

func (m Model) needsUnlock(state Model) bool {
	return state.Flag("locked") && m.forbidden(state) != ""
}

// checkLock fails a plan that the directory would refuse, and says beforehand
// that the apply unlocks, also if that is likely to be refused.
func (r *Resource) checkLock(plan, state Model, diags *diag.Diagnostics) {
	attribute, name := plan.forbidden(state), state.Text("client_name")
	switch {
	case !plan.needsUnlock(state) || plan.Values["unlock"].IsUnknown():
	case plan.Text("unlock") != unlockWhenNeeded:
		diags.Append(locked(attribute, name))
	case r.conn != nil && !r.conn.KnowsAdministrator():
		diags.AddAttributeWarning(path.Root("unlock"), "The application has to be unlocked",
			fmt.Sprintf("This apply unlocks the application: the planned change of %s needs application %q unlocked, and no directory.administrator_access_token is configured: the token for everything else will be used.\n\nIn most deployments only a Super Administrator may unlock. If the directory refuses, nothing is changed.", attribute, name))
	default:
		diags.AddAttributeWarning(path.Root("unlock"), "This apply unlocks the application",
			fmt.Sprintf("The planned change of %s is not possible while application %q is locked, and unlock = \"when_needed\": the application is unlocked first, with directory.administrator_access_token.\n\n"+
				"The next software statement locks it again. That is in the same apply if dcr_software_statement has the application's revision as application_revision; otherwise the application stays open to changes by others until then.", attribute, name))
	}
}

func locked(attribute, name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "The application is locked",
		fmt.Sprintf("The planned change of %s is not possible: the directory locked application %q when it issued a software statement for it.\n\n"+
			"While an application is locked, redirect URIs can be added and the status changed, and nothing else. Nothing was sent.\n\n"+
			"Either set unlock = \"when_needed\" on the application and give the provider a token that may unlock, usually directory.administrator_access_token; or have a Super Administrator of the directory unlock the application, then plan again. To destroy with the change still pending, run terraform destroy -refresh=false.", attribute, name))
}

// tellSuspension tells of a suspension that the configuration leaves to others,
// which is no change that a plan would show.
func (m Model) tellSuspension(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) {
	var configured types.String
	diags.Append(config.GetAttribute(ctx, path.Root("status"), &configured)...)
	if !configured.IsNull() || m.Text("status") != directory.StatusSuspended {
		return
	}
	diags.AddAttributeWarning(path.Root("status"), "The application is suspended",
		fmt.Sprintf("The directory has application %q (%s) as Suspended. Authorization servers may refuse its clients, and no software statement is issued for it. The configuration has no status, so that this is no change and the application is left as it is.\n\n"+
			"Set status = \"Active\" to have it resumed, and to have a suspension by others planned as a change from then on; set status = \"Suspended\" if it is meant to be.", m.Text("client_name"), m.Text("id")))
}

// checkFlags finds flags the directory does not have. Whether the list can be
// read depends on the token's scope; the apply has to.
func (r *Resource) checkFlags(ctx context.Context, plan *Model, state Model, wording map[string]string, diags *diag.Diagnostics) {
	if r.conn == nil || !r.conn.HasDirectory() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		return
	}
	problem, unread := plan.lookUpFlags(ctx, client, state, wording)
	switch {
	case problem == nil:
	case unread:
		diags.AddAttributeWarning(path.Root("flags"), "The flags could not be checked", problem.Summary()+"\n\n"+problem.Detail())
	default:
		diags.Append(problem)
	}
}

func (m Model) protect(diags *diag.Diagnostics) {
	if m.Flag("deletion_protection") {
		diags.AddAttributeError(path.Root("deletion_protection"), protectedSummary,
			fmt.Sprintf("The plan destroys application %q, which has deletion_protection = true. An application that is deleted in the directory cannot be brought back.\n\n"+
				"If that is intended, set deletion_protection = false, apply that change alone, then plan again. What counts is what the last apply recorded: if the resource, or its key of for_each, is gone from the configuration, put it back first. If this was to replace it with create_before_destroy, look whether the replacement exists already: it is then in state as well.", m.Text("client_name")))
	}
}

// checkReplacement refuses the plan of the successor of a protected application. That of its removal
// is refused as well, but only by the apply, when what depends on it was removed already.
func (m Model) checkReplacement(ctx context.Context, req resource.ModifyPlanRequest, diags *diag.Diagnostics) {
	var before memory
	diags.Append(fw.Recall(ctx, req.Private, memoryKey, &before)...)
	if before.Protected {
		diags.AddAttributeError(path.Root("deletion_protection"), protectedSummary,
			fmt.Sprintf("The plan replaces application %q, which has deletion_protection = true. Another one is another software: its certificates, keys and statements go with it, and no client follows.\n\n"+
				"If that is intended, set deletion_protection = false, apply that change alone, then plan again. What counts is what the last apply recorded: if the resource, or its key of for_each, is gone from the configuration, put it back first.", m.Text("client_name")))
	}
}
