package rest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a request waits for a connection that is there, or on its way, before it has another made.
const patience = 500 * time.Millisecond

// errOver ends the making of a connection that nobody waits for any more. Nobody sees it.
var errOver = errors.New("the request was over before a connection was made for it")

// lane is the way of one transport to one host. It lets no more connections be made than
// there are requests under way. Left alone, net/http dials for every request that finds no
// idle connection, and goes on dialling when the request was served by another connection
// meanwhile: each of those is a handshake for nothing.
type lane struct {
	mu sync.Mutex
	// busy are the attempts under way, open the connections, those being made among them.
	busy, open int
	// multiplexed is set once the host is known to speak HTTP/2.
	multiplexed atomic.Bool
	// moved is closed when a connection more may have become possible; nil while nobody waits.
	moved chan struct{}
}

// wish is for one attempt to be served by a connection.
type wish struct {
	lane *lane
	// served is set while the attempt has one; net/http looks for another when that turns out to be dead.
	served atomic.Bool
	// over is closed with the attempt.
	over chan struct{}
}

type wishKey struct{}

// enter counts an attempt in; leave ends it.
func (l *lane) enter() *wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy++
	l.wake()
	return &wish{lane: l, over: make(chan struct{})}
}

// wake lets those look again who wait. The caller holds the lock.
func (l *lane) wake() {
	if l.moved != nil {
		close(l.moved)
		l.moved = nil
	}
}

// closed counts a connection out.
func (l *lane) closed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	l.wake()
}

// take counts a connection in, if one may be made or has to be; otherwise it returns
// what to wait for.
func (l *lane) take(must bool) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if must || l.open < l.busy {
		l.open++
		return nil
	}
	if l.moved == nil {
		l.moved = make(chan struct{})
	}
	return l.moved
}

// leave counts the attempt out.
func (w *wish) leave() {
	close(w.over)
	w.lane.mu.Lock()
	defer w.lane.mu.Unlock()
	w.lane.busy--
}

// granted waits until a connection may be made for the attempt, and counts it in.
func (w *wish) granted(ctx context.Context) error {
	enough := time.NewTicker(patience)
	defer enough.Stop()
	for must := false; ; {
		moved := w.lane.take(must)
		if moved == nil {
			return nil
		}
		select {
		case <-moved:
		case <-enough.C:
			must = !w.served.Load()
		case <-w.over:
			return errOver
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
