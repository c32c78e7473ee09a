package certificate_test

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestSavedPlan is applied days after it was made: whatever has become due in
// between, the apply does what the plan said, and the next plan does the rest.
func TestSavedPlan(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.read, CertificateLifetime: 90 * 24 * time.Hour})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(clock.read)
	set := func(algorithm, reason string) {
		ws.Set(this, map[string]any{"application_id": id, "private_key": made(algorithm), "renew_before": "30d", "overlap": "7d", "revoke_reason": reason})
	}
	set("ECDSA", "unspecified")
	clean(t, ws.Apply())
	first := ws.State(this)["kid"]

	// Due for renewal between the plan and the apply.
	clock.pass(59)()
	set("ECDSA", "superseded")
	clean(t, ws.ApplyLater(clock.pass(2)))
	if ws.State(this)["kid"] != first || ws.State(this)["ready_for_renewal"] != false {
		t.Errorf("the apply did what was not planned: %v", ws.State(this))
	}
	clean(t, ws.Apply())
	second := ws.State(this)["kid"]
	if second == first || len(active(sb, id)) != 2 {
		t.Errorf("the renewal gave %v, active are %v", second, active(sb, id))
	}

	// The overlap ends between the plan and the apply.
	clock.pass(6)()
	set("ECDSA", "unspecified")
	clean(t, ws.ApplyLater(clock.pass(2)))
	clean(t, ws.Apply())
	empty(t, ws)
	if has := active(sb, id); len(has) != 1 || has[0] != second {
		t.Errorf("after the overlap active are %v", has)
	}

	// Expired between the plan and the apply.
	clock.pass(40)()
	set("ECDSA", "superseded")
	clean(t, ws.ApplyLater(clock.pass(60)))
	clean(t, ws.Apply())
	empty(t, ws)
	if ws.State(this)["kid"] == second {
		t.Error("the expired certificate is still in use")
	}
}

// TestRollback gives an earlier certificate again while it is still valid: the
// directory knows it already, and it is taken back instead of uploaded.
func TestRollback(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.read})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(clock.read)
	issue := func() string {
		text, _, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "app.example.com", UserID: id, NotAfter: clock.read().AddDate(0, 0, 90), NotBefore: clock.read()})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var kids []any
	one, two := issue(), issue()
	for _, text := range []string{one, two, one} {
		ws.Set(this, map[string]any{"application_id": id, "type": "brcac_ext", "certificate_pem": text})
		clean(t, ws.Apply())
		empty(t, ws)
		kids = append(kids, ws.State(this)["kid"])
	}
	if kids[0] != kids[2] || kids[0] == kids[1] || sb.Count(acctest.CreateCertificate) != 2 {
		t.Errorf("the key IDs were %v after %d uploads", kids, sb.Count(acctest.CreateCertificate))
	}
	clock.pass(8)()
	clean(t, ws.Apply())
	empty(t, ws)
	if has := active(sb, id); len(has) != 1 || has[0] != kids[0] {
		t.Errorf("after the overlap active are %v, want %v", has, kids[0])
	}

	// What is revoked elsewhere cannot be uploaded again, and is not tried.
	if err := sb.Directory().Revoke(fmt.Sprint(kids[0]), "keycompromise"); err != nil {
		t.Fatal(err)
	}
	r := ws.Plan()
	if len(r.Warnings) != 2 || !acctest.Words(this+".certificate_pem", "is no longer active", "Give another in certificate_pem").MatchString(r.Warnings[1]) || !r.Empty() {
		t.Errorf("the plan of a revoked one says %q and %q", r.Errors, r.Warnings)
	}
}

// TestOtherWishes has a request for the same key and name that asks for other
// extensions answered with another certificate.
func TestOtherWishes(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	signer := key(t)
	set := func(names ...string) {
		ws.Set(this, map[string]any{"application_id": id, "csr_pem": request(t, signer, x509.CertificateRequest{Subject: subject(sb, id), DNSNames: names})})
	}
	set("a.example.com")
	clean(t, ws.Apply())
	first := ws.State(this)["kid"]
	set("a.example.com")
	if clean(t, ws.Apply()); ws.State(this)["kid"] != first {
		t.Error("the same wishes, signed again, gave another certificate")
	}
	set("b.example.com")
	if clean(t, ws.Apply()); ws.State(this)["kid"] == first {
		t.Error("other wishes gave no other certificate")
	}
}

// TestPrivateKeysStayHome refuses a bundle with a private key before anything
// is sent, and does not quote it.
func TestPrivateKeysStayHome(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	certificate, secret, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	sent := len(sb.History())
	for _, config := range []map[string]any{
		{"application_id": id, "type": "brcac_ext", "certificate_pem": certificate + secret},
		{"application_id": id, "csr_pem": request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)}) + secret},
	} {
		ws.Set(this, config)
		r := ws.Plan()
		if len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "holds a private key as well") || strings.Contains(r.Errors[0], strings.Split(secret, "\n")[1]) {
			t.Errorf("the plan says %q", r.Errors)
		}
	}
	if got := len(sb.History()); got != sent {
		t.Errorf("%d requests were sent", got-sent)
	}
}

// TestTypeOfGivenMaterial refuses a certificate for a type that the directory
// issues itself, at the attribute.
func TestTypeOfGivenMaterial(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	certificate, _, err := sb.IssueCertificate(sandbox.CertificateRequest{CommonName: "app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	ws := acctest.NewWorkspace(t, sb, nil)
	for _, kind := range []string{"rtstransport", "brcac_2022"} {
		ws.Set(this, map[string]any{"application_id": "a", "type": kind, "certificate_pem": certificate})
		if r := ws.Plan(); len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], this+".certificate_pem") {
			t.Errorf("%s: the plan says %q", kind, r.Errors)
		}
	}
}

// TestImportOfAnotherType is an error: what is there under another type is not
// forgotten, and not taken over as something else.
func TestImportOfAnotherType(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA"), "revoke_on_destroy": false})
	clean(t, ws.Apply())
	kid := ws.State(this)["kid"]
	other := acctest.NewWorkspace(t, sb, nil)
	if r := other.Import("dcr_signing_certificate.this", fmt.Sprintf("%s/rtssigning/%s", id, kid)); len(r.Errors) == 0 {
		t.Error("a transport certificate was imported as a signing certificate")
	}

	// With the right type and a key of the provider's, the import says what is not known.
	other.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA")})
	clean(t, other.Import(this, fmt.Sprintf("%s/rtstransport/%s", id, kid)))
	r := other.Apply()
	if clean(t, r); !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "private key of the imported") }) {
		t.Errorf("the warnings are %q", r.Warnings)
	}
	if other.State(this)["kid"] != kid || other.State(this)["private_key_pem"] != nil {
		t.Errorf("state has %v", other.State(this))
	}
}

// TestBehaviourOfKeys changes only how the provider treats a key: no call is made.
func TestBehaviourOfKeys(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	const address = "dcr_public_key.this"
	var kids []any
	for _, reason := range []string{"unspecified", "superseded"} {
		ws.Set(address, map[string]any{"application_id": id, "type": "sigkey", "private_key": made("ECDSA"), "revoke_reason": reason})
		clean(t, ws.Apply())
		empty(t, ws)
		kids = append(kids, ws.State(address)["kid"])
	}
	if kids[0] != kids[1] || len(active(sb, id)) != 1 || ws.State(address)["revoke_reason"] != "superseded" {
		t.Errorf("the keys were %v, active are %v, state has %v", kids, active(sb, id), ws.State(address)["revoke_reason"])
	}
}
