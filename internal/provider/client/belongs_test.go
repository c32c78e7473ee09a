package client_test

import (
	"fmt"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// misplaced is a client that was registered at the one bank and imported into a
// resource that is of the other. The function configures the provider's origins and the issuer.
func misplaced(t *testing.T, id string) (sb *sandbox.Sandbox, ws *acctest.Workspace, configure func(issuer string, origins ...string), right, wrong string) {
	t.Helper()
	temper := sandbox.Temper{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateNever}
	other := temper
	other.Name = "other"
	sb = acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper, other}})
	ws = acctest.NewWorkspace(t, sb, nil)
	right, wrong = sb.Info().AuthorizationServers[0].Issuer, sb.Info().AuthorizationServers[1].Issuer
	var token any
	configure = func(issuer string, origins ...string) {
		ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": token, "allowed_management_origins": origins})
		ws.Set(this, map[string]any{"issuer": issuer, "redirect_uris": []string{callback}})
	}
	configure(right)
	applies(t, ws)
	state := ws.State(this)
	token = state["registration_access_token"]
	ws.Lose(this)
	configure(wrong)
	if r := ws.Import(this, fmt.Sprintf(id, state["registration_client_uri"], wrong)); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	return sb, ws, configure, right, wrong
}

// originOf is where a URL of the sandbox is.
func originOf(t *testing.T, url any) string {
	t.Helper()
	origin, err := rest.Origin(fmt.Sprint(url))
	if err != nil {
		t.Fatal(err)
	}
	return origin
}

const asURI, withIssuer = "%[1]s%.0[2]s", `{"registration_client_uri":%q,"issuer":%q}`

// TestImportIntoAnotherServer: a client of one bank is not taken for that of another, whose
// issuer would make state say so, and every later correction a replacement.
func TestImportIntoAnotherServer(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"by URI": asURI, "with the issuer": withIssuer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure, right, wrong := misplaced(t, id)
			want := acctest.Words("dcr_client.this.issuer", "The imported client is at another authorization server", originOf(t, right), wrong, "Nothing was sent", "allowed_management_origins")
			if r := ws.Apply(); len(r.Errors) != 1 || !want.MatchString(r.Errors[0]) || len(puts(sb)) > 0 {
				t.Fatalf("the apply says %q, %q", r.Errors, r.Warnings)
			}
			sb.Inject(sandbox.Fault{Server: "other", Route: "GET /.well-known/openid-configuration", Kind: sandbox.FaultStatus, Status: 503, Times: 2})
			sb.Inject(sandbox.Fault{Server: "other", Route: "GET /.well-known/oauth-authorization-server", Kind: sandbox.FaultStatus, Status: 503, Times: 2})
			r := ws.Plan()
			if warned(t, r, "could not be checked", originOf(t, right), wrong, "503"); len(r.Errors) > 0 {
				t.Errorf("the plan says %q", r.Errors)
			}
			configure(right)
			if r := applies(t, ws); len(r.Warnings) > 0 {
				t.Errorf("the apply warns %q", r.Warnings)
			}
			settled(t, ws, sb)
		})
	}
}

// TestIssuerCorrected: to name the bank at which an imported client is, in place of another, costs no consents.
func TestIssuerCorrected(t *testing.T) {
	t.Parallel()
	sb, ws, configure, right, wrong := misplaced(t, asURI)
	configure(wrong, originOf(t, right))
	applies(t, ws)
	before := ws.State(this)["client_id"]
	configure(right)
	r := ws.Plan()
	if !r.Updates(this, "issuer") || len(r.Warnings) > 0 {
		t.Fatalf("planned is %v %v with %q, %q", r.Actions, r.Changes, r.Errors, r.Warnings)
	}
	applies(t, ws)
	if now := ws.State(this); now["client_id"] != before || now["issuer"] != right || sb.Count("POST /register") != 1 {
		t.Errorf("the client is %v at %v", now["client_id"], now["issuer"])
	}
	settled(t, ws, sb)
	// From where it is, it moves as any other.
	configure(wrong)
	if r := ws.Plan(); r.Actions[this] != acctest.ActionReplace {
		t.Errorf("planned is %v with %q", r.Actions, r.Errors)
	}
}

// TestImportAtTheAlias: what a bank publishes is its own, on whichever host.
func TestImportAtTheAlias(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, Rotate: sandbox.RotateNever}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	issuer := sb.Info().AuthorizationServers[0].Issuer
	use := func(token any) {
		ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "client_certificate_pem": sb.ClientCertificatePEM(), "private_key_pem": sb.ClientPrivateKeyPEM(), "registration_access_token": token})
	}
	use(nil)
	ws.Set(this, map[string]any{"issuer": issuer, "redirect_uris": []string{callback}})
	applies(t, ws)
	state := ws.State(this)
	uri := fmt.Sprint(state["registration_client_uri"])
	if originOf(t, uri) == originOf(t, issuer) {
		t.Fatal("the client is managed at the issuer's origin")
	}
	use(state["registration_access_token"])
	ws.Lose(this)
	if r := ws.Import(this, uri); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if r := applies(t, ws); len(r.Warnings) > 0 {
		t.Errorf("the apply warns %q", r.Warnings)
	}
	settled(t, ws, sb)
}
