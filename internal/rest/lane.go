package rest

import (
	"context"
	"errors"
	"sync"
	"time"
)

// patience is how long a request waits for a connection that is there, or on its way, before it has another made.
const patience = 500 * time.Millisecond

// errServed ends the making of a connection that nobody waits for any more. Nobody sees it.
var errServed = errors.New("another connection was free first")

// lane is the way of one transport to one host. It has no more connections made than
// there are requests under way: net/http has one made for every request that finds none
// idle, also while those of requests that were served by another in the meantime are on
// their way, and each is a handshake for nothing.
type lane struct {
	mu sync.Mutex
	// busy are the attempts under way, open the connections, those being made among them.
	busy, open int
	// moved is closed when one more may be made; nil while nobody waits.
	moved chan struct{}
}

// wish is for one attempt to be served by a connection.
type wish struct {
	lane   *lane
	once   sync.Once
	served chan struct{}
}

type wishKey struct{}

// enter counts an attempt in; leave ends it.
func (l *lane) enter() *wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy++
	l.wake()
	return &wish{lane: l, served: make(chan struct{})}
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

// done tells that the attempt has a connection, or needs none any more.
func (w *wish) done() { w.once.Do(func() { close(w.served) }) }

// leave counts the attempt out.
func (w *wish) leave() {
	w.done()
	w.lane.mu.Lock()
	defer w.lane.mu.Unlock()
	w.lane.busy--
}

// granted waits until a connection may be made for the attempt, and counts it in.
func (w *wish) granted(ctx context.Context) error {
	over := time.NewTimer(patience)
	defer over.Stop()
	for must := false; ; {
		moved := w.lane.take(must)
		if moved == nil {
			return nil
		}
		select {
		case <-moved:
		case <-over.C:
			must = true
		case <-w.served:
			return errServed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
