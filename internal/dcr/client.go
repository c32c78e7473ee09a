package dcr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const defaultGrace = 10 * time.Second

// Options configure a Client.
type Options struct {
	HTTP *rest.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// TrustedOrigins are the origins at which registrations may be managed.
	TrustedOrigins []string
	// Outside refuses servers at internal addresses: for endpoints that a server on the open net gave.
	Outside bool
	// Heard is told of every answer about a registration, before the caller is.
	Heard func(Management, *Registration)
	// Grace is how long an answer on its way may still take after an interrupt; zero is ten seconds.
	Grace time.Duration
}

// Client registers and manages clients at one authorization server.
type Client struct {
	options Options
	signing *Signing
}

// New returns a client.
func New(options Options) *Client {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Heard == nil {
		options.Heard = func(Management, *Registration) {}
	}
	if options.Grace == 0 {
		options.Grace = defaultGrace
	}
	origins := make([]string, 0, len(options.TrustedOrigins))
	for _, trusted := range options.TrustedOrigins {
		if origin, err := rest.Origin(trusted); err == nil && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	options.TrustedOrigins = origins
	return &Client{options: options}
}

// RegisterRequest is a client registration request (RFC 7591 §3.1).
type RegisterRequest struct {
	Endpoint           string
	InitialAccessToken rest.Secret
	Metadata           Metadata
	// ManagesItself is set for a client that needs no registration access token.
	ManagesItself bool
}

// Register registers a client. The request is repeated only if it was provably
// not processed; what may have been processed gives an *AmbiguousError.
func (c *Client) Register(ctx context.Context, r RegisterRequest) (*Registration, error) {
	request := rest.Request{Method: http.MethodPost, URL: r.Endpoint, Bearer: r.InitialAccessToken}
	if err := c.carry(&request, r.Metadata); err != nil {
		return nil, err
	}
	started := c.options.Now()
	resp, err := c.send(ctx, request)
	ambiguous := func(id string, partial *Registration, cause error) error {
		return &AmbiguousError{Endpoint: r.Endpoint, At: started, InteractionID: id, Partial: partial, Err: cause}
	}
	if err != nil {
		if id, maybe := processed(err); maybe {
			return nil, ambiguous(id, nil, err)
		}
		return nil, err
	}
	reg, err := decode(resp)
	if err != nil {
		return nil, ambiguous(resp.InteractionID, reg, err)
	}
	reg.settle(r.Endpoint)
	if reg.ClientID == "" {
		c.options.Heard(Management{URI: reg.RegistrationClientURI}, reg)
	}
	if said := fault(reg.Metadata); reg.ClientID == "" && said != "" {
		return nil, ambiguous(resp.InteractionID, reg, resp.Unusable(said))
	}
	if reg.ClientID == "" && !c.complete(ctx, reg) {
		return nil, ambiguous(resp.InteractionID, reg, fmt.Errorf("the answer %d has no client_id", resp.Status))
	}
	if len(reg.Masked) > 0 {
		reg.Notes = append(reg.Notes, "The server's answer shows a mask, such as asterisks, in place of "+strings.Join(reg.Masked, " and ")+". What it stands for is not known, and no later answer tells it: ask the server's operator.")
	}
	if !r.ManagesItself && (reg.RegistrationClientURI == "") != reg.RegistrationAccessToken.Empty() {
		reg.Notes = append(reg.Notes, "The server gave only one of registration_client_uri and registration_access_token, where RFC 7592 §3 requires both or neither. The registration cannot be managed.")
	}
	return reg, nil
}

// complete reads a registration whose answer lacks the client_id but has where
// and with what it is managed, so that the token is not thrown away: without a
// client_id there would be nothing to keep it under.
func (c *Client) complete(ctx context.Context, reg *Registration) bool {
	if reg.RegistrationClientURI == "" || reg.RegistrationAccessToken.Empty() {
		return false
	}
	read, err := c.ReadBack(ctx, Management{URI: reg.RegistrationClientURI, Token: reg.RegistrationAccessToken})
	if err != nil {
		return false
	}
	reg.ClientID = read.ClientID
	if !read.RegistrationAccessToken.Empty() {
		reg.RegistrationAccessToken = read.RegistrationAccessToken
	}
	reg.Notes = append(reg.Notes, "The server's answer to the registration has no client_id, which RFC 7591 §3.2.1 requires. It was read from the registration.")
	return true
}

// ReadBack is Read of a registration that was just made or changed, again when the server
// answered that it failed or is busy: such an answer replaced no token. Without this one
// read nobody would know whether reading replaces it.
func (c *Client) ReadBack(ctx context.Context, m Management) (*Registration, error) {
	for pause := time.Second; ; pause *= 2 {
		reg, err := c.Read(ctx, m)
		var status *rest.StatusError
		if err == nil || pause > 4*time.Second || !errors.As(err, &status) || status.Status != http.StatusTooManyRequests && status.Status < 500 || status.Status == http.StatusNotImplemented {
			return reg, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

// Lost reports whether a failed request may have been carried out although its
// answer does not say so.
func Lost(err error) bool {
	_, maybe := processed(err)
	return maybe
}

// processed reports whether a failed request may have been carried out: anything
// but an answer that says no, or a failure before the request was written.
func processed(err error) (interactionID string, maybe bool) {
	var (
		status    *rest.StatusError
		transport *rest.TransportError
		body      *rest.BodyError
	)
	switch {
	case errors.As(err, new(*oauth.TokenError)):
		return "", false // The request needs the token, and was not made.
	case errors.As(err, &status):
		return status.InteractionID, unclear(status)
	case errors.As(err, &transport):
		return "", !transport.Unprocessed()
	case errors.As(err, &body):
		return body.InteractionID, true
	}
	return "", false
}

// unclear answers leave open whether the request was carried out: failures of
// the server, a proxy that gave up waiting, and a redirect to a result.
func unclear(status *rest.StatusError) bool {
	switch status.Status {
	case http.StatusNotImplemented:
		return false
	case http.StatusServiceUnavailable:
		return !status.HasRetryAfter
	case http.StatusSeeOther, http.StatusRequestTimeout:
		return true
	}
	return status.Status >= 500
}

// Management is where and with what a registration is managed (RFC 7592 §3).
type Management struct {
	// URI is the registration_client_uri, used byte for byte.
	URI string
	// Token is the registration access token, or, at servers that give none, an
	// access token of the client's own (Open Banking UK DCR 3.3, Australian CDR).
	Token    rest.Secret
	ClientID string
	// Stable is set where reading is known to replace no token.
	Stable bool
}

// Read reads a registration (RFC 7592 §2.1). Unless the token is known to be stable, it is
// never repeated once it was written: the repetition might present a dead one.
func (c *Client) Read(ctx context.Context, m Management) (*Registration, error) {
	request := rest.Request{Method: http.MethodGet}
	if m.Stable {
		request.Retry = rest.RetrySafe
	}
	resp, err := c.manage(ctx, m, request)
	if err != nil {
		return nil, err
	}
	return c.decode(resp, m)
}

// decode reads an answer about a registration, and passes on what it says.
func (c *Client) decode(resp *rest.Response, m Management) (*Registration, error) {
	reg, err := decode(resp)
	if err != nil {
		return nil, err
	}
	if said := fault(reg.Metadata); reg.ClientID == "" && said != "" {
		return nil, resp.Unusable(said)
	}
	if err := m.same(reg); err != nil {
		return reg, err
	}
	if elsewhere(m.URI, reg.RegistrationClientURI) {
		// Either may have the token in it, also the new one.
		quoted := func(uri string) string {
			return strconv.Quote(rest.Words(uri, m.Token, reg.RegistrationAccessToken, reg.ClientSecret))
		}
		reg.Notes = append(reg.Notes, "The server's answer says that the client is managed at "+quoted(reg.RegistrationClientURI)+", and not where it was asked: at "+quoted(m.URI)+". The latter stays in state, because several servers say there what they were sent or what a proxy told them. If the server moved its clients, import this one with the other URL and its token.")
	}
	// The token may be a new one, also where nothing says whose it is.
	c.options.Heard(m, reg)
	if reg.ClientID == "" {
		return reg, &UnidentifiedError{URI: rest.Words(m.URI, m.Token)}
	}
	return reg, nil
}

// elsewhere reports whether an answer names another URL than the one that was asked. A relative
// one is taken as such (RFC 3986 §5), and host and port in any spelling.
func elsewhere(asked, said string) bool {
	base, err := url.Parse(asked)
	if err != nil || said == "" {
		return false
	}
	named, err := base.Parse(said)
	if err != nil {
		return true
	}
	origin, errOrigin := rest.Origin(asked)
	other, errOther := rest.Origin(named.String())
	return errOrigin != nil || errOther != nil || origin != other || base.RequestURI() != named.RequestURI()
}

// Replace replaces a registration's metadata (RFC 7592 §2.2). The body is the
// given metadata and client_id and nothing else, the one body that every real
// server took. An answer without a body gives a Registration that is Empty.
func (c *Client) Replace(ctx context.Context, m Management, metadata Metadata) (*Registration, error) {
	document := metadata.Clone()
	if document == nil {
		document = Metadata{}
	}
	for _, name := range forbidden() {
		delete(document, name)
	}
	document.Set("client_id", m.ClientID)
	request := rest.Request{Method: http.MethodPut}
	if err := c.carry(&request, document); err != nil {
		return nil, err
	}
	resp, err := c.manage(ctx, m, request)
	if err != nil {
		return nil, err
	}
	return c.answered(resp, m)
}

// carry puts client metadata into a request: as JSON, or as a signed JWT.
func (c *Client) carry(request *rest.Request, metadata Metadata) error {
	body, err := encode(metadata)
	if err != nil {
		return fmt.Errorf("the client metadata cannot be encoded: %w", err)
	}
	request.Body, request.ContentType, request.Mask = body, "application/json", secretsOf(metadata)
	if c.signing != nil {
		request.Body, request.ContentType = nil, c.signing.ContentType
		request.Fresh = func() ([]byte, rest.Secret, error) {
			signed, err := c.signing.sign(metadata, c.options.Now())
			return signed, rest.Secret(signed), err
		}
	}
	return nil
}

// manage sends a request with the token that manages the registration, after
// making sure that it goes to a trusted origin.
func (c *Client) manage(ctx context.Context, m Management, request rest.Request) (*rest.Response, error) {
	origin, err := rest.Origin(m.URI)
	if err != nil {
		return nil, &AddressError{Err: err}
	}
	if !slices.Contains(c.options.TrustedOrigins, origin) {
		// A server chose it, and may have put in what it was sent.
		return nil, &OriginError{URI: rest.Words(m.URI, m.Token), Origin: rest.Words(origin, m.Token), Trusted: c.options.TrustedOrigins}
	}
	request.URL, request.Bearer = m.URI, m.Token
	return c.send(ctx, request)
}

func (c *Client) send(ctx context.Context, request rest.Request) (*rest.Response, error) {
	request.Purpose = "dcr"
	request.Accept, request.Grace, request.Outside = "application/json", c.options.Grace, c.options.Outside
	return c.options.HTTP.Do(ctx, request)
}

// same makes sure that an answer is about the client that was asked about. An
// import may not know the client_id yet.
func (m Management) same(reg *Registration) error {
	switch {
	case reg.ClientID == "" && m.ClientID != "":
		reg.ClientID = m.ClientID
		reg.Notes = append(reg.Notes, "The server's answer has no client_id, which RFC 7592 §3 requires.")
	case m.ClientID != "" && reg.ClientID != m.ClientID:
		return &IdentityChangedError{Want: m.ClientID, Got: rest.Words(reg.ClientID, m.Token)}
	}
	return nil
}

// secretsOf lists what a server must not be able to put into an error by
// echoing the request.
func secretsOf(metadata Metadata) []rest.Secret {
	var secrets []rest.Secret
	for _, name := range []string{"software_statement", "client_secret"} {
		if value := text(metadata[name]); value != "" {
			secrets = append(secrets, rest.Secret(value))
		}
	}
	return secrets
}
