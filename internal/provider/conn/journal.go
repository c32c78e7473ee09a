package conn

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// Journal keeps registrations on disk. Without a folder it does nothing, so
// that nobody has to ask whether there is one.
type Journal struct {
	files *journal.Journal
	now   func() time.Time
	// unknown is set while Terraform does not know the folder.
	unknown bool

	// keys are the IDs of the keys there are: only what these sealed can be a closed secret.
	keys []string

	// noted is told of what is written.
	noted func(event string, entry journal.Entry)

	// tried has it found out once whether it can be written, when somebody wants to rely on it.
	tried sync.Once
	// unusable is what was found out then.
	unusable error

	mu      sync.Mutex
	trouble error
	// broken is set by anything that could not be written.
	broken bool
	// asked are the clients about which something was asked that was not answered, by URI and ID.
	asked map[[2]string]bool
}

func newJournal(settings Settings) *Journal {
	j := &Journal{keys: settings.Ring.KeyIDs(), now: settings.Now, unknown: settings.JournalUnknown, noted: settings.Noted}
	if j.noted == nil {
		j.noted = func(string, journal.Entry) {}
	}
	if settings.Run == "" {
		settings.Run = journal.Run()
	}
	if settings.JournalPath != "" {
		j.files = journal.OpenSealed(settings.JournalPath, settings.Run, sealer{settings.Ring})
	}
	return j
}

// sealer is a ring whose Open leaves sealed what it has the public key of alone: with that,
// the journal can be written and kept in order, and not used.
type sealer struct{ *seal.Ring }

// plainly marks a secret that rests in clear and looks sealed, as one that a server chose may:
// without the mark it would be opened when it is read, and no key opens it.
const plainly = "clear:"

// Seal implements journal.Sealer. Only what a key of the ring sealed is taken for
// sealed already, and stays as it is.
func (s sealer) Seal(plain string) (string, error) {
	looks := seal.Is(plain)
	switch {
	case looks && slices.Contains(s.KeyIDs(), seal.KeyID(plain)):
		return plain, nil
	case !s.Seals() && (looks || strings.HasPrefix(plain, plainly)):
		return plainly + plain, nil
	}
	return s.SealAlways(plain)
}

// Open implements journal.Sealer.
func (s sealer) Open(text string) (string, error) {
	if plain, ok := strings.CutPrefix(text, plainly); ok {
		return plain, nil
	}
	plain, err := s.Ring.Open(text)
	if errors.Is(err, seal.ErrPublicOnly) {
		return text, nil
	}
	return plain, err
}

func (j *Journal) closed(entry journal.Entry) error {
	shut := func(text string) bool { return seal.Is(text) && slices.Contains(j.keys, seal.KeyID(text)) }
	if shut(entry.RegistrationAccessToken) || shut(entry.ClientSecret) {
		return fmt.Errorf("the journal has a newer token or secret of the client %q: %w", entry.ClientID, seal.ErrPublicOnly)
	}
	return nil
}

// Given reports whether there is a journal.
func (j *Journal) Given() bool { return j.files != nil }

// Keeps reports whether there is a journal that can be written, so that a plan may
// read what reading replaces. Trouble says why not.
func (j *Journal) Keeps() bool {
	if j.files == nil {
		return false
	}
	j.tried.Do(func() {
		j.unusable = j.files.Try()
		j.wrote(j.unusable)
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.broken
}

// Unusable is why the journal could not be written when that was tried, which is done once;
// nil if it could, or if there is none.
func (j *Journal) Unusable() error {
	if j.files == nil || j.Keeps() {
		return nil
	}
	return j.unusable
}

// wrote notes what came of writing.
func (j *Journal) wrote(err error) {
	j.note(err)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = j.broken || err != nil
}

// Attempt is a registration under way.
type Attempt struct {
	journal *Journal
	entry   journal.Entry
}

// Begin records that a registration is about to be sent, presenting what a digest tells.
func (j *Journal) Begin(endpoint, issuer, presented string, request []byte) (Attempt, error) {
	if j.unknown {
		return Attempt{journal: j}, errors.New("the value of journal_path is not known yet, so that nothing could be kept of a registration")
	}
	if j.files == nil {
		return Attempt{journal: j}, nil
	}
	entry, err := j.files.Begin(endpoint, issuer, journal.Digest(request), j.now())
	entry.Presented = presented
	j.noted("a registration is about to be sent", entry)
	return Attempt{journal: j, entry: entry}, err
}

// Refused forgets a registration that the server did not carry out.
func (a Attempt) Refused() {
	if a.journal.files != nil {
		a.journal.note(a.journal.files.Drop(a.entry))
		a.journal.noted("the registration was refused", a.entry)
	}
}

// Answered records what the server said. The answer to a registration whose
// outcome is not known may have said a part.
func (a Attempt) Answered(reg *dcr.Registration, metadata []byte) {
	if a.journal.files == nil || reg == nil {
		return
	}
	entry := entryOf(reg, a.journal.now())
	entry.Endpoint, entry.Issuer, entry.Request, entry.Run = a.entry.Endpoint, a.entry.Issuer, a.entry.Request, a.entry.Run
	entry.Presented, entry.SentAt, entry.File, entry.Metadata = a.entry.Presented, a.entry.SentAt, a.entry.File, metadata
	a.journal.wrote(a.journal.files.Answer(entry))
	a.journal.noted("the registration was answered", entry)
}

func entryOf(reg *dcr.Registration, at time.Time) journal.Entry {
	var secretAt time.Time
	if !reg.ClientSecret.Empty() {
		secretAt = at.UTC()
	}
	return journal.Entry{
		AnsweredAt: at.UTC(), ClientID: reg.ClientID, ClientSecret: reg.ClientSecret.Reveal(),
		ClientIDIssuedAt: reg.ClientIDIssuedAt, ClientSecretExpiresAt: reg.ClientSecretExpiresAt, SecretAt: secretAt,
		RegistrationAccessToken: reg.RegistrationAccessToken.Reveal(), RegistrationClientURI: reg.RegistrationClientURI,
	}
}

// Left lists what earlier runs asked for likewise at the endpoints or issuer of a server and
// no state has, and what they asked for otherwise.
func (j *Journal) Left(places []string, request []byte) (same, others []journal.Entry, err error) {
	if j.files == nil {
		return nil, nil, nil
	}
	same, others, err = j.files.Left(places, journal.Digest(request))
	for _, entry := range same {
		err = errors.Join(err, j.closed(entry))
	}
	return same, others, err
}

// Settled lists clients of earlier runs that were asked for likewise and that a state has or had.
func (j *Journal) Settled(places []string, request []byte) []journal.Entry {
	if j.files == nil {
		return nil
	}
	found, err := j.files.Settled(places, journal.Digest(request))
	j.note(err)
	return found
}

// Claim takes one of those over; false when another resource did.
func (j *Journal) Claim(entry journal.Entry) bool { return j.files.Claim(entry) }

// Replaced notes that another was registered in place of one of those. Its token is kept.
func (j *Journal) Replaced(entry journal.Entry) { j.note(j.files.Replaced(entry, j.now())) }

// Amended records what an update made of a client.
func (j *Journal) Amended(m dcr.Management, endpoint, issuer string, request []byte) {
	if j.files != nil && m.ClientID != "" {
		j.note(j.files.Amended(m.ClientID, m.URI, endpoint, issuer, journal.Digest(request)))
	}
}

// Owner returns the client whose newest registration access token this is.
func (j *Journal) Owner(token rest.Secret) (journal.Entry, bool) {
	if j.files == nil {
		return journal.Entry{}, false
	}
	return j.files.Owner(token.Reveal())
}

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
		j.noted("a client was removed and is forgotten", journal.Entry{ClientID: clientID})
	}
}

// Heard records the token and the secret of an answer about a registration.
func (j *Journal) Heard(m dcr.Management, reg *dcr.Registration) {
	if j.files == nil || m.URI == "" || reg.RegistrationAccessToken.Empty() && reg.ClientSecret.Empty() {
		j.Read(m.ClientID, m.URI)
		return
	}
	answer := entryOf(reg, j.now())
	answer.RegistrationClientURI = m.URI
	if m.ClientID != "" {
		answer.ClientID = m.ClientID
	}
	err := j.files.Heard(answer)
	j.wrote(err)
	j.noted("a token or a secret was heard", answer)
	if err == nil {
		// What could not be kept is as good as lost.
		j.Read(m.ClientID, m.URI)
	}
}

// Newest is what was heard last of a client: its registration access token, and
// its secret if there was one.
func (j *Journal) Newest(m dcr.Management) (journal.Entry, bool) {
	entry, err := j.Kept(m)
	j.note(err)
	return entry, err == nil && entry.File != ""
}

// Kept is Newest that fails if there is something that cannot be read or opened. It is the
// zero Entry if there is nothing.
func (j *Journal) Kept(m dcr.Management) (journal.Entry, error) {
	if j.files == nil {
		return journal.Entry{}, nil
	}
	entry, err := j.files.Client(m.ClientID, m.URI)
	if errors.Is(err, fs.ErrNotExist) {
		return journal.Entry{}, nil
	}
	if err == nil {
		err = j.closed(entry)
	}
	return entry, err
}

// note keeps the first thing that went wrong where nothing may fail any more.
func (j *Journal) note(err error) {
	if err != nil {
		j.noted("the journal could not be read or written: "+err.Error(), journal.Entry{})
	}
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

// Entries lists the clients in the journal: those that no state is known to have, and the others.
func (j *Journal) Entries() (left, known []journal.Entry, err error) {
	if j.files == nil {
		return nil, nil, errors.New("the provider has no journal: journal_path is not set")
	}
	return j.files.Entries()
}
