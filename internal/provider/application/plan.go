package application

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
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
		r.checkRoles(ctx, plan, nil, &resp.Diagnostics)
		return
	}
	state := newModel(ctx, before)
	plan.settle(state)
	if plan.changesRoles(state) {
		r.checkRoles(ctx, plan, state.roles(), &resp.Diagnostics)
	}
	plan.checkLock(state, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan.Planned())...)
}

// settle takes over from the state what the planned change leaves alone, and
// makes unknown what an answer may change.
func (m Model) settle(state Model) {
	x, okX := m.Values["additional_metadata"].(jsontypes.Normalized)
	y, okY := state.Values["additional_metadata"].(jsontypes.Normalized)
	if okX && okY && fw.Known(x) && fw.Known(y) && fw.SameJSON(fw.Compact(x.ValueString()), fw.Compact(y.ValueString())) {
		m.Values["additional_metadata"] = y
	}
	if m.sameVersion(state) {
		m.Values["version"] = state.Values["version"]
	}
	for name := range computed() {
		m.Values[name] = state.Values[name]
	}
	if m.restates(state) {
		m.Values["revision"] = types.StringUnknown()
	}
	if len(m.changes(state)) > 0 || m.changesRoles(state) {
		m.Values["locked"] = types.BoolUnknown()
	}
	if m.mayTellSecret(state) {
		m.Values["client_secret"] = types.StringUnknown()
	}
	if !m.Values["notification_webhook_uri"].Equal(state.Values["notification_webhook_uri"]) {
		m.Values["notification_webhook_status"] = types.StringUnknown()
	}
}

// sameVersion compares versions as the directory has them: Terraform keeps more
// digits of 1.2 than an answer gives, which is no change.
func (m Model) sameVersion(state Model) bool {
	x, okX := m.Values["version"].(types.Float64)
	y, okY := state.Values["version"].(types.Float64)
	return okX && okY && fw.Known(x) && fw.Known(y) && x.ValueFloat64() == y.ValueFloat64()
}

// restates reports whether the change alters what a software statement says.
func (m Model) restates(state Model) bool {
	names := []string{"client_name", "version", "redirect_uris", "additional_metadata"}
	for _, f := range fields() {
		if f.stated {
			names = append(names, f.name)
		}
	}
	return fw.Changed(m.Values, state.Values, names...) || m.changesRoles(state)
}

// changesRoles reports whether roles have to be changed. Roles that are no
// longer configured are left to the directory as they are.
func (m Model) changesRoles(state Model) bool {
	return !m.Values["roles"].Equal(state.Values["roles"]) && !m.Values["roles"].IsNull()
}

// forbidden names the first attribute whose change a locked application does
// not allow (redirect URIs may be added, and the status changed); empty means
// none. Values that are not known yet may turn out to be no change: the apply,
// where all are known, asks again.
func (m Model) forbidden(state Model) string {
	names := []string{"client_name", "version", "additional_metadata"}
	for _, f := range fields() {
		names = append(names, f.name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !m.Values[name].Equal(state.Values[name]) && m.settled(name) {
			return name
		}
	}
	if m.changesRoles(state) && m.settled("roles") {
		return "roles"
	}
	if m.settled("redirect_uris") {
		wanted := m.Strings("redirect_uris")
		for _, uri := range state.Strings("redirect_uris") {
			if !slices.Contains(wanted, uri) {
				return "redirect_uris"
			}
		}
	}
	return ""
}

// settled reports whether a planned value is known down to its last element.
func (m Model) settled(name string) bool {
	value, err := m.Values[name].ToTerraformValue(context.Background())
	return err == nil && value.IsFullyKnown()
}

func (m Model) needsUnlock(state Model) bool {
	return state.Flag("locked") && m.forbidden(state) != ""
}

// checkLock fails a plan that the directory would refuse.
func (m Model) checkLock(state Model, diags *diag.Diagnostics) {
	if !m.needsUnlock(state) || m.Text("unlock") == unlockWhenNeeded {
		return
	}
	diags.Append(locked(m.forbidden(state), state.Text("client_name")))
}

func locked(attribute, name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "The application is locked",
		fmt.Sprintf("The planned change of %s is not possible: the directory locked application %q when it issued a software statement for it.\n\n"+
			"While an application is locked, redirect URIs can be added and the status changed, and nothing else. Nothing was sent.\n\n"+
			"Either set unlock = \"when_needed\" on the application and give the provider a token that may unlock, usually directory.administrator_access_token; or have a Super Administrator of the directory unlock the application, then plan again. To destroy with the change still pending, run terraform destroy -refresh=false.", attribute, name))
}

// checkRoles fails a plan that adds roles the organisation does not hold. When
// the directory cannot be asked, the apply finds out.
func (r *Resource) checkRoles(ctx context.Context, plan Model, had []directory.Role, diags *diag.Diagnostics) {
	wanted := plan.roles()
	if len(wanted) == 0 || !plan.settled("roles") || r.conn == nil || !r.conn.HasDirectory() {
		return
	}
	client, err := r.conn.Directory()
	if err != nil {
		return
	}
	held, err := client.OrganisationRoles(ctx)
	if err != nil {
		problem := target().Diagnostic(err, "read the roles the organisation holds")
		diags.AddAttributeWarning(path.Root("roles"), "The roles could not be checked", problem.Summary()+"\n\n"+problem.Detail())
		return
	}
	if missing, list := compareHeld(wanted, had, held); len(missing) > 0 {
		diags.AddAttributeError(path.Root("roles"), "The organisation does not hold these roles",
			fmt.Sprintf("Not held:\n%s\n\nAn application may act only in roles its organisation holds, by authorisation domain and role:\n%s\n\n"+
				"Use one of those, exactly as written: some domain names end in a space. New roles are given to the organisation by the trust framework.", strings.Join(missing, "\n"), strings.Join(list, "\n")))
	}
}

// compareHeld words the wanted roles the organisation does not hold, and those
// it does. A role the application had before is not called missing: keeping it
// asks for nothing.
func compareHeld(wanted, had []directory.Role, held []directory.OrganisationRole) (missing, list []string) {
	word := func(domain, role string) string { return fmt.Sprintf("  %q: %q", domain, role) }
	for _, role := range held {
		if role.Active() {
			list = append(list, word(role.AuthorisationDomain, role.Role))
		}
	}
	for _, role := range wanted {
		name := word(role.AuthorisationDomain, role.Role)
		if !slices.Contains(list, name) && !slices.ContainsFunc(had, func(h directory.Role) bool { return sameRole(h, role) }) {
			missing = append(missing, name)
		}
	}
	slices.Sort(list)
	return missing, list
}

func (m Model) protect(diags *diag.Diagnostics) {
	if m.Flag("deletion_protection") {
		diags.AddAttributeError(path.Root("deletion_protection"), "The application is protected from deletion",
			fmt.Sprintf("The plan destroys application %q, which has deletion_protection = true. An application that is deleted in the directory cannot be brought back.\n\n"+
				"If that is intended, set deletion_protection = false, apply that change alone, then plan again.", m.Text("client_name")))
	}
}
