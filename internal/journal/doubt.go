package journal

import (
	"errors"
	"io/fs"
	"time"
)

// doubtful reports whether something is known that speaks against a client or its token.
func (e Entry) doubtful() bool { return !e.RefusedAt.IsZero() || !e.AskedAt.IsZero() }

// Refused notes that a server refused a client in a plan that has another registered: it is
// none that somebody may miss. Read and Heard forget that.
func (j *Journal) Refused(clientID, uri string, at time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry, err := j.read(fileOf(clientID, uri))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	entry.RefusedAt = at.UTC()
	return j.write(entry)
}

// Asking notes that a request about a client is about to be sent whose answer may have another
// registration access token. Read and Heard forget that: as long as they do not, that answer was
// lost. It reports whether one was before.
func (j *Journal) Asking(clientID, uri string, at time.Time) (lost bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry, err := j.placed(clientID, uri)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		entry = Entry{ClientID: clientID, RegistrationClientURI: uri, File: fileOf(clientID, uri)}
	case err != nil:
		return false, err
	case !entry.AskedAt.IsZero():
		return true, nil
	}
	entry.AskedAt, entry.shut = at.UTC(), []string{entry.ClientSecret, entry.RegistrationAccessToken}
	if err := j.write(entry); err != nil {
		return false, err
	}
	j.doubted[entry.File] = true
	return false, nil
}

// placed reads the file of a client, with its secrets as they are on disk: that of an answer which did
// not say whose it was, if there is no other.
func (j *Journal) placed(clientID, uri string) (Entry, error) {
	entry, err := j.closed(fileOf(clientID, uri))
	if errors.Is(err, fs.ErrNotExist) {
		return j.closed(fileOf("", uri))
	}
	return entry, err
}

// Lost reports whether an answer about a client was lost that may have had another token.
func (j *Journal) Lost(clientID, uri string) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry, err := j.placed(clientID, uri)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return !entry.AskedAt.IsZero(), err
}

// Read notes that a server lets a client be read, of which Known or Asking was told before.
func (j *Journal) Read(clientID, uri string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.doubted[fileOf(clientID, uri)] && !j.doubted[fileOf("", uri)] {
		return nil
	}
	delete(j.doubted, fileOf(clientID, uri))
	delete(j.doubted, fileOf("", uri))
	entry, err := j.placed(clientID, uri)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Heard moved it.
	}
	if err != nil {
		return err
	}
	if entry.RegistrationAccessToken == "" && entry.ClientSecret == "" && entry.Endpoint == "" {
		return j.remove(entry.File) // Asking made it.
	}
	entry.RefusedAt, entry.AskedAt, entry.shut = time.Time{}, time.Time{}, []string{entry.ClientSecret, entry.RegistrationAccessToken}
	return j.write(entry)
}
