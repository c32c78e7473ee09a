package application

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// listedTypes are the types of listedAttributes.
func listedTypes() map[string]attr.Type {
	kinds := fw.DataTypes(dataShown())
	kinds["version"] = types.Float64Type
	kinds["flags"] = types.SetType{ElemType: types.ObjectType{AttrTypes: fw.DataTypes(dataFlags())}}
	return kinds
}

// listed is an application as the directory's list has it.
func listed(client *directory.Client, app *directory.Application) map[string]attr.Value {
	values := map[string]attr.Value{
		"id":                  types.StringValue(app.ID),
		"version":             types.Float64Null(),
		"additional_metadata": fw.Document.Decode(nil),
		"locked":              types.BoolValue(app.Locked),
		"jwks_uri":            fw.StringOrNull(client.ApplicationKeysURL(app.ID)),
		"transport_jwks_uri":  fw.StringOrNull(client.TransportKeysURL(app.ID)),
		"flags":               flagSet(app.Flags),
	}
	for _, m := range dataMembers() {
		values[m.Name] = m.Kind.Decode(app.Raw[m.json])
	}
	if version, err := app.Version.Float64(); err == nil {
		values["version"] = types.Float64Value(version)
	}
	if app.AdditionalMetadata != nil {
		values["additional_metadata"] = fw.Document.Decode(fw.Canonical(json.RawMessage(*app.AdditionalMetadata)))
	}
	return values
}

func flagSet(flags []directory.Flag) types.Set {
	kinds := fw.DataTypes(dataFlags())
	elements := make([]attr.Value, len(flags))
	for i, f := range flags {
		elements[i] = types.ObjectValueMust(kinds, map[string]attr.Value{
			"id": fw.StringOrNull(f.ID), "name": fw.StringOrNull(f.Name), "value": fw.StringOrNull(f.Value)})
	}
	return types.SetValueMust(types.ObjectType{AttrTypes: kinds}, fw.Distinct(elements))
}

// found is everything that dcr_application shows.
type found struct {
	app          *directory.Application
	roles        []directory.Role
	certificates []directory.Certificate
	metadata     []directory.Metadata
	organisation *directory.Organisation
}

func (f found) object(client *directory.Client) types.Object {
	kinds, values := listedTypes(), listed(client, f.app)
	held := active(f.roles)
	kinds["revision"], values["revision"] = types.StringType, types.StringValue(revision(f.app, held, 0))
	kinds["roles"], values["roles"] = types.SetType{ElemType: types.ObjectType{AttrTypes: roleTypes()}}, roleSet(held)
	kinds["scopes"], values["scopes"] = types.SetType{ElemType: types.StringType}, fw.StringSet(scopes(f.metadata))
	kinds["certificate_subject"], values["certificate_subject"] = types.ObjectType{AttrTypes: subjectTypes()}, f.subject()
	certificate := types.ObjectType{AttrTypes: fw.DataTypes(dataCertificates())}
	kinds["certificates"], values["certificates"] = types.ListType{ElemType: certificate}, certificateList(f.certificates)
	return types.ObjectValueMust(kinds, values)
}

func (f found) subject() types.Object {
	o := f.organisation
	return types.ObjectValueMust(subjectTypes(), map[string]attr.Value{
		"country": fw.StringOrNull(cmp.Or(o.CountryOfRegistration, o.Country)), "organization": fw.StringOrNull(o.Name),
		"organizational_unit": fw.StringOrNull(o.ID), "common_name": types.StringValue(f.app.ID),
	})
}

// scopes are those in force; the directory lists other metadata as well.
func scopes(metadata []directory.Metadata) []string {
	var out []string
	for _, m := range metadata {
		if m.Type == "scope" && (m.Status == "" || m.Status == directory.StatusActive) {
			out = append(out, m.Name)
		}
	}
	return out
}

// certificateList takes dates and subjects from the certificates themselves:
// the directory writes its dates in several notations.
func certificateList(certificates []directory.Certificate) types.List {
	kinds := fw.DataTypes(dataCertificates())
	rows := make([][]string, len(certificates))
	for i, c := range certificates {
		rows[i] = []string{c.Type, "", c.KeyID, c.Status, "", ""}
		if c.Leaf == nil {
			continue
		}
		rows[i][1], rows[i][4] = c.Leaf.NotBefore.UTC().Format(time.RFC3339), c.Leaf.NotAfter.UTC().Format(time.RFC3339)
		if subject, err := pki.SubjectDN(c.Leaf); err == nil {
			rows[i][5] = subject
		}
	}
	slices.SortFunc(rows, slices.Compare)
	elements := make([]attr.Value, len(rows))
	for i, row := range rows {
		elements[i] = types.ObjectValueMust(kinds, map[string]attr.Value{
			"type": fw.StringOrNull(row[0]), "not_before": fw.StringOrNull(row[1]), "kid": fw.StringOrNull(row[2]),
			"status": fw.StringOrNull(row[3]), "not_after": fw.StringOrNull(row[4]), "subject_dn": fw.StringOrNull(row[5]),
		})
	}
	return types.ListValueMust(types.ObjectType{AttrTypes: kinds}, elements)
}

// ListModel is the value of dcr_applications.
type ListModel struct {
	Status          types.Set    `tfsdk:"status"`
	ClientNameRegex types.String `tfsdk:"client_name_regex"`
	Environment     types.String `tfsdk:"environment"`
	Applications    types.Map    `tfsdk:"applications"`
	IDs             types.Set    `tfsdk:"ids"`
}

// fill keeps the applications that pass the filters. The schema has made sure
// that the expression compiles, unless it was not known then.
func (m *ListModel) fill(client *directory.Client, all []directory.Application) error {
	expression, err := regexp.Compile(m.ClientNameRegex.ValueString())
	if err != nil {
		return err
	}
	kinds := listedTypes()
	objects, ids := map[string]attr.Value{}, map[string]attr.Value{}
	for i := range all {
		app := &all[i]
		if app.ID == "" || !expression.MatchString(app.ClientName) || !fw.Passes(m.Environment, environmentOf(app)) ||
			!fw.PassesSet(m.Status, app.Status, directory.StatusActive, directory.StatusSuspended) {
			continue
		}
		objects[app.ID], ids[app.ID] = types.ObjectValueMust(kinds, listed(client, app)), types.StringValue(app.ID)
	}
	m.Applications = types.MapValueMust(types.ObjectType{AttrTypes: kinds}, objects)
	m.IDs = types.SetValueMust(types.StringType, slices.Collect(maps.Values(ids)))
	return nil
}

func environmentOf(app *directory.Application) string {
	if app.Environment == nil {
		return ""
	}
	return *app.Environment
}

// misspelt warns of a filter that no application passes, in whatever state. An
// organisation without applications is no mistake: it has none yet.
func (m *ListModel) misspelt(all []directory.Application) diag.Diagnostics {
	var out diag.Diagnostics
	environments, names := map[string]bool{}, map[string]bool{}
	matched := m.ClientNameRegex.IsNull()
	for i := range all {
		environments[environmentOf(&all[i])], names[all[i].ClientName] = true, true
		if expression, err := regexp.Compile(m.ClientNameRegex.ValueString()); err == nil {
			matched = matched || expression.MatchString(all[i].ClientName)
		}
	}
	const list = "the organisation's applications"
	if !matched && len(all) > 0 {
		out.Append(diagnose.Unmatched("client_name_regex", m.ClientNameRegex.ValueString(), list, slices.Sorted(maps.Keys(names))))
	}
	if !m.Environment.IsNull() && !environments[m.Environment.ValueString()] && len(all) > 0 {
		delete(environments, "")
		out.Append(diagnose.Unmatched("environment", m.Environment.ValueString(), list, slices.Sorted(maps.Keys(environments))))
	}
	return out
}
