package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestWriteOnly registers and updates with a statement and an initial access
// token that neither plan nor state has.
func TestWriteOnly(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoMutualTLS: true, InitialAccessToken: "let-me-in-please"}}})
	const app, ssa = "dcr_application.this", "dcr_software_statement.this"
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{callback}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback},
		"software_statement_wo": acctest.Ref(ssa, "assertion"), "initial_access_token_wo": "let-me-in-please"}
	ws.Set(this, config)
	applies(t, ws)
	assertion := fmt.Sprint(ws.State(ssa)["assertion"])
	if state := fmt.Sprint(ws.State(this)); strings.Contains(state, assertion) || strings.Contains(state, "let-me-in-please") {
		t.Error("the state has a write-only secret")
	}
	if r := ws.Plan(); !r.Empty() || len(r.Warnings) > 0 {
		t.Errorf("planned is %v with %q", r.Changes, r.Warnings)
	}
	// The server wants the statement at an update too.
	puts := func(want int) {
		t.Helper()
		requests := sb.Requests("PUT /register/{client_id}")
		if len(requests) != want || !strings.Contains(requests[want-1].Body, "software_statement") {
			t.Errorf("%d updates, want %d with a statement", len(requests), want)
		}
	}
	config["client_name"], config["initial_access_token_wo"] = "Second", "used up"
	applies(t, ws)
	puts(1)
	config["software_statement_wo_version"], config["initial_access_token_wo_version"] = 1, 1
	applies(t, ws)
	puts(2)
	config["initial_access_token_wo_version"] = 2
	applies(t, ws)
	puts(2)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("planned is %v", r.Changes)
	}
	config["redirect_uris"] = []string{callback + "elsewhere"}
	warned(t, ws.Plan(), this+".redirect_uris", "is not in the software statement's software_redirect_uris")
	if r := ws.Apply(); len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], this+".redirect_uris") {
		t.Errorf("the apply says %q", r.Errors)
	}
}

// TestSingleUse has a server that takes each statement once, in one apply after the other.
func TestSingleUse(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoMutualTLS: true, SingleUseStatements: true}}})
	const app, ssa = "dcr_application.this", "dcr_software_statement.this"
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{callback}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "software_statement": acctest.Ref(ssa, "assertion")}
	ws.Set(this, config)
	applies(t, ws)
	config["client_name"] = "Second"
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words(this+".software_statement", "used before", `software_statement_use = "single"`).MatchString(r.Errors[0]) {
		t.Errorf("a statement sent twice says %q", r.Errors)
	}
	config["software_statement_use"] = "single"
	applies(t, ws)
	config["client_name"] = "Third"
	applies(t, ws)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("planned is %v", r.Changes)
	}
}

// TestSuspendedApplication gets no statement, and the client's error says what the directory's words leave open.
func TestSuspendedApplication(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoMutualTLS: true}}})
	const app, ssa = "dcr_application.this", "dcr_software_statement.this"
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(app, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{callback}})
	ws.Set(ssa, map[string]any{"application_id": acctest.Ref(app, "id"), "application_revision": acctest.Ref(app, "revision")})
	applies(t, ws)
	if err := sb.Directory().Suspend(fmt.Sprint(ws.State(app)["id"])); err != nil {
		t.Fatal(err)
	}
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback},
		"software_statement": acctest.Ref(ssa, "assertion"), "software_statement_use": "single"})
	want := acctest.Words(this+".software_statement", "The directory refused to issue a fresh software statement", "The application is suspended", `Resume it first: status = "Active"`)
	if r := ws.Apply(); len(r.Errors) != 1 || !want.MatchString(r.Errors[0]) {
		t.Errorf("the apply says %q", r.Errors)
	}
}
