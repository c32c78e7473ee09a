package sandbox

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	bodyLimit         = 1 << 20
	interactionHeader = "X-Fapi-Interaction-Id"
)

var interactionPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9\-]{0,99}$`)

// call is one request on its way through the sandbox.
type call struct {
	server      string
	route       string
	request     *http.Request
	body        []byte
	certificate *x509.Certificate
	principal   string
	effect      string
	refused     string
}

// answer is a whole response, kept as a value so that faults can spoil it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// handler answers a call; it runs with the sandbox locked.
type handler func(*call) answer

func jsonAnswer(status int, value any) answer {
	return typedAnswer(status, "application/json", encodeJSON(value))
}

func typedAnswer(status int, contentType string, body []byte) answer {
	header := http.Header{}
	header.Set("Content-Type", contentType)
	return answer{status: status, header: header, body: body}
}

func emptyAnswer(status int) answer {
	return answer{status: status, header: http.Header{}}
}

func (a answer) with(name, value string) answer {
	a.header.Set(name, value)
	return a
}

// serve takes a request through fault, handler and history.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, server, route string, handle handler) {
	s.running.Add(1)
	defer s.running.Done()
	defer s.record.enter(server, route)()
	c := &call{server: server, route: route, request: r, certificate: peerOf(r)}
	if c.certificate != nil {
		c.principal = c.certificate.Subject.CommonName
	}
	interaction := interactionOf(r)
	w.Header().Set(interactionHeader, interaction)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		handle = func(*call) answer {
			return jsonAnswer(413, map[string]any{"errors": []string{"the body is too large"}})
		}
	}
	c.body = body
	fault, faulty := s.faults.take(server, route, r.Method)
	started := s.options.Now()
	result := s.delayed(r.Context(), s.options.Latency, func() outcome { return s.run(c, fault, faulty, handle) })
	exchange := Exchange{
		Time: started, Server: server, Route: route, Method: r.Method, Path: r.URL.RequestURI(), Status: result.status,
		Principal: c.principal, InteractionID: interaction, Body: redactBody(r.Header.Get("Content-Type"), body), Effect: c.effect, Fault: fault.Kind, Refused: c.refused,
	}
	s.record.add(exchange)
	s.tell(r, exchange, s.options.Now().Sub(started))
	if result.reset {
		resetConnection(r)
	}
	if result.raw != "" {
		s.writeRaw(w, result)
		return
	}
	result.write(w)
}

// writeRaw takes the connection from HTTP/1.1, and hangs up on HTTP/2, which cannot be left.
func (s *Sandbox) writeRaw(w http.ResponseWriter, o outcome) {
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	ended := make(chan struct{})
	defer close(ended)
	s.running.Go(func() {
		select {
		case <-ended:
		case <-s.closed:
		}
		_ = connection.Close()
	})
	// A client that hung up is its own business.
	_, _ = buffered.WriteString(o.raw)
	_ = buffered.Flush()
	if o.open {
		_, _ = io.Copy(io.Discard, connection)
	}
}

func peerOf(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

func interactionOf(r *http.Request) string {
	if id := r.Header.Get(interactionHeader); interactionPattern.MatchString(id) {
		return id
	}
	return newUUID()
}

// delayed waits and goes on. A client that gave up does not stop the work, as it would not at a
// real server; a sandbox that closes does.
func (s *Sandbox) delayed(ctx context.Context, wait time.Duration, next func() outcome) outcome {
	if wait <= 0 {
		return next()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.closed:
	}
	select {
	case <-s.closed:
		return outcome{abort: true}
	default:
		return next()
	}
}

// locked runs a handler with the sandbox locked and remembers that something may have changed.
func (s *Sandbox) locked(c *call, handle handler) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := handle(c)
	if c.effect != "" || c.request.Method != http.MethodGet {
		s.touch()
	}
	return result
}

// outcome is an answer together with what happens to the connection.
type outcome struct {
	answer
	keep  int  // bytes of the body to send; negative for all
	abort bool // close the connection after that
	reset bool // and without a goodbye
	// raw is sent instead of an answer, below HTTP; open leaves the connection to the client after it.
	raw  string
	open bool
}

func (o outcome) write(w http.ResponseWriter) {
	if o.abort && o.keep == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, values := range o.header {
		w.Header()[name] = values
	}
	if o.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(o.body)))
	}
	w.WriteHeader(o.status)
	body := o.body
	if o.keep >= 0 {
		body = body[:o.keep]
	}
	// A client that hung up is its own business.
	_, _ = w.Write(body)
	if o.abort {
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
}
