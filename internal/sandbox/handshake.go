package sandbox

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"time"
)

// The kinds of fault that strike a handshake and no request; Route means nothing to them.
const (
	FaultExpiredCertificate = "expired_certificate" // presents a certificate that has expired
	FaultWrongCertificate   = "wrong_certificate"   // presents the certificate of another host
)

func handshakeFaults() []string {
	return []string{FaultExpiredCertificate, FaultWrongCertificate}
}

// spoiledCertificates are what the handshake faults present.
func (a *authority) spoiledCertificates() (map[string]*tls.Certificate, error) {
	expired, err := a.serverCertificate(farPast().Add(time.Hour), loopback()...)
	if err != nil {
		return nil, err
	}
	wrong, err := a.serverCertificate(farFuture(), "elsewhere.example")
	if err != nil {
		return nil, err
	}
	return map[string]*tls.Certificate{FaultExpiredCertificate: &expired, FaultWrongCertificate: &wrong}, nil
}

// tlsConfig is that of one listener; a handshake fault changes its certificate for one connection.
func (s *Sandbox) tlsConfig(server string, spoiled map[string]*tls.Certificate) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, Time: s.options.Now}
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		fault, due := s.faults.due("", func(f Fault) bool {
			return slices.Contains(handshakeFaults(), f.Kind) && (f.Server == "" || f.Server == server)
		})
		if due {
			return spoiled[fault.Kind], nil
		}
		return &s.serverTLS, nil
	}
	if s.options.HTTP2 {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	return config
}

type connectionKey struct{}

func keepConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// resetConnection ends the connection of a request with a TCP reset.
func resetConnection(r *http.Request) {
	connection, _ := r.Context().Value(connectionKey{}).(net.Conn)
	if secured, ok := connection.(*tls.Conn); ok {
		connection = secured.NetConn()
	}
	if socket, ok := connection.(*net.TCPConn); ok {
		_ = socket.SetLinger(0) // Then closing resets.
		_ = socket.Close()
	}
}
