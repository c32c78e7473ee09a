package chaos_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// opener reads a journal and never writes one.
type opener struct{ *seal.Ring }

// Seal implements journal.Sealer.
func (opener) Seal(string) (string, error) { return "", errors.New("this only reads") }

// Open implements journal.Sealer.
func (o opener) Open(text string) (string, error) {
	if plain, ok := strings.CutPrefix(text, "clear:"); ok {
		return plain, nil
	}
	return o.Ring.Open(text)
}

// Current implements journal.Sealer: what rests is left as it is.
func (opener) Current(string) bool { return true }

// noted are the tokens that the journal has by client; empty without a journal.
func (l *life) noted() map[string]string {
	l.t.Helper()
	out := map[string]string{}
	if l.journal == "" {
		return out
	}
	ring, err := seal.New(l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	left, known, err := journal.OpenSealed(l.journal, "chaos", opener{ring}).Entries()
	if err != nil {
		l.t.Errorf("the journal cannot be read: %v", err)
	}
	for _, entry := range append(left, known...) {
		out[entry.ClientID] = entry.RegistrationAccessToken
	}
	return out
}

// tokens fails when neither state nor journal has the token that a bank has,
// and every answer of the bank arrived.
func (l *life) tokens() {
	l.t.Helper()
	noted := l.noted()
	for i, temper := range l.banks {
		state := l.ws.State(client(i))
		id := fmt.Sprint(state["client_id"])
		registered, lives := l.sb.Server(temper.Name).Client(id)
		token, managed := registered["registration_access_token"].(string)
		switch {
		case !lives || !managed:
		case state["registration_access_token"] == token || noted[id] == token:
			delete(l.behind, id)
			delete(l.excused, client(i))
			delete(l.lost, client(i))
		case l.behind[id] == "":
			l.t.Errorf("the bank has another token for %s, client %s, than state and journal, and every answer arrived", client(i), id)
		}
	}
}
