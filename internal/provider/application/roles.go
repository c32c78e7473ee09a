package application

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

func roleFields(roles []directory.Role) []map[string]string {
	out := make([]map[string]string, len(roles))
	for i, r := range roles {
		out[i] = map[string]string{"AuthorisationDomain": r.AuthorisationDomain, "Role": r.Role, "Status": directory.StatusActive}
	}
	return out
}

// roles returns the configured roles, sorted; nil when they are not managed.
func (m Model) roles() []directory.Role {
	set, ok := m.Values["roles"].(types.Set)
	if !ok || !fw.Known(set) {
		return nil
	}
	out := make([]directory.Role, 0, len(set.Elements()))
	for _, element := range set.Elements() {
		if object, ok := element.(types.Object); ok {
			each := fw.Object{Values: object.Attributes()}
			out = append(out, directory.Role{AuthorisationDomain: each.Text("authorisation_domain"), Role: each.Text("role"), Status: directory.StatusActive})
		}
	}
	slices.SortFunc(out, compareRoles)
	return out
}

func compareRoles(a, b directory.Role) int {
	if c := strings.Compare(a.AuthorisationDomain, b.AuthorisationDomain); c != 0 {
		return c
	}
	return strings.Compare(a.Role, b.Role)
}

func sameRole(a, b directory.Role) bool {
	return a.AuthorisationDomain == b.AuthorisationDomain && a.Role == b.Role
}

// active keeps the roles that count: the directory never removes one.
func active(roles []directory.Role) []directory.Role {
	var out []directory.Role
	for _, r := range roles {
		if r.Active() {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, compareRoles)
	return out
}

func roleSet(roles []directory.Role) types.Set {
	object := types.ObjectType{AttrTypes: roleTypes()}
	if len(roles) == 0 {
		return types.SetNull(object)
	}
	elements := make([]attr.Value, len(roles))
	for i, r := range roles {
		elements[i] = types.ObjectValueMust(roleTypes(), map[string]attr.Value{
			"authorisation_domain": types.StringValue(r.AuthorisationDomain), "role": types.StringValue(r.Role)})
	}
	return types.SetValueMust(object, elements)
}

// changesRoles reports whether roles have to be changed. Roles that were never
// configured are left to the directory as they are: the plan then keeps the
// state's. Roles that no longer are configured are made inactive.
func (m Model) changesRoles(state Model) bool {
	return !m.Values["roles"].Equal(state.Values["roles"])
}

// checkRoles fails a plan that adds roles the organisation does not hold. When
// the directory cannot be asked, the apply finds out.
func (r *Resource) checkRoles(ctx context.Context, plan Model, had []directory.Role, diags *diag.Diagnostics) {
	wanted := plan.roles()
	if len(wanted) == 0 || !plan.FullyKnown("roles") || r.conn == nil || !r.conn.HasDirectory() {
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
				"Use one of those, exactly as written: some domain names end in a space. New roles are given to the organisation by the trust framework. To destroy an application whose roles were lost, run terraform destroy -refresh=false.", strings.Join(missing, "\n"), strings.Join(list, "\n")))
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

// setRoles makes the wanted roles active and all others inactive, one call for
// each that changes. It returns the roles as they are then, also after a failure.
func setRoles(ctx context.Context, client *directory.Client, id string, have, wanted []directory.Role) ([]directory.Role, error) {
	now := slices.Clone(have)
	for _, role := range wanted {
		at := slices.IndexFunc(now, func(h directory.Role) bool { return sameRole(h, role) })
		if at >= 0 && now[at].Active() {
			continue
		}
		added, err := client.AddRole(ctx, id, role)
		if err != nil {
			return now, err
		}
		if at >= 0 {
			now[at] = *added
		} else {
			now = append(now, *added)
		}
	}
	for i, role := range now {
		if !role.Active() || slices.ContainsFunc(wanted, func(w directory.Role) bool { return sameRole(w, role) }) {
			continue
		}
		if err := client.SetRoleStatus(ctx, id, role.ClaimID, directory.StatusInactive); err != nil {
			return now, err
		}
		now[i].Status = directory.StatusInactive
	}
	return now, nil
}

// explainLost says why roles are missing that the application had: when the
// organisation loses a role, all its applications do.
func explainLost(ctx context.Context, client *directory.Client, state Model, now []directory.Role, diags *diag.Diagnostics) {
	lost := slices.DeleteFunc(state.roles(), func(had directory.Role) bool {
		return slices.ContainsFunc(now, func(h directory.Role) bool { return sameRole(h, had) })
	})
	if len(lost) == 0 {
		return
	}
	// Without the list there is drift all the same, only less explained.
	held, err := client.OrganisationRoles(ctx)
	if err != nil {
		return
	}
	if missing, _ := compareHeld(lost, nil, held); len(missing) > 0 {
		diags.AddAttributeWarning(path.Root("roles"), "The organisation lost roles the application acts in",
			fmt.Sprintf("The organisation no longer holds:\n%s\n\nWhen an organisation loses a role, the directory takes it from all its applications.\n\nHave the trust framework give the role back, or remove it from the configuration.", strings.Join(missing, "\n")))
	}
}
