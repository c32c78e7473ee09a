package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"
)

// Rotation says when an authorization server replaces a registration access token (RFC 7592 §5).
type Rotation string

// The three habits of rotation found in the wild.
const (
	RotateNever    Rotation = "never"
	RotateOnUpdate Rotation = "on_update"
	RotateOnRead   Rotation = "on_read"
)

// Who may unlock an application.
const (
	UnlockByAdministrator = "administrator"
	UnlockByAnyone        = "anyone"
)

const (
	defaultTokenLifetime       = 600 * time.Second
	defaultCertificateLifetime = 395 * 24 * time.Hour
	defaultStatementAge        = 5 * time.Minute
	bootstrapLifetime          = 20 * 365 * 24 * time.Hour
)

// Options configures a sandbox. The zero value is usable.
type Options struct {
	// Servers holds one temper per authorization server; nil means three ordinary ones.
	Servers []Temper
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// HTTP2 offers HTTP/2 to whoever speaks it; otherwise it is HTTP/1.1.
	HTTP2 bool
	// Seed makes paths and chaos repeatable; zero means a random seed.
	Seed int64
	// Latency is added to every answer but those of the control listener.
	Latency time.Duration
	// Listen is the base address; with a port other than zero the ports are consecutive.
	Listen string
	// TokenLifetime is the lifetime of the directory's access tokens.
	TokenLifetime time.Duration
	// ClientScopes are the scopes the bootstrap client may get by client credentials.
	ClientScopes []string
	// UnlockAllowed is UnlockByAdministrator or UnlockByAnyone.
	UnlockAllowed string
	// StrictLock makes a locked application refuse every change, even added redirect URIs.
	StrictLock bool
	// Directory is how the directory behaves where its documents leave it open.
	Directory DirectoryTemper
	// HideDeleted answers 404 for a deleted application instead of showing it Inactive.
	HideDeleted bool
	// CertificateLifetime is the validity of issued certificates.
	CertificateLifetime time.Duration
	// Participants are further entries of the public list, served as they are after our organisation and the banks.
	Participants []map[string]any
	// StateFile is where everything is kept across restarts; empty means nowhere.
	StateFile string
	// Log takes one record for each request, without anything secret; nil takes none.
	Log *slog.Logger
}

// Temper is how one authorization server behaves where RFC 7591 and RFC 7592 leave a choice.
type Temper struct {
	// Name addresses the server in faults, history and actors.
	Name string `json:"name"`
	// Rotate says when the registration access token changes; default RotateOnUpdate.
	Rotate Rotation `json:"rotate,omitempty"`
	// MergeOnUpdate keeps members a PUT leaves out.
	MergeOnUpdate bool `json:"merge_on_update,omitempty"`
	// CreatedStatus is the status of a successful registration; default 201.
	CreatedStatus int `json:"created_status,omitempty"`
	// RotateSecret mints a new client secret on each update.
	RotateSecret bool `json:"rotate_secret,omitempty"`
	// NoManagement issues neither registration access token nor client configuration endpoint.
	NoManagement bool `json:"no_management,omitempty"`
	// InitialAccessToken is required to register when set.
	InitialAccessToken string `json:"initial_access_token,omitempty"`
	// StatementMaxAge is how old a software statement may be; default five minutes, negative for any age.
	StatementMaxAge time.Duration `json:"statement_max_age,omitempty"`
	// SingleUseStatements refuses a software statement seen before.
	SingleUseStatements bool `json:"single_use_statements,omitempty"`
	// NoStatement makes the software statement optional, as in plain RFC 7591.
	NoStatement bool `json:"no_statement,omitempty"`
	// PatchOnly updates by JSON merge patch and refuses PUT.
	PatchOnly bool `json:"patch_only,omitempty"`
	// NoMutualTLS registers over plain TLS and publishes no aliases.
	NoMutualTLS bool `json:"no_mutual_tls,omitempty"`
	// OmitTokenOnRead leaves token, URI and secret out of GET answers.
	OmitTokenOnRead bool `json:"omit_token_on_read,omitempty"`
	// MaskOnRead puts asterisks in place of token and secret in GET answers.
	MaskOnRead bool `json:"mask_on_read,omitempty"`
	// DeleteStatus is the status of DELETE; default 204. A 4xx or 5xx leaves the client alive.
	DeleteStatus int `json:"delete_status,omitempty"`
	// StrictCertificate accepts only a certificate of the software itself.
	StrictCertificate bool `json:"strict_certificate,omitempty"`
	// SecretLifetime is the lifetime of client secrets; zero means they never expire.
	SecretLifetime time.Duration `json:"secret_lifetime,omitempty"`
	// UnauthorizedStatus is the status for an unknown client or a bad token; default 401.
	UnauthorizedStatus int `json:"unauthorized_status,omitempty"`
	// TokenAuthMethods are the client authentication methods on offer.
	TokenAuthMethods []string `json:"token_auth_methods,omitempty"`
	// CrossOriginManagement puts the client configuration endpoint on an origin nobody announced.
	CrossOriginManagement bool `json:"cross_origin_management,omitempty"`
	// AllowSecondRegistration lets one software register twice.
	AllowSecondRegistration bool `json:"allow_second_registration,omitempty"`
	// PrintableClientIDs are made of any VSCHAR (RFC 6749 §A.1), spaces and quotes included.
	PrintableClientIDs bool `json:"printable_client_ids,omitempty"`
	// GrantAllScopes registers every scope on offer, whatever was asked for.
	GrantAllScopes bool `json:"grant_all_scopes,omitempty"`
	// SecretOnUpdate wants the client secret in an update of a client that has one ("required"),
	// or refuses it there ("refused"); empty takes it or leaves it.
	SecretOnUpdate string `json:"secret_on_update,omitempty"`
	// TokenLifetime makes registration access tokens JWTs that say when they expire; zero makes them opaque.
	TokenLifetime time.Duration `json:"token_lifetime,omitempty"`
	// SignedRequests is the content type of registration requests that have to be
	// signed JWTs (Open Banking UK DCR 3.3, Australian CDR); empty takes JSON.
	SignedRequests string `json:"signed_requests,omitempty"`
	// ManagedByAccessToken issues no registration access token: clients are managed below the
	// registration endpoint, with an access token of their own (Open Banking UK DCR 3.3).
	ManagedByAccessToken bool `json:"managed_by_access_token,omitempty"`
	// ManagementScope is the scope such a token needs; empty needs none.
	ManagementScope string `json:"management_scope,omitempty"`
	// EchoOnUpdate answers a PUT with what was sent, whatever is registered.
	EchoOnUpdate bool `json:"echo_on_update,omitempty"`
	// KeepUnknownMetadata stores members no specification names instead of ignoring them.
	KeepUnknownMetadata bool `json:"keep_unknown_metadata,omitempty"`
}

// Info says where everything is; its JSON is the content of sandbox.json.
type Info struct {
	APIURL                   string       `json:"api_url"`
	Issuer                   string       `json:"issuer"`
	KeystoreURL              string       `json:"keystore_url"`
	ParticipantsURL          string       `json:"participants_url"`
	ControlURL               string       `json:"control_url"`
	OrganisationID           string       `json:"organisation_id"`
	ClientID                 string       `json:"client_id"`
	AccessToken              string       `json:"access_token"`
	AdministratorAccessToken string       `json:"administrator_access_token"`
	AuthorizationServers     []ServerInfo `json:"authorization_servers"`
}

// ServerInfo says where one authorization server is.
type ServerInfo struct {
	Name                 string `json:"name"`
	Issuer               string `json:"issuer"`
	RegistrationEndpoint string `json:"registration_endpoint"`
	InitialAccessToken   string `json:"initial_access_token,omitempty"`
}

func (o Options) withDefaults() (Options, error) {
	if o.Servers == nil {
		o.Servers = []Temper{{}, {}, {}}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = defaultTokenLifetime
	}
	if o.CertificateLifetime == 0 {
		o.CertificateLifetime = defaultCertificateLifetime
	}
	if o.ClientScopes == nil {
		o.ClientScopes = []string{scopeSoftware}
	}
	if o.UnlockAllowed == "" {
		o.UnlockAllowed = UnlockByAdministrator
	}
	return o.withServers()
}

func (o Options) withServers() (Options, error) {
	if o.UnlockAllowed != UnlockByAdministrator && o.UnlockAllowed != UnlockByAnyone {
		return o, fmt.Errorf("sandbox: UnlockAllowed %q is neither administrator nor anyone", o.UnlockAllowed)
	}
	var err error
	if o.Directory, err = o.Directory.withDefaults(); err != nil {
		return o, err
	}
	servers := make([]Temper, len(o.Servers))
	seen := map[string]bool{"": true, hostDirectory: true, hostAuth: true, hostKeystore: true, hostParticipants: true, hostControl: true}
	for i, temper := range o.Servers {
		if temper.Name == "" {
			temper.Name = "bank-" + strconv.Itoa(i+1)
		}
		if seen[temper.Name] {
			return o, fmt.Errorf("sandbox: server name %q is used twice or reserved", temper.Name)
		}
		seen[temper.Name] = true
		complete, err := temper.withDefaults()
		if err != nil {
			return o, err
		}
		servers[i] = complete
	}
	o.Servers = servers
	return o, nil
}

func (t Temper) withDefaults() (Temper, error) {
	if t.Rotate == "" {
		t.Rotate = RotateOnUpdate
	}
	if t.CreatedStatus == 0 {
		t.CreatedStatus = 201
	}
	if t.DeleteStatus == 0 {
		t.DeleteStatus = 204
	}
	if t.UnauthorizedStatus == 0 {
		t.UnauthorizedStatus = 401
	}
	if t.StatementMaxAge == 0 {
		t.StatementMaxAge = defaultStatementAge
	}
	if len(t.TokenAuthMethods) == 0 {
		t.TokenAuthMethods = []string{methodPrivateKey, methodMutualTLS, methodBasic, methodPost}
	}
	switch t.Rotate {
	case RotateNever, RotateOnUpdate, RotateOnRead:
		return t, nil
	default:
		return t, fmt.Errorf("sandbox: server %q: unknown rotation %q", t.Name, t.Rotate)
	}
}

// listenBase splits the base address into its host and first port.
func (o Options) listenBase() (string, int, error) {
	host, text, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return "", 0, fmt.Errorf("sandbox: listen address: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, errors.New("sandbox: listen address: the port is not a number from 0 to 65535")
	}
	return host, port, nil
}
