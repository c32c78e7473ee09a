package client

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// foretell tells a plan what the apply makes of registrations that asked for the same and that no
// state has: the latest that was answered it takes over; of one that was not, another comes on top.
func (m Model) foretell(left []journal.Entry, diags *diag.Diagnostics) {
	for _, entry := range left {
		if entry.Answered() {
			diags.AddWarning("A client of an earlier run is taken over by the apply", leftBehind(entry)+" The apply of one resource with this metadata takes it over, if the server still lets it be read, and registers no other for that one.")
			return
		}
		m.tellUnanswered(entry, "with the same metadata", diags)
	}
}

// tellOthers names the clients that are left, which nothing else may ever name.
func (m Model) tellOthers(others []journal.Entry, why string, diags *diag.Diagnostics) {
	for _, entry := range others {
		if !entry.Answered() {
			m.tellUnanswered(entry, "", diags)
		} else {
			diags.AddWarning("The journal has another client of this server", leftBehind(entry)+" "+why+"\n\n"+
				fmt.Sprintf("If this resource's metadata was changed since, that is its old client: have it removed, or import it with the registration_client_uri and the token in %s instead. If another resource has it, the next plan of everything settles this.", entry.File))
		}
	}
}

// tellUnanswered names a registration of which nobody knows what became of it.
func (m Model) tellUnanswered(entry journal.Entry, like string, diags *diag.Diagnostics) {
	diags.AddWarning("An earlier registration at "+m.server()+" was never answered",
		fmt.Sprintf("The journal has a registration%s that was sent to %s at %s and never answered: a client may exist there that nobody can manage.\n\n"+
			"Ask the server's operator to look for it. Then delete %s from the journal, or this is told each time.", strings.TrimRight(" "+like, " "), entry.Endpoint, entry.SentAt.Format(time.RFC3339), entry.File))
}

// refusedToTakeOver words a client of an earlier run that the server refuses to speak about.
// One refusal of credentials may be for their age, or a server's that is not well, so that
// no other client is registered for it.
func (m Model) refusedToTakeOver(entry journal.Entry, excuse string, err error) string {
	if m.byClientCredentials() {
		return leftBehind(entry) + " The server refuses its credentials by now: " + sentence(err) + " It was removed, or its secret expired, or the server is not well. No other was registered.\n\n" +
			fmt.Sprintf("Apply again later. If it still exists, import it with credentials that are good. If the server's operator finds no such client any more, delete %s from the journal and apply again.", entry.File)
	}
	why, also := "It was removed, or its token replaced elsewhere.", ", or set on_unauthorized = \"recreate\", and apply again"
	switch {
	case excuse != "":
		why = excuse
	case !dcr.Spoken(err):
		why = "It was removed, or a gateway answered while its server is down: then apply again later."
	}
	if excuse != "" || !dcr.Spoken(err) || m.Text("on_unauthorized") == "recreate" {
		// It is set, or would not do it: something explains the refusal, or says that the client is there.
		also = " and apply again"
	}
	return leftBehind(entry) + " The server refuses its registration access token by now: " + sentence(err) + " " + why + " No other was registered.\n\n" +
		fmt.Sprintf("If it still exists, have the server's operator issue a new token for it, and import it. If it is gone, delete %s from the journal%s.", entry.File, also)
}

func leftBehind(entry journal.Entry) string {
	return fmt.Sprintf("The journal has client %q, which was registered at %s at %s, and which no plan has seen in a state.", entry.ClientID, entry.Endpoint, entry.SentAt.Format(time.RFC3339))
}

// trouble reports what the journal could not write. Nothing is undone for it:
// the state has what it would have.
func (r *Resource) trouble(diags *diag.Diagnostics) {
	if err := r.conn.Journal.Trouble(); err != nil {
		diags.AddWarning("The registration journal could not be read or written",
			fmt.Sprintf("%v.\n\nState has what the journal lacks once this run is applied, but not what only the journal heard: until this is mended, a crash may lose a registration. %s", err, wayOut(err)))
	}
}

func unwritable(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The registration journal cannot be used", fmt.Sprintf("%v.\n\nNothing was sent. %s", err, wayOut(err)))
}

// wayOut is the next step after trouble with the journal.
func wayOut(err error) string {
	if errors.Is(err, seal.ErrNoKey) || errors.Is(err, seal.ErrPublicOnly) {
		return "Keep the file: it may have the only token of a client. Give the key it was sealed with as sealing_key or in previous_sealing_keys."
	}
	return "Make the folder of the provider's journal_path readable and writable. A file that is named is to be mended, for example from a backup, because it may have the only token of a client; without one, move it away: what it had is lost then."
}
