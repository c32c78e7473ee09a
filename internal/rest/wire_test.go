package rest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func observe(f func(rest.Exchange)) func(context.Context, rest.Exchange) {
	return func(_ context.Context, e rest.Exchange) { f(e) }
}

// raw is a TLS server below HTTP, for what no HTTP server would do.
type raw struct {
	url         string
	connections atomic.Int64
}

// newRaw starts one. The handler gets each connection, before the handshake,
// with its number; the connection is closed when it returns.
func newRaw(ca *authority, handler func(c net.Conn, number int64), protocols ...string) *raw {
	ca.t.Helper()
	config := ca.serverConfig()
	config.NextProtos = protocols
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(ca.t, err)
	server := &raw{url: "https://" + listener.Addr().String()}
	var group sync.WaitGroup
	ended, end := context.WithCancel(ca.t.Context())
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			number := server.connections.Add(1)
			stop := context.AfterFunc(ended, func() { _ = conn.Close() })
			group.Go(func() {
				secured := tls.Server(conn, config)
				handler(secured, number)
				stop()
				_ = conn.Close()
			})
		}
	})
	ca.t.Cleanup(func() { end(); _ = listener.Close(); group.Wait() })
	return server
}

// serveAll answers the requests of a connection until answer returns nothing.
func serveAll(c net.Conn, answer func(n int) string) {
	reader := bufio.NewReader(c)
	for n := 1; ; n++ {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		text := answer(n)
		if text == "" {
			return
		}
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// resetStream answers HTTP/2 requests with 200, but for the nth of all, whose stream it
// resets with a code (RFC 9113 §7).
func resetStream(c net.Conn, streams *atomic.Int64, nth int64, code byte) {
	const headers, rstStream, settings, status200 = 1, 3, 4, 0x88
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(c, preface); err != nil {
		return
	}
	frame := func(kind, flags byte, stream uint32, payload ...byte) {
		length := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:] //nolint:gosec // A handful of bytes.
		head := binary.BigEndian.AppendUint32(append(length, kind, flags), stream)
		_, _ = c.Write(append(head, payload...))
	}
	frame(settings, 0, 0)
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, length); err != nil {
			return
		}
		stream := binary.BigEndian.Uint32(head[5:])
		switch {
		case head[3] == settings && head[4] == 0:
			frame(settings, 1, 0)
		case head[3] == headers && streams.Add(1) == nth:
			frame(rstStream, 0, stream, 0, 0, 0, code)
		case head[3] == headers:
			frame(headers, 5, stream, status200)
		}
	}
}

// onListener serves on a listener that is there already.
func onListener(l net.Listener) func(*httptest.Server) {
	return func(s *httptest.Server) {
		_ = s.Listener.Close()
		s.Listener = l
	}
}
