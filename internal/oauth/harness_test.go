package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// certificate makes a self-signed certificate for 127.0.0.1, good for both
// sides of TLS and as its own authority.
func certificate(t *testing.T) (certificatePEM string, key crypto.Signer, pair tls.Certificate) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), private, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

func keyPEM(t *testing.T, key crypto.Signer) rest.Secret {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return rest.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// server is an authorization server with clients that trust it.
type server struct {
	*http.ServeMux
	URL   string
	plain *rest.Client
	// mutual has a client certificate.
	mutual *rest.Client
}

func serve(t *testing.T) *server {
	t.Helper()
	authority, _, pair := certificate(t)
	s := &server{ServeMux: http.NewServeMux()}
	under := httptest.NewUnstartedServer(s)
	under.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}
	under.Config.ErrorLog = log.New(io.Discard, "", 0)
	under.StartTLS()
	t.Cleanup(func() { under.CloseClientConnections(); under.Close() })
	s.URL = under.URL
	pool := rest.NewPool(rest.Options{})
	t.Cleanup(pool.CloseIdleConnections)
	var err error
	s.plain, err = pool.Client(rest.Identity{CACertificatesPEM: authority})
	must(t, err)
	cert, key, _ := certificate(t)
	s.mutual, err = pool.Client(rest.Identity{CACertificatesPEM: authority, CertificatePEM: cert, PrivateKeyPEM: keyPEM(t, key)})
	must(t, err)
	return s
}

// answer writes a JSON document.
func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document)
}

type object = map[string]any

// clock is a clock that stands still until it is told to go on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func as[E error](t *testing.T, err error) E {
	t.Helper()
	var found E
	if !errors.As(err, &found) {
		t.Fatalf("error %v (%T), want a %T", err, err, found)
	}
	return found
}

// wraps asserts the type alone.
func wraps[E error](t *testing.T, err error) {
	t.Helper()
	if found := as[E](t, err); found.Error() == "" {
		t.Errorf("a %T without words", found)
	}
}
