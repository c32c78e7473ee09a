package rest_test

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// TestOutside: an internal address, which is looked at when the name is
// resolved, is refused and sent nothing; what kind of address answered is told.
func TestOutside(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ inside, outside, refused bool }{
		"an internal address from outside": {true, true, true},
		"an internal address":              {true, false, false},
		"an address outside":               {false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int64
			ca := newAuthority(t)
			server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached.Add(1); _, _ = w.Write([]byte("{}")) }))
			client := ca.trusting(rest.Options{MaxRetries: 3, Internal: func(ip net.IP) bool { return c.inside && ip.IsLoopback() }})
			resp, err := client.Do(t.Context(), rest.Request{Method: http.MethodGet, URL: server.URL, Outside: c.outside})
			var inside *rest.InsideError
			switch {
			case c.refused && (!errors.As(err, &inside) || inside.Address == "" || reached.Load() != 0):
				t.Errorf("the error is %v after %d requests", err, reached.Load())
			case !c.refused && (err != nil || resp.Internal != c.inside):
				t.Errorf("the error is %v, internal %v", err, resp != nil && resp.Internal)
			}
		})
	}
}
