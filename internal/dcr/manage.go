package dcr

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Management is where and with what a registration is managed (RFC 7592 §3).
type Management struct {
	// URI is the registration_client_uri, used byte for byte.
	URI string
	// Token is the registration access token, or, at servers that give none, an
	// access token of the client's own (Open Banking UK DCR 3.3, Australian CDR).
	Token    rest.Secret
	ClientID string
	// Stable is set where no answer is going to replace the token.
	Stable bool
}

// Read reads a registration (RFC 7592 §2.1). Unless the token is known to be stable, it is
// never repeated once it was written: the repetition might present a dead one.
func (c *Client) Read(ctx context.Context, m Management) (*Registration, error) {
	request := rest.Request{Method: http.MethodGet}
	if m.Stable {
		request.Retry = rest.RetrySafe
	}
	resp, err := c.ask(ctx, m, request)
	if err != nil {
		return nil, err
	}
	return c.decode(resp, m)
}

// ask is manage for what may be answered with another token.
func (c *Client) ask(ctx context.Context, m Management, request rest.Request) (*rest.Response, error) {
	spared := func() {}
	if !m.Stable {
		spared = c.options.Asking(m)
	}
	resp, err := c.manage(ctx, m, request)
	if err != nil && !Lost(err) {
		spared()
	}
	return resp, err
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
	resp, err := c.ask(ctx, m, request)
	if err != nil {
		return nil, err
	}
	return c.answered(resp, m)
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
