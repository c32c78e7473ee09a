package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

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

// Read notes that a server lets a client be read, of which Known was told before.
func (j *Journal) Read(clientID, uri string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	name := fileOf(clientID, uri)
	if !j.refused[name] {
		return nil
	}
	delete(j.refused, name)
	entry, err := j.read(name)
	if err != nil {
		return err
	}
	entry.RefusedAt = time.Time{}
	return j.write(entry)
}

// question is something that was asked about a client. It has a file of its own, so that other processes, which may
// write the client's at the same time, lose nothing by it. There is no secret in it.
type question struct {
	ClientID              string    `json:"client_id,omitempty"`
	RegistrationClientURI string    `json:"registration_client_uri"`
	AskedAt               time.Time `json:"asked_at"`
}

// Asking notes that a request about a client is about to be sent whose answer may have another registration access
// token or secret. As long as Answered does not follow, that answer was lost. It reports whether one was before.
func (j *Journal) Asking(clientID, uri string, at time.Time) (lost bool, err error) {
	if lost, err := j.Lost(clientID, uri); lost || err != nil {
		return lost, err
	}
	raw, err := json.MarshalIndent(question{ClientID: clientID, RegistrationClientURI: uri, AskedAt: at.UTC()}, "", "  ")
	if err == nil {
		err = os.MkdirAll(j.folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(j.folder, askingOf(clientID, uri)), append(raw, '\n'), 0o600)
	}
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	return false, j.sync()
}

// Answered notes that what was asked about a client was answered, or not carried out.
func (j *Journal) Answered(clientID, uri string) error {
	// A folder that cannot be written would refuse to remove what is not there.
	if lost, err := j.Lost(clientID, uri); !lost || err != nil {
		return err
	}
	// What a power failure brings back says too much and not too little.
	if err := os.Remove(filepath.Join(j.folder, askingOf(clientID, uri))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Lost reports whether an answer about a client was lost that may have had another token or secret.
func (j *Journal) Lost(clientID, uri string) (bool, error) {
	_, err := os.Stat(filepath.Join(j.folder, askingOf(clientID, uri)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	return true, nil
}

func askingOf(clientID, uri string) string {
	return asking + strings.TrimPrefix(fileOf(clientID, uri), client)
}
