package provider_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestRenewalLeavesTheBankAlone renews the certificate a client is recognised
// by: the client goes on with the new one, and nothing is sent to its bank,
// which knows the client by a subject that stays.
func TestRenewalLeavesTheBankAlone(t *testing.T) {
	t.Parallel()
	var days atomic.Int64
	clock := func() time.Time { return time.Now().AddDate(0, 0, int(days.Load())) }
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock, CertificateLifetime: 90 * 24 * time.Hour, Servers: []sandbox.Temper{{Name: "bank"}}})
	const app, cert, ssa, client = "dcr_application.this", "dcr_transport_certificate.this", "dcr_software_statement.this", "dcr_client.bank"
	ws := acctest.NewWorkspace(t, sb, nil).At(clock)
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{"https://app.example.com/callback"}})
	ws.Set(cert, map[string]any{"application_id": acctest.Ref(app, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	ws.Set(client, map[string]any{
		"issuer": sb.Server("bank").Issuer(), "software_statement": acctest.Ref(ssa, "assertion"), "redirect_uris": []string{"https://app.example.com/callback"},
		"client_certificate_pem": acctest.Ref(cert, "certificate_chain_pem"), "private_key_pem": acctest.Ref(cert, "private_key_pem"),
		"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": acctest.Ref(cert, "subject_dn"), "jwks_uri": acctest.Ref(app, "jwks_uri"),
	})
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	id, first := ws.State(client)["client_id"], ws.State(client)["client_certificate_pem"]
	days.Store(61)
	sb.Reset()
	r := ws.Apply()
	if len(r.Errors) > 0 || r.Actions[cert] != acctest.ActionUpdate || r.Actions[ssa] != acctest.ActionNone || r.Actions[client] != acctest.ActionUpdate {
		t.Errorf("the renewal is planned as %v with %q", r.Actions, r.Errors)
	}
	if ws.State(client)["client_id"] != id || ws.State(client)["client_certificate_pem"] == first {
		t.Error("the client is another, or has the old certificate")
	}
	for _, request := range sb.History() {
		if request.Server == "bank" && request.Method != "GET" || strings.HasSuffix(request.Route, "/assertion") {
			t.Errorf("the renewal made the request %s %s", request.Server, request.Route)
		}
	}
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("after the renewal the plan has %v %v with %q", r.Actions, r.Changes, r.Errors)
	}
}
