package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func sealedSteps() []func(context.Context, *stage) error {
	return []func(context.Context, *stage) error{onboard, inClear, sealing, sealedChange, otherKey, destroy}
}

// secrets are all the sandbox has issued, and the private keys in state, of
// which a line in the middle stands for the whole.
func (s *stage) secrets(ctx context.Context) ([]string, error) {
	var issued []string
	if err := s.control(ctx, http.MethodGet, "/secrets", nil, &issued); err != nil {
		return nil, err
	}
	return append(issued, s.keys...), nil
}

// found counts the secrets that are somewhere in a folder, archives included,
// and says in which files.
func found(folder string, secrets []string) (count int, files []string, err error) {
	seen := map[string]bool{}
	err = filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasSuffix(name, ".tfvars.json") {
			return err
		}
		raw, err := os.ReadFile(name) //nolint:gosec // The folder is the demo's own.
		if err != nil {
			return err
		}
		for _, secret := range secrets {
			if bytes.Contains(unzipped(raw), []byte(secret)) {
				seen[secret] = true
				if at, err := filepath.Rel(folder, name); err == nil && !slices.Contains(files, at) {
					files = append(files, at)
				}
			}
		}
		return nil
	})
	return len(seen), files, err
}

// journal is the folder that examples/onboarding keeps its journal in.
const journal = ".dcr-journal"

// places names files, those of the journal by their number.
func places(files []string) string {
	var out []string
	journalled := 0
	for _, file := range files {
		if filepath.Dir(file) == journal {
			journalled++
			continue
		}
		out = append(out, file)
	}
	if journalled > 0 {
		out = append(out, fmt.Sprintf("%d files of the journal (%s)", journalled, journal))
	}
	return strings.Join(out, " and ")
}

// unzipped is what a file holds; plan files are ZIP archives.
func unzipped(raw []byte) []byte {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return raw
	}
	var all bytes.Buffer
	for _, member := range archive.File {
		if file, err := member.Open(); err == nil {
			_, _ = io.Copy(&all, file) //nolint:gosec // A plan of the demo's own.
			_ = file.Close()
		}
	}
	return all.Bytes()
}

// inClear shows that looking for secrets finds them.
func inClear(ctx context.Context, s *stage) error {
	title("2. Without a sealing key, secrets rest in clear, in state and journal")
	raw, err := os.ReadFile(filepath.Join(s.work, "terraform.tfstate"))
	if err != nil {
		return err
	}
	if s.keys, err = privateKeys(raw); err != nil {
		return err
	}
	secrets, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	count, files, err := found(s.work, secrets)
	if err != nil {
		return err
	}
	inJournal := func(file string) bool { return filepath.Dir(file) == journal }
	if count == 0 || len(s.keys) == 0 || !slices.Contains(files, "terraform.tfstate") || !slices.ContainsFunc(files, inJournal) {
		return errors.New("no issued secret is in state, or none in the journal, so looking for them would prove nothing")
	}
	say("%d of the %d secrets the servers know or issued are in %s: tokens, a statement, a private key.", count, len(secrets), places(files))
	return nil
}

// privateKeys are lines of the private keys in a state.
func privateKeys(state []byte) ([]string, error) {
	var all struct {
		Resources []struct {
			Instances []struct {
				Attributes map[string]any `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(state, &all); err != nil {
		return nil, err
	}
	var out []string
	for _, resource := range all.Resources {
		for _, instance := range resource.Instances {
			if pem, ok := instance.Attributes["private_key_pem"].(string); ok {
				lines := strings.Split(pem, "\n")
				out = append(out, lines[len(lines)/2])
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// changed counts what was sent to change something at a server.
func (s *stage) changed(ctx context.Context) (int, error) {
	var history []struct {
		Method string `json:"method"`
		Route  string `json:"route"`
	}
	if err := s.control(ctx, http.MethodGet, "/history", nil, &history); err != nil {
		return 0, err
	}
	count := 0
	for _, exchange := range history {
		if exchange.Method != http.MethodGet && !strings.Contains(exchange.Route, "token") {
			count++
		}
	}
	return count, nil
}

// none fails if a secret rests anywhere in the folder.
func (s *stage) none(ctx context.Context) error {
	secrets, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	// Terraform keeps the state before as a backup, in clear as it was.
	if err := os.Remove(filepath.Join(s.work, "terraform.tfstate.backup")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	count, files, err := found(s.work, secrets)
	if err == nil && count > 0 {
		err = fmt.Errorf("%d of %d secrets are in %s", count, len(secrets), places(files))
	}
	if err == nil {
		say("grep for %d secrets in state, plan and journal: none.", len(secrets))
	}
	return err
}

func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // It never fails.
	return base64.StdEncoding.EncodeToString(key)
}

func sealing(ctx context.Context, s *stage) error {
	title("3. Switching sealing on re-seals in place, and reaches no server")
	before, err := s.changed(ctx)
	if err != nil {
		return err
	}
	say("export DCR_SEALING_KEY=$(openssl rand -base64 32)")
	s.env = []string{"DCR_SEALING_KEY=" + newKey()}
	out, err := s.apply(ctx)
	if err != nil {
		return err
	}
	quote(changes(out))
	after, err := s.changed(ctx)
	if err != nil {
		return err
	}
	if after != before {
		return fmt.Errorf("%d requests were sent to change something", after-before)
	}
	if _, err := s.must(ctx, 0, "plan", "-detailed-exitcode"); err != nil {
		return err
	}
	if err := s.none(ctx); err != nil {
		return err
	}
	verdict("No changes, no server noticed, and every secret in state is a JWE now.")
	return nil
}

func sealedChange(ctx context.Context, s *stage) error {
	title("4. A change: the plan file, the state and the journal have no secret either")
	if err := s.set("redirect_uris", []string{callback, mobile, added}); err != nil {
		return err
	}
	if _, err := s.must(ctx, 2, "plan", "-detailed-exitcode", "-out=tfplan"); err != nil {
		return err
	}
	if err := s.none(ctx); err != nil {
		return err
	}
	out, err := s.must(ctx, 0, "apply", "tfplan")
	if err != nil {
		return err
	}
	quote(progress(out))
	o, err := s.objects(ctx)
	if err != nil {
		return err
	}
	if err := o.registered([]string{callback, mobile, added}); err != nil {
		return err
	}
	if err := s.none(ctx); err != nil {
		return err
	}
	verdict("A new statement and new tokens went through plan, state and journal, sealed.")
	return nil
}

func otherKey(ctx context.Context, s *stage) error {
	title("5. Another key opens nothing and loses nothing; with the old one beside it, it takes over")
	right := s.env[0]
	s.env = []string{"DCR_SEALING_KEY=" + newKey()}
	out, err := s.must(ctx, 1, "plan")
	if err != nil {
		return err
	}
	quote(keep(out, sealedError))
	if !strings.Contains(out, "A sealed secret cannot be opened") {
		return errors.New("the error does not say what is wrong")
	}
	say("export DCR_PREVIOUS_SEALING_KEYS=<the key before>")
	s.env = append(s.env, "DCR_PREVIOUS_SEALING_KEYS="+strings.TrimPrefix(right, "DCR_SEALING_KEY="))
	if _, err := s.apply(ctx); err != nil {
		return err
	}
	s.env = s.env[:1]
	if _, err := s.must(ctx, 0, "plan", "-detailed-exitcode"); err != nil {
		return err
	}
	if err := s.none(ctx); err != nil {
		return err
	}
	verdict("The new key opens everything; the old one can be thrown away.")
	return nil
}
