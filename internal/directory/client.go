package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// answerGrace is how long the answer to a creation is still awaited after an interrupt:
// without it nobody knows the identifier of what was created.
const answerGrace = 10 * time.Second

const mediaJSON = "application/json"

// Options says where the directory is and how to speak to it.
type Options struct {
	// HTTP presents the client certificate the API hosts ask for.
	HTTP *rest.Client
	// Tokens gives the access token of every call.
	Tokens oauth.TokenSource
	// Administrator, when set, is the access token for unlocking.
	Administrator rest.Secret
	// APIURL is the base of the API, without a path to any organisation.
	APIURL string
	// KeystoreURL is the base of the keystore, or the directory's own key set in it.
	KeystoreURL string
	// OrganisationID is the organisation all applications belong to.
	OrganisationID string
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Client speaks to one directory for one organisation. It is safe for concurrent use.
type Client struct {
	options  Options
	flights  singleflight.Group
	snapshot *Snapshot
	births   births

	mu           sync.Mutex
	roles        []OrganisationRole
	organisation *Organisation
	flags        []Flag
	keys         *jose.JSONWebKeySet
}

// New makes a client. It does no I/O.
func New(options Options) *Client {
	if options.Now == nil {
		options.Now = time.Now
	}
	options.APIURL = strings.TrimRight(options.APIURL, "/")
	options.KeystoreURL = strings.TrimRight(options.KeystoreURL, "/")
	c := &Client{options: options}
	c.snapshot = newSnapshot(c)
	return c
}

// purpose is how observers know the directory's requests.
const purpose = "directory"

// afterwards is a context to find out what became of a creation whose answer was lost,
// which an interrupt ends no more: nobody else would ever find out.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}

// exchange is one authorised request to the API.
type exchange struct {
	method        string
	url           string
	accept        string
	contentType   string
	body          []byte
	retry         rest.Retry
	grace         time.Duration
	administrator bool
	// limit is the largest answer that is read, in bytes; zero is the usual one.
	limit int64
	// locks marks a GET that changes something all the same.
	locks bool
}

// organisationURL is a URL below the organisation; every segment is escaped.
func (c *Client) organisationURL(segments ...string) string {
	return c.apiURL(append([]string{"organisations", c.options.OrganisationID}, segments...)...)
}

func (c *Client) applicationURL(id string, segments ...string) string {
	return c.organisationURL(append([]string{"softwarestatements", id}, segments...)...)
}

// ApplicationURL is where the directory has an application.
func (c *Client) ApplicationURL(id string) string { return c.applicationURL(id) }

func (c *Client) apiURL(segments ...string) string {
	return c.options.APIURL + joinPath(segments...)
}

func joinPath(segments ...string) string {
	var path strings.Builder
	for _, segment := range segments {
		path.WriteByte('/')
		path.WriteString(url.PathEscape(segment))
	}
	return path.String()
}

// read is a GET, which may be repeated.
func (c *Client) read(ctx context.Context, address string) (*rest.Response, error) {
	return c.send(ctx, exchange{method: http.MethodGet, url: address, accept: mediaJSON, retry: rest.RetrySafe})
}

// create is a POST of JSON, which is sent once.
func (c *Client) create(ctx context.Context, address string, value any) (*rest.Response, error) {
	return c.write(ctx, exchange{method: http.MethodPost, url: address, retry: rest.RetryUnprocessed, grace: answerGrace}, value)
}

// replace is a PUT of JSON. All PUTs of this API set a state, so they may be repeated.
func (c *Client) replace(ctx context.Context, address string, value any) (*rest.Response, error) {
	return c.write(ctx, exchange{method: http.MethodPut, url: address, retry: rest.RetrySafe, grace: answerGrace}, value)
}

func (c *Client) remove(ctx context.Context, address string) error {
	_, err := c.send(ctx, exchange{method: http.MethodDelete, url: address, accept: mediaJSON, retry: rest.RetrySafe, grace: answerGrace})
	return err
}

func (c *Client) write(ctx context.Context, e exchange, value any) (*rest.Response, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, &unsentError{fmt.Errorf("encode request: %w", err)}
	}
	e.body, e.contentType, e.accept = body, mediaJSON, mediaJSON
	return c.send(ctx, e)
}

// send sends with an access token. A refused token is renewed once: it may have been
// revoked before its time. A 401 means not processed, so a POST may be sent again.
func (c *Client) send(ctx context.Context, e exchange) (*rest.Response, error) {
	if e.method != http.MethodGet || e.locks {
		c.snapshot.forget()
		defer c.snapshot.forget()
	}
	if e.administrator && !c.options.Administrator.Empty() {
		return c.attempt(ctx, e, c.options.Administrator)
	}
	token, err := c.options.Tokens.Token(ctx)
	if err != nil {
		return nil, &unsentError{err}
	}
	response, err := c.attempt(ctx, e, token)
	if statusOf(err) != http.StatusUnauthorized {
		return response, err
	}
	c.options.Tokens.Invalidate(token)
	renewed, tokenErr := c.options.Tokens.Token(ctx)
	switch {
	case tokenErr != nil:
		return nil, &unsentError{fmt.Errorf("%w (after the directory refused the previous token: %w)", tokenErr, err)}
	case renewed == token:
		return nil, err
	}
	return c.attempt(ctx, e, renewed)
}

func (c *Client) attempt(ctx context.Context, e exchange, token rest.Secret) (*rest.Response, error) {
	return c.options.HTTP.Do(ctx, rest.Request{
		Purpose:     purpose,
		Method:      e.method,
		URL:         e.url,
		Accept:      e.accept,
		ContentType: e.contentType,
		Body:        e.body,
		Bearer:      token,
		Retry:       e.retry,
		Grace:       e.grace,
		MaxBody:     e.limit,
	})
}

// share runs a read once for all callers that want it at the same time. The read outlives
// a caller that gives up, since others may still wait for it.
func share[T any](ctx context.Context, c *Client, name string, read func(context.Context) (T, error)) (T, error) {
	var none T
	results := c.flights.DoChan(name, func() (any, error) { return read(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case result := <-results:
		value, ok := result.Val.(T)
		if result.Err != nil || !ok {
			return none, result.Err
		}
		return value, nil
	}
}

// statusOf is the HTTP status of a refused request, zero for any other error.
func statusOf(err error) int {
	var status *rest.StatusError
	if errors.As(err, &status) {
		return status.Status
	}
	return 0
}
