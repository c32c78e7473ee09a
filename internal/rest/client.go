package rest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/hashicorp/go-retryablehttp"
)

// Retry says when a request may be repeated.
type Retry int

const (
	// RetryUnprocessed repeats only what the server provably did not process:
	// nothing was written, 429, or 503 with Retry-After. It is the zero value.
	RetryUnprocessed Retry = iota
	// RetrySafe is for idempotent requests: also after resets, one timeout, 502, 503 and 504.
	RetrySafe
	// RetryNever never repeats.
	RetryNever
)

const (
	maxBody   = 1 << 20
	maxWait   = 5 * time.Minute
	minPause  = 200 * time.Millisecond
	maxPause  = 10 * time.Second
	redirects = 3
)

// Request is one HTTP request.
type Request struct {
	Method, URL string
	// Purpose tells an observer which protocol asks, such as "directory".
	Purpose             string
	Header              http.Header
	Accept, ContentType string
	Body                []byte
	// Fresh makes the body of each attempt, for one that may be presented once
	// only, such as a signed JWT with a jti, and says what of it is secret. Every
	// result has the same length. Body is then left empty.
	Fresh func() (body []byte, secret Secret, err error)
	// Bearer goes into the Authorization header (RFC 6750 §2.1), and nowhere else.
	Bearer Secret
	// BasicUser and BasicPassword go into the Authorization header; the caller encodes them (RFC 6749 §2.3.1).
	BasicUser     string
	BasicPassword Secret
	// Mask lists further secrets to take out of the server's words, which may echo them.
	Mask  []Secret
	Retry Retry
	// Grace is how long the answer to a request that was already written may
	// still take after the caller's context ended.
	Grace time.Duration
	// MaxBody is the largest answer that is read, in bytes; zero is 1 MiB.
	MaxBody int64
	// Outside refuses to connect to internal addresses, whatever name they go by:
	// for URLs that a server on the open net gave. It does nothing behind a proxy.
	Outside bool
	// FollowRedirects follows up to three redirects of the same origin. It is ignored when credentials are sent.
	FollowRedirects bool
}

// Response is a 2xx answer.
type Response struct {
	Status        int
	Header        http.Header
	Body          []byte
	InteractionID string
	// Internal is set when the server was reached at an internal address, or by way of one.
	Internal bool

	method, url, kind string
}

// Unusable is the error of an answer whose body is not what the caller needs.
func (r *Response) Unusable(reason string) *BodyError {
	return &BodyError{Method: r.method, URL: r.url, Status: r.Status, ContentType: r.kind, Reason: reason, InteractionID: r.InteractionID}
}

// JSON decodes the body, which must be exactly one JSON value, keeping numbers
// as written where out asks for json.Number. A byte order mark is left out, and what is
// no UTF-8 replaced (RFC 8259 §8.1). Its error is a *BodyError; if that is for what
// follows the value, out is set.
func (r *Response) JSON(out any) error {
	fail := func(reason string, err error) error {
		failure := r.Unusable(reason)
		failure.Err = err
		return failure
	}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return fail("the body is empty", nil)
	}
	const mark, replacement = "\xef\xbb\xbf", "\ufffd"
	decoder := json.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(bytes.TrimPrefix(r.Body, []byte(mark)), []byte(replacement))))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return fail("the body is not the JSON that was expected", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fail("more follows the JSON value", err)
	}
	return nil
}

// Client sends requests as one TLS identity. It is safe for concurrent use.
type Client struct {
	pool        *Pool
	transport   *http.Transport
	certificate bool
	// strict has the connections of requests that must not reach an internal address, to
	// hosts that other requests have reached at one; inside is the set of those hosts.
	strict *http.Transport
	inside sync.Map
	// lanes are the ways to the hosts that were asked.
	lanes     sync.Map
	plain     *retryablehttp.Client
	following *retryablehttp.Client
}

func newClient(pool *Pool, transport *http.Transport, certificate bool) *Client {
	c := &Client{pool: pool, transport: transport, certificate: certificate, strict: transport.Clone()}
	stop := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.plain, c.following = c.retrying(stop), c.retrying(sameOrigin)
	return c
}

func (c *Client) retrying(redirect func(*http.Request, []*http.Request) error) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: &attempts{client: c}, CheckRedirect: redirect},
		RetryWaitMin: minPause,
		RetryWaitMax: maxPause,
		RetryMax:     c.pool.options.MaxRetries,
		CheckRetry:   checkRetry,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

func sameOrigin(req *http.Request, via []*http.Request) error {
	first, errFirst := Origin(via[0].URL.String())
	next, errNext := Origin(req.URL.String())
	if len(via) > redirects || errFirst != nil || errNext != nil || first != next {
		return http.ErrUseLastResponse
	}
	return nil
}

// reach is the transport for a request. Whether an address is internal is looked at when a
// connection is made, and only for requests that must stay outside. Such a request must not
// be served by an idle connection that was made for another one, so to a host that was
// reached at an internal address it has connections of its own.
func (c *Client) reach(call *call, host string) *http.Transport {
	if _, inside := c.inside.Load(host); inside && call.outside {
		return c.strict
	}
	return c.transport
}

// lane is the way of a transport to a host.
func (c *Client) lane(transport *http.Transport, host string) *lane {
	type key struct {
		transport *http.Transport
		host      string
	}
	found, ok := c.lanes.Load(key{transport, host})
	if !ok {
		found, _ = c.lanes.LoadOrStore(key{transport, host}, &lane{})
	}
	return found.(*lane) //nolint:forcetypeassert // Nothing else is stored.
}

// HasCertificate reports whether the client's identity has a certificate.
func (c *Client) HasCertificate() bool { return c.certificate }

// Do sends a request and returns a 2xx answer. Its errors are *StatusError,
// *TransportError and *BodyError; a context that ended between attempts gives
// the context's error.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if err := CheckURL(r.URL); err != nil {
		return nil, fmt.Errorf("the URL %q cannot be used: %w", printable(r.URL), err)
	}
	r.Header = identifying(r.Header)
	call := &call{policy: r.Retry, grace: r.Grace, limit: cmp.Or(r.MaxBody, maxBody), timeout: c.pool.options.Timeout, now: c.pool.options.Now}
	var body any
	switch {
	case r.Fresh != nil:
		body = r.anew(ctx, c.pool, call)
	case r.Body != nil:
		body = r.Body
	}
	call.outside = r.Outside && !c.proxied(r.URL)
	req, err := r.build(context.WithValue(ctx, callKey{}, call), body, c.pool.options.UserAgent)
	if err != nil {
		return nil, err
	}
	call.masks = func() []Secret { return r.masks(req) }
	sender := c.plain
	if r.FollowRedirects && r.Bearer.Empty() && r.BasicPassword.Empty() && len(r.Body) == 0 && r.Fresh == nil {
		sender = c.following
	}
	started := c.pool.options.Now()
	answer, err := r.complete(sender, req, call)
	concluded := Conclusion{Purpose: r.Purpose, Exchange: Exchange{Method: r.Method, URL: bare(req.URL), Attempt: call.attempts, Waited: call.waitedInAll,
		Duration: c.pool.options.Now().Sub(started), InteractionID: req.Header.Get(interactionHeader), Status: call.status, Err: err}}
	c.pool.options.Conclude(ctx, concluded)
	return answer, err
}

// complete sends a request and reads its answer. Sending may add to what is masked in it.
func (r *Request) complete(sender *retryablehttp.Client, req *retryablehttp.Request, call *call) (*Response, error) {
	resp, err := sender.Do(req)
	if err != nil {
		return nil, unwrap(err)
	}
	answer, readErr := io.ReadAll(resp.Body)
	if closeErr := resp.Body.Close(); readErr == nil {
		readErr = closeErr
	}
	if readErr != nil {
		return nil, readErr
	}
	return r.answer(req, resp, answer, call)
}

// proxied reports whether a proxy makes the connection, so that the address here is the proxy's.
func (c *Client) proxied(rawURL string) bool {
	address, err := url.Parse(rawURL)
	if err != nil || c.transport.Proxy == nil {
		return false
	}
	proxy, err := c.transport.Proxy(&http.Request{URL: address})
	return err == nil && proxy != nil
}

// anew reads the body of each attempt from Fresh, once the rate limit lets it go:
// what is signed for a minute must not spend that in the queue. The first body
// only tells the length.
func (r *Request) anew(ctx context.Context, pool *Pool, call *call) retryablehttp.ReaderFunc {
	measured := false
	return func() (io.Reader, error) {
		if u, err := url.Parse(r.URL); err == nil && measured {
			began := pool.options.Now()
			if err := pool.wait(ctx, u.Host); err != nil {
				failure := held(ctx, &http.Request{Method: r.Method, URL: u, Header: r.Header}, err)
				call.gaveUp(ctx, pool, began, failure)
				return nil, failure
			}
			call.waited, call.held = true, pool.options.Now().Sub(began)
		}
		measured = true
		body, secret, err := r.Fresh()
		if err != nil {
			return nil, err
		}
		r.Mask = append(r.Mask, secret)
		return bytes.NewReader(body), nil
	}
}

// answer sorts a complete answer into a response or an error.
func (r Request) answer(req *retryablehttp.Request, resp *http.Response, body []byte, call *call) (*Response, error) {
	address := bare(req.URL)
	masks := r.masks(req)
	id := identified(req.Header.Get(interactionHeader), resp.Header.Get(interactionHeader), masks)
	kind := clean(resp.Header.Get("Content-Type"), masks)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if call.broken != "" {
			return nil, &BodyError{Method: r.Method, URL: address, Status: resp.StatusCode, ContentType: kind, Reason: call.broken, Err: call.cause, InteractionID: id}
		}
		return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, InteractionID: id, Internal: call.internal, method: r.Method, url: address, kind: kind}, nil
	}
	failure := &StatusError{Method: r.Method, URL: address, Status: resp.StatusCode, ContentType: kind, InteractionID: id}
	failure.RetryAfter, failure.HasRetryAfter = retryAfter(resp, call.now())
	if target, err := resp.Location(); err == nil {
		failure.Location = clean(target.Scheme+"://"+target.Host, masks)
	}
	failure.explain(body, masks)
	return nil, failure
}

func (r Request) build(ctx context.Context, body any, agent string) (*retryablehttp.Request, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be built: %w", unwrap(err))
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("Accept", r.Accept)
	set("Content-Type", r.ContentType)
	set("User-Agent", agent)
	switch {
	case strings.ContainsFunc(r.Bearer.Reveal(), unicode.IsControl):
		return nil, errors.New("the bearer token holds a line break or another control character")
	case !r.Bearer.Empty():
		set("Authorization", "Bearer "+r.Bearer.Reveal())
	case !r.BasicPassword.Empty():
		req.SetBasicAuth(r.BasicUser, r.BasicPassword.Reveal())
	}
	return req, nil
}

// unwrap takes off the url.Error that net/http puts around our errors, whose
// text would carry the query.
func unwrap(err error) error {
	var transport *TransportError
	if errors.As(err, &transport) {
		return transport
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
