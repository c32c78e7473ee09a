package dcr_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func signing(t *testing.T) (*dcr.Signing, *ecdsa.PublicKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	succeeds(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	succeeds(t, err)
	signer, err := oauth.NewSigner(rest.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "key-1", "")
	succeeds(t, err)
	return &dcr.Signing{Signer: signer, Issuer: "software", Audience: "https://bank.example", Lifetime: time.Minute, ContentType: "application/jose"}, &key.PublicKey
}

// claims verifies a request body and returns its claims.
func claims(t *testing.T, body string, key *ecdsa.PublicKey) map[string]json.RawMessage {
	t.Helper()
	parsed, err := jose.ParseSignedCompact(body, []jose.SignatureAlgorithm{jose.ES256})
	succeeds(t, err)
	payload, err := parsed.Verify(key)
	succeeds(t, err)
	equal(t, "kid", parsed.Signatures[0].Header.KeyID, "key-1")
	var out map[string]json.RawMessage
	succeeds(t, json.Unmarshal(payload, &out))
	return out
}

// A signed request carries the metadata as it is and claims of its own; one
// that is sent again, because the server had not looked at it, is another one.
func TestSignedRequests(t *testing.T) {
	t.Parallel()
	var busy atomic.Bool
	busy.Store(true)
	b := newBank(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && busy.CompareAndSwap(true, false) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		always(201, `{"client_id":"one"}`)(w, r)
	})
	how, key := signing(t)
	client := b.connect(t).Signed(how)
	metadata := dcr.Metadata{"client_name": json.RawMessage(`"A & B"`), "limit": json.RawMessage(`2.50`), "software_statement": json.RawMessage(`"the-statement"`)}
	_, err := client.Register(bounded(t), dcr.RegisterRequest{Endpoint: b.URL + "/register", Metadata: metadata})
	succeeds(t, err)
	_, err = client.Replace(bounded(t), b.managed(), metadata)
	succeeds(t, err)

	uuid := regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$`)
	seenIDs := map[string]bool{}
	for _, request := range append(b.requests("POST"), b.requests("PUT")...) {
		equal(t, "content type", request.contentType, "application/jose")
		got := claims(t, request.body, key)
		for name, want := range map[string]string{"iss": `"software"`, "aud": `"https://bank.example"`, "client_name": `"A & B"`, "limit": `2.50`, "software_statement": `"the-statement"`} {
			equal(t, name, string(got[name]), want)
		}
		if _, has := got["client_id"]; has != (request.method == "PUT") {
			t.Errorf("%s has a client_id: %v", request.method, has)
		}
		var issued, expires int64
		succeeds(t, json.Unmarshal(got["iat"], &issued))
		succeeds(t, json.Unmarshal(got["exp"], &expires))
		equal(t, "lifetime", expires-issued, int64(60))
		if id := string(got["jti"]); !uuid.MatchString(id) || seenIDs[id] {
			t.Errorf("jti %s is no new UUID", id)
		}
		seenIDs[string(got["jti"])] = true
	}
	equal(t, "requests", len(seenIDs), 3)
}

// A server that echoes a signed request must not get it into an error.
func TestSignedRequestIsMasked(t *testing.T) {
	t.Parallel()
	var b *bank
	b = newBank(t, func(w http.ResponseWriter, r *http.Request) {
		body := b.requests("POST")
		always(400, `{"error":"invalid_client_metadata","error_description":"cannot take `+body[len(body)-1].body+`"}`)(w, r)
	})
	how, _ := signing(t)
	_, err := b.connect(t).Signed(how).Register(bounded(t), dcr.RegisterRequest{Endpoint: b.URL + "/register", Metadata: dcr.Metadata{"client_name": json.RawMessage(`"App"`)}})
	if err == nil || strings.Contains(err.Error(), b.requests("POST")[0].body) || !strings.Contains(err.Error(), "cannot take") {
		t.Errorf("the error is %v", err)
	}
}

func TestConfigurationURI(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"https://bank.example/register", "a1", "https://bank.example/register/a1"},
		{"https://bank.example/register/", "a1", "https://bank.example/register/a1"},
		{"https://bank.example/register", "a/b?c d", "https://bank.example/register/a%2Fb%3Fc%20d"},
	} {
		equal(t, c[1], dcr.ConfigurationURI(c[0], c[1]), c[2])
	}
}
