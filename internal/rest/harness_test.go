package rest_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// authority is a certification authority that lives for one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.sign(template)
	return a
}

// sign issues a certificate for a new key; the first one is the authority's own.
func (a *authority) sign(template *x509.Certificate) (*x509.Certificate, crypto.Signer) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(a.t, err)
	parent, signer := template, crypto.Signer(key)
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	must(a.t, err)
	cert, err := x509.ParseCertificate(der)
	must(a.t, err)
	return cert, key
}

// client issues a client certificate valid from and to these offsets from now.
func (a *authority) client(from, to time.Duration) (certificatePEM string, keyPEM rest.Secret) {
	a.t.Helper()
	cert, key := a.sign(&x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(a.t, err)
	return encode("CERTIFICATE", cert.Raw), rest.Secret(encode("PRIVATE KEY", der))
}

func (a *authority) pem() string { return encode("CERTIFICATE", a.cert.Raw) }

// serverConfig is the TLS configuration of a server on 127.0.0.1.
func (a *authority) serverConfig() *tls.Config {
	a.t.Helper()
	cert, key := a.sign(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{MinVersion: tls.VersionTLS12, ClientCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

// serve starts a TLS server; each option may change it before it starts.
func (a *authority) serve(handler http.Handler, options ...func(*httptest.Server)) *httptest.Server {
	a.t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = a.serverConfig()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, option := range options {
		option(server)
	}
	server.StartTLS()
	a.t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server
}

// trusting returns a client without a certificate that trusts the authority.
func (a *authority) trusting(options rest.Options) *rest.Client {
	a.t.Helper()
	return connect(a.t, options, rest.Identity{CACertificatesPEM: a.pem()})
}

func connect(t *testing.T, options rest.Options, identity rest.Identity) *rest.Client {
	t.Helper()
	pool := rest.NewPool(options)
	t.Cleanup(pool.CloseIdleConnections)
	client, err := pool.Client(identity)
	must(t, err)
	return client
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as asserts that an error is, or wraps, one of type E.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	var found E
	if !errors.As(err, &found) {
		t.Fatalf("error %v (%T), want a %T", err, err, found)
	}
	return found
}

// failsIn asserts the phase of a transport error.
func failsIn(t *testing.T, err error, phases ...rest.Phase) *rest.TransportError {
	t.Helper()
	failure := as[*rest.TransportError](t, err)
	for _, phase := range phases {
		if failure.Phase == phase {
			return failure
		}
	}
	t.Fatalf("phase %q, want one of %q: %v", failure.Phase, phases, err)
	return nil
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
