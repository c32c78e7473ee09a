package sandbox_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// tokenEndpoints are the plain one and its alias.
func (w *world) tokenEndpoints() (plain, mutual string) {
	w.t.Helper()
	document := w.want(200, ask{method: "GET", url: w.info.Issuer + "/.well-known/openid-configuration", client: w.client("", "")}).object(w.t)
	aliases, ok := document["mtls_endpoint_aliases"].(map[string]any)
	if !ok {
		w.t.Fatal("no mtls_endpoint_aliases")
	}
	return str(w.t, document, "token_endpoint"), str(w.t, aliases, "token_endpoint")
}

func grant(more ...string) url.Values {
	form := url.Values{"grant_type": {"client_credentials"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func TestDirectoryTokens(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	plain, mutual := w.tokenEndpoints()
	const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	block, _ := pem.Decode([]byte(w.ClientSigningKeyPEM()))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	jwt := func(id, audience string) string {
		return sign(t, jose.PS256, key, w.ClientSigningKeyID(), assertionClaims(w.info.ClientID, audience, id))
	}
	secret := map[string]string{"Authorization": basic(w.info.ClientID, w.ClientSecret())}
	wrong := map[string]string{"Authorization": basic(w.info.ClientID, "wrong")}
	for name, test := range map[string]struct {
		endpoint string
		form     url.Values
		header   map[string]string
		status   int
		code     string
	}{
		"tls":           {endpoint: mutual, form: grant("client_id", w.info.ClientID, "scope", "directory:software"), status: 200},
		"tls at plain":  {endpoint: plain, form: grant("client_id", w.info.ClientID), status: 401, code: "invalid_client"},
		"tls no id":     {endpoint: mutual, form: grant(), status: 401, code: "invalid_client"},
		"website":       {endpoint: mutual, form: grant("client_id", w.info.ClientID, "scope", "directory:website"), status: 400, code: "invalid_scope"},
		"basic":         {endpoint: plain, form: grant(), header: secret, status: 200},
		"wrong basic":   {endpoint: plain, form: grant(), header: wrong, status: 401, code: "invalid_client"},
		"jwt":           {endpoint: plain, form: grant("client_assertion_type", assertionType, "client_assertion", jwt("1", plain)), status: 200},
		"jwt issuer":    {endpoint: plain, form: grant("client_assertion_type", assertionType, "client_assertion", jwt("2", w.info.Issuer)), status: 200},
		"jwt audience":  {endpoint: plain, form: grant("client_assertion_type", assertionType, "client_assertion", jwt("3", "https://x")), status: 401, code: "invalid_client"},
		"no such grant": {endpoint: plain, form: url.Values{"grant_type": {"password"}}, header: secret, status: 400, code: "unsupported_grant_type"},
	} {
		got := w.want(test.status, ask{method: "POST", url: test.endpoint, body: test.form, header: test.header}).object(t)
		if test.code != "" && got["error"] != test.code {
			t.Errorf("%s: %v", name, got["error"])
		}
		if test.status == 200 && (got["expires_in"] != 600.0 || got["token_type"] != "Bearer" || got["scope"] != "directory:software") {
			t.Errorf("%s: %v %v %v", name, got["expires_in"], got["token_type"], got["scope"])
		}
	}
	replayed := grant("client_assertion_type", assertionType, "client_assertion", jwt("4", plain))
	w.want(200, ask{method: "POST", url: plain, body: replayed})
	w.want(401, ask{method: "POST", url: plain, body: replayed})
}

func TestTokensAreBoundAndExpire(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}, Now: clock.now})
	id := w.application()
	_, own := w.certificate(id)
	_, mutual := w.tokenEndpoints()
	got := w.want(200, ask{method: "POST", url: mutual, body: grant("client_id", id, "scope", "directory:software"), client: own}).object(t)
	use := ask{method: "GET", url: w.api("softwarestatements", id), token: str(t, got, "access_token"), client: own}
	w.want(200, use)
	use.client = nil
	w.want(401, use)
	use.client = own
	clock.forward(601 * time.Second)
	w.want(401, use)
	w.want(401, ask{method: "POST", url: mutual, body: grant("client_id", id)}) // the bootstrap certificate is another client's
	held := w.Directory().Certificates(id)
	if err := w.Directory().Revoke(held[0].Kid, "keycompromise"); err != nil {
		t.Fatal(err)
	}
	w.want(401, ask{method: "POST", url: mutual, body: grant("client_id", id), client: own})
	if !slices.Contains(w.Secrets(), str(t, got, "access_token")) {
		t.Error("an issued token is not among the secrets")
	}
}

func TestPrivateKeyJWTAtABank(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{}}})
	id, key := w.application(), newKey(t)
	made := w.want(201, ask{
		method: "POST", url: w.api("softwarestatements", id, "certificates", "rtssigning"), token: w.info.AccessToken,
		body: w.signingRequest(id, key, nil), header: pemHeader(),
	}).object(t)
	body := w.metadata(w.statement(id))
	body["token_endpoint_auth_method"] = "private_key_jwt"
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: body}).object(t)
	client, endpoint := str(t, created, "client_id"), w.bankToken()
	form := func(jti string) url.Values {
		raw := sign(t, jose.ES256, key, str(t, made, "kid"), assertionClaims(client, endpoint, jti))
		return grant("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", raw)
	}
	w.want(200, ask{method: "POST", url: endpoint, body: form("1")})
	w.want(401, ask{method: "POST", url: endpoint, body: form("1")})
	if err := w.Directory().Revoke(str(t, made, "kid"), ""); err != nil {
		t.Fatal(err)
	}
	w.want(401, ask{method: "POST", url: endpoint, body: form("2")})
}

func TestInlineKeysAndUnregisteredGrant(t *testing.T) {
	t.Parallel()
	w := start(t, tempered(sandbox.Temper{NoStatement: true}))
	key := newKey(t)
	public := jose.JSONWebKey{Key: key.Public(), KeyID: "mine", Use: "sig"}
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: map[string]any{
		"redirect_uris": []string{"https://x.example/cb"}, "token_endpoint_auth_method": "private_key_jwt", "jwks": map[string]any{"keys": []any{public}},
	}}).object(t)
	client, issuer := str(t, created, "client_id"), w.info.AuthorizationServers[0].Issuer
	raw := sign(t, jose.ES256, key, "mine", assertionClaims(client, issuer, "1"))
	form := grant("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", raw)
	// Authenticated, but not for this grant: how a probe tells a live client from a dead one.
	if got := w.want(400, ask{method: "POST", url: w.bankToken(), body: form}).object(t); got["error"] != "unauthorized_client" {
		t.Errorf("%v", got["error"])
	}
}
