package conn

import (
	"sync"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Journal keeps registrations on disk. Without a folder it does nothing, so
// that nobody has to ask whether there is one.
type Journal struct {
	files *journal.Journal
	now   func() time.Time

	mu      sync.Mutex
	trouble error
}

func newJournal(folder string, now func() time.Time) *Journal {
	j := &Journal{now: now}
	if folder != "" {
		j.files = journal.Open(folder)
	}
	return j
}

// Attempt is a registration under way.
type Attempt struct {
	journal *Journal
	entry   journal.Entry
}

// Begin records that a registration is about to be sent.
func (j *Journal) Begin(endpoint string, request []byte) (Attempt, error) {
	if j.files == nil {
		return Attempt{journal: j}, nil
	}
	entry, err := j.files.Begin(endpoint, journal.Digest(request), j.now())
	return Attempt{journal: j, entry: entry}, err
}

// Refused forgets a registration that the server did not carry out.
func (a Attempt) Refused() {
	if a.journal.files != nil {
		a.journal.note(a.journal.files.Drop(a.entry))
	}
}

// Answered records what the server said. The answer to a registration whose
// outcome is not known may have said a part.
func (a Attempt) Answered(reg *dcr.Registration, metadata []byte) {
	if a.journal.files == nil || reg == nil {
		return
	}
	entry := entryOf(reg, a.journal.now())
	entry.Endpoint, entry.Request, entry.SentAt, entry.File, entry.Metadata = a.entry.Endpoint, a.entry.Request, a.entry.SentAt, a.entry.File, metadata
	a.journal.note(a.journal.files.Answer(entry))
}

func entryOf(reg *dcr.Registration, at time.Time) journal.Entry {
	return journal.Entry{
		AnsweredAt: at.UTC(), ClientID: reg.ClientID, ClientSecret: reg.ClientSecret.Reveal(),
		ClientIDIssuedAt: reg.ClientIDIssuedAt, ClientSecretExpiresAt: reg.ClientSecretExpiresAt,
		RegistrationAccessToken: reg.RegistrationAccessToken.Reveal(), RegistrationClientURI: reg.RegistrationClientURI,
	}
}

// Left lists what earlier runs asked for likewise and no state has.
func (j *Journal) Left(endpoint string, request []byte) ([]journal.Entry, error) {
	if j.files == nil {
		return nil, nil
	}
	return j.files.Left(endpoint, journal.Digest(request))
}

// Claim takes one of those over; false when another resource did.
func (j *Journal) Claim(entry journal.Entry) bool { return j.files.Claim(entry) }

// Drop forgets one of those, which the server no longer knows.
func (j *Journal) Drop(entry journal.Entry) { j.note(j.files.Drop(entry)) }

// Known records that a state has the client.
func (j *Journal) Known(clientID, uri string) {
	if j.files != nil && clientID != "" {
		j.note(j.files.Known(clientID, uri))
	}
}

// Forget removes what is kept of a client that was removed at the server.
func (j *Journal) Forget(clientID, uri string) {
	if j.files != nil {
		j.note(j.files.Forget(clientID, uri))
	}
}

// Heard records the token of an answer about a registration.
func (j *Journal) Heard(m dcr.Management, reg *dcr.Registration) {
	if j.files == nil || reg.RegistrationAccessToken.Empty() || m.ClientID == "" {
		return
	}
	answer := entryOf(reg, j.now())
	answer.ClientID, answer.RegistrationClientURI = m.ClientID, m.URI
	j.note(j.files.Heard(answer))
}

// Token is the newest registration access token that was heard of a client.
func (j *Journal) Token(m dcr.Management) (rest.Secret, bool) {
	if j.files == nil {
		return "", false
	}
	entry, ok := j.files.Client(m.ClientID, m.URI)
	return rest.Secret(entry.RegistrationAccessToken), ok && entry.RegistrationAccessToken != ""
}

// note keeps the first thing that went wrong where nothing may fail any more.
func (j *Journal) note(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.trouble == nil {
		j.trouble = err
	}
}

// Trouble is what went wrong since it was last asked for.
func (j *Journal) Trouble() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.trouble
	j.trouble = nil
	return err
}
