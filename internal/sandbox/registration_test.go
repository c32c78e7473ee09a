package sandbox_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestStatementChecks(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{}}, Now: clock.now})
	id := w.application()
	old := w.statement(id)
	clock.forward(301 * time.Second)
	fresh := w.statement(id)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claims := verifyStatement(t, w, fresh)
	parts := strings.Split(fresh, ".")
	_, stranger := w.certificate(w.application())
	for name, test := range map[string]struct {
		edit func(map[string]any)
		code string
	}{
		"none":           {func(m map[string]any) { delete(m, "software_statement") }, "invalid_software_statement"},
		"old":            {func(m map[string]any) { m["software_statement"] = old }, "invalid_software_statement"},
		"garbage":        {func(m map[string]any) { m["software_statement"] = "x.y.z" }, "invalid_software_statement"},
		"number":         {func(m map[string]any) { m["software_statement"] = 5 }, "invalid_software_statement"},
		"tampered":       {func(m map[string]any) { m["software_statement"] = tamper(t, parts) }, "invalid_software_statement"},
		"unknown key":    {func(m map[string]any) { m["software_statement"] = sign(t, jose.PS256, foreign, "who", claims) }, "unapproved_software_statement"},
		"wrong key":      {func(m map[string]any) { m["software_statement"] = sign(t, jose.PS256, foreign, "signer", claims) }, "invalid_software_statement"},
		"wrong alg":      {func(m map[string]any) { m["software_statement"] = sign(t, jose.RS256, foreign, "signer", claims) }, "invalid_software_statement"},
		"redirect":       {func(m map[string]any) { m["redirect_uris"] = []string{"https://evil.example/cb"} }, "invalid_redirect_uri"},
		"jwks":           {func(m map[string]any) { m["jwks"] = map[string]any{"keys": []any{map[string]any{"kty": "EC"}}} }, "invalid_client_metadata"},
		"jwks_uri":       {func(m map[string]any) { m["jwks_uri"] = "https://x.example/jwks" }, "invalid_client_metadata"},
		"other software": {func(m map[string]any) { m["software_id"] = "other" }, "invalid_client_metadata"},
	} {
		body := w.metadata(fresh)
		test.edit(body)
		got := w.want(400, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: body}).object(t)
		if got["error"] != test.code || str(t, got, "error_description") == "" {
			t.Errorf("%s: %v %v", name, got["error"], got["error_description"])
		}
	}
	endpoint := w.info.AuthorizationServers[0].RegistrationEndpoint
	got := w.want(400, ask{method: "POST", url: endpoint, body: w.metadata(fresh), client: stranger}).object(t)
	if got["error"] != "unapproved_software_statement" {
		t.Errorf("another software's certificate: %v", got["error"])
	}
	w.want(201, ask{method: "POST", url: endpoint, body: w.metadata(fresh)})
	if text := w.want(400, ask{method: "POST", url: endpoint, body: w.metadata(fresh)}).text; !strings.Contains(text, "already registered") {
		t.Error(text)
	}
	if err := w.Directory().RotateSigningKey(); err != nil {
		t.Fatal(err)
	}
	rotated := w.statement(w.application())
	w.want(201, ask{method: "POST", url: endpoint, body: w.metadata(rotated)})
}

// TestStatementWins: of a member that request and statement both have, the statement's is registered.
func TestStatementWins(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{}}})
	statement := w.statement(w.application())
	body := w.metadata(statement)
	body["software_version"], body["client_name"] = "99", "Its own"
	got := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: body}).object(t)
	if want := verifyStatement(t, w, statement)["software_version"]; got["software_version"] != want || got["client_name"] != "Its own" {
		t.Errorf("registered is version %v, stated %v, and the name %v", got["software_version"], want, got["client_name"])
	}
}

func tamper(t *testing.T, parts []string) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(payload), "app.example", "bad.example", 1)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

func TestMetadataRules(t *testing.T) {
	t.Parallel()
	w := start(t, tempered(sandbox.Temper{NoStatement: true}))
	for name, test := range map[string]struct {
		edit func(map[string]any)
		code string
	}{
		"null":           {func(m map[string]any) { m["client_uri"] = nil }, "invalid_client_metadata"},
		"empty":          {func(m map[string]any) { m["client_name"] = "" }, "invalid_client_metadata"},
		"empty list":     {func(m map[string]any) { m["contacts"] = []string{} }, "invalid_client_metadata"},
		"list type":      {func(m map[string]any) { m["contacts"] = "x" }, "invalid_client_metadata"},
		"bool type":      {func(m map[string]any) { m["require_auth_time"] = "true" }, "invalid_client_metadata"},
		"int type":       {func(m map[string]any) { m["default_max_age"] = "5" }, "invalid_client_metadata"},
		"plain http":     {func(m map[string]any) { m["client_uri"] = "http://x.example" }, "invalid_client_metadata"},
		"fragment":       {func(m map[string]any) { m["redirect_uris"] = []string{"https://x.example/#f"} }, "invalid_redirect_uri"},
		"no redirect":    {func(m map[string]any) { delete(m, "redirect_uris") }, "invalid_redirect_uri"},
		"method":         {func(m map[string]any) { m["token_endpoint_auth_method"] = "none" }, "invalid_client_metadata"},
		"tls no subject": {func(m map[string]any) { m["token_endpoint_auth_method"] = "tls_client_auth" }, "invalid_client_metadata"},
		"jwt no keys":    {func(m map[string]any) { m["token_endpoint_auth_method"] = "private_key_jwt" }, "invalid_client_metadata"},
		"private key": {func(m map[string]any) {
			m["jwks"] = map[string]any{"keys": []any{map[string]any{"kty": "EC", "d": "x"}}}
		}, "invalid_client_metadata"},
		"grant":           {func(m map[string]any) { m["grant_types"] = []string{"password"} }, "invalid_client_metadata"},
		"response":        {func(m map[string]any) { m["response_types"] = []string{"token"} }, "invalid_client_metadata"},
		"code, no grant":  {func(m map[string]any) { m["grant_types"], m["response_types"] = []string{"implicit"}, []string{"code"} }, "invalid_client_metadata"},
		"algorithm":       {func(m map[string]any) { m["id_token_signed_response_alg"] = "none" }, "invalid_client_metadata"},
		"scope":           {func(m map[string]any) { m["scope"] = "openid everything" }, "invalid_client_metadata"},
		"webhook":         {func(m map[string]any) { m["webhook_uris"] = []string{"https://x.example/hook/"} }, "invalid_webhook_uris"},
		"server's member": {func(m map[string]any) { m["client_id"] = "mine" }, "invalid_request"},
	} {
		body := map[string]any{"redirect_uris": []string{"https://x.example/cb"}}
		test.edit(body)
		got := w.want(400, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: body}).object(t)
		if got["error"] != test.code {
			t.Errorf("%s: %v %v", name, got["error"], got["error_description"])
		}
	}
	w.want(415, ask{
		method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: "{}", header: map[string]string{"Content-Type": "application/jwt"},
	})
	if got := w.Server("bank-1").Clients(); len(got) != 0 {
		t.Errorf("%d clients came of refused requests", len(got))
	}
}

func TestRegisteredMetadata(t *testing.T) {
	t.Parallel()
	w := start(t, tempered(sandbox.Temper{NoStatement: true}))
	body := map[string]any{
		"redirect_uris": []string{"https://x.example/b", "https://x.example/a", "https://x.example/b"}, "scope": "payments openid",
		"client_name": "A", "client_name#pt-BR": "Á", "x_mine": 1, "default_max_age": 30, "software_version": "1.10",
	}
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: body}).object(t)
	uris, _ := created["redirect_uris"].([]any)
	if len(uris) != 2 || uris[0] != "https://x.example/a" {
		t.Errorf("redirect_uris %v", uris)
	}
	for name, value := range map[string]any{
		"scope": "openid payments", "client_name#pt-BR": "Á", "x_mine": nil, "default_max_age": 30.0, "application_type": "web",
		"client_secret_expires_at": 0.0, "x_registered_by": "sandbox bank-1", "token_endpoint_auth_method": "client_secret_basic",
	} {
		if created[name] != value {
			t.Errorf("%s is %v", name, created[name])
		}
	}
	id := str(t, created, "client_id")
	for _, char := range "/:+=~" {
		if !strings.ContainsRune(id, char) {
			t.Errorf("client_id %q lacks %c", id, char)
		}
	}
	if uri := str(t, created, "registration_client_uri"); strings.Contains(uri, id) || !strings.Contains(uri, "?") {
		t.Error("registration_client_uri can be guessed")
	}
}

func TestUpdateRules(t *testing.T) {
	t.Parallel()
	w := start(t, tempered(sandbox.Temper{NoStatement: true}))
	base := map[string]any{"redirect_uris": []string{"https://x.example/cb"}, "client_name": "A"}
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: base}).object(t)
	put := ask{method: "PUT", url: str(t, created, "registration_client_uri"), token: str(t, created, "registration_access_token")}
	for name, more := range map[string]map[string]any{
		"no client_id":    {},
		"wrong client_id": {"client_id": "other"},
		"token":           {"client_id": created["client_id"], "registration_access_token": "x"},
		"uri":             {"client_id": created["client_id"], "registration_client_uri": "https://x"},
		"issued":          {"client_id": created["client_id"], "client_id_issued_at": 1},
		"expires":         {"client_id": created["client_id"], "client_secret_expires_at": 0},
		"wrong secret":    {"client_id": created["client_id"], "client_secret": "wrong"},
	} {
		body := maps.Clone(base)
		maps.Copy(body, more)
		put.body = body
		if got := w.want(400, put).object(t); got["error"] != "invalid_request" {
			t.Errorf("%s: %v", name, got["error"])
		}
	}
	put.body = map[string]any{
		"client_id": created["client_id"], "client_secret": created["client_secret"], "redirect_uris": []string{"https://x.example/cb"}, "client_uri": nil,
	}
	updated := w.want(200, put).object(t)
	if updated["client_name"] != nil || updated["client_secret"] != created["client_secret"] {
		t.Error("PUT does not replace, or changes the secret")
	}
	w.want(405, ask{method: "PATCH", url: put.url, token: str(t, updated, "registration_access_token"), body: map[string]any{}})
}

func TestUnauthorizedLooksTheSame(t *testing.T) {
	t.Parallel()
	w := start(t, tempered(sandbox.Temper{NoStatement: true}))
	body := map[string]any{"redirect_uris": []string{"https://x.example/cb"}}
	endpoint := w.info.AuthorizationServers[0].RegistrationEndpoint
	first := w.want(201, ask{method: "POST", url: endpoint, body: body}).object(t)
	second := w.want(201, ask{method: "POST", url: endpoint, body: body}).object(t)
	uri, token := str(t, first, "registration_client_uri"), str(t, first, "registration_access_token")
	path, query, _ := strings.Cut(uri, "?")
	badToken := w.want(401, ask{method: "GET", url: uri, token: "wrong"})
	unknown := w.want(401, ask{method: "GET", url: path[:len(path)-4] + "abcd?" + query, token: "wrong"})
	if badToken.text != unknown.text || badToken.header.Get("WWW-Authenticate") == "" || badToken.header.Get("WWW-Authenticate") != unknown.header.Get("WWW-Authenticate") {
		t.Error("a bad token can be told from an unknown client")
	}
	w.want(401, ask{method: "GET", url: uri, token: str(t, second, "registration_access_token")})
	w.want(401, ask{method: "GET", url: str(t, second, "registration_client_uri"), token: str(t, second, "registration_access_token")})
	w.want(200, ask{method: "GET", url: uri, token: token})
	w.want(401, ask{method: "GET", url: path, token: token})
	w.want(401, ask{method: "GET", url: uri, token: token}) // the query was lost, and with it the token
}
