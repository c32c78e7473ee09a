package flag

import (
	"cmp"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Model is the data source's value.
type Model struct {
	Name   types.String `tfsdk:"name"`
	Type   types.String `tfsdk:"type"`
	Status types.Set    `tfsdk:"status"`
	Flags  types.List   `tfsdk:"flags"`
	IDs    types.Map    `tfsdk:"ids"`
}

// fill keeps the flags that pass the filters, in an order of their own: a
// directory's order is no promise.
func (m *Model) fill(all []directory.Flag) {
	flags := slices.DeleteFunc(slices.Clone(all), func(f directory.Flag) bool { return !m.takes(f) })
	slices.SortFunc(flags, func(a, b directory.Flag) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value), cmp.Compare(a.ID, b.ID))
	})
	kinds := fw.DataTypes(flagData())
	objects := make([]attr.Value, len(flags))
	named := map[string][]string{}
	for i, f := range flags {
		objects[i] = types.ObjectValueMust(kinds, map[string]attr.Value{
			"id": fw.StringOrNull(f.ID), "name": fw.StringOrNull(f.Name), "value": fw.StringOrNull(f.Value),
			"type": fw.StringOrNull(f.Type), "status": fw.StringOrNull(f.Status), "description": fw.StringOrNull(f.Description),
		})
		named[f.Name] = append(named[f.Name], f.ID)
	}
	m.Flags = types.ListValueMust(types.ObjectType{AttrTypes: kinds}, objects)
	lists := make(map[string]attr.Value, len(named))
	for name, ids := range named {
		slices.Sort(ids)
		texts := make([]attr.Value, len(ids))
		for i, id := range ids {
			texts[i] = types.StringValue(id)
		}
		lists[name] = types.ListValueMust(types.StringType, texts)
	}
	m.IDs = types.MapValueMust(types.ListType{ElemType: types.StringType}, lists)
}

func (m *Model) takes(f directory.Flag) bool {
	return fw.Passes(m.Name, f.Name) && fw.Passes(m.Type, f.Type) && fw.PassesSet(m.Status, f.Status, directory.StatusActive)
}

// misspelt reports whether no flag, of whatever type and state, has the name.
func (m *Model) misspelt(all []directory.Flag) bool {
	return !m.Name.IsNull() && !slices.Contains(names(all), m.Name.ValueString())
}

func names(all []directory.Flag) []string {
	out := make([]string, len(all))
	for i, f := range all {
		out[i] = f.Name
	}
	slices.Sort(out)
	return slices.Compact(out)
}
