package certificate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestRenewBeforeBeyondTheLifetime is told by the first apply, which could not
// know it. It blocks no plan afterwards, which terraform destroy begins with,
// and does not renew over and over; whoever sets it later is refused.
func TestRenewBeforeBeyondTheLifetime(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.read, CertificateLifetime: 90 * 24 * time.Hour})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(clock.read)
	set := func(before any) {
		ws.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA"), "renew_before": before, "overlap": "0s"})
	}
	told := acctest.Words(this+".renew_before", "renew_before is longer than the certificate is valid", "renew_before is 10000d, and the certificate was valid for 90d", "within 30d of its end")
	set("10000d")
	r := ws.Apply()
	clean(t, r)
	if !slices.ContainsFunc(r.Warnings, told.MatchString) {
		t.Errorf("the first apply says %q", r.Warnings)
	}
	for range 3 {
		if r = ws.Apply(); !r.Empty() || !slices.ContainsFunc(r.Warnings, told.MatchString) {
			t.Fatalf("another apply has %v, errors %q and warnings %q", r.Actions, r.Errors, r.Warnings)
		}
	}
	clock.pass(61)()
	clean(t, ws.Apply())
	if r = ws.Apply(); !r.Empty() || sb.Count(acctest.CreateCertificate) != 2 {
		t.Errorf("%d certificates were issued, and then planned is %v", sb.Count(acctest.CreateCertificate), r.Actions)
	}
	set("2400h")
	r = ws.Plan()
	if refused := acctest.Words(this+".renew_before", "The certificate would be renewed by every plan", "renew_before is 2400h, and the certificate was valid for 2160h when", "terraform destroy -refresh=false"); len(r.Errors) != 1 || !refused.MatchString(r.Errors[0]) {
		t.Errorf("a change of renew_before says %q", r.Errors)
	}
	set("10000d")
	clean(t, ws.Plan())
	clean(t, ws.Destroy())
	if ws.State(this) != nil || len(active(sb, id)) != 0 {
		t.Errorf("after the destroy state has %v", ws.State(this))
	}
}

// TestMistypedType: a type that the directory does not have is blamed on type, and
// a request that it refuses for one that it has is not.
func TestMistypedType(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, map[string]any{"application_id": id, "type": "rttransport", "private_key": made("ECDSA")})
	told := acctest.Words(this+".type: The directory refused to issue the certificate", "there is no certificate type rttransport", "check how type is written", "rtstransport, brcac")
	if r := ws.Apply(); len(r.Errors) != 1 || !told.MatchString(r.Errors[0]) {
		t.Errorf("a mistyped type says %q", r.Errors)
	}
}
