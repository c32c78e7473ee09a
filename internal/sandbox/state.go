package sandbox

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const keepEvery = 100 * time.Millisecond

// state is everything the sandbox knows and, written as JSON, what survives a restart.
type state struct {
	Ports              []int                   `json:"ports"`
	OrganisationID     string                  `json:"organisation_id"`
	AccessToken        string                  `json:"access_token"`
	AdministratorToken string                  `json:"administrator_token"`
	Authority          authorityState          `json:"authority"`
	Client             clientState             `json:"client"`
	Signers            []signer                `json:"signers"`
	TokenPath          string                  `json:"token_path"`
	Tokens             map[string]*token       `json:"tokens"`
	Assertions         map[string]time.Time    `json:"assertions"`
	Applications       map[string]*application `json:"applications"`
	Order              []string                `json:"order"`
	OrganisationRoles  []*organisationRole     `json:"organisation_roles"`
	Flags              []map[string]any        `json:"flags"`
	Logos              map[string]logo         `json:"logos"`
	Banks              map[string]*bankState   `json:"banks"`
	Secrets            []string                `json:"secrets"`
}

// clientState is the bootstrap client, the one that exists before any application does.
type clientState struct {
	ID           string `json:"id"`
	Certificate  string `json:"certificate"`
	PrivateKey   string `json:"private_key"`
	Secret       string `json:"secret"`
	SigningKey   string `json:"signing_key"`
	SigningKeyID string `json:"signing_key_id"`
}

// keeper writes the state file shortly after a change.
type keeper struct {
	stop, done chan struct{}
}

// loadState reads the state file or makes a new world.
func (s *Sandbox) loadState() error {
	if s.options.StateFile != "" {
		data, err := os.ReadFile(s.options.StateFile)
		if err == nil {
			s.state = &state{}
			if err := json.Unmarshal(data, s.state); err != nil {
				return s.notOurState(err)
			}
			if s.state.OrganisationID == "" || s.state.Authority.Root == "" {
				return s.notOurState(errors.New("it names no organisation or no certificate authority"))
			}
			if s.state.Banks == nil || s.state.Applications == nil || s.state.Tokens == nil {
				return s.notOurState(errors.New("it lacks banks, applications or tokens"))
			}
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sandbox: state file: %w", err)
		}
	}
	return s.newState()
}

func (s *Sandbox) notOurState(err error) error {
	return fmt.Errorf("sandbox: the state file %s is not one that a sandbox wrote, and was left as it is; name another file, or move it away to start anew: %w",
		s.options.StateFile, err)
}

func (s *Sandbox) newState() error {
	authorityState, err := newAuthorityState("Trust Framework Sandbox")
	if err != nil {
		return err
	}
	s.state = &state{
		OrganisationID: newUUID(), Authority: authorityState, TokenPath: "/" + s.pathSegment() + "/token",
		Tokens: map[string]*token{}, Assertions: map[string]time.Time{}, Applications: map[string]*application{},
		Logos: map[string]logo{}, Banks: map[string]*bankState{}, Flags: defaultFlags(s.now()),
	}
	s.state.OrganisationRoles = defaultOrganisationRoles()
	far := s.options.Now().AddDate(100, 0, 0)
	s.state.AccessToken = s.mint(&token{Scope: []string{scopeWebsite}, ExpiresAt: far, User: true})
	s.state.AdministratorToken = s.mint(&token{Scope: []string{scopeWebsite}, ExpiresAt: far, User: true, Administrator: true})
	return s.newBootstrapClient()
}

func (s *Sandbox) newBootstrapClient() error {
	loaded, err := s.state.Authority.load()
	if err != nil {
		return err
	}
	key, err := newECKey()
	if err != nil {
		return err
	}
	id := newUUID()
	der, err := loaded.issue(&x509.Certificate{
		Subject: pkix.Name{
			CommonName: id, OrganizationalUnit: []string{s.state.OrganisationID},
			Organization: []string{organisationName}, Country: []string{"BR"},
		},
		NotBefore: s.now().Add(-time.Hour), NotAfter: s.now().Add(bootstrapLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, key.Public())
	if err != nil {
		return err
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	s.state.Client = clientState{
		ID: id, Certificate: encodeCertificate(der), PrivateKey: keyPEM,
		Secret: randomText(40, alphanumerics), SigningKeyID: randomText(22, alphanumerics),
	}
	s.remember(keyPEM, s.state.Client.Secret)
	return nil
}

// touch says that the state changed; the sandbox is locked.
func (s *Sandbox) touch() { s.dirty = true }

func (s *Sandbox) startKeeper() error {
	if s.options.StateFile == "" {
		return nil
	}
	if err := s.save(); err != nil {
		return err
	}
	k := &keeper{stop: make(chan struct{}), done: make(chan struct{})}
	s.keeper = k
	go func() {
		defer close(k.done)
		ticker := time.NewTicker(keepEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				// A failure shows again, and is reported, when the sandbox closes.
				_ = s.saveIfDirty()
			case <-k.stop:
				return
			}
		}
	}()
	return nil
}

func (s *Sandbox) stopKeeper() error {
	if s.keeper == nil {
		return nil
	}
	close(s.keeper.stop)
	<-s.keeper.done
	return s.save()
}

func (s *Sandbox) saveIfDirty() error {
	s.mu.Lock()
	dirty := s.dirty
	s.mu.Unlock()
	if !dirty {
		return nil
	}
	return s.save()
}

// save replaces the state file in one step, so that a crash leaves the old or the new one.
func (s *Sandbox) save() error {
	s.mu.Lock()
	s.dirty = false
	data := encodeJSON(s.state)
	s.mu.Unlock()
	temporary, err := os.CreateTemp(filepath.Dir(s.options.StateFile), ".state-*")
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	_, writeErr := temporary.Write(data)
	if err := errors.Join(writeErr, temporary.Close()); err != nil {
		return errors.Join(fmt.Errorf("sandbox: state file: %w", err), os.Remove(temporary.Name()))
	}
	if err := os.Rename(temporary.Name(), s.options.StateFile); err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	return nil
}
