package certificate

import (
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// predecessor is one that was replaced and is still valid.
type predecessor struct {
	KeyID        string
	NotAfter     string
	SupersededAt string
}

func predecessorTypes() map[string]attr.Type {
	return map[string]attr.Type{"kid": types.StringType, "not_after": types.StringType, "superseded_at": types.StringType}
}

// previous reads the predecessors of the state.
func (m Model) previous() []predecessor {
	list, ok := m.Values["previous"].(types.List)
	if !ok {
		return nil
	}
	var out []predecessor
	for _, element := range list.Elements() {
		if object, ok := element.(types.Object); ok {
			each := fw.Object{Values: object.Attributes()}
			out = append(out, predecessor{KeyID: each.Text("kid"), NotAfter: each.Text("not_after"), SupersededAt: each.Text("superseded_at")})
		}
	}
	return out
}

func (m Model) setPrevious(predecessors []predecessor) {
	elements := make([]attr.Value, len(predecessors))
	for i, p := range predecessors {
		elements[i] = types.ObjectValueMust(predecessorTypes(), map[string]attr.Value{
			"kid": types.StringValue(p.KeyID), "not_after": fw.StringOrNull(p.NotAfter), "superseded_at": types.StringValue(p.SupersededAt)})
	}
	m.Values["previous"] = types.ListValueMust(types.ObjectType{AttrTypes: predecessorTypes()}, elements)
}

// succeed lists the predecessors of a successor to the state's.
func (m Model) succeed(state Model, now time.Time) {
	// One that is taken back is none any more.
	predecessors := slices.DeleteFunc(state.previous(), func(p predecessor) bool { return p.KeyID == m.Text("kid") })
	if state.usable(now) && state.Text("kid") != m.Text("kid") {
		predecessors = append(predecessors, predecessor{KeyID: state.Text("kid"), NotAfter: state.Text("not_after"), SupersededAt: now.UTC().Format(time.RFC3339)})
	}
	m.setPrevious(predecessors)
}

// over reports whether the overlap with a predecessor has ended.
func (m Model) over(p predecessor, now time.Time) bool {
	at, err := time.Parse(time.RFC3339, p.SupersededAt)
	return err != nil || !now.Before(at.Add(m.span("overlap", 0)))
}

// overdue reports whether a predecessor is to be revoked now.
func (m Model) overdue(state Model, now time.Time) bool {
	return slices.ContainsFunc(state.previous(), func(p predecessor) bool { return m.over(p, now) })
}

// prune keeps the predecessors that are still valid. One the list does not have
// is left: not being listed is not having been revoked.
func (m Model) prune(listed []directory.Certificate, now time.Time) {
	m.setPrevious(slices.DeleteFunc(m.previous(), func(p predecessor) bool {
		if end, err := time.Parse(time.RFC3339, p.NotAfter); err == nil && now.After(end) {
			return true
		}
		i := slices.IndexFunc(listed, func(c directory.Certificate) bool { return c.KeyID == p.KeyID })
		return i >= 0 && !listed[i].Active()
	}))
}
