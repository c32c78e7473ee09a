//go:build interop

package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	oidcProvider = "server.mjs"
	authlib      = "authlib_server.py"
)

// subject is a kind of server, and what the suite expects of it.
type subject struct {
	// start returns the server, the HCL that says where it is, and the environment an import needs.
	start func(t *testing.T) (peer, string, environment)
	// readOnly servers let clients be read and nothing else; mute ones issue no registration access token.
	readOnly, mute bool
	// blind servers replace the token at each read, so that plans do not read.
	blind bool
	// merges: members that an update leaves out stay.
	merges bool
	// fixed are members that the server decides, whatever is asked for; unfixed
	// servers let updates have their way.
	fixed   map[string]string
	unfixed bool
	// update is how registrations are updated; empty is PUT.
	update string
	// expires is after how long tokens expire; zero is never.
	expires time.Duration
}

type environment map[string]string

// subjects are every kind of server the suite is run against.
func subjects() map[string]subject {
	all := map[string]subject{}
	for name, one := range oidcProviders() {
		all["oidc-provider, "+name] = one
	}
	for name, one := range authlibs() {
		all["Authlib, "+name] = one
	}
	for name, temper := range tempers() {
		one := subject{start: temper.start, blind: temper.Rotate == sandbox.RotateOnRead, mute: temper.NoManagement, merges: temper.MergeOnUpdate}
		if temper.PatchOnly {
			one.update = "PATCH"
		}
		all["sandbox, "+name] = one
	}
	return all
}

func oidcProviders() map[string]subject {
	with := func(options map[string]any) func(t *testing.T) (peer, string, environment) {
		return func(t *testing.T) (peer, string, environment) {
			t.Helper()
			s := start(t, oidcProvider, options)
			where := fmt.Sprintf("  issuer = %q\n", s.Issuer)
			token, _ := options["initialAccessToken"].(string)
			if s.InitialAccessToken != "" {
				token = s.InitialAccessToken
			}
			if token != "" {
				where += fmt.Sprintf("  initial_access_token = %q\n", token)
			}
			return s, where, nil
		}
	}
	return map[string]subject{
		"default":                           {start: with(nil)},
		"no rotation":                       {start: with(map[string]any{"rotate": false})},
		"no management":                     {start: with(map[string]any{"management": false}), readOnly: true},
		"no token issued":                   {start: with(map[string]any{"noToken": true}), mute: true},
		"initial access token":              {start: with(map[string]any{"initialAccessToken": "let-me-in"})},
		"initial access token with policy":  {start: with(map[string]any{"policies": true}), fixed: map[string]string{"contacts": "[policy@bank.example]"}},
		"mutual TLS required":               {start: mutualTLS(false)},
		"mutual TLS at the alias":           {start: mutualTLS(true)},
		"registration access token expires": {start: with(map[string]any{"tokenSeconds": 20}), expires: 20 * time.Second},
	}
}

// mutualTLS is oidc-provider behind mutual TLS, or with an alias that is.
func mutualTLS(alias bool) func(t *testing.T) (peer, string, environment) {
	return func(t *testing.T) (peer, string, environment) {
		t.Helper()
		ca := newAuthority(t)
		serverCertificate, serverKey := ca.issue(x509.ExtKeyUsageServerAuth)
		certificate, key := ca.issue(x509.ExtKeyUsageClientAuth)
		s := start(t, oidcProvider, map[string]any{"tls": map[string]any{"cert": serverCertificate, "key": serverKey, "ca": ca.pem(), "alias": alias}})
		return s, fmt.Sprintf("  issuer = %q\n  ca_certificates_pem = %s\n  client_certificate_pem = %s\n  private_key_pem = %s\n",
				s.Issuer, acctest.Heredoc(ca.pem()), acctest.Heredoc(certificate), acctest.Heredoc(key)),
			environment{"DCR_REGISTRATION_CA_CERTIFICATES_PEM": ca.pem(), "DCR_REGISTRATION_CLIENT_CERTIFICATE_PEM": certificate, "DCR_REGISTRATION_PRIVATE_KEY_PEM": key}
	}
}

// authlibs answer 400 access_denied where others answer 401.
func authlibs() map[string]subject {
	return map[string]subject{
		"default":                {start: withAuthlib(nil, "")},
		"rotation at every read": {start: withAuthlib(map[string]any{"rotate": true}, ""), blind: true},
		"signed statement":       {start: withStatement, fixed: map[string]string{"client_name": "Stated"}, unfixed: true},
	}
}

func withAuthlib(options map[string]any, body string) func(t *testing.T) (peer, string, environment) {
	return func(t *testing.T) (peer, string, environment) {
		t.Helper()
		s := start(t, authlib, options)
		return s, fmt.Sprintf("  issuer = %q\n%s", s.Issuer, body), nil
	}
}

// withStatement signs a statement whose claims win over plain members at registration.
func withStatement(t *testing.T) (peer, string, environment) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{"iss": "an authority", "software_id": "software-1", "client_name": "Stated", "iat": time.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	statement, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return withAuthlib(map[string]any{"statementKey": jose.JSONWebKey{Key: key.Public()}}, fmt.Sprintf("  software_statement = %q\n", statement))(t)
}

// temper is a sandbox as a subject.
type temper struct{ sandbox.Temper }

func tempers() map[string]temper {
	all := map[string]temper{
		"rotating on update": {}, "answering 200": {sandbox.Temper{CreatedStatus: 200, DeleteStatus: 200}}, "silent on read": {sandbox.Temper{OmitTokenOnRead: true}},
		"rotating on read": {sandbox.Temper{Rotate: sandbox.RotateOnRead}}, "merging": {sandbox.Temper{Rotate: sandbox.RotateNever, MergeOnUpdate: true}},
		"patched": {sandbox.Temper{PatchOnly: true}}, "rotating secrets": {sandbox.Temper{RotateSecret: true}}, "wanting the secret": {sandbox.Temper{SecretOnUpdate: "required"}},
		"answering 400": {sandbox.Temper{UnauthorizedStatus: 400}}, "unmanageable": {sandbox.Temper{NoManagement: true}}, "printable IDs": {sandbox.Temper{PrintableClientIDs: true}},
	}
	return maps.Clone(all)
}

func (s temper) start(t *testing.T) (peer, string, environment) {
	t.Helper()
	s.Name, s.NoStatement, s.NoMutualTLS = "bank", true, true
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{s.Temper}})
	return bank{sb}, fmt.Sprintf("  issuer = %q\n  ca_certificates_pem = %s\n", sb.Server("bank").Issuer(), acctest.Heredoc(sb.CACertificatesPEM())),
		environment{"DCR_REGISTRATION_CA_CERTIFICATES_PEM": sb.CACertificatesPEM()}
}

// bank is a sandbox's server as a peer.
type bank struct{ sandbox *sandbox.Sandbox }

func (b bank) clients() ([]map[string]any, error) { return b.sandbox.Server("bank").Clients(), nil }

func (b bank) edit(id string, patch map[string]any) error {
	return b.sandbox.Server("bank").Edit(id, func(m map[string]any) { maps.Copy(m, patch) })
}

func (b bank) lose() error {
	for _, client := range b.sandbox.Server("bank").Clients() {
		if err := b.sandbox.Server("bank").RotateToken(fmt.Sprint(client["client_id"])); err != nil {
			return err
		}
	}
	return nil
}

func (b bank) count(method string) (int, error) {
	route := method + " /register/{client_id}"
	if method == "POST" {
		route = "POST /register"
	}
	return b.sandbox.Count(route), nil
}

// authority issues certificates for one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.sign(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Interop"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) sign(template *x509.Certificate) (*x509.Certificate, crypto.Signer) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := template, crypto.Signer(key)
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) issue(usage x509.ExtKeyUsage) (certificate, key string) {
	a.t.Helper()
	cert, signer := a.sign(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Leaf"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage}})
	der, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return encode("CERTIFICATE", cert.Raw), encode("PRIVATE KEY", der)
}

func (a *authority) pem() string { return encode("CERTIFICATE", a.cert.Raw) }

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
