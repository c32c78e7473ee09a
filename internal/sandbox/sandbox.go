package sandbox

import (
	"crypto"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// The names by which faults and history address what is not a bank.
const (
	hostDirectory    = "directory"
	hostAuth         = "auth"
	hostKeystore     = "keystore"
	hostParticipants = "participants"
	hostControl      = "control"
)

// Sandbox is a running trust framework.
type Sandbox struct {
	options Options
	faults  *faultBook
	record  *recorder

	// mu guards everything below up to the blank line.
	mu        sync.Mutex
	state     *state
	authority *authority
	keys      map[string]crypto.Signer // parsed private keys by their PEM
	odd       *rand.Rand
	banks     []*bank
	byName    map[string]*bank
	dirty     bool

	serverTLS tls.Certificate
	hosts     []*listener
	canonical []string // the routes of all parts but the banks, by their names in faults and history
	urls      urls
	closed    chan struct{}
	closing   sync.Once
	running   sync.WaitGroup
	keeper    *keeper
}

// urls are the origins of the parts, without a trailing slash.
type urls struct {
	api, auth, authMutual, keystore, data, control string
}

// Start brings a whole trust framework up; every part listens when it returns.
func Start(options Options) (*Sandbox, error) {
	complete, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{
		options: complete, faults: &faultBook{}, record: newRecorder(), keys: map[string]crypto.Signer{},
		byName: map[string]*bank{}, odd: newOdd(complete.Seed), closed: make(chan struct{}),
	}
	if err := s.loadState(); err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	if err := s.gather(); err != nil {
		closeAll(s.hosts)
		return nil, err
	}
	s.serveAll()
	if err := s.startKeeper(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// newOdd is the source of the odd paths; a zero seed gives a different sandbox each time.
func newOdd(seed int64) *rand.Rand {
	if seed == 0 {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // Paths are not secrets.
	}
	return rand.New(rand.NewPCG(uint64(seed), 1)) //nolint:gosec // Repeatable on purpose, nothing secret.
}

// prepare loads keys and makes the banks.
func (s *Sandbox) prepare() error {
	loaded, err := s.state.Authority.load()
	if err != nil {
		return err
	}
	s.authority = loaded
	host, _, err := s.options.listenBase()
	if err != nil {
		return err
	}
	if s.serverTLS, err = loaded.serverCertificate(farFuture(), append(loopback(), host)...); err != nil {
		return err
	}
	for _, temper := range s.options.Servers {
		added := s.newBank(temper)
		s.banks = append(s.banks, added)
		s.byName[temper.Name] = added
		s.remember(temper.InitialAccessToken)
	}
	return nil
}

// Close stops everything and returns when nothing runs any more.
func (s *Sandbox) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.closed)
		for _, h := range s.hosts {
			h.close()
		}
		s.running.Wait()
		err = s.stopKeeper()
	})
	return err
}

// Info says where everything is.
func (s *Sandbox) Info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := Info{
		APIURL: s.urls.api, Issuer: s.urls.auth, KeystoreURL: s.urls.keystore, ParticipantsURL: s.urls.data + "/participants",
		ControlURL: s.urls.control, OrganisationID: s.state.OrganisationID, ClientID: s.state.Client.ID,
		AccessToken: s.state.AccessToken, AdministratorAccessToken: s.state.AdministratorToken,
		AuthorizationServers: []ServerInfo{},
	}
	for _, b := range s.banks {
		info.AuthorizationServers = append(info.AuthorizationServers, ServerInfo{
			Name: b.temper.Name, Issuer: b.issuer(), RegistrationEndpoint: b.registrationEndpoint(), InitialAccessToken: b.temper.InitialAccessToken,
		})
	}
	return info
}

// CACertificatesPEM returns the certificates to trust, the root first.
func (s *Sandbox) CACertificatesPEM() string {
	return s.state.Authority.Root + s.state.Authority.Issuing
}

// ClientCertificatePEM returns the bootstrap client's certificate.
func (s *Sandbox) ClientCertificatePEM() string { return s.state.Client.Certificate }

// ClientPrivateKeyPEM returns the bootstrap client's TLS key.
func (s *Sandbox) ClientPrivateKeyPEM() string { return s.state.Client.PrivateKey }

// ClientSecret returns the bootstrap client's secret for client_secret_basic.
func (s *Sandbox) ClientSecret() string { return s.state.Client.Secret }

// ClientSigningKeyID returns the kid of the bootstrap client's signing key.
func (s *Sandbox) ClientSigningKeyID() string { return s.state.Client.SigningKeyID }

// ClientSigningKeyPEM returns the bootstrap client's RSA key for private_key_jwt, made when first asked for.
func (s *Sandbox) ClientSigningKeyPEM() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Client.SigningKey == "" {
		text, err := newRSAPEM()
		if err != nil {
			return ""
		}
		s.state.Client.SigningKey = text
		s.remember(text)
		s.touch()
	}
	return s.state.Client.SigningKey
}

// MintToken makes a user's directory token with any scope; "directory:admin" makes it an administrator's.
func (s *Sandbox) MintToken(scope string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
	return s.mint(&token{Scope: splitWords(scope), ExpiresAt: s.options.Now().Add(s.options.TokenLifetime), User: true})
}

// key parses a PEM private key once.
func (s *Sandbox) key(text string) (crypto.Signer, error) {
	if known, ok := s.keys[text]; ok {
		return known, nil
	}
	parsed, err := decodeKey(text)
	if err != nil {
		return nil, err
	}
	s.keys[text] = parsed
	return parsed, nil
}

func newRSAPEM() (string, error) {
	key, err := newRSAKey()
	if err != nil {
		return "", err
	}
	return encodeKey(key)
}

func (s *Sandbox) now() time.Time { return s.options.Now().UTC() }

// pathSegment is a random path segment; the same seed gives the same ones.
func (s *Sandbox) pathSegment() string {
	return fmt.Sprintf("%08x", s.odd.Uint32())
}
