package journal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Entry is one registration. Its file has the mode 0600: it holds secrets.
type Entry struct {
	// Endpoint is the registration endpoint, and Request a digest of what was asked for.
	Endpoint string `json:"registration_endpoint,omitempty"`
	Request  string `json:"request,omitempty"`
	// SentAt is when the registration was sent, AnsweredAt when the last answer with a token came.
	SentAt     time.Time `json:"sent_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`

	ClientID                string          `json:"client_id,omitempty"`
	ClientSecret            string          `json:"client_secret,omitempty"`
	ClientIDIssuedAt        int64           `json:"client_id_issued_at,omitempty"`
	ClientSecretExpiresAt   int64           `json:"client_secret_expires_at,omitempty"`
	RegistrationAccessToken string          `json:"registration_access_token,omitempty"`
	RegistrationClientURI   string          `json:"registration_client_uri,omitempty"`
	Metadata                json.RawMessage `json:"metadata,omitempty"`

	// File is the name of the entry's file in the journal's folder.
	File string `json:"-"`
}

// Answered reports whether the server answered the registration.
func (e Entry) Answered() bool { return e.ClientID != "" }

const (
	// sent begins the names of files of registrations that no state is known to
	// have, and client those of the others.
	sent, client = "registration-", "client-"
	suffix       = ".json"
)

// Journal is a folder of entries. It may be shared by the processes of one
// workspace, which Terraform's lock on the state keeps from running at once.
type Journal struct {
	folder string

	mu sync.Mutex
	// own are the files of this process: what it sent is not what was left behind.
	own map[string]bool
	// loose are the entries of registrations that no state is known to have; nil before they were read.
	loose []Entry
}

// Open returns the journal of a folder, which is made when it is first written to.
func Open(folder string) *Journal { return &Journal{folder: folder, own: map[string]bool{}} }

// Begin records that a registration is about to be sent.
func (j *Journal) Begin(endpoint, request string, at time.Time) (Entry, error) {
	nonce := make([]byte, 8)
	if _, err := rand.Read(nonce); err != nil {
		return Entry{}, fmt.Errorf("journal: %w", err)
	}
	entry := Entry{Endpoint: endpoint, Request: request, SentAt: at.UTC(), File: sent + hex.EncodeToString(nonce) + suffix}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.own[entry.File] = true
	return entry, j.write(entry)
}

// Answer records the answer to a registration.
func (j *Journal) Answer(entry Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(entry)
}

// Drop forgets a registration that was refused, or that somebody took over.
func (j *Journal) Drop(entry Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.loose = slices.DeleteFunc(j.loose, func(e Entry) bool { return e.File == entry.File })
	return j.remove(entry.File)
}

// Left lists the registrations of earlier runs at an endpoint that asked for
// the same and that no state is known to have, the latest first.
func (j *Journal) Left(endpoint, request string) ([]Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.load(); err != nil {
		return nil, err
	}
	var left []Entry
	for _, entry := range j.loose {
		if entry.Endpoint == endpoint && entry.Request == request {
			left = append(left, entry)
		}
	}
	slices.SortFunc(left, func(a, b Entry) int { return b.SentAt.Compare(a.SentAt) })
	return left, nil
}

// Claim is Drop for an entry that is taken over: of several that ask, the
// first gets it.
func (j *Journal) Claim(entry Entry) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := len(j.loose)
	j.loose = slices.DeleteFunc(j.loose, func(e Entry) bool { return e.File == entry.File })
	return len(j.loose) < before
}

// Known records that a state has the client: its registration is not left behind.
func (j *Journal) Known(clientID, uri string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.load(); err != nil {
		return err
	}
	for _, entry := range slices.Clone(j.loose) {
		if entry.ClientID != clientID || entry.RegistrationClientURI != uri {
			continue
		}
		if err := j.settle(entry); err != nil {
			return err
		}
		j.loose = slices.DeleteFunc(j.loose, func(e Entry) bool { return e.File == entry.File })
	}
	return nil
}

// settle moves an entry to the file of its client, unless that has a newer token.
func (j *Journal) settle(entry Entry) error {
	name := fileOf(entry.ClientID, entry.RegistrationClientURI)
	if kept, err := j.read(name); err != nil || !kept.AnsweredAt.After(entry.AnsweredAt) {
		moved := entry
		moved.File, moved.Metadata = name, nil
		if err := j.write(moved); err != nil {
			return err
		}
	}
	return j.remove(entry.File)
}

// Heard records the registration access token and client secret of an answer
// about a client. Empty ones stay as they were.
func (j *Journal) Heard(answer Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	name := fileOf(answer.ClientID, answer.RegistrationClientURI)
	kept, err := j.read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && kept.RegistrationAccessToken == answer.RegistrationAccessToken && (answer.ClientSecret == "" || kept.ClientSecret == answer.ClientSecret) {
		return nil
	}
	if answer.ClientSecret == "" {
		answer.ClientSecret, answer.ClientSecretExpiresAt = kept.ClientSecret, kept.ClientSecretExpiresAt
	}
	answer.Endpoint, answer.Request, answer.SentAt, answer.File, answer.Metadata = kept.Endpoint, kept.Request, kept.SentAt, name, nil
	return j.write(answer)
}

// Client returns the newest that is known of a client.
func (j *Journal) Client(clientID, uri string) (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry, err := j.read(fileOf(clientID, uri))
	return entry, err == nil
}

// Forget removes what is kept of a client that was removed.
func (j *Journal) Forget(clientID, uri string) error {
	if err := j.Known(clientID, uri); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.remove(fileOf(clientID, uri))
}

func fileOf(clientID, uri string) string {
	sum := sha256.Sum256([]byte(uri + "\x00" + clientID))
	return client + hex.EncodeToString(sum[:12]) + suffix
}

// Digest is the SHA-256 of what a registration asks for, in hexadecimal.
func Digest(request []byte) string {
	sum := sha256.Sum256(request)
	return hex.EncodeToString(sum[:])
}

// load reads, once, what earlier runs left behind. A file that cannot be read
// is an error: it may be the only trace of a client.
func (j *Journal) load() error {
	if j.loose != nil {
		return nil
	}
	files, err := os.ReadDir(j.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	loose := []Entry{}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), sent) || !strings.HasSuffix(file.Name(), suffix) || j.own[file.Name()] {
			continue
		}
		entry, err := j.read(file.Name())
		if err != nil {
			return err
		}
		loose = append(loose, entry)
	}
	j.loose = loose
	return nil
}

func (j *Journal) read(name string) (Entry, error) {
	raw, err := os.ReadFile(filepath.Join(j.folder, name)) //nolint:gosec // The folder is the user's choice.
	if err != nil {
		return Entry{}, fmt.Errorf("journal: %w", err)
	}
	var entry Entry
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&entry); err != nil {
		return Entry{}, fmt.Errorf("journal: %s is not an entry: %w", filepath.Join(j.folder, name), err)
	}
	entry.File = name
	return entry, nil
}

// write replaces a file as a whole, and returns when it is on disk.
func (j *Journal) write(entry Entry) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("journal: %w", err)
		}
	}()
	raw, err := json.MarshalIndent(entry, "", "  ") //nolint:gosec // Keeping the secret is what a journal is for.
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(j.folder, ".writing-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(append(raw, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), filepath.Join(j.folder, entry.File)); err != nil {
		return err
	}
	return j.sync()
}

func (j *Journal) remove(name string) error {
	if err := os.Remove(filepath.Join(j.folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// sync puts the folder's list of names on disk. Not every system lets folders be opened for that.
func (j *Journal) sync() error {
	folder, err := os.Open(j.folder)
	if err != nil {
		return nil //nolint:nilerr // The file itself is on disk.
	}
	_ = folder.Sync()
	return folder.Close()
}
