package chaos_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// seen is one exchange of a run, and whether its answer may not have arrived.
type seen struct {
	sandbox.Exchange
	cut bool
}

// run is what a run of Terraform starts from, and what the servers saw of it.
type run struct {
	// alive and held are the objects at the servers and those in state before it.
	alive, held map[string]string
	seen        []seen
	from        int
	// cutFrom is the request from which on answers may not have arrived.
	cutFrom int
	// recreates are the clients, by address, in whose place another may be registered.
	recreates map[string]bool
}

// begin looks at everything before a run.
func (l *life) begin() {
	l.now = run{alive: l.alive(), held: l.held(), from: len(l.sb.History()), cutFrom: 1 << 30, recreates: map[string]bool{}}
	for i := range l.banks {
		// A refresh goes by what state has, and an update by what is configured.
		l.now.recreates[client(i)] = l.ws.State(client(i))["on_unauthorized"] == "recreate" || l.configured[client(i)]["on_unauthorized"] == "recreate"
	}
}

// run is one run of Terraform.
func (l *life) run(what string, act func() *acctest.Result) *acctest.Result {
	l.t.Helper()
	l.begin()
	r := l.hear(what, act())
	l.finish(r)
	return r
}

// finish draws the conclusions from what the servers saw of a run.
func (l *life) finish(r *acctest.Result) {
	l.t.Helper()
	// What a server carries out after the run gave up belongs to the run.
	l.settle()
	for i, exchange := range l.sb.History()[l.now.from:] {
		// A provider in a hurry may hang up on any answer while the machine is busy.
		s := seen{exchange, i >= l.now.cutFrom || l.hasty || cuts(exchange)}
		l.now.seen = append(l.now.seen, s)
		l.note(s)
		if address := l.at(s.Server); cuts(exchange) && i < l.now.cutFrom && about(exchange, updated) != "" {
			l.lost[address] = true
		} else if !s.cut && about(exchange, updated) != "" {
			delete(l.lost, address) // The provider knows where it stands again.
		}
	}
	l.doubt()
	l.requests = max(1, len(l.now.seen))
	l.onlyOnce(r)
	l.neverStale()
}

// doubt keeps of which clients a journal knows that an answer was lost which had another token, whatever became
// of state and of the process that asked.
func (l *life) doubt() {
	for _, s := range l.now.seen {
		id := about(s.Exchange, rotated, updated)
		switch {
		case id != "" && l.journal != "" && cuts(s.Exchange) && s.Fault != sandbox.FaultDelay:
			l.doubted[id] = true
		case s.Status == http.StatusOK && s.Method != http.MethodDelete && strings.HasSuffix(s.Route, "/register/{client_id}") && !cuts(s.Exchange):
			delete(l.doubted, s.Principal)
		}
	}
}

// cuts reports whether a fault keeps the answer to what was done from arriving.
func cuts(e sandbox.Exchange) bool {
	switch e.Fault {
	case sandbox.FaultMalformed, sandbox.FaultUpgrade, sandbox.FaultCommitThenDrop, sandbox.FaultCommitReset, sandbox.FaultTruncated, sandbox.FaultOversized, sandbox.FaultDelay, sandbox.FaultNonJSON:
		return true
	}
	return false
}

// about is what an effect was done to, such as a client by its ID.
func about(e sandbox.Exchange, verbs ...string) string {
	for _, verb := range verbs {
		if id, ok := strings.CutPrefix(e.Effect, verb+" "); ok {
			return id
		}
	}
	return ""
}

const (
	rotated    = "rotated the registration access token of client"
	destroyed  = "destroyed the registration access token of client"
	updated    = "updated client"
	deleted    = "deleted client"
	registered = "registered client"
)

// note keeps what one exchange explains later.
func (l *life) note(s seen) {
	if id := about(s.Exchange, rotated, updated, deleted, registered); id != "" && s.cut {
		l.miss(s.Server, id, "the answer to "+s.Route+" may not have arrived")
	}
	for _, verb := range []string{registered, "created application"} {
		if id := about(s.Exchange, verb); id != "" {
			l.cut[id] = s.cut
		}
	}
	if kid := about(s.Exchange, "issued certificate"); kid != "" {
		kid, _, _ = strings.Cut(kid, " ")
		l.cut[kid] = s.cut
	}
	// A refusal whose body broke off does not say that it was the certificate's.
	if s.Fault != "" && s.Status >= 400 && s.Status < 500 && s.Status != 429 {
		if address := l.at(s.Server); address != "" {
			l.misled[address] = fmt.Sprintf("%s was answered %d", s.Route, s.Status)
		}
	}
}

// miss has a client be one of which state need not know the newest token, or that it is gone.
func (l *life) miss(server, id, why string) {
	l.behind[id] = why
	l.excused[l.at(server)] = why
}

// at is the address of the client at a server; empty for what is no bank.
func (l *life) at(server string) string {
	i := slices.IndexFunc(l.banks, func(b sandbox.Temper) bool { return b.Name == server })
	if i < 0 {
		return ""
	}
	return client(i)
}

// forget says that the state after a run is lost. With a journal, what was heard is not;
// that a client was removed is.
func (l *life) forget(seen []seen, why string) {
	for _, s := range seen {
		if id := about(s.Exchange, deleted); id != "" {
			l.miss(s.Server, id, why)
		}
		if id := about(s.Exchange, rotated, updated, registered); id != "" && l.journal == "" {
			l.miss(s.Server, id, why)
			delete(l.lost, l.at(s.Server)) // So is what was known of the answer.
		}
	}
}

// burn is forget for what a plan's refresh heard, which is lost by design where refresh = "always" asks for it.
func (l *life) burn() {
	for _, s := range l.now.seen {
		address := l.at(s.Server)
		if address != "" && l.journal == "" && fmt.Sprint(l.ws.State(address)["refresh"], l.configured[address]["refresh"]) != "<nil> <nil>" {
			l.forget([]seen{s}, "a plan that was not applied read it")
		}
	}
}

// onlyOnce fails when a run registered a client where one was, or twice.
func (l *life) onlyOnce(*acctest.Result) {
	l.t.Helper()
	posts := map[string]int{}
	for _, s := range l.now.seen {
		if about(s.Exchange, registered) != "" {
			posts[s.Server]++
		}
	}
	alive := l.alive()
	for server, n := range posts {
		if n > 1 {
			l.t.Errorf("one run registered %d clients at %s", n, server)
		}
		for id, address := range l.now.held {
			i, ok := isClient(address)
			if !ok || l.banks[i].Name != server || l.banks[i].NoManagement || alive[id] == "" {
				continue
			}
			// Of a token that somebody else replaced, or that was lost with a state, nobody can know that the client is there.
			if l.now.recreates[address] && !l.lost[address] && !l.doubted[id] && !l.banks[i].ManagedByAccessToken && (l.excused[address] != "" || l.misled[address] != "") {
				continue
			}
			l.t.Errorf("another client was registered at %s while %s, which was in state, is alive", server, id)
		}
	}
}

// neverStale fails when a server refused a statement for its age that the directory would have issued anew.
func (l *life) neverStale() {
	l.t.Helper()
	for _, s := range l.now.seen {
		if strings.Contains(s.Refused, "statement is older than") && l.calm() {
			l.t.Errorf("%s %s was sent a statement too old: %s", s.Server, s.Route, s.Refused)
		}
	}
}

// calm reports whether the directory answered all that it was asked in the last run.
func (l *life) calm() bool {
	return l.now.cutFrom > len(l.now.seen) && !l.hasty && !l.shaken && !slices.ContainsFunc(l.now.seen, func(s seen) bool {
		return l.at(s.Server) == "" && (s.Fault != "" || s.Status >= 400)
	})
}
