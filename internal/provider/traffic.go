package provider

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Traffic counts what a process of the provider asked of each host. It is safe
// for concurrent use.
type Traffic struct {
	mu    sync.Mutex
	hosts map[string]*hostTraffic
	// ctx has the log of the process.
	ctx context.Context //nolint:containedctx // The process outlives each call, and its log comes with one.
}

// hostTraffic is what one host was asked.
type hostTraffic struct {
	requests, repeated, failed int
	// inFlight is the time until answers came, waited that of rate limits and pauses before.
	inFlight, waited, slowest time.Duration
}

// begin keeps the log for the end; nil makes a count that nobody reads.
func (t *Traffic) begin(ctx context.Context) *Traffic {
	if t == nil {
		t = &Traffic{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ctx = context.WithoutCancel(ctx)
	return t
}

// observe counts and logs an attempt.
func (t *Traffic) observe(ctx context.Context, e rest.Exchange) {
	t.count(e)
	logExchange(ctx, e)
}

func (t *Traffic) count(e rest.Exchange) {
	host := e.URL
	if u, err := url.Parse(e.URL); err == nil {
		host = u.Host
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hosts == nil {
		t.hosts = map[string]*hostTraffic{}
	}
	h := t.hosts[host]
	if h == nil {
		h = &hostTraffic{}
		t.hosts[host] = h
	}
	// What the rate limit held back until there was no time left was never sent.
	if sent := e.Duration > 0 || e.Err == nil; sent {
		h.requests++
		if e.Attempt > 1 {
			h.repeated++
		}
	}
	if e.Err != nil || e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests {
		h.failed++
	}
	h.inFlight += e.Duration
	h.waited += e.Waited
	h.slowest = max(h.slowest, e.Duration)
}

// Summarise logs one line for each host that was asked, those that took longest
// first, and one for all: why a run was slow. It is for the end of the process.
func (t *Traffic) Summarise() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil || len(t.hosts) == 0 {
		return
	}
	ctx := subsystem(t.ctx, logHTTP)
	var all hostTraffic
	names := slices.SortedFunc(maps.Keys(t.hosts), func(a, b string) int {
		return int(t.hosts[b].inFlight + t.hosts[b].waited - t.hosts[a].inFlight - t.hosts[a].waited)
	})
	for _, name := range names {
		h := t.hosts[name]
		tflog.SubsystemInfo(ctx, logHTTP, "requests to one host", h.fields(), map[string]any{"host": name})
		all.requests, all.repeated, all.failed = all.requests+h.requests, all.repeated+h.repeated, all.failed+h.failed
		all.inFlight, all.waited, all.slowest = all.inFlight+h.inFlight, all.waited+h.waited, max(all.slowest, h.slowest)
	}
	tflog.SubsystemInfo(ctx, logHTTP, "requests of this run", all.fields(), map[string]any{"hosts": len(t.hosts)})
}

func (h hostTraffic) fields() map[string]any {
	return map[string]any{
		"requests": h.requests, "repeated": h.repeated, "failed": h.failed,
		"in_flight_ms": h.inFlight.Milliseconds(), "waited_ms": h.waited.Milliseconds(), "slowest_ms": h.slowest.Milliseconds(),
	}
}
