package rest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Options are what all clients of a pool have in common.
type Options struct {
	UserAgent string
	// Timeout bounds one attempt; zero is 30 seconds.
	Timeout time.Duration
	// MaxRetries is how often a request is repeated; zero is never.
	MaxRetries int
	// RequestsPerSecond bounds the rate to each host; zero is no bound.
	RequestsPerSecond float64
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Internal tells which addresses are internal; nil is those that only this
	// machine or its own network can mean.
	Internal func(net.IP) bool
	// Observe is told of every attempt; nil is nobody.
	Observe func(context.Context, Exchange)
	// Conclude is told of every request once all of its attempts are over; nil is nobody.
	Conclude func(context.Context, Conclusion)
}

// Conclusion is what came of a request, as an observer may know it.
type Conclusion struct {
	// Purpose is the request's.
	Purpose string
	Exchange
}

// Exchange is one attempt of one request, as an observer may know it.
type Exchange struct {
	Method string
	// URL has no query.
	URL      string
	Status   int
	Phase    Phase
	Attempt  int
	Duration time.Duration
	// Waited is how long the rate limit, and the pause the server asked for or the
	// failure of the attempt before, kept this attempt back.
	Waited        time.Duration
	InteractionID string
	Err           error
}

// mostOpen is how many connections may be open before idle ones are closed for another.
// Some systems let a process have 256 files.
const mostOpen = 128

// Pool gives out clients. Clients of the same identity share connections, and
// all clients share the rate limit of each host.
type Pool struct {
	options Options

	// open counts the connections of all clients.
	open atomic.Int64

	mu       sync.Mutex
	clients  map[Identity]*Client
	limiters map[string]*rate.Limiter
}

// Format implements fmt.Formatter: fmt would print the private keys among the identities.
func (*Pool) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[connection pool]")) }

// NewPool returns a pool. It does no I/O.
func NewPool(options Options) *Pool {
	if options.Timeout <= 0 {
		options.Timeout = 30 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Internal == nil {
		options.Internal = internal
	}
	if options.Conclude == nil {
		options.Conclude = func(context.Context, Conclusion) {}
	}
	if options.Observe == nil {
		options.Observe = func(context.Context, Exchange) {}
	}
	return &Pool{options: options, clients: map[Identity]*Client{}, limiters: map[string]*rate.Limiter{}}
}

// Client returns the client of an identity. Its error is an *IdentityError.
func (p *Pool) Client(identity Identity) (*Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if client, ok := p.clients[identity]; ok {
		return client, nil
	}
	config, err := identity.config(p.options.Now())
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       dialer{internal: p.options.Internal, pool: p}.dial,
		TLSClientConfig:   config,
		ForceAttemptHTTP2: true,
		// As many as are busy at once, or those beyond would be closed only to be opened again.
		MaxIdleConnsPerHost:    100,
		MaxIdleConns:           200,
		IdleConnTimeout:        60 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	client := newClient(p, transport, config.GetClientCertificate != nil)
	p.clients[identity] = client
	return client, nil
}

// CloseIdleConnections closes the idle connections of all clients.
func (p *Pool) CloseIdleConnections() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, client := range p.clients {
		client.transport.CloseIdleConnections()
		client.strict.CloseIdleConnections()
	}
}

// wait holds an attempt back until its host's rate limit lets it go.
func (p *Pool) wait(ctx context.Context, host string) error {
	if p.options.RequestsPerSecond <= 0 {
		return ctx.Err()
	}
	p.mu.Lock()
	limiter, ok := p.limiters[host]
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(p.options.RequestsPerSecond), 1)
		p.limiters[host] = limiter
	}
	p.mu.Unlock()
	return limiter.Wait(ctx)
}
