package certification

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Model is the resource's value.
type Model struct{ fw.Object }

func newModel(ctx context.Context, object types.Object) Model {
	return Model{Object: fw.NewObject(ctx, object)}
}

// texts maps the attributes that are texts to their place in a certification.
func texts(c *directory.Certification) map[string]*string {
	return map[string]*string{"profile_type": &c.ProfileType, "profile_variant": &c.ProfileVariant, "certification_uri": &c.URI, "status": &c.Status, "start_date": &c.StartDate}
}

// managed are the attributes the user may set.
func managed() []string {
	return []string{"profile_type", "profile_variant", "profile_version", "certification_uri", "status", "start_date"}
}

// request is what is sent: the current certification with what the plan says in
// place of it. What the plan leaves to the directory stays as it is; what the
// user removed is left out.
func (m Model) request(current directory.Certification, state Model) directory.Certification {
	out := current
	for name, place := range texts(&out) {
		if fw.Known(m.Values[name]) || state.Values != nil && fw.Known(state.Values[name]) {
			*place = m.Text(name)
		}
	}
	switch version, ok := m.Values["profile_version"].(types.Float64); {
	case ok && fw.Known(version):
		out.ProfileVersion = json.Number(strconv.FormatFloat(version.ValueFloat64(), 'f', -1, 64))
	case state.Values != nil && fw.Known(state.Values["profile_version"]):
		out.ProfileVersion = ""
	}
	return out
}

// differs reports whether an update has anything to send.
func (m Model) differs(state Model) bool { return fw.Changed(m.Values, state.Values, managed()...) }

// observe applies what the directory has: all of it after an import, and
// otherwise what somebody manages.
func (m Model) observe(c *directory.Certification, imported bool) {
	for name, place := range texts(c) {
		if imported || fw.Known(m.Values[name]) {
			m.Values[name] = fw.StringOrNull(*place)
		}
	}
	if imported || fw.Known(m.Values["profile_version"]) {
		m.Values["profile_version"] = number(c.ProfileVersion)
	}
	m.describe(c)
}

func number(n json.Number) attr.Value {
	f, err := n.Float64()
	if err != nil {
		return types.Float64Null()
	}
	return types.Float64Value(f)
}

// describe stores what only the directory decides.
func (m Model) describe(c *directory.Certification) {
	m.Values["id"] = types.StringValue(c.ID)
	m.Values["expiration_date"] = fw.StringOrNull(c.ExpirationDate)
}

// parseImportID splits application_id/certification_id.
func parseImportID(id string) (application, certification string, ok bool) {
	application, certification, ok = strings.Cut(id, "/")
	return application, certification, ok && application != "" && certification != "" && !strings.ContainsFunc(id, unicode.IsSpace) && !strings.Contains(certification, "/")
}
