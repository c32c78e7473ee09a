package certificate_test

import (
	"crypto/x509"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// calendar is a clock that a test sets.
type calendar struct {
	mu  sync.Mutex
	now time.Time
}

func (c *calendar) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass lets days go by before a step.
func (c *calendar) pass(days int) func() {
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.now = c.now.AddDate(0, 0, days)
	}
}

// TestRenewal follows certificates through their lives: renewed in good time,
// the one before good for the overlap and then revoked, a failing renewal no
// reason to fail, an expired one replaced.
func TestRenewal(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb, id := start(t, sandbox.Options{Now: clock.read, CertificateLifetime: 90 * 24 * time.Hour})
	settings := config(sb, id, ecdsaKey+"\n  renew_before = \"30d\"\n  overlap = \"7d\"\n") + `
check "renewal" {
  assert {
    condition     = !` + this + `.ready_for_renewal
    error_message = "the certificate is ready for renewal"
  }
}
`
	refused := sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultStatus, Status: 503}
	var first, second, third string
	update, none := updated(), nothing()
	steps := []resource.TestStep{
		{Config: settings, Check: resource.ComposeAggregateTestCheckFunc(acctest.Save(this, "kid", &first),
			resource.TestCheckResourceAttr(this, "ready_for_renewal", "false"), resource.TestCheckResourceAttr(this, "previous.#", "0"))},
		{PreConfig: clock.pass(59), Config: settings, ConfigPlanChecks: none},
		{
			// Preventive, so the directory may fail: the certificate in use is good for a month.
			PreConfig: func() { clock.pass(2)(); sb.Inject(refused) }, Config: settings, ConfigPlanChecks: update, ExpectNonEmptyPlan: true,
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Same(this, "kid", &first), keyPair, resource.TestCheckResourceAttr(this, "ready_for_renewal", "true"), statuses(sb, id, "Active")),
		},
		{
			Config: settings,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(this, plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(this, tfjsonpath.New("kid")), plancheck.ExpectUnknownValue(this, tfjsonpath.New("previous"))}},
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "kid", &first), acctest.Save(this, "kid", &second), keyPair, acctest.Same(this, "previous.0.kid", &first),
				resource.TestCheckResourceAttr(this, "ready_for_renewal", "false"), statuses(sb, id, "Active", "Active")),
		},
		{PreConfig: clock.pass(6), Config: settings, ConfigPlanChecks: none, Check: statuses(sb, id, "Active", "Active")},
		{
			PreConfig: clock.pass(1), Config: settings, ConfigPlanChecks: update,
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Same(this, "kid", &second), resource.TestCheckResourceAttr(this, "previous.#", "0"), statuses(sb, id, "Inactive", "Active"), reason(sb, id, 0, "superseded")),
		},
		{Config: settings, ConfigPlanChecks: none},
		{
			// Expired while nobody planned: no overlap with what is good for nothing, and a failure is one.
			PreConfig: func() { clock.pass(200)(); sb.Inject(refused) }, Config: settings, ExpectError: acctest.Words("The rtstransport certificate of application", "may have been created", "answered 503"),
		},
		{
			Config: settings, ConfigPlanChecks: update,
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "kid", &second), acctest.Save(this, "kid", &third), keyPair, resource.TestCheckResourceAttr(this, "previous.#", "0"), statuses(sb, id, "Inactive", "Inactive", "Active")),
		},
		{
			// Every plan would renew.
			Config:      config(sb, id, ecdsaKey+"\n  renew_before = \"91d\"\n"),
			ExpectError: acctest.Words("The certificate would be renewed by every plan", "renew_before is 91d"),
		},
		{
			// Without overlap the predecessor goes in the same apply, and one that cannot be revoked stays listed.
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Route: acctest.RevokeCertificate, Kind: sandbox.FaultStatus, Status: 500})
			},
			Config: config(sb, id, "  private_key = { algorithm = \"RSA\" }\n  overlap = \"0s\"\n"), ConfigPlanChecks: update, ExpectNonEmptyPlan: true,
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Same(this, "previous.0.kid", &third), statuses(sb, id, "Inactive", "Inactive", "Active", "Active")),
		},
		{
			Config: config(sb, id, "  private_key = { algorithm = \"RSA\" }\n  overlap = \"0s\"\n"), ConfigPlanChecks: update,
			Check: resource.ComposeAggregateTestCheckFunc(resource.TestCheckResourceAttr(this, "previous.#", "0"), statuses(sb, id, "Inactive", "Inactive", "Inactive", "Active")),
		},
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.FactoriesAt(clock.read), CheckDestroy: statuses(sb, id, "Inactive", "Inactive", "Inactive", "Inactive"), Steps: steps})
}

// TestRenewalOfOwnRequest sends the same request again, and destroys what is still valid of both.
func TestRenewalOfOwnRequest(t *testing.T) {
	t.Parallel()
	clock := &calendar{now: time.Now()}
	sb, id := start(t, sandbox.Options{Now: clock.read, CertificateLifetime: 90 * 24 * time.Hour})
	settings := config(sb, id, csr(request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)})))
	var first string
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.FactoriesAt(clock.read), CheckDestroy: statuses(sb, id, "Inactive", "Inactive"), Steps: []resource.TestStep{
		{Config: settings, Check: acctest.Save(this, "kid", &first)},
		{
			PreConfig: clock.pass(61), Config: settings, ConfigPlanChecks: updated(),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "kid", &first), acctest.Same(this, "previous.0.kid", &first), resource.TestCheckNoResourceAttr(this, "private_key_pem")),
		},
		{Config: settings, ConfigPlanChecks: nothing()},
	}})
}
