package dcr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	// Asking is told of every request whose answer may have another token, before it is sent. If Heard is
	// not told of an answer then, it was lost, unless what Asking returned is called.
	Asking func(Management) (spared func())
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
	if options.Asking == nil {
		options.Asking = func(Management) func() { return func() {} }
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
// answered that it failed or is busy. Without this one read nobody would know whether
// reading replaces the token.
func (c *Client) ReadBack(ctx context.Context, m Management) (*Registration, error) {
	for pause := time.Second; ; pause *= 2 {
		reg, err := c.Read(ctx, m)
		var status *rest.StatusError
		if err == nil || m.Stable || pause > 4*time.Second || !errors.As(err, &status) || status.Status != http.StatusTooManyRequests && status.Status < 500 || status.Status == http.StatusNotImplemented {
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

func (c *Client) send(ctx context.Context, request rest.Request) (*rest.Response, error) {
	request.Purpose = "dcr"
	request.Accept, request.Grace, request.Outside = "application/json", c.options.Grace, c.options.Outside
	return c.options.HTTP.Do(ctx, request)
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
