package acctest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The actions of a plan.
const (
	ActionNone    = "none"
	ActionCreate  = "create"
	ActionUpdate  = "update"
	ActionReplace = "replace"
	ActionDelete  = "delete"
)

// Result is what a run came to.
type Result struct {
	// Actions are the planned actions by address.
	Actions map[string]string
	// Changes are the attributes an update changes, those not known yet included, sorted.
	Changes map[string][]string
	// Drift are the attributes in which the refresh found another value.
	Drift map[string][]string
	// Errors and Warnings are diagnostics as "address.path: summary: detail".
	Errors, Warnings []string
}

func newResult() *Result {
	return &Result{Actions: map[string]string{}, Changes: map[string][]string{}, Drift: map[string][]string{}}
}

// Empty reports whether nothing is planned and nothing went wrong.
func (r *Result) Empty() bool {
	for _, action := range r.Actions {
		if action != ActionNone {
			return false
		}
	}
	return len(r.Errors) == 0
}

// add keeps diagnostics and reports whether there is an error among them.
func (r *Result) add(address string, diagnostics []*tfprotov6.Diagnostic) bool {
	failed := false
	for _, d := range diagnostics {
		at := address
		if d.Attribute != nil && len(d.Attribute.Steps()) > 0 {
			name, _, _ := strings.Cut(strings.TrimPrefix(d.Attribute.String(), "AttributeName(\""), "\")")
			at += "." + name
		}
		text := fmt.Sprintf("%s: %s: %s", at, d.Summary, d.Detail)
		// A test that does not look at warnings would not see it.
		if d.Summary == "The provider forgot something of its own" {
			panic(text)
		}
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			failed = true
			r.Errors = append(r.Errors, text)
		} else if !slices.Contains(r.Warnings, text) {
			// The plan that precedes an apply and the apply's own say the same.
			r.Warnings = append(r.Warnings, text)
		}
	}
	return failed
}

// change is one planned change.
type change struct {
	action           string
	prior, planned   tftypes.Value
	config           tftypes.Value
	private          []byte
	identity         *tfprotov6.ResourceIdentityData
	replacedFromHere bool
}

// planAll refreshes and plans everything that does not depend on what failed.
func (s *session) planAll() map[string]*change {
	s.t.Helper()
	s.refresh()
	changes := map[string]*change{}
	for _, address := range s.sequence() {
		if s.dependsOnFailed(address) {
			s.failed[address] = true
			continue
		}
		c := s.plan(address)
		if c == nil {
			s.failed[address] = true
			continue
		}
		changes[address] = c
		s.result.Actions[address] = c.action
		s.result.Changes[address] = nil
		if c.action == ActionUpdate {
			s.result.Changes[address] = changed(c.prior, c.planned)
		}
	}
	return changes
}

// plan plans one resource; nil when that failed.
func (s *session) plan(address string) *change {
	s.t.Helper()
	kind := s.schemas[typeOf(address)].ValueType()
	prior, private := tftypes.NewValue(kind, nil), []byte(nil)
	var identity *tfprotov6.ResourceIdentityData
	kept := s.state[address]
	if kept != nil {
		prior, private, identity = kept.value, kept.private, kept.identity
	}
	c := &change{prior: prior, private: private, identity: identity, action: ActionDelete, config: tftypes.NewValue(kind, nil), planned: tftypes.NewValue(kind, nil)}
	if s.config[address] != nil {
		c.config = s.resolve(kind, s.config[address])
		valid, err := s.server.ValidateResourceConfig(s.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeOf(address), Config: dynamic(s.t, c.config),
			ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true}})
		if err != nil {
			s.t.Fatal(err)
		}
		if s.result.add(address, valid.Diagnostics) {
			return nil
		}
	}
	replaces, ok := s.planOnce(address, c)
	if !ok {
		return nil
	}
	if kept != nil && s.config[address] != nil && (kept.tainted || kept.forced || replaces) {
		c.replacedFromHere = true
		c.prior, c.identity = tftypes.NewValue(kind, nil), nil
		if kept.tainted {
			// Terraform passes on the private state of what it replaces, except of a tainted object.
			c.private = nil
		}
		if _, ok := s.planOnce(address, c); !ok {
			return nil
		}
	}
	c.classify(kept)
	s.planned[address] = c.planned
	return c
}

func (c *change) classify(kept *held) {
	switch {
	case c.replacedFromHere:
		c.action = ActionReplace
	case c.planned.IsNull():
		c.action = ActionDelete
	case kept == nil:
		c.action = ActionCreate
	case c.planned.Equal(c.prior):
		c.action = ActionNone
	default:
		c.action = ActionUpdate
	}
}

// planOnce is one PlanResourceChange.
func (s *session) planOnce(address string, c *change) (replaces, ok bool) {
	s.t.Helper()
	proposed := proposedNew(s.schemas[typeOf(address)], c.prior, c.config)
	resp, err := s.server.PlanResourceChange(s.ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeOf(address), PriorState: dynamic(s.t, c.prior), ProposedNewState: dynamic(s.t, proposed), Config: dynamic(s.t, c.config), PriorPrivate: c.private, PriorIdentity: c.identity})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.result.add(address, resp.Diagnostics) {
		return false, false
	}
	prior := c.prior
	c.planned, c.private, c.identity = s.decode(address, resp.PlannedState), resp.PlannedPrivate, resp.PlannedIdentity
	for name, value := range attributesOf(c.config) {
		planned := attributesOf(c.planned)[name]
		if writeOnly(s.schemas[typeOf(address)], name) {
			if !planned.IsNull() {
				s.t.Errorf("%s: the plan has the write-only %s", address, name)
			}
			continue
		}
		if !value.IsNull() && value.IsFullyKnown() && !planned.Equal(value) && !planned.Equal(attributesOf(prior)[name]) {
			s.t.Errorf("%s: the plan has another %s than the configuration and the state", address, name)
		}
	}
	return len(resp.RequiresReplace) > 0, true
}

func writeOnly(schema *tfprotov6.Schema, name string) bool {
	return slices.ContainsFunc(schema.Block.Attributes, func(a *tfprotov6.SchemaAttribute) bool { return a.Name == name && a.WriteOnly })
}

// Updates reports whether exactly these attributes of one resource are updated,
// and nothing else is planned.
func (r *Result) Updates(address string, attributes ...string) bool {
	slices.Sort(attributes)
	for other, action := range r.Actions {
		if other != address && action != ActionNone {
			return false
		}
	}
	return len(r.Errors) == 0 && r.Actions[address] == ActionUpdate && slices.Equal(r.Changes[address], attributes)
}
