package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guarded stands before the control listener, which asks for no credentials because it is on loopback. A browser on
// this machine reaches loopback for any site it shows, so requests that such a site makes are refused: those that would
// change something by where they come from, and those that would read by the host name they ask for (DNS rebinding).
func (s *Sandbox) guarded(next http.Handler) http.Handler {
	ownSite := http.NewCrossOriginProtection()
	ownSite.SetDenyHandler(forbid("the request comes from a page of another site; send it from a program, or from a page of this address"))
	inner := ownSite.Handler(next)
	foreignHost := forbid("the control address answers to an IP address, localhost or the host of -listen, not to another Host header; " +
		"ask it by its control_url")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.running.Add(1)
		defer s.running.Done()
		started := s.options.Now()
		noted := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		if s.isOwnHost(r.Host) {
			inner.ServeHTTP(noted, r)
		} else {
			foreignHost.ServeHTTP(noted, r)
		}
		s.tell(r, Exchange{Server: hostControl, Method: r.Method, Status: noted.status}, s.options.Now().Sub(started))
	})
}

func forbid(why string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		outcome{answer: jsonAnswer(http.StatusForbidden, map[string]any{"error": "sandbox: " + why}), keep: -1}.write(w)
	})
}

// isOwnHost says whether a Host header names this machine in a way that nobody else's DNS decides.
func (s *Sandbox) isOwnHost(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(host); err == nil || strings.EqualFold(host, "localhost") {
		return true
	}
	listening, _, err := s.options.listenBase()
	return err == nil && host != "" && strings.EqualFold(host, listening)
}
