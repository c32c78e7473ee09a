package certificate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestGatewayIsNoRevocation: a 404 does not say that a certificate is gone while nothing
// confirms it. No other is issued for it, and once the directory answers, nothing is left to do.
func TestGatewayIsNoRevocation(t *testing.T) {
	t.Parallel()
	const list = "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}/certificates"
	for name, fault := range map[string]sandbox.Fault{"404": {Kind: sandbox.FaultStatus, Status: 404}, "503": {Kind: sandbox.FaultStatus, Status: 503}, "no answer": {Kind: sandbox.FaultDrop}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(time.Now)
			ws.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA")})
			clean(t, ws.Apply())
			kid := ws.State(this)["kid"]
			fault.Route, fault.Times = list, -1
			sb.Inject(fault, sandbox.Fault{Route: list + "/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}", Kind: sandbox.FaultStatus, Status: 404, Times: -1})
			if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("404 is not confirmed", "404", "does not confirm it", "stays").MatchString(r.Errors[0]) || ws.State(this)["kid"] != kid {
				t.Errorf("it says %q", r.Errors)
			}
			sb.Reset()
			empty(t, ws)
			// Nor is it taken for revoked.
			one := list + "/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}"
			sb.Inject(sandbox.Fault{Route: strings.Replace(one, "GET", "PUT", 1), Kind: sandbox.FaultStatus, Status: 404, Times: -1}, sandbox.Fault{Route: one, Kind: sandbox.FaultStatus, Status: 404, Times: -1}, fault)
			if r := ws.ApplyUnrefreshed(); len(r.Errors) > 0 {
				t.Errorf("without anything to do it says %q", r.Errors)
			}
			ws.Remove(this)
			if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || ws.State(this)["kid"] != kid {
				t.Errorf("removing it says %q", r.Errors)
			}
			sb.Reset()
			if has := active(sb, id); len(has) != 1 || has[0] != kid {
				t.Errorf("active are %v", has)
			}
		})
	}
}
