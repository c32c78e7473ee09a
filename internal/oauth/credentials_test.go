package oauth_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// request is what the token endpoint saw.
type request struct {
	header http.Header
	form   url.Values
	peer   bool
}

// recording answers every token request and keeps it.
func (s *server) recording() func() []request {
	var mu sync.Mutex
	var seen []request
	s.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "form", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, request{r.Header.Clone(), r.PostForm, len(r.TLS.PeerCertificates) == 1})
		answer(w, 200, object{"access_token": "granted", "expires_in": 60})
	})
	return func() []request {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

func (s *server) fetch(t *testing.T, client *rest.Client, c oauth.ClientCredentials, now func() time.Time) error {
	t.Helper()
	token, err := oauth.FetchToken(t.Context(), oauth.TokenRequest{HTTP: client, TokenEndpoint: s.URL + "/token", Credentials: c, Now: now})
	if err == nil && token.Reveal() != "granted" {
		t.Errorf("token %q", token.Reveal())
	}
	return err
}

func TestTLSClientAuthentication(t *testing.T) {
	t.Parallel()
	s := serve(t)
	seen := s.recording()
	must(t, s.fetch(t, s.mutual, oauth.ClientCredentials{ClientID: "client 1", Method: oauth.AuthTLSClient, Scope: "a b"}, nil))
	r := seen()[0]
	want := url.Values{"grant_type": {"client_credentials"}, "scope": {"a b"}, "client_id": {"client 1"}}
	if r.form.Encode() != want.Encode() || r.header.Get("Authorization") != "" || !r.peer {
		t.Errorf("%+v", r)
	}
	if r.header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.header.Get("Accept") != "application/json" {
		t.Errorf("%v", r.header)
	}
}

func TestClientSecretBasic(t *testing.T) {
	t.Parallel()
	s := serve(t)
	seen := s.recording()
	must(t, s.fetch(t, s.plain, oauth.ClientCredentials{ClientID: "https://id:1", Method: oauth.AuthClientSecretBasic, Secret: "p:w +%ü"}, nil))
	r := seen()[0]
	// RFC 6749 §2.3.1 and appendix B: both halves are form-encoded before they are joined.
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("https%3A%2F%2Fid%3A1:p%3Aw+%2B%25%C3%BC"))
	if got := r.header.Get("Authorization"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if r.form.Encode() != "grant_type=client_credentials" {
		t.Errorf("the form is %q: a client uses one method only", r.form.Encode())
	}
}

func TestClientSecretPost(t *testing.T) {
	t.Parallel()
	s := serve(t)
	seen := s.recording()
	must(t, s.fetch(t, s.plain, oauth.ClientCredentials{ClientID: "c", Method: oauth.AuthClientSecretPost, Secret: "p&w"}, nil))
	r := seen()[0]
	if r.form.Get("client_secret") != "p&w" || r.form.Get("client_id") != "c" || r.header.Get("Authorization") != "" {
		t.Errorf("%+v", r)
	}
}

func signingKeys(t *testing.T) map[jose.SignatureAlgorithm]crypto.Signer {
	t.Helper()
	keys := map[jose.SignatureAlgorithm]crypto.Signer{}
	var err error
	keys[jose.PS256], err = rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	for algorithm, curve := range map[jose.SignatureAlgorithm]elliptic.Curve{jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()} {
		keys[algorithm], err = ecdsa.GenerateKey(curve, rand.Reader)
		must(t, err)
	}
	_, keys[jose.EdDSA], err = ed25519.GenerateKey(rand.Reader)
	must(t, err)
	return keys
}

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	for algorithm, key := range signingKeys(t) {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			s, clock := serve(t), newClock()
			seen := s.recording()
			c := oauth.ClientCredentials{ClientID: "client-1", Method: oauth.AuthPrivateKeyJWT, SigningKeyPEM: keyPEM(t, key), SigningKeyID: "key-1"}
			ids := map[string]bool{}
			for i := range 3 {
				must(t, s.fetch(t, s.plain, c, clock.Now))
				ids[checkAssertion(t, seen()[i], key, algorithm, s.URL+"/token", clock.Now())] = true
				clock.Advance(time.Hour)
			}
			if len(ids) != 3 {
				t.Errorf("%d different jti in 3 assertions", len(ids))
			}
		})
	}
}

// checkAssertion is what an authorization server does by RFC 7523 §3. It returns the jti.
func checkAssertion(t *testing.T, r request, key crypto.Signer, algorithm jose.SignatureAlgorithm, audience string, now time.Time) string {
	t.Helper()
	if r.form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || r.form.Get("client_id") != "client-1" ||
		r.form.Has("client_secret") || r.header.Get("Authorization") != "" {
		t.Errorf("%+v", r.form)
	}
	token, err := jwt.ParseSigned(r.form.Get("client_assertion"), []jose.SignatureAlgorithm{algorithm})
	must(t, err)
	var claims jwt.Claims
	must(t, token.Claims(key.Public(), &claims))
	must(t, claims.ValidateWithLeeway(jwt.Expected{Issuer: "client-1", Subject: "client-1", AnyAudience: jwt.Audience{audience}, Time: now}, 0))
	if err := claims.ValidateWithLeeway(jwt.Expected{Time: now.Add(5 * time.Minute)}, 0); err == nil {
		t.Error("the assertion is good for more than five minutes")
	}
	if claims.Expiry == nil || claims.IssuedAt == nil || claims.ID == "" || len(claims.Audience) != 1 {
		t.Errorf("%+v", claims)
	}
	if head := token.Headers[0]; head.KeyID != "key-1" || head.ExtraHeaders[jose.HeaderType] != "JWT" {
		t.Errorf("%+v", head)
	}
	return claims.ID
}

func TestPrivateKeyJWTWithAChosenAlgorithmAndOtherEncodings(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	sec1, err := x509.MarshalECPrivateKey(curve)
	must(t, err)
	for name, c := range map[string]struct {
		block     pem.Block
		key       crypto.Signer
		algorithm jose.SignatureAlgorithm
		named     string
	}{
		"PKCS #1, RS256": {pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}, private, jose.RS256, "RS256"},
		"PKCS #1, PS512": {pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}, private, jose.PS512, "PS512"},
		"SEC 1":          {pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}, curve, jose.ES256, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := serve(t), newClock()
			seen := s.recording()
			must(t, s.fetch(t, s.plain, oauth.ClientCredentials{ClientID: "client-1", Method: oauth.AuthPrivateKeyJWT, Algorithm: c.named,
				SigningKeyPEM: rest.Secret(pem.EncodeToMemory(&c.block)), SigningKeyID: "key-1"}, clock.Now))
			checkAssertion(t, seen()[0], c.key, c.algorithm, s.URL+"/token", clock.Now())
		})
	}
}

// TestKeyAfterParameters: openssl ecparam writes the curve before the key.
func TestKeyAfterParameters(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalECPrivateKey(curve)
	must(t, err)
	both := append(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})...)
	_, err = oauth.NewSigner(rest.Secret(both), "key-1", "")
	must(t, err)
}

// shortKey is an RSA key of 1024 bits, which crypto/rsa does not make any more.
func shortKey(t *testing.T) rest.Secret {
	t.Helper()
	one, e := big.NewInt(1), big.NewInt(65537)
	for {
		p, err := rand.Prime(rand.Reader, 512)
		must(t, err)
		q, err := rand.Prime(rand.Reader, 512)
		must(t, err)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if d := new(big.Int).ModInverse(e, phi); d != nil {
			key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q}}
			return rest.Secret(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
		}
	}
}

func TestSigningKeyErrors(t *testing.T) {
	t.Parallel()
	keys := signingKeys(t)
	good := keyPEM(t, keys[jose.PS256])
	public, err := x509.MarshalPKIXPublicKey(keys[jose.ES256].Public())
	must(t, err)
	armour := func(kind string, der []byte) rest.Secret {
		return rest.Secret(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for name, c := range map[string]struct {
		key               rest.Secret
		algorithm, reason string
	}{
		"missing":              {"", "", "is not in PEM form"},
		"not PEM":              {"hidden-key-text", "", "is not in PEM form"},
		"malformed":            {armour("PRIVATE KEY", []byte("hidden")), "", "is not an unencrypted private key"},
		"encrypted":            {armour("ENCRYPTED PRIVATE KEY", []byte("hidden")), "", "is not an unencrypted private key"},
		"of another curve":     {armour("PRIVATE KEY", bitcoin(t, true)), "", "is on a curve that no signing algorithm is for"},
		"of it, SEC 1":         {armour("EC PRIVATE KEY", bitcoin(t, false)), "", "is on a curve that no signing algorithm is for"},
		"a public key":         {armour("PUBLIC KEY", public), "", "is not an unencrypted private key"},
		"RSA key, ES256":       {good, "ES256", "cannot sign with ES256"},
		"RSA key, HS256":       {good, "HS256", "cannot sign with HS256"},
		"RSA key, none":        {good, "none", "cannot sign with none"},
		"P-384 key, ES256":     {keyPEM(t, keys[jose.ES384]), "ES256", "cannot sign with ES256"},
		"Ed25519 key, PS256":   {keyPEM(t, keys[jose.EdDSA]), "PS256", "cannot sign with PS256"},
		"an RSA key too short": {shortKey(t), "", "is not an RSA key of at least 2048 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			seen := s.recording()
			err := s.fetch(t, s.plain, oauth.ClientCredentials{ClientID: "c", Method: oauth.AuthPrivateKeyJWT, SigningKeyPEM: c.key, Algorithm: c.algorithm}, nil)
			wraps[*oauth.TokenError](t, err)
			failure := as[*oauth.KeyError](t, err)
			if failure.Field != "signing_key_pem" || !strings.HasPrefix(failure.Reason, c.reason) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%v, want %q", err, c.reason)
			}
			if len(seen()) != 0 {
				t.Error("a request was sent")
			}
		})
	}
}

// bitcoin is a private key on secp256k1, which crypto/x509 does not know, as PKCS #8 or SEC 1.
func bitcoin(t *testing.T, pkcs8 bool) []byte {
	t.Helper()
	curve := asn1.ObjectIdentifier{1, 3, 132, 0, 10}
	der, err := asn1.Marshal(struct {
		Version int
		Key     []byte
		Curve   asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	}{1, bytes.Repeat([]byte{1}, 32), curve})
	must(t, err)
	if !pkcs8 {
		return der
	}
	parameters, err := asn1.Marshal(curve)
	must(t, err)
	der, err = asn1.Marshal(struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}{0, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: parameters}}, der})
	must(t, err)
	return der
}
