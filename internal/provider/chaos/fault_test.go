package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// faults arms some at random requests, in proportion to how many there were last.
func (l *life) faults() {
	for range 1 + l.dice.IntN(2) {
		fault := l.fault()
		if l.extra.IntN(6) == 0 {
			fault = sandbox.Fault{Kind: pick(l.extra, sandbox.FaultMalformed, sandbox.FaultUpgrade)}
		}
		switch {
		case fault.Kind == sandbox.FaultExpiredCertificate || fault.Kind == sandbox.FaultWrongCertificate:
			fault.Skip = l.dice.IntN(4)
			l.shaken = true
		case fault.Route != "":
			fault.Skip = l.dice.IntN(2)
			l.shaken = true
		default:
			fault.Skip = l.dice.IntN(min(l.requests, 40))
		}
		fault.Times = max(1, fault.Times)
		l.tell("fault %s %d after %d at %s%s", fault.Kind, fault.Status, fault.Skip, fault.Server, fault.Route)
		l.armed = append(l.armed, fault)
		l.sb.Inject(fault)
	}
}

// calmDown ends all faults and counts which of them struck.
func (l *life) calmDown() {
	whole := map[string]int{}
	for _, left := range l.sb.Armed() {
		whole[nameOf(left)]++
	}
	for _, fault := range l.armed {
		name := nameOf(fault)
		whole[name]--
		l.tally.came("fault: "+name, whole[name] < 0)
	}
	l.armed, l.hasty, l.shaken = nil, false, false
	l.sb.Reset()
	l.ws.With("request_timeout", nil)
}

// nameOf tells faults apart in the table; one that strikes several requests has struck with the first.
func nameOf(f sandbox.Fault) string {
	switch {
	case f.Route != "":
		return "discovery of what does not resolve"
	case f.Kind == sandbox.FaultGoAway && f.Times < goAways:
		return f.Kind + ", in part"
	}
	return f.Kind
}

const goAways = 3

func (l *life) fault() sandbox.Fault {
	dice := l.dice
	switch dice.IntN(12) {
	case 0:
		return sandbox.Fault{Kind: sandbox.FaultStatus, Status: pick(dice, 400, 401, 403, 404, 409, 500, 502, 503, 504)}
	case 1:
		date := time.Now().Add(time.Second).UTC().Format(http.TimeFormat)
		return sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: pick(dice, "0", "1", date, "86400", "soon", "")}
	case 2:
		l.ws.With("request_timeout", "300ms")
		l.hasty = true
		return sandbox.Fault{Kind: sandbox.FaultDelay, Delay: 600 * time.Millisecond}
	case 3:
		return sandbox.Fault{Kind: pick(dice, sandbox.FaultReset, sandbox.FaultCommitReset)}
	case 4:
		return sandbox.Fault{Kind: pick(dice, sandbox.FaultDrop, sandbox.FaultCommitThenDrop)}
	case 5:
		return sandbox.Fault{Kind: sandbox.FaultTruncated}
	case 6:
		return sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: pick(dice, 200, 201, 502)}
	case 7:
		return sandbox.Fault{Kind: sandbox.FaultOversized}
	case 8:
		return sandbox.Fault{Kind: sandbox.FaultRedirect, Location: pick(dice, "https://elsewhere.invalid/", "/", "http://127.0.0.1:1/")}
	case 9:
		return sandbox.Fault{Kind: pick(dice, sandbox.FaultExpiredCertificate, sandbox.FaultWrongCertificate)}
	case 10:
		return sandbox.Fault{Kind: sandbox.FaultGoAway, Times: goAways}
	default:
		// A discovery document whose endpoints are at a name that does not resolve.
		bank := pick(dice, "bank-0", "bank-1")
		gone := fmt.Sprintf(`{"issuer":%q,"registration_endpoint":"https://gone.invalid/register","token_endpoint":"https://gone.invalid/token"}`, l.sb.Server(bank).Issuer())
		return sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Route: "GET /.well-known/openid-configuration", Server: bank, Body: gone}
	}
}

// kill ends Terraform and the provider at a random request of an apply: what was
// sent later was not sent, and state and journal are what they were then.
func (l *life) kill() bool {
	at, committed := l.dice.IntN(min(l.requests, 40)), pick(l.dice, sandbox.FaultDrop, sandbox.FaultCommitThenDrop)
	l.tell("killed at request %d, %s", at, committed)
	before, pages, lost := l.ws.Keep(), l.pages(), maps.Clone(l.lost)
	l.calmDown()
	l.sb.Inject(sandbox.Fault{Kind: committed, Skip: at}, sandbox.Fault{Kind: sandbox.FaultDrop, Skip: at, Times: -1})
	var once sync.Once
	struck := false
	l.watching(func(fault string) {
		if fault != "" {
			once.Do(func() { pages, struck = l.pages(), true })
		}
	})
	l.begin()
	l.now.cutFrom = at
	r := l.ws.Apply()
	l.watch.Store(nil)
	if !struck {
		l.now.cutFrom = 1 << 30
		l.hear("the kill came too late", r)
		l.finish(r)
		return false
	}
	l.finish(r)
	l.lost = lost
	l.tell("what nobody heard: %q", r.Errors)
	l.unheard = slices.Concat(l.unheard, r.Errors, r.Warnings)
	l.ws.Restore(before)
	l.turnBack(pages)
	l.forget(l.now.seen, "Terraform was killed")
	l.orphan(l.now.alive, "Terraform was killed")
	return true
}

func (l *life) watching(watch func(fault string)) { l.watch.Store(&watch) }

// interrupt is Ctrl-C at a random request of an apply.
func (l *life) interrupt() bool {
	at := l.dice.IntN(min(l.requests, 40))
	l.tell("interrupted at request %d", at)
	ctx, cancel := context.WithCancel(l.context())
	defer cancel()
	left := at
	l.watching(func(string) {
		if left--; left < 0 {
			cancel()
		}
	})
	l.run("interrupted apply", func() *acctest.Result {
		l.now.cutFrom = at
		return l.ws.Within(ctx).Apply()
	})
	l.watch.Store(nil)
	l.ws.Within(l.context())
	l.burn()
	return ctx.Err() != nil
}

// stateFromBefore is an apply whose state could not be written.
func (l *life) stateFromBefore() bool {
	before, lost := l.ws.Keep(), maps.Clone(l.lost)
	l.run("apply", l.ws.Apply)
	l.lost = lost
	l.tell("the state of that apply is lost")
	l.ws.Restore(before)
	l.forget(l.now.seen, "the state was restored from before")
	l.orphan(l.now.alive, "the state was restored from before")
	return len(l.now.seen) > 0
}
