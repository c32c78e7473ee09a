package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestEconomyOfRefresh counts the requests that a refresh of fifty applications
// with roles, two certificates, a key and a statement each takes: one list of
// the applications, however many there are, and for each application one list
// of its roles and one of its certificates, which is all the API offers.
func TestEconomyOfRefresh(t *testing.T) {
	t.Parallel()
	const applications = 50
	sb := acctest.Sandbox(t, sandbox.Options{})
	ws := acctest.NewWorkspace(t, sb, nil)
	key := map[string]any{"algorithm": "ECDSA"}
	for i := range applications {
		application := fmt.Sprintf("dcr_application.app%d", i)
		ws.Set(application, map[string]any{"client_name": fmt.Sprintf("Application %d", i), "version": 1, "redirect_uris": []string{"https://app.example.com/callback"},
			"roles": []any{map[string]any{"authorisation_domain": "Sandbox Ecosystem", "role": "TPP"}}})
		id := acctest.Ref(application, "id")
		ws.Set(fmt.Sprintf("dcr_transport_certificate.cert%d", i), map[string]any{"application_id": id, "private_key": key})
		ws.Set(fmt.Sprintf("dcr_signing_certificate.cert%d", i), map[string]any{"application_id": id, "private_key": key})
		ws.Set(fmt.Sprintf("dcr_public_key.key%d", i), map[string]any{"application_id": id, "private_key": key, "type": "enckey"})
		ws.Set(fmt.Sprintf("dcr_software_statement.ssa%d", i), map[string]any{"application_id": id})
	}
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	const root = "/organisations/{OrganisationId}"
	// The roles the organisation holds are asked for by the plan, and by the apply in a process of its own.
	created := map[string]int{"GET " + root: 1, "GET " + root + "/authorityclaims": 2}
	expectRequests(t, sb, created, "GET "+root, "GET "+root+"/authorityclaims")
	sb.Reset()
	if r := ws.Plan(); !r.Empty() {
		t.Fatalf("the plan has %v", r.Errors)
	}
	expectRequests(t, sb, map[string]int{
		"GET " + acctest.Application: 1, "GET " + root + "/softwarestatements": 1,
		"GET " + acctest.Application + "/authorityclaims": applications, "GET " + acctest.Application + "/certificates": applications,
	})
}

// expectRequests compares the requests at the sandbox, or those of the given routes.
func expectRequests(t *testing.T, sb *sandbox.Sandbox, want map[string]int, only ...string) {
	t.Helper()
	got := sb.Stats().Routes
	if len(only) > 0 {
		maps.DeleteFunc(got, func(route string, _ int) bool {
			return !strings.Contains("\n"+strings.Join(only, "\n")+"\n", "\n"+route+"\n")
		})
	}
	if !maps.Equal(got, want) {
		t.Errorf("the requests are %v, want %v", got, want)
	}
}

// TestEconomyOfClients registers one application at many servers (five hundred
// pass as well, in half a minute) and counts: one POST and one GET to verify each, one GET each at a refresh and
// none where reading replaces the token, one discovery of each issuer in a run,
// and one software statement for all.
func TestEconomyOfClients(t *testing.T) {
	t.Parallel()
	const servers, rotating = 20, 4
	tempers := make([]sandbox.Temper, servers)
	for i := range tempers {
		tempers[i] = sandbox.Temper{Name: fmt.Sprintf("bank%d", i), NoMutualTLS: true}
		if i < rotating {
			tempers[i].Rotate = sandbox.RotateOnRead
		}
	}
	sb := acctest.Sandbox(t, sandbox.Options{Servers: tempers})
	ws := acctest.NewWorkspace(t, sb, nil)
	const app, ssa = "dcr_application.this", "dcr_software_statement.this"
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{"https://app.example.com/callback"}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	for i, server := range sb.Info().AuthorizationServers {
		ws.Set(fmt.Sprintf("dcr_client.bank%d", i), map[string]any{"issuer": server.Issuer, "software_statement": acctest.Ref(ssa, "assertion"), "redirect_uris": []string{"https://app.example.com/callback"}})
	}
	const discovery, register, manage = "GET /.well-known/openid-configuration", "POST /register", "GET /register/{client_id}"
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	// A plan and an apply are processes of their own, and each asks an issuer once.
	expectRequests(t, sb, map[string]int{register: servers, manage: servers, discovery: 2 * servers, acctest.Assertion: 1}, register, manage, discovery, acctest.Assertion)
	sb.Reset()
	if r := ws.Plan(); !r.Empty() {
		t.Fatalf("the plan has %v", r.Errors)
	}
	expectRequests(t, sb, map[string]int{manage: servers - rotating}, register, manage, discovery, acctest.Assertion)
}
