package acctest

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Apply plans everything and applies that, as Terraform does: nothing is applied
// when anything fails to be read or planned; each resource is planned again
// once what it refers to is known, and that has to keep to the first plan; what
// depends on something that failed is left as it is.
func (w *Workspace) Apply() *Result {
	w.t.Helper()
	return w.ApplyLater(func() {})
}

// ApplyUnrefreshed is Apply with -refresh=false.
func (w *Workspace) ApplyUnrefreshed() *Result {
	w.t.Helper()
	w.unrefreshed = true
	defer func() { w.unrefreshed = false }()
	return w.Apply()
}

// ApplyLater is Apply of a saved plan: time passes between the two, and
// nothing is refreshed again.
func (w *Workspace) ApplyLater(pass func()) *Result {
	w.t.Helper()
	kept := w.state
	planning := w.start()
	changes := planning.planAll()
	if len(planning.result.Errors) > 0 || w.ctx.Err() != nil {
		w.state = kept
		return planning.result
	}
	pass()
	// The apply is a process of its own, with a provider of its own.
	s := w.start()
	planning.result.Warnings = append(planning.result.Warnings, s.result.Warnings...)
	if planning.result.Errors = append(planning.result.Errors, s.result.Errors...); len(planning.result.Errors) > 0 {
		return planning.result
	}
	s.result = planning.result
	first, last := s.deletions(changes)
	for _, address := range first {
		s.remove(address, changes[address].private)
	}
	for _, address := range s.sequence() {
		if s.config[address] != nil && changes[address].action != ActionNone {
			s.apply(address, changes[address])
		}
	}
	for _, address := range last {
		s.remove(address, changes[address].private)
	}
	return s.result
}

// deletions are what is destroyed before anything is made (what is replaced,
// and what depended on that) and after everything is; dependents come first.
func (s *session) deletions(changes map[string]*change) (first, last []string) {
	replaced := func(address string) bool { return changes[address] != nil && changes[address].action == ActionReplace }
	for _, address := range slices.Backward(s.order) {
		switch {
		case replaced(address):
			first = append(first, address)
		case changes[address] == nil || changes[address].action != ActionDelete:
		case slices.ContainsFunc(s.state[address].depends, replaced):
			first = append(first, address)
		default:
			last = append(last, address)
		}
	}
	return first, last
}

// remove destroys one resource, unless something that depends on it failed. It is told the
// private state that its plan left, which of a tainted object that is replaced is none.
func (s *session) remove(address string, private []byte) {
	s.t.Helper()
	kept := s.state[address]
	if kept == nil || s.ctx.Err() != nil {
		return
	}
	for other, held := range s.state {
		if s.failed[other] && slices.Contains(held.depends, address) {
			s.failed[address] = true
			return
		}
	}
	nothing := tftypes.NewValue(kept.value.Type(), nil)
	s.carryOut(address, &change{prior: kept.value, private: private, identity: kept.identity, config: nothing, planned: nothing})
}

// apply plans one resource with all that is known by now, and applies that.
func (s *session) apply(address string, before *change) {
	s.t.Helper()
	if s.failed[address] || s.dependsOnFailed(address) || s.ctx.Err() != nil {
		s.failed[address] = true
		return
	}
	c := s.plan(address)
	if c == nil {
		s.failed[address] = true
		return
	}
	follows := c.action == before.action || c.action == ActionCreate && before.action == ActionReplace || c.action == ActionNone && before.action == ActionUpdate
	if !follows || !consistent(before.planned, c.planned) {
		s.t.Errorf("%s: the final plan is to %s and differs from the first, to %s, in %v", address, c.action, before.action, changed(before.planned, c.planned))
	}
	if c.action != ActionNone {
		s.carryOut(address, c)
	}
}

// dependsOnFailed reports whether a resource refers to one that failed.
func (s *session) dependsOnFailed(address string) bool {
	return slices.ContainsFunc(references(s.config[address]), func(on string) bool { return s.failed[on] })
}

// references are the addresses a configuration refers to.
func references(value any) []string {
	var out []string
	switch v := value.(type) {
	case Reference:
		return []string{v.Address}
	case map[string]any:
		for _, member := range v {
			out = append(out, references(member)...)
		}
	case Nested:
		return references(map[string]any(v))
	}
	return out
}

// carryOut is one ApplyResourceChange. State is kept whether or not it failed.
func (s *session) carryOut(address string, c *change) {
	s.t.Helper()
	if !c.config.IsNull() && !c.config.IsFullyKnown() {
		s.t.Fatalf("%s: its configuration stays unknown, which Terraform never applies", address)
	}
	resp, err := s.server.ApplyResourceChange(s.ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeOf(address), PriorState: dynamic(s.t, c.prior), PlannedState: dynamic(s.t, c.planned), Config: dynamic(s.t, c.config), PlannedPrivate: c.private, PlannedIdentity: c.identity})
	if err != nil {
		s.t.Fatal(err)
	}
	failed := s.result.add(address, resp.Diagnostics)
	now := s.decode(address, resp.NewState)
	if now.IsNull() {
		delete(s.state, address)
	} else {
		depends := references(s.config[address])
		if s.config[address] == nil {
			depends = s.state[address].depends
		}
		s.state[address] = &held{value: now, private: resp.Private, identity: resp.NewIdentity, tainted: failed && c.prior.IsNull(), depends: depends}
		s.planned[address] = now
	}
	if !now.IsNull() && !now.IsFullyKnown() {
		s.t.Errorf("%s: the state has unknown values after apply", address)
	}
	if failed {
		s.failed[address] = true
		return
	}
	if !consistent(c.planned, now) {
		s.t.Errorf("%s: the result differs from the plan in %v", address, changed(c.planned, now))
	}
}
