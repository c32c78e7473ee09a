package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is what the attempts of one request share.
type call struct {
	policy  Retry
	grace   time.Duration
	timeout time.Duration
	// limit is the largest body that is read, in bytes.
	limit    int64
	now      func() time.Time
	attempts int
	// timeouts are the attempts that ended in one after they had been sent.
	timeouts int
	// status is the last answer's.
	status int
	// ended is when the attempt before was over; held is what the rate limit took of the time since, where it was waited for already.
	ended time.Time
	held  time.Duration
	// waitedInAll is how long the attempts were kept back.
	waitedInAll time.Duration
	// waited is set when the rate limit has let this attempt go already.
	waited bool
	// outside refuses internal addresses; internal tells that the last answer came from one.
	outside, internal bool
	// masks are the secrets that the server was sent, and may quote in what net/http says of it; nil is none.
	masks func() []Secret
	// broken says why the last answer's body cannot be used, and what caused it.
	broken string
	cause  error
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &call{policy: RetryNever, timeout: time.Minute, limit: maxBody, now: time.Now}
	}
	return c
}

// attempts is the round tripper of one attempt: it waits for the rate limit,
// bounds time and size, reads the body whole, and says how far a failure got.
type attempts struct{ client *Client }

// RoundTrip implements http.RoundTripper.
func (a *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	call, began := callOf(req.Context()), a.client.pool.options.Now()
	call.attempts++
	call.status = 0
	call.broken, call.cause = "", nil
	if !call.waited {
		if err := a.client.pool.wait(req.Context(), req.URL.Host); err != nil {
			failure := held(req.Context(), req, err)
			call.gaveUp(req.Context(), a.client.pool, began, failure)
			return nil, failure
		}
	}
	call.waited = false
	started := a.client.pool.options.Now()
	waited := call.kept(began, started)
	seen := progress{inside: a.client.pool.options.Internal}
	ctx, cancel := call.bound(req.Context(), &seen)
	defer cancel()
	resp, err := a.send(req.WithContext(ctx), &seen, call)
	err, call.cause = call.quoted(err, seen.written.Load()), call.quoted(call.cause, true)
	exchange := Exchange{Method: req.Method, URL: bare(req.URL), Attempt: call.attempts, InteractionID: req.Header.Get(interactionHeader),
		Duration: a.client.pool.options.Now().Sub(started), Waited: waited}
	call.ended = started.Add(exchange.Duration)
	if err != nil {
		failure := &TransportError{Method: req.Method, URL: bare(req.URL), Phase: seen.phase(ctx, err), Err: err, InteractionID: exchange.InteractionID}
		exchange.Phase, exchange.Err = failure.Phase, err
		a.client.pool.options.Observe(req.Context(), exchange)
		return nil, failure
	}
	exchange.Status, call.status = resp.StatusCode, resp.StatusCode
	if call.broken != "" {
		exchange.Phase, exchange.Err = PhaseBody, errors.New(call.broken)
	}
	a.client.pool.options.Observe(req.Context(), exchange)
	return resp, nil
}

// kept is how long an attempt was kept back that came up at one time and started at another.
func (c *call) kept(began, started time.Time) time.Duration {
	waited := started.Sub(began) + c.held
	if !c.ended.IsZero() {
		waited = started.Sub(c.ended)
	}
	c.held = 0
	c.waitedInAll += waited
	return waited
}

// gaveUp tells of an attempt that the rate limit kept back until the caller had no time left.
func (c *call) gaveUp(ctx context.Context, pool *Pool, began time.Time, failure *TransportError) {
	pool.options.Observe(ctx, Exchange{Method: failure.Method, URL: failure.URL, Attempt: c.attempts, InteractionID: failure.InteractionID,
		Waited: c.kept(began, pool.options.Now()), Phase: failure.Phase, Err: failure.Err})
}

// held tells a wait for the rate limit that the caller ended from one that
// would have outlasted the caller's deadline.
func held(ctx context.Context, req *http.Request, err error) *TransportError {
	failure := &TransportError{Method: req.Method, URL: bare(req.URL), Phase: PhaseCancelled, Err: err, InteractionID: req.Header.Get(interactionHeader)}
	if ctx.Err() == nil {
		failure.Phase = PhaseWaiting
		failure.Err = errors.New("the rate limit requests_per_second would have made it wait past the deadline")
	}
	return failure
}

// send makes the attempt and reads the answer whole, so that the connection is
// free again and a body that breaks off belongs to the attempt.
func (a *attempts) send(req *http.Request, seen *progress, call *call) (*http.Response, error) {
	req = traced(req, seen)
	transport := a.client.reach(call, req.URL.Host)
	seen.wish = a.client.lane(transport, req.URL.Host).enter()
	defer seen.wish.leave()
	if call.policy != RetrySafe {
		once(req, seen)
	}
	resp, err := transport.RoundTrip(req.WithContext(context.WithValue(req.Context(), wishKey{}, seen.wish)))
	// Behind a proxy, the address says nothing about the server.
	call.internal = seen.internal.Load() && !a.client.proxied(req.URL.String())
	if call.internal && !call.outside {
		a.client.inside.Store(req.URL.Host, true)
	}
	if err != nil && req.Context().Err() == nil {
		err = reason(seen.fresh.Load(), err)
	}
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Nobody asked for it, and what follows has no end that a deadline could bring about.
		_ = resp.Body.Close()
		return nil, errors.New("the server switched to another protocol instead of answering")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, call.limit+1))
	_ = resp.Body.Close() // The body was read; a failure to close it says nothing about the answer.
	switch {
	case int64(len(body)) > call.limit:
		call.broken, body = fmt.Sprintf("the body is larger than %d MiB", call.limit>>20), nil
	case err != nil && !whole(body):
		call.broken, call.cause = "the body broke off", err
	}
	if _, err := resp.Location(); err != nil {
		// net/http gives up on a Location it cannot read, and the status would be lost.
		resp.Header.Del("Location")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// errReplay ends an attempt that net/http was about to repeat on its own.
var errReplay = errors.New("the server reset the request after it was written")

// once keeps net/http from replaying a request on its own that was written: the token of a
// read may have rotated, and over HTTP/2 it also replays what a server reset for an error
// of protocol, which may have processed it. A body that cannot be rewound has it say why
// it could not, which tells what was refused unprocessed (RFC 9113 §8.7) from what was not.
func once(req *http.Request, seen *progress) {
	rewind, multiplexed := req.GetBody, &seen.wish.lane.multiplexed
	switch {
	case req.Body == nil:
		req.Body, req.GetBody = io.NopCloser(new(bytes.Reader)), nil
	case multiplexed.Load():
		req.GetBody = nil
	case rewind != nil:
		// The first request to a host: whether it is HTTP/2 turns out with the connection.
		req.GetBody = func() (io.ReadCloser, error) {
			if multiplexed.Load() && seen.written.Load() {
				return nil, errReplay
			}
			return rewind()
		}
	}
}

// whole reports whether a body is all of a JSON object or array, whatever length was
// announced: it may have the only copy of a token.
func whole(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 1 && (body[0] == '{' || body[0] == '[') && json.Valid(body)
}

// bound gives an attempt its time. When the caller's context ends, an attempt
// that wrote nothing ends at once; one that did may go on for the grace.
func (c *call) bound(parent context.Context, seen *progress) (context.Context, context.CancelFunc) {
	if c.grace <= 0 {
		return context.WithTimeout(parent, c.timeout)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), c.timeout)
	stop := context.AfterFunc(parent, func() {
		if !seen.written.Load() {
			cancel()
			return
		}
		select {
		case <-time.After(c.grace):
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { stop(); cancel() }
}

// checkRetry decides whether a request may be repeated.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	call := callOf(ctx)
	if ctx.Err() != nil || call.policy == RetryNever {
		return false, nil //nolint:nilerr // An error here would replace the one that is being judged.
	}
	if err != nil {
		var failure *TransportError
		return errors.As(err, &failure) && call.repeats(failure), nil
	}
	wait, told := retryAfter(resp, call.now())
	if deadline, ok := ctx.Deadline(); wait > maxWait || ok && call.now().Add(wait).After(deadline) {
		return false, nil
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return true, nil
	case http.StatusServiceUnavailable:
		return told || call.policy == RetrySafe, nil
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return call.policy == RetrySafe, nil
	}
	return call.cause != nil && call.policy == RetrySafe, nil
}

func (c *call) repeats(failure *TransportError) bool {
	switch failure.Phase {
	case PhaseRefused, PhaseCancelled, PhaseWaiting:
		return false
	case PhaseDial:
		var inside *InsideError
		return !errors.As(failure.Err, &inside)
	case PhaseResolve:
		var dns *net.DNSError
		return !errors.As(failure.Err, &dns) || !dns.IsNotFound
	case PhaseTLS:
		return !permanent(failure.Err)
	case PhaseSent, PhaseBody:
		return c.policy == RetrySafe
	case PhaseTimeout:
		c.timeouts++
		return c.policy == RetrySafe && c.timeouts <= 1
	}
	return true
}

// permanent recognises handshakes that fail the same way every time.
func permanent(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		record       tls.RecordHeaderError
		alert        *net.OpError
	)
	if errors.As(err, &alert) && alert.Op == remoteAlert {
		return !strings.Contains(alert.Err.Error(), "internal error")
	}
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &record)
}

// retryAfter reads Retry-After as seconds or as a date (RFC 9110 §10.2.3).
func retryAfter(resp *http.Response, now time.Time) (time.Duration, bool) {
	if resp == nil {
		return 0, false
	}
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		return time.Duration(min(seconds, math.MaxInt32)) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		// The server means its own clock, which its Date tells.
		if sent, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			now = sent
		}
		return max(0, date.Sub(now)), true
	}
	return 0, false
}

// backoff waits as long as the server asks, otherwise exponentially with jitter.
func backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if wait, told := retryAfter(resp, callOf(resp.Request.Context()).now()); told {
			return wait
		}
	}
	pause := retryablehttp.DefaultBackoff(least, most, attempt, nil)
	return pause/2 + rand.N(pause/2+1) //nolint:gosec // Jitter needs no secrecy.
}
