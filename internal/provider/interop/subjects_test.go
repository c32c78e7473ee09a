//go:build interop

package interop_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	oidcProvider = "server.mjs"
	authlib      = "authlib_server.py"
)

// management is how much of RFC 7592 a server offers.
type management string

const (
	everything management = ""
	noRemoval  management = "reads and updates"
	readOnly   management = "reads"
	nothing    management = "no registration access token"
	byItself   management = "access tokens of the client" // As Open Banking UK DCR 3.3.
)

// subject is a kind of server, and what the suite expects of it.
type subject struct {
	start   func(t *testing.T) server
	manages management
	// rotates says when the registration access token is replaced; plans do not
	// read where reading does it.
	rotates sandbox.Rotation
	// merges: members that an update leaves out stay.
	merges bool
	// fixed are members that the server decides, whatever is asked for; unfixed
	// servers let updates have their way.
	fixed   map[string]string
	unfixed bool
	// more is what the configuration has besides.
	more attributes
	// refuses are registrations that the server does not take.
	refuses map[string]refusal
	// loses: what a lost token comes to is tried as well. Plans have to read for that.
	loses bool
	// expires is after how many seconds tokens expire; zero is never.
	expires int
}

// refusal is a change to a good configuration, where an empty expression removes
// an attribute, and what Terraform says of the registration then.
type refusal struct {
	with attributes
	says []string
}

// server is a subject that runs: the attributes that say where it is, and the
// environment an import needs, which has no configuration yet.
type server struct {
	peer
	where attributes
	needs environment
}

// peer is an authorization server as a test sees it from behind.
type peer interface {
	// clients returns what the server holds.
	clients() ([]map[string]any, error)
	// edit lets another actor change a client.
	edit(id string, patch map[string]any) error
	// lose makes the server forget every registration access token.
	lose() error
	// wait lets the server's time pass.
	wait(seconds int) error
	// count tells how many requests of a method came to the registration endpoints.
	count(method string) (int, error)
}

// subjects are every kind of server the suite is run against.
func subjects(t *testing.T) map[string]subject {
	t.Helper()
	ca := newAuthority(t)
	all := map[string]subject{}
	for name, one := range oidcProviders(&program{t: t, authority: ca, file: oidcProvider}) {
		one.loses = one.manages == everything
		all["oidc-provider, "+name] = one
	}
	for name, one := range authlibs(t, &program{t: t, authority: ca, file: authlib}) {
		one.loses = one.rotates != sandbox.RotateOnRead
		all["Authlib, "+name] = one
	}
	for name, one := range sandboxes() {
		all["sandbox, "+name] = one
	}
	return all
}

// with is a server of the program with options. Its client says where it is by
// issuer, and shows a certificate where the options want mutual TLS.
func (p *program) with(options map[string]any) func(t *testing.T) server {
	return func(t *testing.T) server {
		t.Helper()
		made := p.start(t, options)
		s := server{peer: made, where: attributes{"issuer": quoted(made.Issuer), "ca_certificates_pem": quoted(p.authority.pem())}, needs: environment{"DCR_REGISTRATION_CA_CERTIFICATES_PEM": p.authority.pem()}}
		if made.InitialAccessToken != "" {
			s.where["initial_access_token"] = quoted(made.InitialAccessToken)
		}
		if options["undiscovered"] != nil {
			delete(s.where, "issuer")
			s.where["registration_endpoint"] = quoted(made.Endpoint)
		}
		if options["mutual"] != nil {
			s.shows(p.authority.client[0], p.authority.client[1])
		}
		return s
	}
}

// shows has the client show a certificate.
func (s *server) shows(certificate, key string) {
	s.where["client_certificate_pem"], s.where["private_key_pem"] = quoted(certificate), quoted(key)
	s.needs["DCR_REGISTRATION_CLIENT_CERTIFICATE_PEM"], s.needs["DCR_REGISTRATION_PRIVATE_KEY_PEM"] = certificate, key
}

func oidcProviders(p *program) map[string]subject {
	unwelcome := map[string]refusal{
		"without initial access token":      {attributes{"initial_access_token": ""}, []string{"Check initial_access_token"}},
		"with another initial access token": {attributes{"initial_access_token": `"mistaken"`}, []string{"Check initial_access_token"}},
	}
	sent := map[string]refusal{
		"without client certificate": {attributes{"client_certificate_pem": "", "private_key_pem": ""}, []string{"use the alias", "Check", "client_certificate_pem"}},
	}
	anonymous := map[string]refusal{
		"without client certificate": {attributes{"client_certificate_pem": "", "private_key_pem": ""}, []string{"refused the client certificate", "or was not given"}},
	}
	return map[string]subject{
		"default":                           {start: p.with(nil), rotates: sandbox.RotateOnUpdate},
		"no rotation":                       {start: p.with(map[string]any{"rotate": false})},
		"no management":                     {start: p.with(map[string]any{"management": false}), manages: readOnly},
		"no token issued":                   {start: p.with(map[string]any{"noToken": true}), manages: nothing},
		"initial access token":              {start: p.with(map[string]any{"initialAccessToken": "let-me-in"}), rotates: sandbox.RotateOnUpdate, refuses: unwelcome},
		"initial access token with policy":  {start: p.with(map[string]any{"policies": true}), rotates: sandbox.RotateOnUpdate, fixed: map[string]string{"contacts": "policy@bank.example"}, refuses: unwelcome},
		"mutual TLS required":               {start: p.with(map[string]any{"mutual": "required"}), rotates: sandbox.RotateOnUpdate, refuses: anonymous},
		"mutual TLS at the alias":           {start: p.with(map[string]any{"mutual": "alias"}), rotates: sandbox.RotateOnUpdate, refuses: sent},
		"registration access token expires": {start: p.with(map[string]any{"tokenSeconds": 600}), rotates: sandbox.RotateOnUpdate, expires: 600},
	}
}

// authlibs answer 400 access_denied where others answer 401.
func authlibs(t *testing.T, p *program) map[string]subject {
	t.Helper()
	key, statement := sign(t)
	_, forged := sign(t)
	return map[string]subject{
		"default":                {start: p.with(nil)},
		"rotation at every read": {start: p.with(map[string]any{"rotate": true}), rotates: sandbox.RotateOnRead},
		"endpoint not published": {start: p.with(map[string]any{"undiscovered": true})},
		"initial access token": {start: p.with(map[string]any{"initialAccessToken": "let-me-in"}), refuses: map[string]refusal{
			"without initial access token":      {attributes{"initial_access_token": ""}, []string{"400 Bad Request: access_denied", "Check initial_access_token"}},
			"with another initial access token": {attributes{"initial_access_token": `"mistaken"`}, []string{"400 Bad Request: access_denied", "Check initial_access_token"}},
		}},
		"signed statement": {
			start: p.with(map[string]any{"statementKey": key}), fixed: map[string]string{"client_name": "Stated"}, unfixed: true, more: attributes{"software_statement": quoted(statement)},
			refuses: map[string]refusal{
				"without statement":            {attributes{"software_statement": ""}, []string{"invalid_software_statement"}},
				"statement of somebody else's": {attributes{"software_statement": quoted(forged)}, []string{"invalid_software_statement"}},
			},
		},
	}
}

// sign makes a key, and a statement by it whose claims win over plain members at registration.
func sign(t *testing.T) (public jose.JSONWebKey, statement string) {
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
	if statement, err = signed.CompactSerialize(); err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key.Public()}, statement
}
