package rest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
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
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			number := server.connections.Add(1)
			group.Go(func() {
				secured := tls.Server(conn, config)
				handler(secured, number)
				_ = conn.Close()
			})
		}
	})
	ca.t.Cleanup(func() { _ = listener.Close(); group.Wait() })
	return server
}

// serveOne reads one request and writes these bytes as the answer. It reports
// whether a request came.
func serveOne(c net.Conn, answer string) bool {
	request, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return false
	}
	buffer := make([]byte, 1<<16)
	for request.ContentLength > 0 {
		n, err := request.Body.Read(buffer)
		if request.ContentLength -= int64(n); err != nil {
			break
		}
	}
	_, err = c.Write([]byte(answer))
	return err == nil
}
