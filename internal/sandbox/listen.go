package sandbox

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// listener is one socket with its HTTP server.
type listener struct {
	socket  net.Listener
	server  *http.Server
	handler http.Handler
	counted bool
	tls     *tls.Config
}

// listen opens every socket: control, API, directory AS (plain and mutual), keystore, data, then two per bank.
func (s *Sandbox) listen() error {
	host, port, err := s.options.listenBase()
	if err != nil {
		return err
	}
	spoiled, err := s.authority.spoiledCertificates()
	if err != nil {
		return err
	}
	plain := func(name string) *tls.Config { return s.tlsConfig(name, spoiled) }
	mutual := func(name string) *tls.Config {
		config := plain(name)
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, s.authority.pool()
		return config
	}
	plan := []*listener{
		{handler: s.controlHandler()},
		{handler: s.directoryHandler(), tls: mutual(hostDirectory), counted: true},
		{handler: s.tokenHandler(), tls: plain(hostAuth), counted: true},
		{handler: s.tokenHandler(), tls: mutual(hostAuth), counted: true},
		{handler: s.keystoreHandler(), tls: plain(hostKeystore), counted: true},
		{handler: s.dataHandler(), tls: plain(hostParticipants), counted: true},
	}
	for _, b := range s.banks {
		plan = append(plan, &listener{handler: b, tls: plain(b.name), counted: true}, &listener{handler: b, tls: mutual(b.name), counted: true})
	}
	for i, l := range plan {
		if l.socket, err = openSocket(host, s.portFor(i, port)); err != nil {
			closeAll(plan[:i])
			return err
		}
	}
	s.hosts = plan
	s.rememberPlaces(host)
	return nil
}

func closeAll(open []*listener) {
	for _, l := range open {
		_ = l.socket.Close()
	}
}

// portFor prefers the port of an earlier run, so that URLs survive a restart.
func (s *Sandbox) portFor(index, base int) int {
	if base != 0 {
		return base + index
	}
	if index < len(s.state.Ports) {
		return s.state.Ports[index]
	}
	return 0
}

func openSocket(host string, port int) (net.Listener, error) {
	socket, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("sandbox: listen: %w", err)
	}
	return socket, nil
}

// rememberPlaces writes down ports and origins.
func (s *Sandbox) rememberPlaces(host string) {
	name := host
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		name = "127.0.0.1"
	}
	ports := make([]int, len(s.hosts))
	origins := make([]string, len(s.hosts))
	for i, l := range s.hosts {
		_, text, _ := net.SplitHostPort(l.socket.Addr().String())
		ports[i], _ = strconv.Atoi(text)
		origins[i] = "https://" + net.JoinHostPort(name, text)
	}
	// Those of banks that are not there this time stay theirs.
	s.state.Ports = slices.Concat(ports, s.state.Ports[min(len(ports), len(s.state.Ports)):])
	s.urls = urls{
		control: "http" + origins[0][len("https"):], api: origins[1], auth: origins[2], authMutual: origins[3], keystore: origins[4], data: origins[5],
	}
	for i, b := range s.banks {
		b.origin, b.mutualOrigin = origins[6+2*i], origins[7+2*i]
		b.strangeOrigin = "https://" + net.JoinHostPort("localhost", strconv.Itoa(ports[7+2*i]))
	}
}

// serveAll starts one accept loop per listener.
func (s *Sandbox) serveAll() {
	for _, l := range s.hosts {
		l.server = &http.Server{
			Handler: l.handler, ReadHeaderTimeout: 30 * time.Second,
			// Handshakes that fail on purpose are not worth a line on stderr.
			ErrorLog: log.New(io.Discard, "", 0), ConnState: s.countConnections(l.counted), ConnContext: keepConnection,
		}
		socket := l.socket
		if l.tls != nil {
			socket = tls.NewListener(socket, l.tls)
		}
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			// It always ends with an error: ErrServerClosed.
			_ = l.server.Serve(socket)
		}()
	}
}

// countConnections counts connections and lets Close wait for them.
func (s *Sandbox) countConnections(counted bool) func(net.Conn, http.ConnState) {
	var open sync.Map
	return func(connection net.Conn, change http.ConnState) {
		switch change {
		case http.StateNew:
			open.Store(connection, true)
			s.running.Add(1)
			if counted {
				s.record.connected()
			}
			s.closeIfLate(connection)
		case http.StateClosed, http.StateHijacked:
			if _, known := open.LoadAndDelete(connection); known {
				s.running.Done()
			}
		default:
		}
	}
}

// closeIfLate ends a connection accepted while the sandbox was closing, which http.Server.Close may miss.
func (s *Sandbox) closeIfLate(connection net.Conn) {
	select {
	case <-s.closed:
		_ = connection.Close()
	default:
	}
}

func (l *listener) close() {
	if l.server != nil {
		_ = l.server.Close()
	}
	_ = l.socket.Close()
}

// routes builds a handler from canonical route names.
func (s *Sandbox) routes(server string, handlers map[string]handler) *http.ServeMux {
	mux := http.NewServeMux()
	for route, handle := range handlers {
		s.canonical = append(s.canonical, route)
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, server, route, handle) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, server, r.Method+" (unknown)", func(*call) answer {
			return jsonAnswer(http.StatusNotFound, map[string]any{"errors": []string{"no such resource"}})
		})
	})
	return mux
}
