package chaos_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// step is what happens between two looks at everything.
func (l *life) step(number int) {
	l.tell("step %d", number)
	if l.dice.IntN(2) == 0 {
		l.configure("Active", "Active", "Active", "Suspended")
	}
	if l.dice.IntN(4) == 0 {
		l.others()
	}
	if l.dice.IntN(5) == 0 {
		l.pass(l.dice.IntN(40))
	}
	if l.dice.IntN(3) > 0 {
		l.faults()
	}
	l.act()
	l.sb.Reset()
	l.ws.With("request_timeout", nil)
}

// act is a run of Terraform, and what can become of it.
func (l *life) act() {
	switch l.dice.IntN(12) {
	case 0:
		l.hear("plan, discarded", l.ws.Plan())
	case 1:
		l.hear("saved plan", l.ws.ApplyLater(func() { l.pass(l.dice.IntN(2)); l.others() }))
	case 2:
		l.kill()
	case 3:
		l.interrupt()
	case 4:
		l.stateFromBefore()
	case 5:
		l.importClient()
	case 6:
		address := pick(l.dice, transport, key, statement)
		l.tell("taint %s", address)
		l.ws.Taint(address)
		l.apply()
	case 7:
		l.hear("destroy", l.destroy())
		l.configure("Active")
	default:
		l.apply()
	}
}

// apply is an apply, after which a user does what the errors tell to do, or not.
func (l *life) apply() {
	r := l.hear("apply", l.ws.Apply())
	if l.dice.IntN(2) == 0 {
		l.sb.Reset()
		l.repair(r)
	}
}

func (l *life) destroy() *acctest.Result {
	l.configured = nil
	return l.ws.Destroy()
}

// repair does what the error about a refused token says: a client that lives gets
// a new token from the server's operator and is imported, another is given up.
func (l *life) repair(r *acctest.Result) {
	for i, temper := range l.banks {
		l.move(i, r)
		refused := slices.ContainsFunc(r.Errors, func(text string) bool {
			return strings.HasPrefix(text, client(i)+".") && strings.Contains(text, "refused the registration access token")
		})
		state := l.ws.State(client(i))
		if !refused || state == nil {
			continue
		}
		if l.excused[client(i)] == "" {
			l.t.Errorf("the token of %s is refused, and nothing happened to it", client(i))
		}
		bank := l.sb.Server(temper.Name)
		id := fmt.Sprint(state["client_id"])
		if _, lives := bank.Client(id); !lives {
			l.giveUp(i)
			continue
		}
		if err := bank.RotateToken(id); err != nil {
			l.t.Error(err)
		}
		l.take(i, id)
	}
}

func (l *life) pass(days int) {
	l.tell("%d days pass", days)
	l.clock.Add(int64(days) * int64(24*time.Hour))
}

// faults arms some at random requests.
func (l *life) faults() {
	for range 1 + l.dice.IntN(2) {
		fault := l.fault()
		fault.Skip = l.dice.IntN(25)
		l.tell("fault %s %d after %d at %s%s", fault.Kind, fault.Status, fault.Skip, fault.Server, fault.Route)
		l.sb.Inject(fault)
	}
	// Which answer gets lost is not known here.
	l.excuse("an answer may have been lost")
}

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
		return sandbox.Fault{Kind: sandbox.FaultGoAway, Times: 3}
	default:
		// A discovery document whose endpoints are at a name that does not resolve.
		gone := fmt.Sprintf(`{"issuer":%q,"registration_endpoint":"https://gone.invalid/register","token_endpoint":"https://gone.invalid/token"}`, l.sb.Server("bank-0").Issuer())
		return sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Route: "GET /.well-known/openid-configuration", Server: "bank-0", Body: gone}
	}
}

// excuse lets every client be one that nobody can manage any more.
func (l *life) excuse(why string) {
	for i := range l.banks {
		l.excused[client(i)] = why
	}
}

// kill ends Terraform and the provider at a random request of an apply: what was
// sent later was not sent, and state and journal are what they were then.
func (l *life) kill() {
	at, committed := l.dice.IntN(30), pick(l.dice, sandbox.FaultDrop, sandbox.FaultCommitThenDrop)
	l.tell("killed at request %d, %s", at, committed)
	before, pages := l.ws.Keep(), l.pages()
	l.sb.Reset()
	l.sb.Inject(sandbox.Fault{Kind: committed, Skip: at}, sandbox.Fault{Kind: sandbox.FaultDrop, Skip: at, Times: -1})
	var once sync.Once
	struck := false
	l.watching(func(fault string) {
		if fault != "" {
			once.Do(func() { pages, struck = l.pages(), true })
		}
	})
	r := l.ws.Apply()
	l.watch.Store(nil)
	if !struck {
		l.hear("the kill came too late", r)
		return
	}
	l.tell("what nobody heard: %q", r.Errors)
	l.ws.Restore(before)
	l.turnBack(pages)
	l.orphan("Terraform was killed")
}

func (l *life) watching(watch func(fault string)) { l.watch.Store(&watch) }

// interrupt is Ctrl-C at a random request of an apply.
func (l *life) interrupt() {
	at := l.dice.IntN(30)
	l.tell("interrupted at request %d", at)
	ctx, cancel := context.WithCancel(l.context())
	defer cancel()
	l.watching(func(string) {
		if at--; at < 0 {
			cancel()
		}
	})
	l.hear("interrupted apply", l.ws.Within(ctx).Apply())
	l.watch.Store(nil)
	l.ws.Within(l.context())
	l.excuse("an interrupt came before an answer")
}

// stateFromBefore is an apply whose state could not be written.
func (l *life) stateFromBefore() {
	before := l.ws.Keep()
	l.apply()
	l.tell("the state of that apply is lost")
	l.ws.Restore(before)
	l.orphan("the state was restored from before")
}

// move does what two more errors say: a client of an application that is gone is
// replaced, and one that cannot be removed with the certificate in state gets another first.
func (l *life) move(i int, r *acctest.Result) {
	for _, text := range r.Errors {
		switch {
		case !strings.HasPrefix(text, client(i)+"."):
		case strings.Contains(text, "apply -replace"):
			l.tell("%s is replaced", client(i))
			l.ws.Taint(client(i))
		case strings.Contains(text, "onfigure it once more") && l.configured[client(i)] == nil && l.configured != nil:
			l.tell("%s is configured once more", client(i))
			l.configured[client(i)] = l.clientConfig(i, []string{"https://a.example.com"})
			l.ws.Set(client(i), l.configured[client(i)])
		}
	}
}

// giveUp has another client registered in place of one that is gone, or none.
func (l *life) giveUp(i int) {
	l.tell("%s is given up", client(i))
	config := l.configured[client(i)]
	if config == nil {
		l.ws.Lose(client(i))
		return
	}
	config["on_unauthorized"] = "recreate"
	l.ws.Set(client(i), config)
}

// importClient takes a client over whose state was lost.
func (l *life) importClient() {
	i := l.dice.IntN(len(l.banks))
	state := l.ws.State(client(i))
	if state != nil && !l.banks[i].NoManagement {
		l.take(i, fmt.Sprint(state["client_id"]))
	}
	l.apply()
}

// take imports a client with the token it has now.
func (l *life) take(i int, id string) {
	registered, lives := l.sb.Server(l.banks[i].Name).Client(id)
	if !lives {
		return
	}
	l.tell("import %s", client(i))
	before := l.ws.Keep()
	l.ws.Lose(client(i))
	l.registration(registered["registration_access_token"])
	if r := l.hear("import", l.ws.Import(client(i), fmt.Sprint(registered["registration_client_uri"]))); len(r.Errors) > 0 {
		l.ws.Restore(before)
	}
	l.registration(nil)
}

func (l *life) registration(token any) {
	l.ws.With("registration", map[string]any{"ca_certificates_pem": l.sb.CACertificatesPEM(), "registration_access_token": token,
		"client_certificate_pem": l.sb.ClientCertificatePEM(), "private_key_pem": l.sb.ClientPrivateKeyPEM()})
}

// others plays portal users, administrators, and the people who run the banks.
func (l *life) others() {
	var err error
	for _, found := range l.sb.Directory().Applications() {
		id := fmt.Sprint(found["SoftwareStatementId"])
		if found["Status"] == "Inactive" {
			continue
		}
		act := l.dice.IntN(9)
		l.tell("others: act %d on %s", act, id)
		switch act {
		case 0:
			err = l.sb.Directory().Edit(id, func(m map[string]any) { m["ClientName"], m["Description"] = "Theirs", nil })
		case 1:
			err = l.sb.Directory().Lock(id)
		case 2:
			err = l.sb.Directory().Unlock(id)
		case 3:
			err = l.sb.Directory().SetRole(id, domain, "DADOS", "Inactive")
		case 4:
			for _, c := range l.sb.Directory().Certificates(id) {
				err = l.sb.Directory().Revoke(c.Kid, "")
			}
		case 5:
			err = l.sb.Directory().RotateSigningKey()
		case 6:
			err = l.sb.Directory().Delete(id)
		case 7, 8:
			l.atBank()
		}
		if err != nil {
			l.t.Error(err)
		}
	}
}

// atBank is what the people of a bank do to a client.
func (l *life) atBank() {
	i := l.dice.IntN(len(l.banks))
	bank := l.sb.Server(l.banks[i].Name)
	clients := bank.Clients()
	if len(clients) == 0 {
		return
	}
	id := fmt.Sprint(clients[0]["client_id"])
	var err error
	switch act := l.dice.IntN(3); act {
	case 0:
		l.tell("%s deletes %s", l.banks[i].Name, id)
		err = bank.Delete(id)
		l.excused[client(i)] = "the bank deleted it"
	case 1:
		l.tell("%s rotates the token of %s", l.banks[i].Name, id)
		err = bank.RotateToken(id)
		l.excused[client(i)] = "the bank rotated its token"
	default:
		if l.banks[i].NoManagement {
			return
		}
		l.tell("%s edits %s", l.banks[i].Name, id)
		err = bank.Edit(id, func(m map[string]any) { m["client_name"] = "Theirs" })
	}
	if err != nil {
		l.t.Error(err)
	}
}
