package chaos_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// alive are the objects at the servers, by their identifier, with the address they are of.
func (l *life) alive() map[string]string {
	out := map[string]string{}
	for _, found := range l.sb.Directory().Applications() {
		if found["Status"] == "Inactive" {
			continue
		}
		id := fmt.Sprint(found["SoftwareStatementId"])
		out[id] = app
		for _, c := range l.sb.Directory().Certificates(id) {
			if c.Status == "Active" {
				out[c.Kid] = ofType(c.Type)
			}
		}
	}
	for i, temper := range l.banks {
		for _, registered := range l.sb.Server(temper.Name).Clients() {
			out[fmt.Sprint(registered["client_id"])] = client(i)
		}
	}
	return out
}

// ofType is the address of the certificates of a type.
func ofType(kind string) string {
	switch kind {
	case "rtstransport":
		return transport
	case "rtssigning":
		return signing
	}
	return key
}

// held are the identifiers that state has.
func (l *life) held() map[string]string {
	out := map[string]string{}
	note := func(address, attribute string) {
		if state := l.ws.State(address); state != nil && state[attribute] != nil {
			out[fmt.Sprint(state[attribute])] = address
		}
	}
	note(app, "id")
	for _, address := range []string{transport, signing, key} {
		note(address, "kid")
		previous, _ := l.ws.State(address)["previous"].([]any)
		for _, each := range previous {
			if object, ok := each.(map[string]any); ok {
				out[fmt.Sprint(object["kid"])] = address
			}
		}
	}
	for i := range l.banks {
		note(client(i), "client_id")
	}
	return out
}

// journalled is whether an object is a client that the journal knows.
func (l *life) journalled(id, address string) bool {
	if _, ok := isClient(address); !ok {
		return false
	}
	_, known := l.noted()[id]
	return known
}

// orphan makes nobody's fault of what state does not know any more and the lost run
// made. A client is in the journal, where there is one, unless its answer never arrived.
func (l *life) orphan(before map[string]string, why string) {
	held := l.held()
	for id, address := range l.alive() {
		_, isClient := isClient(address)
		_, was := before[id]
		if held[id] == "" && !was && (!isClient || l.journal == "" || l.cut[id]) {
			l.orphans[id] = why
		}
	}
}

// settle waits for the servers to be done with requests that nobody waits for any more:
// what they carry out then got lost in the step that gave up, and was told by it.
func (l *life) settle() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	if err := l.sb.Settle(ctx); err != nil {
		l.t.Errorf("the servers are still busy: %v", err)
	}
}

// invariants hold after every step. A client that only the journal knows is one that the next apply takes over;
// if nothing is configured there any more, it is for terraform query to list.
func (l *life) invariants(journal bool) {
	l.t.Helper()
	l.settle()
	held := l.held()
	for id, address := range l.alive() {
		switch {
		case held[id] != "":
			delete(l.orphans, id)
		case l.orphans[id] != "":
		case l.named(id, address):
			l.orphans[id] = "it was named when it got lost"
		case (journal || l.configured[address] == nil) && l.journalled(id, address):
		default:
			l.t.Errorf("%s %s is alive, and neither in state nor named by a diagnostic when it got lost", address, id)
		}
	}
	l.tokens()
	l.quiet()
	l.traceable()
	// What a server said without reason is remembered until a run has nothing to say about the client.
	for address := range l.misled {
		if !slices.ContainsFunc(l.said, func(text string) bool { return strings.HasPrefix(text, address) }) {
			delete(l.misled, address)
		}
	}
	l.said, l.unheard = nil, nil
}

// traceable fails when a diagnostic tells of a request and not by what its server finds it.
func (l *life) traceable() {
	l.t.Helper()
	request := regexp.MustCompile(`\b(GET|POST|PUT|PATCH|DELETE) https://`)
	for _, text := range l.said {
		if request.MatchString(text) && !strings.Contains(text, "x-fapi-interaction-id") {
			l.t.Errorf("this has no x-fapi-interaction-id: %s", text)
		}
	}
}

// named is whether a diagnostic of this step names an object. One whose answer was
// cut has no name that anybody knows: that it may have been created stands for it.
func (l *life) named(id, address string) bool {
	quoted := strings.Trim(fmt.Sprintf("%q", id), `"`)
	return slices.ContainsFunc(l.said, func(text string) bool {
		told := urls().ReplaceAllString(text, "")
		return strings.Contains(told, id) || strings.Contains(told, quoted) || l.cut[id] && strings.HasPrefix(text, address+".") && strings.Contains(text, "may have been created") ||
			l.cut[id] && strings.HasPrefix(text, address+":") && strings.Contains(text, "may have been created")
	})
}

// urls finds the URLs in a text: an identifier in one of them tells nobody that the object is left.
func urls() *regexp.Regexp { return regexp.MustCompile(`https?://[^\s"]+`) }

// sent finds the requests that a diagnostic names.
func sent() *regexp.Regexp { return regexp.MustCompile(`\b(GET|POST|PUT|PATCH|DELETE) https?://`) }

// quiet fails when a secret got into a diagnostic or a log.
func (l *life) quiet() {
	l.t.Helper()
	said := strings.Join(append(l.said, l.unheard...), "\n")
	l.logs.mu.Lock()
	logged := l.logs.b.String()
	l.logs.b.Reset()
	l.logs.mu.Unlock()
	for _, secret := range l.secrets() {
		if strings.Contains(said, secret) || strings.Contains(logged, secret) {
			l.t.Errorf("a secret that begins with %.6s was told", secret)
		}
	}
}

// secrets are what nobody may read anywhere. Of a private key in PEM form, it is each
// line: in a log its line breaks look otherwise.
func (l *life) secrets() []string {
	var out []string
	for _, secret := range slices.Concat(l.sb.Secrets(), l.ws.Secrets(), []string{l.key}) {
		switch {
		case strings.Contains(secret, "PRIVATE KEY"):
			for line := range strings.Lines(secret) {
				if line = strings.TrimSpace(line); len(line) > 40 && !strings.HasPrefix(line, "-----") {
					out = append(out, line)
				}
			}
		case len(secret) > 8:
			out = append(out, secret)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// heal applies as a user would, with no more faults, until nothing is left to do:
// first what is configured, with clients alone changed a day later, so that it is
// not a new application that heals them, then something else.
func (l *life) heal() {
	l.t.Helper()
	l.tell("healing")
	l.calmDown()
	l.steady = true
	if l.configured == nil {
		l.configure("Active")
	}
	for address := range l.configured {
		l.configured[address]["refresh"] = nil
	}
	l.application["status"] = "Active" // Of one that is suspended, no statement can be had.
	l.pass(1)
	l.clientsAlone()
	l.become("as configured")
	l.configure("Active")
	l.become("with another configuration")
}

// become applies until nothing is left to do.
func (l *life) become(what string) {
	l.t.Helper()
	if l.t.Failed() {
		return
	}
	var r *acctest.Result
	for range 6 {
		applied := l.run("healing apply "+what, l.ws.Apply)
		if r = applied; len(r.Errors) == 0 {
			r = l.run("plan", l.ws.Plan)
		}
		if r.Empty() {
			break
		}
		l.burn()
		l.repair(applied)
	}
	for _, text := range r.Errors {
		l.t.Errorf("not healed: %s", text)
	}
	for address, action := range r.Actions {
		if action != acctest.ActionNone {
			l.t.Errorf("left to do: %s %s %v", action, address, r.Changes[address])
		}
	}
	alive := l.alive()
	for id, address := range l.held() {
		if i, ok := isClient(address); alive[id] == "" && (!ok || !l.banks[i].NoManagement || l.excused[address] == "") {
			l.t.Errorf("%s has %s in state, which no server knows", address, id)
		}
	}
	l.invariants(false)
}

// end destroys everything; nothing may be left that was not told.
func (l *life) end() {
	l.t.Helper()
	l.faults()
	l.run("destroy", l.destroy)
	l.calmDown()
	for range 4 {
		if r := l.run("destroy again", l.destroy); len(r.Errors) == 0 {
			break
		} else {
			l.repair(r)
		}
	}
	l.invariants(false)
	held := l.held()
	for id, address := range l.alive() {
		i, ok := isClient(address)
		if ok && l.banks[i].NoManagement || l.orphans[id] != "" || l.journalled(id, address) && held[id] == "" {
			continue
		}
		l.t.Errorf("%s %s is left", address, id)
	}
}
