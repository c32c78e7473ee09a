package certificate_test

import (
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestReplacedBeforeDestroy: with a gateway's 502 in place of the answer, the old certificate is not taken
// for the new one, and revoked.
func TestReplacedBeforeDestroy(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	settings := config(sb, id, csr(request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)}))+"\n  lifecycle {\n    create_before_destroy = true\n  }\n")
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{
		{Config: settings, Check: statuses(sb, id, "Active")},
		{
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultStatus, Status: 502})
			},
			Taint: []string{this}, Config: settings, ExpectError: acctest.Words("may have been created"),
		},
		{Config: settings, Check: resource.ComposeAggregateTestCheckFunc(statuses(sb, id, "Inactive", "Active"), resource.TestCheckResourceAttr(this, "status", "Active"))},
	}})
}

// TestTwinOfARequest: a second resource for the same request takes over the first one's certificate.
func TestTwinOfARequest(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	text := request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)})
	ws.Set(this, map[string]any{"application_id": id, "csr_pem": text})
	clean(t, ws.Apply())
	const twin = "dcr_transport_certificate.twin"
	ws.Set(twin, map[string]any{"application_id": id, "csr_pem": text})
	sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultStatus, Status: 502})
	r := ws.Apply()
	if len(r.Errors) == 0 || ws.State(twin) != nil && ws.State(twin)["kid"] == ws.State(this)["kid"] {
		t.Errorf("errors %q warnings %q; the twin has %v, the first %v", r.Errors, r.Warnings, ws.State(twin)["kid"], ws.State(this)["kid"])
	}
}

// TestTwinOfAKey: the same with a public key that never got there.
func TestTwinOfAKey(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	public, err := pki.PublicKeyPEM(key(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	ws.Set("dcr_public_key.this", map[string]any{"application_id": id, "public_key_pem": public})
	clean(t, ws.Apply())
	ws.Set("dcr_public_key.twin", map[string]any{"application_id": id, "public_key_pem": public})
	sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultDrop})
	if r := ws.Apply(); len(r.Errors) == 0 {
		t.Errorf("both have %v; warnings %q", ws.State("dcr_public_key.twin")["kid"], r.Warnings)
	}
	ws.Remove("dcr_public_key.twin")
	ws.Apply()
	if has := active(sb, id); len(has) != 1 {
		t.Errorf("removing the twin revoked the first: active are %v", has)
	}
}

// TestOtherSubject: a request for another subject of the same key is lost; the old certificate counts as the new one.
func TestOtherSubject(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	mine := key(t)
	ws.Set(this, map[string]any{"application_id": id, "csr_pem": request(t, mine, x509.CertificateRequest{Subject: subject(sb, id)})})
	clean(t, ws.Apply())
	first := ws.State(this)
	other := subject(sb, id)
	other.Organization = []string{"Another"}
	ws.Set(this, map[string]any{"application_id": id, "csr_pem": request(t, mine, x509.CertificateRequest{Subject: other})})
	sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultStatus, Status: 502})
	r := ws.Apply()
	plan := ws.Plan()
	if plan.Empty() {
		t.Errorf("errors %q warnings %q: nothing is left to do, and the certificate is for %v (was %v)", r.Errors, r.Warnings, ws.State(this)["subject_dn"], first["subject_dn"])
	}
}

// TestDestroyOfRevokedKey: a key that somebody revoked cannot be destroyed.
func TestDestroyOfRevokedKey(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	public, err := pki.PublicKeyPEM(key(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	settings := acctest.ProviderConfig(sb) + "\nresource \"dcr_public_key\" \"this\" {\n  application_id = \"" + id + "\"\n  public_key_pem = " + acctest.Heredoc(public) + "\n}\n"
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{
		{Config: settings},
		{
			PreConfig: func() {
				if err := sb.Directory().Revoke(active(sb, id)[0], ""); err != nil {
					t.Error(err)
				}
			},
			Config: settings, Destroy: true,
		},
	}})
}

// TestRenewedForTheKeyOfARun: a renewal that nobody asked for is for a key that whatever keeps it has
// to write in the same apply, which the plan says.
func TestRenewedForTheKeyOfARun(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.read, CertificateLifetime: 90 * 24 * time.Hour})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(clock.read)
	run := func() *acctest.Result {
		ws.Set(this, map[string]any{"application_id": id, "csr_pem_wo_version": 1, "csr_pem_wo": request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)})})
		return ws.Apply()
	}
	if r := run(); len(r.Errors)+len(r.Warnings) > 0 {
		t.Errorf("the first apply says %q and %q", r.Errors, r.Warnings)
	}
	clock.pass(61)()
	r := run()
	if len(r.Errors) > 0 || len(r.Warnings) != 1 || !acctest.Words(this+".csr_pem_wo", "is renewed for the key of this run", "kid as version").MatchString(r.Warnings[0]) {
		t.Errorf("the renewal says %q and %q", r.Errors, r.Warnings)
	}
}

// TestGoneWithPredecessors: a directory that answers for a moment as if it had never heard of the certificate
// (an empty list and a 404) makes the provider forget it, its key and its predecessor without a word.
func TestGoneWithPredecessors(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA")})
	clean(t, ws.Apply())
	ws.Set(this, map[string]any{"application_id": id, "private_key": made("RSA")})
	clean(t, ws.Apply())
	const list = "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}/certificates"
	sb.Inject(sandbox.Fault{Route: list, Kind: sandbox.FaultStatus, Status: 200, Body: "[]"},
		sandbox.Fault{Route: list + "/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}", Kind: sandbox.FaultStatus, Status: 404})
	r := ws.Apply()
	if len(active(sb, id)) > 2 && len(r.Warnings)+len(r.Errors) == 0 {
		t.Errorf("active are %d, in state are %v and %v, and nothing is told: actions %v", len(active(sb, id)), ws.State(this)["kid"], ws.State(this)["previous"], r.Actions)
	}
}

// TestFaultsOfGiven has each request of an exchange of what the user gives fail.
func TestFaultsOfGiven(t *testing.T) {
	t.Parallel()
	mine, other := key(t), key(t)
	public := func(n int) string {
		k := mine
		if n == 2 {
			k = other
		}
		text, err := pki.PublicKeyPEM(k.Public())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	set := map[string]func(ws *acctest.Workspace, sb *sandbox.Sandbox, id string, n int){
		"dcr_transport_certificate.this": func(ws *acctest.Workspace, sb *sandbox.Sandbox, id string, n int) {
			s := subject(sb, id)
			s.Organization = []string{fmt.Sprint("Org ", n)}
			ws.Set("dcr_transport_certificate.this", map[string]any{"application_id": id, "overlap": "0s", "csr_pem": request(t, mine, x509.CertificateRequest{Subject: s})})
		},
		"dcr_public_key.this": func(ws *acctest.Workspace, _ *sandbox.Sandbox, id string, n int) {
			ws.Set("dcr_public_key.this", map[string]any{"application_id": id, "overlap": "0s", "public_key_pem": public(n)})
		},
	}
	for address, configure := range set {
		check := func(n int) func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
			return func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
				got, state := active(sb, application(t, sb)), ws.State(address)
				if len(got) != 1 || got[0] != state["kid"] {
					return fmt.Errorf("active are %v, state has %v", got, state["kid"])
				}
				if dn, ok := state["subject_dn"].(string); ok && !acctest.Words(fmt.Sprint("Org ", n)).MatchString(dn) {
					return fmt.Errorf("the certificate is for %s", dn)
				}
				return nil
			}
		}
		act := func(n int) func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
			return func(ws *acctest.Workspace, sb *sandbox.Sandbox) { configure(ws, sb, application(t, sb), n) }
		}
		acctest.FailEach(t, address+"/create", acctest.Operation{Act: act(1), Check: check(1)})
		acctest.FailEach(t, address+"/exchange", acctest.Operation{Before: act(1), Act: act(2), Check: check(2), Applies: 3})
		if address != "dcr_public_key.this" {
			acctest.FailEach(t, address+"/replace", acctest.Operation{Before: act(1), Act: func(ws *acctest.Workspace, sb *sandbox.Sandbox) { act(1)(ws, sb); ws.Replace(address) }, Check: func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
				if address == "dcr_public_key.this" {
					return nil
				}
				return check(1)(ws, sb)
			}, Applies: 3})
		}
	}
}
