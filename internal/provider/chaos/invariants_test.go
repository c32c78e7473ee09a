package chaos_test

import (
	"bytes"
	"fmt"
	"strings"

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
				out[c.Kid] = c.Type
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

// held are the identifiers that state has.
func (l *life) held() map[string]string {
	out := map[string]string{}
	note := func(address, attribute string) {
		if state := l.ws.State(address); state != nil && state[attribute] != nil {
			out[fmt.Sprint(state[attribute])] = address
		}
	}
	note(app, "id")
	for _, address := range []string{transport, key} {
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
	for _, raw := range l.pages() {
		if bytes.Contains(raw, []byte(id)) {
			return true
		}
	}
	return false
}

// orphan makes what state does not know any more nobody's fault. A client is in the journal, where there is one.
func (l *life) orphan(why string) {
	held := l.held()
	for id, address := range l.alive() {
		if held[id] == "" && !l.journalled(id, address) {
			l.orphans[id] = why
		}
	}
	l.excuse(why)
}

// invariants hold after every step. A client that only the journal knows is one that the next apply takes over;
// if nothing is configured there any more, it is for terraform query to list.
func (l *life) invariants(journal bool) {
	l.t.Helper()
	held, said, lost := l.held(), strings.Join(l.said, "\n"), l.lost()
	for id, address := range l.alive() {
		if held[id] != "" || l.orphans[id] != "" || strings.Contains(said, id) || (journal || l.configured[address] == nil) && l.journalled(id, address) {
			continue
		}
		// A client whose answer was lost has no name that anybody knows: the endpoint stands for it.
		if lost--; lost < 0 {
			l.t.Errorf("%s %s is alive, and neither in state nor named by a diagnostic", address, id)
		}
	}
	l.quiet()
}

// lost counts the registrations whose answers were lost, and told so.
func (l *life) lost() int {
	return strings.Count(strings.Join(l.said, "\n"), "may have been created, but the answer was lost")
}

// quiet fails when a secret got into a diagnostic or a log.
func (l *life) quiet() {
	l.t.Helper()
	said := strings.Join(l.said, "\n")
	l.logs.mu.Lock()
	logged := l.logs.b.String()
	l.logs.b.Reset()
	l.logs.mu.Unlock()
	for _, secret := range l.sb.Secrets() {
		if len(secret) > 8 && (strings.Contains(said, secret) || strings.Contains(logged, secret)) {
			l.t.Errorf("a secret that begins with %.6s was told", secret)
		}
	}
}

// heal applies as a user would, with no more faults, until nothing is left to do.
func (l *life) heal() {
	l.t.Helper()
	l.tell("healing")
	l.sb.Reset()
	l.configure("Active")
	for range 8 {
		r := l.hear("healing apply", l.ws.Apply())
		if len(r.Errors) == 0 && l.ws.Plan().Empty() {
			break
		}
		l.repair(r)
	}
	r := l.hear("last plan", l.ws.Plan())
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
	l.hear("destroy", l.destroy())
	l.sb.Reset()
	l.ws.With("request_timeout", nil)
	for range 4 {
		if r := l.hear("destroy again", l.destroy()); len(r.Errors) == 0 {
			break
		} else {
			l.repair(r)
		}
	}
	l.invariants(false)
	lost, said := l.lost(), strings.Join(l.said, "\n")
	for id, address := range l.alive() {
		i, ok := isClient(address)
		if ok && l.banks[i].NoManagement || l.orphans[id] != "" || strings.Contains(said, id) || l.journalled(id, address) && l.held()[id] == "" {
			continue
		}
		if lost--; lost >= 0 {
			continue
		}
		l.t.Errorf("%s %s is left", address, id)
	}
}
