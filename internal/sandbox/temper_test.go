package sandbox_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// plainWorld has one server that needs no statement, and a client registered there.
func plainWorld(t *testing.T, temper sandbox.Temper) (*world, map[string]any) {
	t.Helper()
	temper.NoStatement = true
	w := start(t, tempered(temper))
	status := temper.CreatedStatus
	if status == 0 {
		status = 201
	}
	created := w.want(status, ask{
		method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, token: temper.InitialAccessToken, body: plainBody(),
	}).object(t)
	return w, created
}

func plainBody() map[string]any {
	return map[string]any{"redirect_uris": []string{"https://x.example/cb"}, "client_name": "A", "grant_types": []string{"authorization_code", "client_credentials"}}
}

func manage(t *testing.T, method string, created map[string]any) ask {
	t.Helper()
	return ask{method: method, url: str(t, created, "registration_client_uri"), token: str(t, created, "registration_access_token")}
}

// put is a PUT of the client's own metadata without its name.
func put(t *testing.T, created map[string]any) ask {
	t.Helper()
	body := plainBody()
	delete(body, "client_name")
	body["client_id"] = created["client_id"]
	out := manage(t, "PUT", created)
	out.body = body
	return out
}

func TestRotation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		habit          sandbox.Rotation
		onRead, onSave bool
	}{{sandbox.RotateNever, false, false}, {sandbox.RotateOnUpdate, false, true}, {sandbox.RotateOnRead, true, true}} {
		t.Run(string(test.habit), func(t *testing.T) {
			t.Parallel()
			w, created := plainWorld(t, sandbox.Temper{Rotate: test.habit})
			read := w.want(200, manage(t, "GET", created)).object(t)
			if rotated := read["registration_access_token"] != created["registration_access_token"]; rotated != test.onRead {
				t.Errorf("rotated on read: %v", rotated)
			}
			updated := w.want(200, put(t, read)).object(t)
			if rotated := updated["registration_access_token"] != read["registration_access_token"]; rotated != test.onSave {
				t.Errorf("rotated on update: %v", rotated)
			}
			status := map[bool]int{true: 401, false: 200}[test.onSave]
			w.want(status, manage(t, "GET", read))
		})
	}
}

func TestUpdateTempers(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{MergeOnUpdate: true, RotateSecret: true, CreatedStatus: 200})
	updated := w.want(200, put(t, created)).object(t)
	if updated["client_name"] != "A" {
		t.Error("MergeOnUpdate does not merge")
	}
	if updated["client_secret"] == created["client_secret"] {
		t.Error("RotateSecret does not rotate")
	}
	bad := put(t, updated)
	bad.body = map[string]any{"client_id": "wrong"}
	w.want(400, bad)
	w.want(200, manage(t, "GET", updated)) // a refused update burns nothing
}

func TestEchoOnUpdate(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{EchoOnUpdate: true, GrantAllScopes: true})
	body := plainBody()
	body["client_id"], body["scope"] = created["client_id"], "openid"
	asked := manage(t, "PUT", created)
	asked.body = body
	updated := w.want(200, asked).object(t)
	if read := w.want(200, manage(t, "GET", updated)).object(t); updated["scope"] != "openid" || read["scope"] == "openid" {
		t.Errorf("the answer is %v, and registered is %v", updated["scope"], read["scope"])
	}
}

func TestPatchOnly(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{PatchOnly: true})
	if allow := w.want(405, put(t, created)).header.Get("Allow"); !strings.Contains(allow, "PATCH") {
		t.Errorf("Allow %q", allow)
	}
	patch := manage(t, "PATCH", created)
	patch.body = map[string]any{"client_name": nil, "client_uri": "https://x.example/"}
	patch.header = map[string]string{"Content-Type": "application/merge-patch+json"}
	updated := w.want(200, patch).object(t)
	if updated["client_name"] != nil || updated["client_uri"] != "https://x.example/" || updated["redirect_uris"] == nil {
		t.Errorf("%v %v %v", updated["client_name"], updated["client_uri"], updated["redirect_uris"])
	}
}

func TestWithoutManagement(t *testing.T) {
	t.Parallel()
	_, created := plainWorld(t, sandbox.Temper{NoManagement: true})
	if created["registration_access_token"] != nil || created["registration_client_uri"] != nil {
		t.Error("NoManagement issues management credentials")
	}
}

func TestReadAndDeleteTempers(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{OmitTokenOnRead: true, DeleteStatus: 404})
	read := w.want(200, manage(t, "GET", created)).object(t)
	for _, name := range []string{"registration_access_token", "registration_client_uri", "client_secret"} {
		if read[name] != nil {
			t.Errorf("GET shows %s", name)
		}
	}
	w.want(404, manage(t, "DELETE", created))
	w.want(200, manage(t, "GET", created))
	if err := w.Server("bank-1").SetTemper(func(temper *sandbox.Temper) { temper.DeleteStatus = 200 }); err != nil {
		t.Fatal(err)
	}
	if text := w.want(200, manage(t, "DELETE", created)).text; text != "" {
		t.Errorf("200 with %q", text)
	}
	w.want(401, manage(t, "GET", created))
}

func TestInitialAccessToken(t *testing.T) {
	t.Parallel()
	w, _ := plainWorld(t, sandbox.Temper{InitialAccessToken: "let-me-in"})
	endpoint := w.info.AuthorizationServers[0].RegistrationEndpoint
	got := w.want(401, ask{method: "POST", url: endpoint, token: "wrong", body: plainBody()})
	if got.header.Get("WWW-Authenticate") == "" || got.object(t)["error"] != "invalid_token" {
		t.Error("not the refusal of RFC 6750")
	}
	if w.info.AuthorizationServers[0].InitialAccessToken != "let-me-in" {
		t.Error("Info hides the initial access token")
	}
}

func TestSecretLifetime(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{NoStatement: true, SecretLifetime: time.Hour}}, Now: clock.now})
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: plainBody()}).object(t)
	if got := created["client_secret_expires_at"]; got != float64(clock.now().Add(time.Hour).Unix()) {
		t.Errorf("expires %v", got)
	}
	endpoint := w.bankToken()
	w.probe(endpoint, created, 200)
	clock.forward(time.Hour)
	w.probe(endpoint, created, 401)
}

// bankToken is the token endpoint of the first server.
func (w *world) bankToken() string {
	w.t.Helper()
	document := w.want(200, ask{method: "GET", url: w.info.AuthorizationServers[0].Issuer + "/.well-known/openid-configuration"}).object(w.t)
	return str(w.t, document, "token_endpoint")
}

func TestWithoutMutualTLS(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{NoMutualTLS: true})
	issuer, err := url.Parse(w.info.AuthorizationServers[0].Issuer)
	if err != nil {
		t.Fatal(err)
	}
	well := issuer.Scheme + "://" + issuer.Host + "/.well-known/oauth-authorization-server" + issuer.Path
	document := w.want(200, ask{method: "GET", url: well, client: w.client("", "")}).object(t)
	if document["mtls_endpoint_aliases"] != nil {
		t.Error("aliases without mutual TLS")
	}
	read := manage(t, "GET", created)
	read.client = w.client("", "")
	w.want(200, read)
}

func TestCrossOriginManagement(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{CrossOriginManagement: true})
	management, err := url.Parse(str(t, created, "registration_client_uri"))
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := url.Parse(w.info.AuthorizationServers[0].RegistrationEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	if management.Host == endpoint.Host {
		t.Error("the origin is the announced one")
	}
	w.want(200, manage(t, "GET", created))
}

func TestStatementTempers(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := start(t, sandbox.Options{Now: clock.now, Servers: []sandbox.Temper{
		{Name: "once", SingleUseStatements: true, AllowSecondRegistration: true}, {Name: "old", StatementMaxAge: -1}, {Name: "strict", StrictCertificate: true},
		{Name: "keeps", NoStatement: true, KeepUnknownMetadata: true}, {Name: "secretive", UnauthorizedStatus: 404},
	}})
	endpoint := func(i int) string { return w.info.AuthorizationServers[i].RegistrationEndpoint }
	id := w.application()
	_, own := w.certificate(id)
	body := w.metadata(w.statement(id))
	w.want(201, ask{method: "POST", url: endpoint(0), body: body})
	if text := w.want(400, ask{method: "POST", url: endpoint(0), body: body}).text; !strings.Contains(text, "used before") {
		t.Error(text)
	}
	w.want(201, ask{method: "POST", url: endpoint(0), body: w.metadata(w.statement(id))})
	w.want(400, ask{method: "POST", url: endpoint(2), body: body})
	strict := w.want(201, ask{method: "POST", url: endpoint(2), body: body, client: own}).object(t)
	w.want(401, manage(t, "GET", strict))
	clock.forward(24 * time.Hour)
	w.want(201, ask{method: "POST", url: endpoint(1), body: body})
	unknown := plainBody()
	unknown["x_mine"] = "kept"
	if got := w.want(201, ask{method: "POST", url: endpoint(3), body: unknown}).object(t); got["x_mine"] != "kept" {
		t.Error("KeepUnknownMetadata does not keep")
	}
	secretive := w.want(201, ask{method: "POST", url: endpoint(4), body: w.metadata(w.statement(id))}).object(t)
	lost := manage(t, "GET", secretive)
	lost.token = "wrong"
	w.want(404, lost)
}

func TestTokenEndpointMethods(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{TokenAuthMethods: []string{"tls_client_auth", "private_key_jwt", "client_secret_post"}}}})
	id := w.application()
	_, own := w.certificate(id)
	endpoint := w.info.AuthorizationServers[0].RegistrationEndpoint
	body := w.metadata(w.statement(id))
	w.want(400, ask{method: "POST", url: endpoint, body: body})
	body["token_endpoint_auth_method"], body["tls_client_auth_subject_dn"] = "tls_client_auth", "CN=whatever"
	created := w.want(201, ask{method: "POST", url: endpoint, body: body}).object(t)
	if created["client_secret"] != nil {
		t.Error("a secret for tls_client_auth")
	}
	token := strings.Replace(w.bankToken(), hostOf(t, w.info.AuthorizationServers[0].Issuer), hostOf(t, endpoint), 1)
	form := grant("client_id", str(t, created, "client_id"))
	w.want(200, ask{method: "POST", url: token, body: form, client: own})
	w.want(401, ask{method: "POST", url: token, body: form})
	form.Set("scope", "payments")
	if got := w.want(400, ask{method: "POST", url: token, body: form, client: own}).object(t); got["error"] != "invalid_scope" {
		t.Errorf("%v", got["error"])
	}
}

func hostOf(t *testing.T, text string) string {
	t.Helper()
	parsed, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

func TestTemperJSON(t *testing.T) {
	t.Parallel()
	temper := sandbox.Temper{Name: "a", Rotate: sandbox.RotateNever, StatementMaxAge: time.Minute}
	if err := json.Unmarshal([]byte(`{"secret_lifetime":"2h","patch_only":true}`), &temper); err != nil {
		t.Fatal(err)
	}
	if temper.SecretLifetime != 2*time.Hour || temper.StatementMaxAge != time.Minute || !temper.PatchOnly || temper.Rotate != sandbox.RotateNever {
		t.Errorf("%+v", temper)
	}
	data, err := json.Marshal(temper)
	if err != nil || !strings.Contains(string(data), `"secret_lifetime":"2h0m0s"`) || strings.Count(string(data), "statement_max_age") != 1 {
		t.Errorf("%s, %v", data, err)
	}
	for _, wrong := range []string{`{"rotte":"never"}`, `{"secret_lifetime":"soon"}`} {
		if err := json.Unmarshal([]byte(wrong), &temper); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]sandbox.Options{
		"twice":    {Servers: []sandbox.Temper{{Name: "a"}, {Name: "a"}}},
		"reserved": {Servers: []sandbox.Temper{{Name: "directory"}}},
		"rotation": {Servers: []sandbox.Temper{{Rotate: "daily"}}},
		"unlock":   {UnlockAllowed: "nobody"},
		"listen":   {Listen: "nowhere"},
	} {
		if sb, err := sandbox.Start(options); err == nil {
			t.Errorf("%s is taken", name)
			_ = sb.Close()
		}
	}
}
