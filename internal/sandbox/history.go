package sandbox

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const historyLimit = 100_000

// Exchange is one request and what became of it. It holds no secret.
type Exchange struct {
	Time          time.Time `json:"time"`
	Server        string    `json:"server"`
	Route         string    `json:"route"`
	Method        string    `json:"method"`
	Path          string    `json:"path"`
	Status        int       `json:"status"`
	Principal     string    `json:"principal,omitempty"`
	InteractionID string    `json:"interaction_id,omitempty"`
	Body          string    `json:"body,omitempty"`
	Effect        string    `json:"effect,omitempty"`
	Fault         string    `json:"fault,omitempty"`
	Refused       string    `json:"refused,omitempty"`
}

// Stats counts what the sandbox was asked.
type Stats struct {
	Routes      map[string]int            `json:"routes"`
	Connections int                       `json:"connections"`
	MaxInFlight int                       `json:"max_in_flight"`
	Servers     map[string]map[string]int `json:"servers"`
}

// recorder keeps history and counts.
type recorder struct {
	mu          sync.Mutex
	exchanges   []Exchange
	routes      map[string]int
	servers     map[string]map[string]int
	connections int
	inFlight    int
	maxInFlight int
}

func newRecorder() *recorder {
	return &recorder{routes: map[string]int{}, servers: map[string]map[string]int{}}
}

// enter counts a request in and returns what counts it out.
func (r *recorder) enter(server, route string) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routes[route]++
	if r.servers[server] == nil {
		r.servers[server] = map[string]int{}
	}
	r.servers[server][route]++
	r.inFlight++
	r.maxInFlight = max(r.maxInFlight, r.inFlight)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.inFlight--
	}
}

func (r *recorder) connected() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections++
}

func (r *recorder) add(exchange Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.exchanges) >= historyLimit {
		r.exchanges = slices.Clone(r.exchanges[historyLimit/2:])
	}
	r.exchanges = append(r.exchanges, exchange)
}

func (r *recorder) history(route string) []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []Exchange{}
	for _, exchange := range r.exchanges {
		if route == "" || exchange.Route == route {
			out = append(out, exchange)
		}
	}
	return out
}

// last returns the last exchanges, the newest first.
func (r *recorder) last(limit int) []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.exchanges[max(0, len(r.exchanges)-limit):])
	slices.Reverse(out)
	return out
}

func (r *recorder) stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	servers := make(map[string]map[string]int, len(r.servers))
	for name, routes := range r.servers {
		servers[name] = maps.Clone(routes)
	}
	return Stats{Routes: maps.Clone(r.routes), Connections: r.connections, MaxInFlight: r.maxInFlight, Servers: servers}
}

// settled reports whether no request is being answered.
func (r *recorder) settled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inFlight == 0
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = nil
	r.routes = map[string]int{}
	r.servers = map[string]map[string]int{}
	r.connections = 0
	r.maxInFlight = r.inFlight
}

// Settle waits until no request is being answered any more: a server goes on with one
// whose client has given up, and may carry it out later. Its error is the context's.
func (s *Sandbox) Settle(ctx context.Context) error {
	for !s.record.settled() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// Inject arms faults.
func (s *Sandbox) Inject(faults ...Fault) { s.faults.inject(faults) }

// Pending counts the injected faults that are still to come.
func (s *Sandbox) Pending() int { return s.faults.pending() }

// History returns every exchange since the start or the last Reset.
func (s *Sandbox) History() []Exchange { return s.record.history("") }

// Requests returns the exchanges of one route, such as "POST /register".
func (s *Sandbox) Requests(route string) []Exchange { return s.record.history(route) }

// Count returns how often a route was asked.
func (s *Sandbox) Count(route string) int { return s.record.stats().Routes[route] }

// Stats returns the counts.
func (s *Sandbox) Stats() Stats { return s.record.stats() }

// Reset forgets history, counts and faults; objects stay.
func (s *Sandbox) Reset() {
	s.faults.clear()
	s.record.reset()
}
