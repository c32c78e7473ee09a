package conn

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"golang.org/x/sync/singleflight"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// Settings is the provider configuration after environment variables and
// presets were applied.
type Settings struct {
	Directory    DirectorySettings
	Registration RegistrationSettings
	HTTP         rest.Options
	// JournalPath is the folder of the registration journal; empty keeps none.
	JournalPath string
	// JournalUnknown is set while Terraform does not know the folder.
	JournalUnknown bool
	// Run names the run of Terraform for the journal; empty is that of the parent process.
	Run string
	Now func() time.Time
	// Noted is told of everything that is written to the journal; nil is nobody.
	Noted func(event string, entry journal.Entry)
	// Ring seals what rests in the journal; nil leaves it in clear.
	Ring *seal.Ring
}

// DirectorySettings is the provider's directory attribute.
type DirectorySettings struct {
	// Configured is false when neither the attribute nor an environment variable says where the directory is.
	Configured bool
	// Unknown names the attributes whose values Terraform does not know yet.
	Unknown []string

	APIURL, Issuer, KeystoreURL, ParticipantsURL, OrganisationID string

	Credentials   oauth.ClientCredentials
	Identity      rest.Identity
	AccessToken   rest.Secret
	Administrator rest.Secret
}

// RegistrationSettings is the provider's registration attribute: what every
// dcr_client uses unless it says otherwise.
type RegistrationSettings struct {
	Identity           rest.Identity
	Unknown            []string
	AllowedOrigins     []string
	InitialAccessToken rest.Secret
	// SigningKeyPEM and SigningKeyID sign requests and client assertions.
	SigningKeyPEM           rest.Secret
	SigningKeyID            string
	RegistrationAccessToken rest.Secret
}

// Conn gives resources their clients.
type Conn struct {
	// Registration holds the defaults of dcr_client.
	Registration RegistrationSettings
	// Statements fetches, verifies and shares software statements.
	Statements *Statements
	// Journal keeps registrations on disk, if that is wanted.
	Journal *Journal
	// Holders knows which resources have the same client.
	Holders *Holders
	// Now is the provider's clock.
	Now func() time.Time

	settings  DirectorySettings
	pool      *rest.Pool
	discovery *oauth.Discovery

	listing singleflight.Group

	mu           sync.Mutex
	tokensOf     map[clientKey]oauth.TokenSource
	directory    *directory.Client
	participants []directory.Participant
}

// New returns a connection for the given settings. It does no I/O.
func New(settings Settings) *Conn {
	if settings.Now == nil {
		settings.Now = time.Now
	}
	settings.HTTP.Now = settings.Now
	c := &Conn{
		Registration: settings.Registration,
		Journal:      newJournal(settings),
		Now:          settings.Now,
		settings:     settings.Directory,
		pool:         rest.NewPool(settings.HTTP),
		discovery:    oauth.NewDiscovery(),
		tokensOf:     map[clientKey]oauth.TokenSource{},
		Holders:      newHolders(),
	}
	c.Statements = newStatements(c)
	return c
}

// OrganisationID is the configured organisation, empty when there is none.
func (c *Conn) OrganisationID() string { return c.settings.OrganisationID }

// HasDirectory reports whether a directory is configured and every value of its configuration is known.
func (c *Conn) HasDirectory() bool {
	return c.settings.Configured && len(c.settings.Unknown) == 0
}

// KnowsAdministrator reports whether an administrator access token is configured.
func (c *Conn) KnowsAdministrator() bool { return !c.settings.Administrator.Empty() }

// Directory returns the directory client. Its errors are *MissingError,
// *UnknownError and *CredentialError.
func (c *Conn) Directory() (*directory.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.directory != nil {
		return c.directory, nil
	}
	if err := c.settings.check(); err != nil {
		return nil, err
	}
	client, err := c.pool.Client(c.settings.Identity)
	if err != nil {
		return nil, &CredentialError{Owner: OwnerDirectory, Err: err}
	}
	c.directory = directory.New(directory.Options{
		HTTP:           client,
		Tokens:         c.tokens(client),
		Administrator:  c.settings.Administrator,
		APIURL:         c.settings.APIURL,
		KeystoreURL:    c.settings.KeystoreURL,
		OrganisationID: c.settings.OrganisationID,
		Now:            c.Now,
	})
	return c.directory, nil
}

func (c *Conn) tokens(client *rest.Client) oauth.TokenSource {
	if !c.settings.AccessToken.Empty() {
		return oauth.StaticToken(c.settings.AccessToken)
	}
	return oauth.NewTokenSource(oauth.SourceOptions{
		HTTP:        client,
		Discovery:   c.discovery,
		Issuer:      c.settings.Issuer,
		Credentials: c.settings.Credentials,
		Now:         c.Now,
	})
}

// HTTP returns the HTTP client of a TLS identity. Resources with the same
// identity share its connections. Its error is a *CredentialError.
func (c *Conn) HTTP(identity rest.Identity, owner Owner) (*rest.Client, error) {
	client, err := c.pool.Client(identity)
	if err != nil {
		return nil, &CredentialError{Owner: owner, Err: err}
	}
	return client, nil
}

// Discovery is the cache of authorization server metadata.
func (c *Conn) Discovery() *oauth.Discovery { return c.discovery }

// Registrar returns an RFC 7591/7592 client on an HTTP client. The trusted
// origins are those given plus the provider's allowed_management_origins.
// Outside refuses internal addresses.
func (c *Conn) Registrar(client *rest.Client, trusted []string, outside bool) *dcr.Client {
	return dcr.New(dcr.Options{
		HTTP:           client,
		Now:            c.Now,
		TrustedOrigins: append(slices.Clone(trusted), c.Registration.AllowedOrigins...),
		Heard:          c.Journal.Heard,
		Asking:         c.Journal.Asking,
		Outside:        outside,
	})
}

// From returns the connection that the provider handed to a resource; nil
// before the provider is configured.
func From(data any, diags *diag.Diagnostics) *Conn {
	if data == nil {
		return nil
	}
	c, ok := data.(*Conn)
	if !ok {
		diags.AddError("The provider handed over something unexpected",
			fmt.Sprintf("The provider data is %T.\n\nThis is a bug in the provider; please report it.", data))
	}
	return c
}
