package journal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Known records that a state has the client: its registration is not left behind.
func (j *Journal) Known(clientID, uri string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.known(clientID, uri)
}

func (j *Journal) known(clientID, uri string) error {
	if err := j.load(); err != nil {
		return err
	}
	for _, entry := range slices.Clone(j.loose) {
		if !entry.is(clientID, uri) {
			continue
		}
		entry.ClientID = clientID
		if err := j.settle(entry); err != nil {
			return err
		}
		j.loose = slices.DeleteFunc(j.loose, func(e Entry) bool { return e.File == entry.File })
	}
	return j.reseal(fileOf(clientID, uri))
}

// reseal writes a file anew whose secrets are not sealed as they would be now, so
// that earlier keys can go.
func (j *Journal) reseal(name string) error {
	entry, err := j.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !entry.RefusedAt.IsZero() {
		j.refused[name] = true
	}
	if err != nil || !entry.outdated {
		return err
	}
	return j.write(entry)
}

// is reports whether an entry is of a client. Some answers leave out the client ID.
func (e Entry) is(clientID, uri string) bool {
	return e.RegistrationClientURI == uri && (e.ClientID == clientID || e.ClientID == "" && e.Answered())
}

// settle moves an entry to the file of its client. Of both, the newer token and
// secret stay.
func (j *Journal) settle(entry Entry) error {
	moved, name := entry, fileOf(entry.ClientID, entry.RegistrationClientURI)
	if kept, err := j.read(name); err == nil {
		if moved = kept.with(entry); entry.RefusedAt.After(moved.RefusedAt) {
			moved.RefusedAt = entry.RefusedAt
		}
	}
	moved.File, moved.Metadata = name, nil
	if err := j.write(moved); err != nil {
		return err
	}
	return j.remove(entry.File)
}

// inherit fills what an answer left out from what was known before.
func (e *Entry) inherit(before Entry) {
	if e.RegistrationAccessToken == "" {
		e.RegistrationAccessToken = before.RegistrationAccessToken
	}
	if e.ClientSecret == "" {
		e.ClientSecret, e.ClientSecretExpiresAt, e.SecretAt = before.ClientSecret, before.ClientSecretExpiresAt, before.SecretAt
	}
	if e.ClientSecret == before.ClientSecret && e.ClientSecretExpiresAt == 0 {
		e.ClientSecretExpiresAt = before.ClientSecretExpiresAt
	}
	e.Endpoint, e.Issuer, e.Presented, e.Request, e.SentAt, e.Run = before.Endpoint, before.Issuer, before.Presented, before.Request, before.SentAt, before.Run
}

// Heard records the registration access token and client secret of an answer
// about a client. Empty ones stay as they were, also if only a key that is not
// given opens them. A file that cannot be read is replaced: it must not keep the
// newest token out.
func (j *Journal) Heard(answer Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	answer.File = fileOf(answer.ClientID, answer.RegistrationClientURI)
	before := answer.File
	kept, err := j.read(before)
	if errors.Is(err, fs.ErrNotExist) {
		// Heard before in an answer that did not say which client it was about.
		before = fileOf("", answer.RegistrationClientURI)
		kept, err = j.read(before)
	}
	if err != nil {
		kept, _ = j.closed(before)
		answer.shut = kept.shuts(j.sealer)
	}
	answer.inherit(kept)
	if err == nil && before == answer.File && kept.RefusedAt.IsZero() && kept.RegistrationAccessToken == answer.RegistrationAccessToken && kept.ClientSecret == answer.ClientSecret {
		return nil
	}
	answer.Metadata = nil
	if err := j.write(answer); err != nil || before == answer.File {
		return err
	}
	return j.remove(before)
}

// Client returns the newest that is known of a client; fs.ErrNotExist if that is
// nothing. Without a client ID, as after an import, the URI tells which it is.
func (j *Journal) Client(clientID, uri string) (Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept, err := j.heard(clientID, uri)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	if errLoad := j.load(); errLoad != nil {
		if err == nil {
			return kept, nil
		}
		return Entry{}, errLoad
	}
	// Of a client that no state was seen to have, token or secret may be in the answer to the registration alone.
	for _, entry := range slices.SortedFunc(slices.Values(j.loose), func(a, b Entry) int { return b.AnsweredAt.Compare(a.AnsweredAt) }) {
		switch {
		case !entry.is(cmp.Or(clientID, entry.ClientID), uri):
			continue
		case err != nil:
			return entry, nil
		}
		return kept.with(entry), nil
	}
	return kept, err
}

// with is what is known of a client by its file and by its registration: of both, the newer token and secret.
func (e Entry) with(registered Entry) Entry {
	if e.AnsweredAt.Before(registered.AnsweredAt) {
		return registered
	}
	e.inherit(registered)
	return e
}

// heard is what the file of a client has.
func (j *Journal) heard(clientID, uri string) (Entry, error) {
	if clientID != "" {
		entry, err := j.read(fileOf(clientID, uri))
		if errors.Is(err, fs.ErrNotExist) {
			// Heard in an answer that did not say which client it was about.
			return j.read(fileOf("", uri))
		}
		return entry, err
	}
	names, err := j.names(client, suffix)
	if err != nil {
		return Entry{}, err
	}
	for _, name := range names {
		if entry, err := j.closed(name); err == nil && entry.RegistrationClientURI == uri {
			return j.read(entry.File)
		}
	}
	return Entry{}, fmt.Errorf("journal: %w", fs.ErrNotExist)
}

// Owner returns the client whose newest registration access token this is, as far as the
// files can be read.
func (j *Journal) Owner(token string) (owner Entry, found bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	// Of one client, what its own file has is newer than the registration.
	for _, kind := range []string{sent, client} {
		names, _ := j.names(kind, suffix)
		for _, name := range names {
			if entry, err := j.read(name); err == nil && entry.RegistrationAccessToken == token {
				owner, found = entry, true
			}
		}
	}
	return owner, found
}

// Amended records what a client was asked to be by an update that was carried out, and
// where, if that is not known yet: it is found by that from then on.
func (j *Journal) Amended(clientID, uri, endpoint, issuer, request string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry, err := j.read(fileOf(clientID, uri))
	if errors.Is(err, fs.ErrNotExist) || err == nil && entry.Request == request {
		return nil
	}
	if err != nil {
		return err
	}
	entry.Request, entry.Endpoint, entry.Issuer = request, cmp.Or(entry.Endpoint, endpoint), cmp.Or(entry.Issuer, issuer)
	return j.write(entry)
}

// Replaced notes that another client was registered in place of one that was left behind,
// because the server refuses its token. The token is kept: the server may be wrong.
func (j *Journal) Replaced(entry Entry, at time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.loose = slices.DeleteFunc(j.loose, func(e Entry) bool { return e.File == entry.File })
	entry.RefusedAt = at.UTC()
	return j.settle(entry)
}

// Forget removes what is kept of a client that was removed.
func (j *Journal) Forget(clientID, uri string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.loose = nil // What this run registered itself was not there yet.
	if err := j.known(clientID, uri); err != nil {
		return err
	}
	gone := fileOf(clientID, uri)
	for request, entries := range j.settled {
		j.settled[request] = slices.DeleteFunc(entries, func(e Entry) bool { return e.File == gone })
	}
	return errors.Join(j.remove(gone), j.remove(fileOf("", uri)), j.Answered(clientID, uri))
}

func fileOf(clientID, uri string) string {
	sum := sha256.Sum256([]byte(uri + "\x00" + clientID))
	return client + hex.EncodeToString(sum[:12]) + suffix
}

// Entries lists all registrations that were answered: those that no state is
// known to have, and those that one has or had.
func (j *Journal) Entries() (left, known []Entry, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.load(); err != nil {
		return nil, nil, err
	}
	for _, entry := range j.loose {
		if entry.Answered() {
			left = append(left, entry)
		}
	}
	names, err := j.names(client, suffix)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		entry, err := j.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // Another process of the run removed its client.
		}
		if err != nil {
			return nil, nil, err
		}
		known = append(known, entry)
	}
	return left, known, nil
}

// Settled lists the clients that earlier runs asked for likewise at the endpoints or issuer of a server
// and that a state has or had, the latest first and without their secrets. The files are
// read once: what is settled later in this process is its own.
func (j *Journal) Settled(places []string, request string) (found []Entry, unreadable error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.settled == nil {
		names, err := j.names(client, suffix)
		if err != nil {
			return nil, err
		}
		settled := map[string][]Entry{}
		for _, name := range names {
			entry, err := j.closed(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // Another process of the run removed its client.
			}
			if err != nil {
				unreadable = errors.Join(unreadable, err)
				continue
			}
			if entry.RefusedAt.IsZero() && (entry.Run == "" || entry.Run != j.run) {
				entry.ClientSecret, entry.RegistrationAccessToken = "", ""
				settled[entry.Request] = append(settled[entry.Request], entry)
			}
		}
		j.settled = settled
	}
	found = slices.DeleteFunc(slices.Clone(j.settled[request]), func(e Entry) bool { return !e.at(places) })
	slices.SortFunc(found, func(a, b Entry) int { return b.SentAt.Compare(a.SentAt) })
	return found, unreadable
}
