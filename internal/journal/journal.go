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
	// Issuer is that of the server, if it is known.
	Issuer string `json:"issuer,omitempty"`
	// Presented tells what the registration was sent with from what else a client may be asked about with: a
	// digest of its caller's.
	Presented string `json:"presented,omitempty"`
	// Run is the run of Terraform that sent it.
	Run string `json:"run,omitempty"`
	// SentAt is when the registration was sent, AnsweredAt when the last answer with a token came.
	SentAt     time.Time `json:"sent_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	// SecretAt is when the answer with the client secret came, RefusedAt when the server refused the token in a
	// plan that has another client registered.
	SecretAt  time.Time `json:"secret_at,omitzero"`
	RefusedAt time.Time `json:"refused_at,omitzero"`

	ClientID                string          `json:"client_id,omitempty"`
	ClientSecret            string          `json:"client_secret,omitempty"`
	ClientIDIssuedAt        int64           `json:"client_id_issued_at,omitempty"`
	ClientSecretExpiresAt   int64           `json:"client_secret_expires_at,omitempty"`
	RegistrationAccessToken string          `json:"registration_access_token,omitempty"`
	RegistrationClientURI   string          `json:"registration_client_uri,omitempty"`
	Metadata                json.RawMessage `json:"metadata,omitempty"`

	// File is the name of the entry's file in the journal's folder.
	File string `json:"-"`
	// outdated is set when the file is to be sealed anew.
	outdated bool
	// shut are secrets that only a key that is not given opens: they rest as they are.
	shut []string
}

// Answered reports whether the server answered the registration with what it
// takes to find the client: its ID, or where and with what it is managed.
func (e Entry) Answered() bool {
	return e.ClientID != "" || e.RegistrationClientURI != "" && e.RegistrationAccessToken != ""
}

const (
	// sent begins the names of files of registrations that no state is known to
	// have, and client those of the others. Those that begin with asking say that an answer is missing.
	sent, client, asking = "registration-", "client-", "asking-"
	suffix               = ".json"
	// writing begins the names of files that are not yet what they are to be.
	writing = ".writing-"
)

// Journal is a folder of entries. The processes of one run of Terraform, of which
// each provider configuration has one, may share it: what the run itself sent is
// not what was left behind. Runs of one workspace follow each other, which
// Terraform's lock on the state takes care of.
type Journal struct {
	folder, run string
	sealer      Sealer

	mu sync.Mutex
	// loose are the entries of registrations that no state is known to have; nil before they were read.
	loose []Entry
	// settled are the clients of earlier runs by what was asked for; nil before they were read.
	settled map[string][]Entry
	// refused are the files of the clients in state that a server refused, as they were when Known was told of them.
	refused map[string]bool
	// claimed are those of them that somebody takes over.
	claimed map[string]bool
}

// Open returns the journal of a folder, which is made when it is first written
// to, for a process of a run.
func Open(folder, run string) *Journal { return OpenSealed(folder, run, unsealed{}) }

// OpenSealed is Open with what seals the secrets in the files.
func OpenSealed(folder, run string, sealer Sealer) *Journal {
	return &Journal{folder: folder, run: run, sealer: sealer, claimed: map[string]bool{}, refused: map[string]bool{}}
}

// Begin records that a registration is about to be sent to an endpoint of a server, whose
// issuer is empty if it is not known.
func (j *Journal) Begin(endpoint, issuer, request string, at time.Time) (Entry, error) {
	nonce := make([]byte, 8)
	if _, err := rand.Read(nonce); err != nil {
		return Entry{}, fmt.Errorf("journal: %w", err)
	}
	entry := Entry{Endpoint: endpoint, Issuer: issuer, Request: request, Run: j.run, SentAt: at.UTC(), File: sent + hex.EncodeToString(nonce) + suffix}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sweep(at)
	return entry, j.write(entry)
}

// Try reports whether an entry can be written, by writing one that nobody reads.
func (j *Journal) Try() error {
	const room = 4096
	nonce := make([]byte, 8)
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	entry := Entry{ClientSecret: "no secret", RegistrationAccessToken: strings.Repeat(" ", room), File: writing + hex.EncodeToString(nonce)}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(entry); err != nil {
		return err
	}
	return j.remove(entry.File)
}

// sweep removes half-written files of processes that were killed: they hold
// secrets, and what they were to replace is still there. What fails here is tried
// again by the next run.
func (j *Journal) sweep(now time.Time) {
	names, _ := j.names(writing, "")
	for _, name := range names {
		file := filepath.Join(j.folder, name)
		if info, err := os.Stat(file); err == nil && now.Sub(info.ModTime()) > time.Hour {
			_ = os.Remove(file)
		}
	}
}

// names lists the files whose names begin and end so, none if there is no folder yet. The folder is
// not part of a pattern: what is in brackets in its own name is no choice of letters.
func (j *Journal) names(prefix, suffix string) ([]string, error) {
	files, err := os.ReadDir(j.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var names []string
	for _, file := range files {
		if name := file.Name(); strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	return names, nil
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

// Left lists the registrations of earlier runs at the endpoints or issuer of a server that no state is
// known to have, the latest first: those that asked for the same, and the others.
func (j *Journal) Left(places []string, request string) (same, others []Entry, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.load(); err != nil {
		return nil, nil, err
	}
	for _, entry := range j.loose {
		switch {
		case !entry.at(places), entry.Run != "" && entry.Run == j.run, j.claimed[entry.File]:
		case entry.Request == request:
			same = append(same, entry)
		default:
			others = append(others, entry)
		}
	}
	slices.SortFunc(same, func(a, b Entry) int { return b.SentAt.Compare(a.SentAt) })
	return same, others, nil
}

// at reports whether an entry is of a server of which some endpoints, or the issuer, are known.
func (e Entry) at(places []string) bool {
	return slices.Contains(places, e.Endpoint) || e.Issuer != "" && slices.Contains(places, e.Issuer)
}

// Claim takes an entry that is left behind: of several that ask, the first gets it.
func (j *Journal) Claim(entry Entry) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.claimed[entry.File] {
		return false
	}
	j.claimed[entry.File] = true
	return true
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
	names, err := j.names(sent, suffix)
	if err != nil {
		return err
	}
	loose := []Entry{}
	for _, name := range names {
		entry, err := j.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // Another process of the run was done with it.
		}
		if err != nil {
			return err
		}
		if entry.outdated {
			// Nothing may ever take it over, and until then it would rest as it is.
			if err := j.write(entry); err != nil {
				return err
			}
		}
		loose = append(loose, entry)
	}
	j.loose = loose
	return nil
}

func (j *Journal) read(name string) (Entry, error) {
	entry, err := j.closed(name)
	if err != nil {
		return Entry{}, err
	}
	entry.outdated = entry.stale(j.sealer)
	if err := entry.secrets(j.sealer.Open); err != nil {
		return Entry{}, fmt.Errorf("journal: the secrets of %s cannot be opened: %w", filepath.Join(j.folder, name), err)
	}
	return entry, nil
}

// closed reads an entry with its secrets as they are on disk.
func (j *Journal) closed(name string) (Entry, error) {
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
	if err := entry.secrets(entry.sealing(j.sealer)); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(entry, "", "  ") //nolint:gosec // Keeping the secret is what a journal is for.
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(j.folder, writing+"*")
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
	return j.sync()
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
