package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// Phase is how far an exchange got before it failed. Whether a request may be
// repeated depends on nothing else.
type Phase string

// The phases of an exchange.
const (
	// PhaseResolve: the host name was not resolved.
	PhaseResolve Phase = "resolve"
	// PhaseDial: no connection was made.
	PhaseDial Phase = "dial"
	// PhaseTLS: the handshake failed, or the server's certificate was refused.
	PhaseTLS Phase = "tls"
	// PhaseRefused: the server refused the client certificate. In TLS 1.3 the
	// alert comes after the client's first write; the request was not processed.
	PhaseRefused Phase = "refused"
	// PhaseWrite: a connection was there, but nothing of the request was written, or
	// the server gave it back unprocessed (RFC 9113 §8.7).
	PhaseWrite Phase = "write"
	// PhaseSent: the request was written, at least in part, and no answer came.
	PhaseSent Phase = "sent"
	// PhaseBody: the answer's body broke off.
	PhaseBody Phase = "body"
	// PhaseTimeout: the request was written and the time ran out.
	PhaseTimeout Phase = "timeout"
	// PhaseWaiting: the rate limit would have held the request back past its deadline.
	PhaseWaiting Phase = "waiting"
	// PhaseCancelled: the caller gave up before anything was written.
	PhaseCancelled Phase = "cancelled"
)

// progress records what httptrace sees of one attempt.
type progress struct {
	resolved  atomic.Bool
	connected atomic.Bool
	ready     atomic.Bool
	written   atomic.Bool
	// fresh is the connection, if it was made for this attempt.
	fresh atomic.Pointer[tls.Conn]
	// internal is set when the connection leads to an internal address.
	internal atomic.Bool
	inside   func(net.IP) bool
	// wish is for the connection.
	wish *wish
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.wish.served.Store(false) },
		DNSDone: func(info httptrace.DNSDoneInfo) { p.resolved.Store(info.Err == nil) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				p.connected.Store(true)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			p.ready.Store(true)
			p.wish.served.Store(true)
			if address, ok := info.Conn.RemoteAddr().(*net.TCPAddr); ok {
				p.internal.Store(p.inside(address.IP))
			}
			secured, ok := info.Conn.(*tls.Conn)
			if ok && secured.ConnectionState().NegotiatedProtocol == "h2" {
				p.wish.lane.multiplexed.Store(true)
			}
			if ok && !info.Reused {
				p.fresh.Store(secured)
			}
		},
		WroteHeaders: func() { p.written.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				p.written.Store(true)
			}
		},
	}
}

// phase classifies a failed attempt.
func (p *progress) phase(ctx context.Context, err error) Phase {
	var (
		dns       *net.DNSError
		operation *net.OpError
		timeout   net.Error
	)
	switch {
	case errors.As(err, &dns):
		return PhaseResolve
	case refusal(err):
		return PhaseRefused
	case unprocessed(err):
		return PhaseWrite
	case p.written.Load() && (ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout()):
		return PhaseTimeout
	case p.written.Load():
		return PhaseSent
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return PhaseCancelled
	case p.ready.Load():
		return PhaseWrite
	case p.connected.Load():
		return PhaseTLS
	case errors.As(err, &operation) && operation.Op == remoteAlert:
		return PhaseTLS
	}
	return PhaseDial
}

// remoteAlert is how the tls package marks an alert of the other side.
const remoteAlert = "remote error"

// refusal recognises the alerts with which a server refuses a client
// certificate (RFC 8446 §6.2). The tls package gives them no exported type.
func refusal(err error) bool {
	var operation *net.OpError
	if !errors.As(err, &operation) || operation.Op != remoteAlert {
		return false
	}
	text := operation.Err.Error()
	for _, alert := range []string{"certificate required", "bad certificate", "unknown certificate authority", "unknown certificate",
		"revoked certificate", "expired certificate", "unsupported certificate", "access denied", "handshake failure"} {
		if strings.Contains(text, alert) {
			return true
		}
	}
	return false
}

// unprocessed recognises a request that an HTTP/2 server refused or left out
// when it closed the connection, and that net/http could not repeat for want of
// a body to rewind (RFC 9113 §8.7). An error of protocol is none of those. The error has no type.
func unprocessed(err error) bool {
	text, found := strings.CutPrefix(err.Error(), "http2: Transport: cannot retry err [")
	return found && !strings.Contains(text, "; PROTOCOL_ERROR;")
}

// traced attaches the progress of an attempt to its request.
func traced(req *http.Request, p *progress) *http.Request {
	return req.WithContext(httptrace.WithClientTrace(req.Context(), p.trace()))
}
