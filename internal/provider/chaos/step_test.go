package chaos_test

import (
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// step is what happens between two looks at everything.
func (l *life) step(number int) {
	l.tell("step %d", number)
	switch l.dice.IntN(6) {
	case 0, 1, 2:
		l.configure("Active", "Active", "Active", "Suspended")
	case 3:
		l.clientsAlone()
	}
	if l.dice.IntN(4) == 0 {
		l.others()
	}
	if l.dice.IntN(4) == 0 {
		l.pass(l.dice.IntN(40))
	}
	if l.dice.IntN(3) > 0 {
		l.faults()
	}
	l.act()
	l.calmDown()
}

// acts are the runs of Terraform, and what can become of them.
func (l *life) acts() map[string]func() bool {
	return map[string]func() bool{
		"plan, discarded": func() bool {
			l.run("plan, discarded", l.ws.Plan)
			l.burn()
			return true
		},
		"saved plan": func() bool {
			r := l.run("saved plan", func() *acctest.Result { return l.ws.ApplyLater(func() { l.pass(l.dice.IntN(2)); l.others() }) })
			if len(r.Errors) > 0 {
				l.burn()
			}
			return true
		},
		"kill": l.kill, "interrupt": l.interrupt, "state from before": l.stateFromBefore,
		"import of a client": l.importClient, "move": l.moveClient, "import of a certificate": l.importCertificate, "import of an application": l.importApplication,
		"taint of a client": func() bool {
			i := l.dice.IntN(len(l.banks))
			return !l.banks[i].NoManagement && l.taint(client(i))
		},
		"taint":                   func() bool { return l.taint(pick(l.dice, transport, signing, key, statement)) },
		"taint of an application": func() bool { return l.taint(app) },
		"destroy": func() bool {
			r := l.run("destroy", l.destroy)
			if len(r.Errors) > 0 {
				l.burn()
			}
			l.configure("Active")
			return len(r.Errors) == 0
		},
	}
}

// act is one of those, or a plain apply.
func (l *life) act() {
	name := pick(l.dice, "plan, discarded", "saved plan", "kill", "interrupt", "state from before", "import of a client", "move", "import of a certificate",
		"import of an application", "taint of a client", "taint", "taint", "taint of an application", "destroy", "apply", "apply", "apply", "apply", "apply", "kill", "state from before")
	l.tell("act: %s", name)
	if name == "apply" {
		l.apply()
		return
	}
	l.tally.came("act: "+name, l.acts()[name]())
}

// taint has something replaced.
func (l *life) taint(address string) bool {
	l.tell("taint %s", address)
	there := l.ws.State(address) != nil
	l.ws.Taint(address)
	l.apply()
	return there
}

// apply is an apply, after which a user does what the errors tell to do, or not.
func (l *life) apply() {
	r := l.run("apply", l.ws.Apply)
	if len(r.Errors) > 0 && len(l.now.seen) > 0 {
		l.burn()
	}
	if l.dice.IntN(2) == 0 {
		l.calmDown()
		l.repair(r)
	}
}

func (l *life) destroy() *acctest.Result {
	l.configured = nil
	return l.ws.Destroy()
}

func (l *life) pass(days int) {
	l.tell("%d days pass", days)
	l.clock.Add(int64(days) * int64(24*time.Hour))
}
