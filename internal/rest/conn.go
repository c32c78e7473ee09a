package rest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// lingering is how long a failed write waits for the reader to see why.
	lingering = 100 * time.Millisecond
	// ending is how long a connection may take to close, a failed write of the closing included.
	ending = 5 * lingering
)

// conn is the connection below TLS. It knows when it is over, because a TLS 1.3
// server refuses a client certificate after the client's side of the handshake
// is done (RFC 8446 §4.4.2.4): the alert races with the failure of the client's
// first write, and net/http reports whichever it notices first.
type conn struct {
	net.Conn
	once sync.Once
	over chan struct{}
	// gone is called once, when it is closed.
	gone func()
}

// InsideError tells that a name of the open net leads to an internal address.
type InsideError struct{ Address string }

// Error names the address.
func (e *InsideError) Error() string {
	return fmt.Sprintf("the name leads to the internal address %s, where a server on the open net has no business to send anybody", e.Address)
}

// dialer connects, tells internal addresses from others, and counts what is open.
type dialer struct {
	internal func(net.IP) bool
	pool     *Pool
}

func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	if callOf(ctx).outside {
		// The address is looked at when the name was resolved, so that no second answer of the DNS can differ.
		dialer.Control = func(_, resolved string, _ syscall.RawConn) error {
			if host, _, err := net.SplitHostPort(resolved); err == nil && d.internal(net.ParseIP(host)) {
				return &InsideError{Address: resolved}
			}
			return nil
		}
	}
	gone, err := d.counted(ctx)
	if err != nil {
		return nil, err
	}
	if d.pool.open.Load() > mostOpen {
		// Each identity keeps its own connections, so that none alone knows that there are too many.
		d.pool.CloseIdleConnections()
	}
	c, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		gone()
		return nil, err
	}
	return &conn{Conn: c, over: make(chan struct{}), gone: gone}, nil
}

// counted counts a connection in once it may be made, and returns what counts it out.
func (d dialer) counted(ctx context.Context) (func(), error) {
	wish, ok := ctx.Value(wishKey{}).(*wish)
	if ok {
		if err := wish.granted(ctx); err != nil {
			return nil, err
		}
	}
	d.pool.open.Add(1)
	return func() {
		d.pool.open.Add(-1)
		if ok {
			wish.lane.closed()
		}
	}, nil
}

// Write keeps a failure back until the reader could see the alert that explains it.
func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil {
		c.ended(lingering)
	}
	return n, err
}

// Close implements net.Conn.
func (c *conn) Close() error {
	defer c.once.Do(func() { close(c.over); c.gone() })
	return c.Conn.Close()
}

func (c *conn) ended(within time.Duration) bool {
	select {
	case <-c.over:
		return true
	case <-time.After(within):
		return false
	}
}

// reason returns the alert with which the server ended a new connection, if it
// refused the certificate; otherwise the error that is known already.
func reason(secured *tls.Conn, known error) error {
	if secured == nil || refusal(known) {
		return known
	}
	below, ok := secured.NetConn().(*conn)
	if !ok || !below.ended(ending) {
		return known
	}
	// Nobody reads from it any more, and the tls package keeps the alert.
	if _, err := secured.Read(make([]byte, 1)); err != nil && refusal(err) {
		return err
	}
	return known
}
