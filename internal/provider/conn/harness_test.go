package conn_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	assertions = "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}/assertion"
	keystore   = "GET /openbanking.jwks"
	maxAge     = 4 * time.Minute
)

// clock is a clock a test can put forward.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// world is a directory with an application, seen by runs of the provider whose
// clock differs from the directory's by the skew.
type world struct {
	*sandbox.Sandbox

	t     *testing.T
	clock *clock
	app   string
}

// newWorld starts a directory whose clock is ahead of the provider's by so much.
func newWorld(t *testing.T, ahead time.Duration) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: time.Now().Truncate(time.Second)}}
	sb, err := sandbox.Start(sandbox.Options{Servers: []sandbox.Temper{{}}, Now: func() time.Time { return w.clock.now().Add(ahead) }})
	must(t, err)
	t.Cleanup(func() { must(t, sb.Close()) })
	w.Sandbox = sb
	w.app = w.application()
	return w
}

func (w *world) application() string {
	w.t.Helper()
	id, err := w.Directory().Create(map[string]any{"ClientName": "Aurora", "Version": 1.5, "LogoUri": "https://logos.example/a.png",
		"RedirectUri": []string{"https://app.example/cb"}, "Roles": []any{map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "DADOS", "Status": "Active"}}})
	must(w.t, err)
	return id
}

func (w *world) settings() conn.Settings {
	info := w.Info()
	return conn.Settings{
		Directory: conn.DirectorySettings{
			Configured: true, APIURL: info.APIURL, Issuer: info.Issuer, KeystoreURL: info.KeystoreURL, OrganisationID: info.OrganisationID,
			AccessToken: rest.Secret(info.AccessToken),
			Identity:    rest.Identity{CertificatePEM: w.ClientCertificatePEM(), PrivateKeyPEM: rest.Secret(w.ClientPrivateKeyPEM()), CACertificatesPEM: w.CACertificatesPEM()},
		},
		Now: w.clock.now,
	}
}

// run is what one run of the provider works with.
func (w *world) run(change ...func(*conn.Settings)) *conn.Conn {
	settings := w.settings()
	for _, c := range change {
		c(&settings)
	}
	return conn.New(settings)
}

// earlier is a statement that an earlier run fetched so long ago.
func (w *world) earlier(ago time.Duration) *jws.Statement {
	w.t.Helper()
	statement, err := w.run().Statements.Fetch(w.t.Context(), w.app)
	must(w.t, err)
	parsed, err := jws.Parse(statement.Token)
	must(w.t, err)
	w.clock.forward(ago)
	w.Reset()
	return parsed
}

func (w *world) fetched(want int) {
	w.t.Helper()
	if got := w.Count(assertions); got != want {
		w.t.Errorf("%d statements were fetched, want %d", got, want)
	}
}

// fresh asks for a statement to send, and expects one without a note.
func (w *world) fresh(c *conn.Conn, given *jws.Statement) *jws.Statement {
	w.t.Helper()
	got, note, err := c.Statements.Fresh(w.t.Context(), given, maxAge)
	must(w.t, err)
	if note != "" {
		w.t.Errorf("note %q", note)
	}
	return got
}

// fails injects a failure of a route for ever.
func (w *world) fails(route string) {
	w.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultStatus, Status: 500, Times: -1})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func as[E error](t *testing.T, err error) E {
	t.Helper()
	var found E
	if !errors.As(err, &found) {
		t.Fatalf("error %v (%T), want a %T", err, err, found)
	}
	return found
}

func same(t *testing.T, got, want *jws.Statement) {
	t.Helper()
	if got.Token != want.Token {
		t.Error("another statement than expected")
	}
}

func differs(t *testing.T, got, other *jws.Statement) {
	t.Helper()
	if got.Token == other.Token {
		t.Error("the statement is the same")
	}
}
