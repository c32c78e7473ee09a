package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const oldLogout = "https://old.example.com/out"

// TestRemovalWithLostAnswer: what an update leaves out is removed, also when its
// answer was lost and it had not been carried out.
func TestRemovalWithLostAnswer(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	configure(map[string]any{"client_name": "Budget", "backchannel_logout_uri": oldLogout})
	applies(t, ws)
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusBadGateway, Times: 1})
	configure(map[string]any{"client_name": "Budget"})
	applies(t, ws)
	if left := sb.Server("bank").Clients()[0]["backchannel_logout_uri"]; left != nil || !ws.Plan().Empty() {
		t.Errorf("the server still has %v", left)
	}
}

// TestTokenEndpointDown: an update that got no token was not sent, and nothing says otherwise.
func TestTokenEndpointDown(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, map[string]any{"client_name": "Budget", "backchannel_logout_uri": oldLogout, "refresh": "never"})
	applies(t, ws)
	sent := len(puts(sb))
	selfManaged(sb, ws, map[string]any{"client_name": "Budget", "refresh": "never"})
	sb.Inject(sandbox.Fault{Server: "bank", Route: "POST /token", Kind: sandbox.FaultStatus, Status: http.StatusBadGateway, Times: 1})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("could not issue an access token").MatchString(r.Errors[0]) || len(puts(sb)) != sent {
		t.Errorf("the apply says %q after %d requests", r.Errors, len(puts(sb))-sent)
	}
	applies(t, ws)
	if left := sb.Server("bank").Clients()[0]["backchannel_logout_uri"]; left != nil || len(puts(sb)) != sent+1 {
		t.Errorf("then the server has %v", left)
	}
}

// TestTokenEndpointNotSupported: what the token endpoint does not support says
// nothing about reading registrations.
func TestTokenEndpointNotSupported(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, map[string]any{"client_name": "Budget"})
	applies(t, ws)
	sb.Inject(sandbox.Fault{Server: "bank", Route: "POST /token", Kind: sandbox.FaultStatus, Status: http.StatusMethodNotAllowed, Times: 1})
	if r := ws.Apply(); len(r.Errors) != 1 {
		t.Errorf("the apply says %q", r.Errors)
	}
	if err := sb.Server("bank").Edit(fmt.Sprint(ws.State(this)["client_id"]), func(m map[string]any) { m["client_name"] = "Theirs" }); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); len(r.Drift[this]) == 0 {
		t.Errorf("the drift is not found: %q", r.Warnings)
	}
}

// TestUpdateAnsweredNull is a lost answer like any other that says nothing.
func TestUpdateAnsweredNull(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultNonJSON, Status: 200, Body: "null", Times: 1})
	configure(map[string]any{"client_name": "Other"})
	applies(t, ws)
	settled(t, ws, sb)
}

// TestSwitchAndChange: a client begins to manage itself in the same apply that changes it.
func TestSwitchAndChange(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	selfManaged(sb, ws, map[string]any{"management_auth": nil, "management_scope": nil})
	applies(t, ws)
	before := ws.State(this)["client_id"]
	selfManaged(sb, ws, map[string]any{"client_name": "Other"})
	applies(t, ws)
	if name := sb.Server("bank").Clients()[0]["client_name"]; name != "Other" || ws.State(this)["client_id"] != before {
		t.Errorf("the server has %v", name)
	}
}

// TestTokenTakenAgain: what was refused once is forgotten when the server takes the token.
func TestTokenTakenAgain(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, map[string]any{"refresh": "always", "on_unauthorized": "warn"})
	missing := sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusNotFound, Times: 1}
	sb.Inject(missing)
	applies(t, ws)
	sb.Inject(missing)
	configure(map[string]any{"refresh": "auto", "on_unauthorized": "warn", "client_name": "Other"})
	applies(t, ws)
	configure(map[string]any{"refresh": "auto", "on_unauthorized": "error", "client_name": "Other"})
	applies(t, ws)
}

// TestImportedAdditionalMetadata is as much looked after as that of a new client.
func TestImportedAdditionalMetadata(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever, KeepUnknownMetadata: true}, map[string]any{"additional_metadata": `{"x_team":"a"}`})
	state := ws.State(this)
	ws.Lose(this)
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": state["registration_access_token"]})
	if r := ws.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	configure(nil)
	applies(t, ws)
	for _, theirs := range []any{"theirs", nil} {
		if err := sb.Server("bank").Edit(fmt.Sprint(state["client_id"]), func(m map[string]any) { m["x_team"] = theirs }); err != nil {
			t.Fatal(err)
		}
		applies(t, ws)
		if got := sb.Server("bank").Clients()[0]["x_team"]; got != "a" {
			t.Errorf("the server has %v", got)
		}
	}
}

// TestKeyRollover: the update that registers another key is made with the one the server knows.
func TestKeyRollover(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, ManagedByAccessToken: true}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	var id any
	for _, kid := range []string{"one", "two", "three"} {
		key, set := keyPair(t, kid)
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "token_endpoint_auth_method": "private_key_jwt",
			"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "jwks": set, "signing_key_pem": key, "signing_key_id": kid, "management_auth": "client_credentials"})
		applies(t, ws)
		settled(t, ws, sb)
		if now := ws.State(this)["client_id"]; id != nil && now != id {
			t.Errorf("the client is another: %v, %v", id, now)
		}
		id = ws.State(this)["client_id"]
	}
}

// keyPair is a private key in PEM form, and the set of its public part.
func keyPair(t *testing.T, kid string) (private, jwks string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: kid}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), string(set)
}

// TestAssertionsAreSentOnce: a repeated token request has an assertion of its
// own, so that a busy token endpoint is not taken for one that lost the client.
func TestAssertionsAreSentOnce(t *testing.T) {
	t.Parallel()
	sb, ws := openBanking(t)
	seen := map[string]bool{}
	busy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assertion := r.PostFormValue("client_assertion")
		if seen[assertion] || assertion == "" {
			t.Error("the same client assertion came twice")
		}
		seen[assertion] = true
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	busy.Config.ErrorLog = log.New(io.Discard, "", 0)
	busy.StartTLS()
	t.Cleanup(busy.Close)
	authority := sb.CACertificatesPEM() + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: busy.Certificate().Raw}))
	ws.With("max_retries", 2).With("registration", map[string]any{"ca_certificates_pem": authority})
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate"})
	applies(t, ws)
	selfManaged(sb, ws, map[string]any{"on_unauthorized": "recreate", "token_endpoint": busy.URL + "/token"})
	applies(t, ws)
	if r := ws.Plan(); len(seen) < 2 || r.Actions[this] == acctest.ActionCreate {
		t.Errorf("%d requests; planned is %v", len(seen), r.Actions)
	}
}
