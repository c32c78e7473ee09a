package client_test

import (
	"path/filepath"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// bound is a client of a bank that takes a token from the software's own certificate alone, and the certificate
// of another software.
func bound(t *testing.T, temper sandbox.Temper, policy string) (sb *sandbox.Sandbox, ws *acctest.Workspace, configure func(certificate string, more map[string]any)) {
	t.Helper()
	temper.Name, temper.StrictCertificate, temper.AllowSecondRegistration = "bank", true, true
	sb = acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper}})
	ws = acctest.NewWorkspace(t, sb, nil)
	const other = "dcr_application.other"
	ws.Set(softwareApp, map[string]any{"client_name": "App", "version": 1, "redirect_uris": []string{callback}})
	ws.Set(other, map[string]any{"client_name": "Other", "version": 1, "redirect_uris": []string{callback}})
	for _, certificate := range []string{transport, next} {
		ws.Set(certificate, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	}
	ws.Set(wrong, map[string]any{"application_id": acctest.Ref(other, "id"), "private_key": map[string]any{"algorithm": "ECDSA"}})
	ws.Set(statementSSA, map[string]any{"application_id": acctest.Ref(softwareApp, "id"), "application_revision": acctest.Ref(softwareApp, "revision")})
	configure = func(certificate string, more map[string]any) {
		// No token endpoint is known that could tell that the client is there.
		config := map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "ca_certificates_pem": sb.CACertificatesPEM(), "redirect_uris": []string{callback}, "software_statement": acctest.Ref(statementSSA, "assertion"),
			"client_certificate_pem": acctest.Ref(certificate, "certificate_pem"), "private_key_pem": acctest.Ref(certificate, "private_key_pem"), "on_unauthorized": policy}
		for name, value := range more {
			config[name] = value
		}
		ws.Set(this, config)
	}
	configure(transport, nil)
	applies(t, ws)
	return sb, ws, configure
}

const next, wrong = "dcr_transport_certificate.next", "dcr_transport_certificate.wrong"

// TestWrongCertificateIsMended: a refusal for the sake of the certificate in state stops no plan that configures
// another.
func TestWrongCertificateIsMended(t *testing.T) {
	t.Parallel()
	sb, ws, configure := bound(t, sandbox.Temper{Rotate: sandbox.RotateNever}, "error")
	configure(wrong, nil)
	applies(t, ws)
	if r := ws.Plan(); len(r.Errors) != 1 {
		t.Fatalf("with the wrong certificate the plan says %q", r.Errors)
	}
	configure(transport, nil)
	applies(t, ws)
	settled(t, ws, sb)
}

// TestWrongCertificateIsNoDeletion: servers refuse a token from a certificate that is not its own as they refuse
// one of no client (RFC 6750 §3.1). No other client is registered for that, neither by a refresh nor after
// updates that were refused, and the right certificate finds it.
func TestWrongCertificateIsNoDeletion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		temper  sandbox.Temper
		journal bool
		with    map[string]any
	}{
		"refresh":                      {temper: sandbox.Temper{Rotate: sandbox.RotateNever}},
		"update":                       {temper: sandbox.Temper{Rotate: sandbox.RotateNever}, with: map[string]any{"client_name": "Second"}},
		"update where reading rotates": {temper: sandbox.Temper{Rotate: sandbox.RotateOnRead}, with: map[string]any{"client_name": "Second"}},
		"with a journal":               {temper: sandbox.Temper{Rotate: sandbox.RotateOnUpdate}, journal: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := bound(t, c.temper, "recreate")
			if c.journal {
				ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
			}
			id := ws.State(this)["client_id"]
			configure(wrong, c.with)
			ws.Apply()
			for range 3 {
				if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("spite of on_unauthorized", "another client certificate, and never this one", "terraform state rm and apply").MatchString(r.Errors[0]) || !acctest.Words("configure the right one and apply").MatchString(r.Errors[0]) {
					t.Errorf("the apply says %q", r.Errors)
				}
				oneClient(t, sb, id)
			}
			configure(transport, c.with)
			applies(t, ws)
			settled(t, ws, sb)
			oneClient(t, sb, id)
		})
	}
}

// boundAndLeft is such a client that a journal has and no state, to be taken over with the wrong certificate.
func boundAndLeft(t *testing.T) (sb *sandbox.Sandbox, ws *acctest.Workspace, configure func(string, map[string]any), id any) {
	t.Helper()
	sb, ws, configure = bound(t, sandbox.Temper{Rotate: sandbox.RotateNever}, "recreate")
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	ws.Remove(this)
	applies(t, ws)
	configure(transport, nil)
	applies(t, ws)
	id = ws.State(this)["client_id"]
	ws.Lose(this)
	configure(wrong, nil)
	return sb, ws, configure, id
}

// TestWrongCertificateAtTakeOver: a client that an earlier run left behind is not given up for the certificate of
// the next one.
func TestWrongCertificateAtTakeOver(t *testing.T) {
	t.Parallel()
	sb, ws, configure, id := boundAndLeft(t)
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("cannot be taken over", "another client certificate").MatchString(r.Errors[0]) {
		t.Errorf("the apply says %q", r.Errors)
	}
	oneClient(t, sb, id)
	configure(transport, nil)
	warned(t, applies(t, ws), "was taken over")
	settled(t, ws, sb)
	oneClient(t, sb, id)
}
