package rest_test

import (
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// TestOutsideReuse: a connection that somebody opened to an internal address does
// not serve a request that must not go to one.
func TestOutsideReuse(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	t.Cleanup(server.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	client, err := rest.NewPool(rest.Options{Internal: func(net.IP) bool { return true }}).Client(rest.Identity{CACertificatesPEM: authority})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := client.Do(t.Context(), rest.Request{Method: http.MethodGet, URL: server.URL}); err != nil {
			t.Fatal(err)
		}
		var inside *rest.InsideError
		if _, err := client.Do(t.Context(), rest.Request{Method: http.MethodGet, URL: server.URL, Outside: true}); !errors.As(err, &inside) {
			t.Errorf("an internal address is reached: %v", err)
		}
	}
}
