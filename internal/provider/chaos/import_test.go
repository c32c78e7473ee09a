package chaos_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
)

// repair does what the error about a refused token says: a client that lives gets
// a new token from the server's operator and is imported, another is given up.
func (l *life) repair(r *acctest.Result) {
	for _, address := range []string{transport, signing} {
		// Imported, and the import outlived the taint: nobody has its private key.
		if state := l.ws.State(address); state != nil && state["private_key_pem"] == nil {
			l.ws.Taint(address)
		}
	}
	for i, temper := range l.banks {
		l.move(i, r)
		refused := slices.ContainsFunc(r.Errors, func(text string) bool {
			return strings.HasPrefix(text, client(i)+".") && (strings.Contains(text, "refused the registration access token") || strings.Contains(text, "does not let the client manage its registration"))
		})
		state := l.ws.State(client(i))
		if !refused || state == nil {
			continue
		}
		if l.excused[client(i)] == "" && l.misled[client(i)] == "" {
			l.t.Errorf("the token of %s is refused, and nothing happened to it", client(i))
		}
		bank := l.sb.Server(temper.Name)
		id := fmt.Sprint(state["client_id"])
		if _, lives := bank.Client(id); !lives {
			l.giveUp(i, r)
			continue
		}
		if temper.ManagedByAccessToken {
			continue // It has no token that anybody could replace.
		}
		delete(l.lost, client(i))
		if err := bank.RotateToken(id); err != nil {
			l.t.Error(err)
		}
		l.take(i, id)
	}
}

// move does what three more errors say: a client of an application that is gone is
// replaced, one that cannot be removed with the certificate in state gets another first,
// and where each statement is taken once, each request gets one of its own.
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
		case strings.Contains(text, `set software_statement_use = "single"`) && l.banks[i].SingleUseStatements && l.configured[client(i)] != nil:
			l.tell("%s has statements of its own from now on", client(i))
			l.single[i] = true
			l.configured[client(i)]["software_statement_use"] = "single"
			l.ws.Set(client(i), l.configured[client(i)])
		}
	}
}

// giveUp has another client registered in place of one that is gone, or none. Where
// an answer was lost, the error says to forget it first.
func (l *life) giveUp(i int, r *acctest.Result) {
	l.tell("%s is given up", client(i))
	config := l.configured[client(i)]
	lost := slices.ContainsFunc(r.Errors, func(text string) bool {
		return strings.HasPrefix(text, client(i)+".") && strings.Contains(text, "finds no such client any more, run terraform state rm")
	})
	if config == nil || lost {
		l.ws.Lose(client(i))
		return
	}
	config["on_unauthorized"] = "recreate"
	l.ws.Set(client(i), config)
}

// importClient takes a client over whose state was lost.
func (l *life) importClient() bool {
	i := l.dice.IntN(len(l.banks))
	state, taken := l.ws.State(client(i)), false
	if state != nil && !l.banks[i].NoManagement {
		taken = l.take(i, fmt.Sprint(state["client_id"]))
	}
	l.apply()
	return taken
}

// moveClient takes a client over from the state of a restapi_object that registered it.
func (l *life) moveClient() bool {
	i := l.dice.IntN(len(l.banks))
	id := fmt.Sprint(l.ws.State(client(i))["client_id"])
	registered, lives := l.sb.Server(l.banks[i].Name).Client(id)
	moved := lives && registered["registration_access_token"] != nil && l.configured[client(i)] != nil
	if moved {
		l.tell("move %s", client(i))
		delete(l.lost, client(i))
		before := l.ws.Keep()
		l.ws.Lose(client(i))
		r := l.hear("move", l.ws.Move(client(i), "restapi_object", map[string]any{"id": id, "path": "/register", "create_response": string(encoded(registered))}))
		if moved = len(r.Errors) == 0; !moved {
			l.ws.Restore(before)
		}
	}
	l.apply()
	return moved
}

// importCertificate takes a certificate over whose state was lost. Its predecessors are nobody's then.
func (l *life) importCertificate() bool {
	address, kind := transport, "rtstransport"
	if l.dice.IntN(2) == 0 {
		address, kind = signing, "rtssigning"
	}
	state := l.ws.State(address)
	taken := state != nil && state["status"] == "Active" && l.reimport(address, fmt.Sprintf("%v/%s/%v", state["application_id"], kind, state["kid"]))
	if taken {
		l.ws.Taint(address) // Nobody can import its private key.
	}
	l.apply()
	return taken
}

// importApplication takes an application over whose state was lost.
func (l *life) importApplication() bool {
	state := l.ws.State(app)
	taken := state != nil && l.reimport(app, fmt.Sprint(state["id"]))
	l.apply()
	return taken
}

// reimport has Terraform forget a resource and import it again.
func (l *life) reimport(address, id string) bool {
	before, held := l.ws.Keep(), l.held()
	l.ws.Lose(address)
	r := l.run("import of "+address, func() *acctest.Result { return l.ws.Import(address, id) })
	if len(r.Errors) > 0 || l.ws.State(address) == nil {
		l.ws.Restore(before)
		return false
	}
	now := l.held()
	for object, of := range held {
		if of == address && now[object] == "" {
			l.orphans[object] = "an import knows of no predecessors"
		}
	}
	return true
}

// take imports a client with the token it has now.
func (l *life) take(i int, id string) bool {
	registered, lives := l.sb.Server(l.banks[i].Name).Client(id)
	if !lives || registered["registration_client_uri"] == nil {
		return false
	}
	l.tell("import %s", client(i))
	delete(l.lost, client(i))
	before := l.ws.Keep()
	l.ws.Lose(client(i))
	l.registration(registered["registration_access_token"])
	r := l.run("import", func() *acctest.Result {
		return l.ws.Import(client(i), fmt.Sprint(registered["registration_client_uri"]))
	})
	if len(r.Errors) > 0 || l.ws.State(client(i)) == nil {
		l.ws.Restore(before)
		l.forget(l.now.seen, "an import failed")
	}
	for other, address := range l.alive() {
		if address == client(i) && other != id && l.journalled(other, address) {
			l.orphans[other] = "another was imported in its place, and terraform query lists it"
		}
	}
	l.registration(nil)
	return len(r.Errors) == 0
}

func (l *life) registration(token any) {
	l.ws.With("registration", map[string]any{"ca_certificates_pem": l.sb.CACertificatesPEM(), "registration_access_token": token,
		"client_certificate_pem": l.sb.ClientCertificatePEM(), "private_key_pem": l.sb.ClientPrivateKeyPEM()})
}
