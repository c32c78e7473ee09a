package acctest

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// Operation is one apply that a server may fail at any of its requests.
type Operation struct {
	// Options are the sandbox's.
	Options sandbox.Options
	// Before brings about what the operation starts from.
	Before func(*Workspace, *sandbox.Sandbox)
	// Act configures what the apply is to do.
	Act func(*Workspace, *sandbox.Sandbox)
	// Check looks at the servers after all has healed.
	Check func(*Workspace, *sandbox.Sandbox) error
	// Explains accepts a plan that is not empty, because it says what cannot be healed; nil accepts none.
	Explains func(*Result) bool
	// Every runs one of so many combinations, where all would take too long; zero runs all.
	Every int
	// Settings are attributes of the provider; nil for none.
	Settings func(*testing.T) map[string]any
	// Applies is how many further applies healing may take; zero is two.
	Applies int
}

// FaultKinds are the ways in which a server fails a request: refusing it,
// hanging up before and after it did what was asked, and answering rubbish after it did.
func FaultKinds() []string {
	return []string{sandbox.FaultStatus, sandbox.FaultDrop, sandbox.FaultCommitThenDrop, sandbox.FaultTruncated, sandbox.FaultNonJSON}
}

// FailEach runs an operation once for each of its requests and each kind of
// fault, with that one request failing. After at most two more applies, as a
// user would, the plan has to be empty and the check to hold. It returns the
// number of combinations.
func FailEach(t *testing.T, name string, op Operation) int {
	t.Helper()
	sb, ws := op.prepare(t)
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatalf("%s fails without faults: %q", name, r.Errors)
	}
	requests := sb.History()
	op.settled(t, name, ws, sb)
	seen := map[string]int{}
	count, tried := 0, len(name)
	for i, request := range requests {
		address := request.Server + " " + request.Route
		for _, kind := range FaultKinds() {
			fault := sandbox.Fault{Server: request.Server, Route: request.Route, Skip: seen[address], Kind: kind}
			if kind == sandbox.FaultNonJSON {
				fault.Status = 200
			}
			tried++
			if op.Every > 0 && tried%op.Every != 0 {
				continue
			}
			count++
			t.Run(strings.ReplaceAll(fmt.Sprintf("%s/%d %s/%s", name, i, request.Route, kind), "/organisations/{OrganisationId}", "…"), func(t *testing.T) {
				t.Parallel()
				sb, ws := op.prepare(t)
				sb.Inject(fault)
				for range 1 + cmp.Or(op.Applies, 2) {
					// As a user would: what failed is tried again.
					if r := ws.Apply(); len(r.Errors) == 0 && ws.Plan().Empty() {
						break
					}
				}
				if sb.Pending() > 0 {
					t.Error("the request that was to fail was not made")
				}
				op.settled(t, name, ws, sb)
			})
		}
		seen[address]++
	}
	return count
}

func (op Operation) prepare(t *testing.T) (*sandbox.Sandbox, *Workspace) {
	t.Helper()
	sb := Sandbox(t, op.Options)
	ws := NewWorkspace(t, sb, nil)
	if op.Settings != nil {
		for name, value := range op.Settings(t) {
			ws.With(name, value)
		}
	}
	if op.Before != nil {
		op.Before(ws, sb)
		if r := ws.Apply(); len(r.Errors) > 0 {
			t.Fatalf("what comes before fails: %q", r.Errors)
		}
	}
	op.Act(ws, sb)
	sb.Reset()
	return sb, ws
}

// settled checks that nothing is left to do, and that the servers have what they should.
func (op Operation) settled(t *testing.T, name string, ws *Workspace, sb *sandbox.Sandbox) {
	t.Helper()
	requests := sb.History()
	if r := ws.Plan(); !r.Empty() && (op.Explains == nil || !op.Explains(r)) {
		t.Errorf("%s: left to do is %v %v with %q", name, r.Actions, r.Changes, r.Errors)
	}
	if err := op.Check(ws, sb); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if t.Failed() {
		for _, r := range requests {
			t.Logf("%s %s → %d %s", r.Server, r.Route, r.Status, r.Effect)
		}
	}
}
