package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The kinds of fault.
const (
	FaultStatus         = "status"            // answers Status (default 503) without doing anything
	FaultDelay          = "delay"             // waits Delay, then works
	FaultNonJSON        = "non_json"          // answers HTML; with a 2xx Status the work is done
	FaultTruncated      = "truncated"         // works, sends half of the answer and hangs up
	FaultCommitThenDrop = "commit_then_drop"  // works and hangs up without an answer
	FaultRedirect       = "redirect"          // redirects to Location without doing anything
	FaultOversized      = "oversized"         // works and answers more than 2 MiB
	FaultDrop           = "drop"              // hangs up without doing anything
	FaultReset          = "reset"             // resets the connection without doing anything
	FaultCommitReset    = "commit_then_reset" // works and resets the connection
	FaultGoAway         = "go_away"           // works, and takes no more requests on that connection
	FaultMalformed      = "malformed"         // works, and answers with what is no HTTP and quotes the credentials; hangs up with HTTP/2
	FaultUpgrade        = "upgrade"           // works, and switches to a protocol in which nothing follows; hangs up with HTTP/2
	FaultChaos          = "chaos"             // seeded, recoverable faults at Rate
)

const oversizedBytes = 2<<20 + 1

// Fault is one addressed and counted misbehaviour. Server and Route empty match everything;
// Times zero means once, negative for ever.
type Fault struct {
	Server     string        `json:"server,omitempty"`
	Route      string        `json:"route,omitempty"`
	Skip       int           `json:"skip,omitempty"`
	Times      int           `json:"times,omitempty"`
	Kind       string        `json:"kind"`
	Status     int           `json:"status,omitempty"`
	RetryAfter string        `json:"retry_after,omitempty"`
	Delay      time.Duration `json:"-"`
	Location   string        `json:"location,omitempty"`
	Body       string        `json:"body,omitempty"`
	Rate       float64       `json:"rate,omitempty"`
	Seed       uint64        `json:"seed,omitempty"`
}

// faultJSON gives Delay its readable form ("2s") on the wire.
type faultJSON struct {
	faultFields
	Delay string `json:"delay,omitempty"`
}

type faultFields Fault

// MarshalJSON writes the delay as a duration string.
func (f Fault) MarshalJSON() ([]byte, error) {
	out := faultJSON{faultFields: faultFields(f)}
	if f.Delay != 0 {
		out.Delay = f.Delay.String()
	}
	return encodeJSON(out), nil
}

// UnmarshalJSON reads the delay from a duration string and refuses unknown members.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var in faultJSON
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("sandbox: fault: %w", err)
	}
	*f = Fault(in.faultFields)
	if in.Delay != "" {
		delay, err := time.ParseDuration(in.Delay)
		if err != nil {
			return fmt.Errorf("sandbox: fault: %w", err)
		}
		f.Delay = delay
	}
	return f.check()
}

func (f *Fault) check() error {
	kinds := append([]string{FaultStatus, FaultDelay, FaultNonJSON, FaultTruncated, FaultCommitThenDrop, FaultRedirect, FaultOversized, FaultDrop, FaultReset, FaultCommitReset, FaultGoAway, FaultMalformed, FaultUpgrade, FaultChaos}, handshakeFaults()...)
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("sandbox: fault kind %q is none of %s", f.Kind, strings.Join(kinds, ", "))
	}
	if f.Kind == FaultChaos && (f.Rate <= 0 || f.Rate > 1) {
		return errors.New("sandbox: a chaos fault needs a rate above 0 and up to 1")
	}
	return nil
}

// ParseFaults reads one fault or an array of them.
func ParseFaults(data []byte) ([]Fault, error) {
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '[' {
		var many []Fault
		if err := json.Unmarshal(trimmed, &many); err != nil {
			return nil, fmt.Errorf("sandbox: faults: %w", err)
		}
		return many, nil
	}
	var one Fault
	if err := json.Unmarshal(data, &one); err != nil {
		return nil, fmt.Errorf("sandbox: faults: %w", err)
	}
	return []Fault{one}, nil
}

// faultBook holds the faults still to come.
type faultBook struct {
	mu    sync.Mutex
	armed []*armedFault
}

type armedFault struct {
	Fault
	chaos *rand.Rand
}

func (b *faultBook) inject(faults []Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, fault := range faults {
		armed := &armedFault{Fault: fault}
		if fault.Times == 0 {
			armed.Times = 1
		}
		if fault.Kind == FaultChaos {
			armed.Times = -1
			armed.chaos = rand.New(rand.NewPCG(fault.Seed, 0)) //nolint:gosec // Repeatable on purpose, nothing secret.
		}
		b.armed = append(b.armed, armed)
	}
}

func (b *faultBook) pending() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.armed)
}

func (b *faultBook) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = nil
}

func (b *faultBook) list() []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Fault, 0, len(b.armed))
	for _, armed := range b.armed {
		out = append(out, armed.Fault)
	}
	return out
}

// take counts a request and returns the fault due for it.
func (b *faultBook) take(server, route, method string) (Fault, bool) {
	return b.due(method, func(f Fault) bool {
		return !slices.Contains(handshakeFaults(), f.Kind) && (f.Server == "" || f.Server == server) && (f.Route == "" || f.Route == route)
	})
}

// due counts what a fault matches and returns the one whose turn it is.
func (b *faultBook) due(method string, matches func(Fault) bool) (Fault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, armed := range b.armed {
		if !matches(armed.Fault) {
			continue
		}
		if armed.Skip > 0 {
			armed.Skip--
			continue
		}
		if armed.chaos != nil {
			if fault, due := armed.roll(method); due {
				return fault, true
			}
			continue
		}
		if armed.Times > 0 {
			armed.Times--
		}
		if armed.Times == 0 {
			b.armed = slices.Delete(b.armed, i, i+1)
		}
		return armed.Fault, true
	}
	return Fault{}, false
}

// roll draws a fault that a careful client survives without an operator.
func (a *armedFault) roll(method string) (Fault, bool) {
	if a.chaos.Float64() >= a.Rate {
		return Fault{}, false
	}
	switch pick := a.chaos.IntN(4); {
	case pick == 0:
		return Fault{Kind: FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "1"}, true
	case pick == 1 && method == http.MethodGet:
		return Fault{Kind: FaultDrop}, true
	case pick == 2:
		return Fault{Kind: FaultDelay, Delay: time.Duration(a.chaos.IntN(100)) * time.Millisecond}, true
	default:
		return Fault{Kind: FaultStatus, Status: http.StatusServiceUnavailable, RetryAfter: "1"}, true
	}
}

// run lets the handler work as far as the fault allows and spoils its answer.
func (s *Sandbox) run(c *call, fault Fault, faulty bool, handle handler) outcome {
	if !faulty {
		return outcome{answer: s.locked(c, handle), keep: -1}
	}
	switch fault.Kind {
	case FaultDelay:
		return s.delayed(c.request.Context(), fault.Delay, func() outcome { return outcome{answer: s.locked(c, handle), keep: -1} })
	case FaultCommitThenDrop:
		return outcome{answer: s.locked(c, handle), keep: 0, abort: true}
	case FaultTruncated:
		whole := s.locked(c, handle)
		return outcome{answer: whole, keep: len(whole.body) / 2, abort: true}
	case FaultOversized:
		whole := s.locked(c, handle)
		whole.header.Set("Content-Type", "application/json")
		whole.body = slices.Concat([]byte(`{"padding":"`), bytes.Repeat([]byte("x"), oversizedBytes), []byte(`"}`))
		return outcome{answer: whole, keep: -1}
	case FaultDrop:
		return outcome{keep: 0, abort: true}
	case FaultReset:
		return outcome{keep: 0, abort: true, reset: true}
	case FaultCommitReset:
		return outcome{answer: s.locked(c, handle), keep: 0, abort: true, reset: true}
	case FaultGoAway:
		// With HTTP/2 it is what makes net/http send GOAWAY.
		return outcome{answer: s.locked(c, handle).with("Connection", "close"), keep: -1}
	case FaultMalformed:
		s.locked(c, handle)
		return outcome{raw: c.request.Header.Get("Authorization") + "\r\n\r\n"}
	case FaultUpgrade:
		s.locked(c, handle)
		return outcome{raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: silence\r\n\r\n", open: true}
	default:
		return outcome{answer: s.replaced(c, fault, handle), keep: -1}
	}
}

// replaced is the answer of the faults that bring their own.
func (s *Sandbox) replaced(c *call, fault Fault, handle handler) answer {
	status := fault.Status
	body := fault.Body
	contentType := "application/json"
	switch fault.Kind {
	case FaultRedirect:
		status = orDefault(status, http.StatusTemporaryRedirect)
	case FaultNonJSON:
		if status >= 200 && status < 300 {
			s.locked(c, handle)
		}
		status = orDefault(status, http.StatusBadGateway)
		contentType = "text/html; charset=utf-8"
		if body == "" {
			body = "<html><body><h1>Something went wrong upstream</h1></body></html>"
		}
	default:
		status = orDefault(status, http.StatusServiceUnavailable)
		if body == "" {
			body = `{"message":"injected fault"}`
		}
	}
	out := typedAnswer(status, contentType, []byte(body))
	if fault.RetryAfter != "" {
		out.header.Set("Retry-After", fault.RetryAfter)
	}
	if fault.Location != "" {
		out.header.Set("Location", fault.Location)
	}
	return out
}

func orDefault(status, fallback int) int {
	if status == 0 {
		return fallback
	}
	return status
}
