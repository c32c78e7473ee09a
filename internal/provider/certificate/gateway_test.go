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

// TestBeyondTheFirstPage: where the directory pages its list without saying so, what is on a
// later page is neither taken for gone nor for revoked, and is found when its answer was lost.
func TestBeyondTheFirstPage(t *testing.T) {
	t.Parallel()
	const list = "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}/certificates"
	const one = list + "/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}"
	sb := acctest.Sandbox(t, sandbox.Options{Directory: sandbox.DirectoryTemper{CertificatePageSize: 1}})
	id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil).At(time.Now)
	ws.Set("dcr_transport_certificate.first", map[string]any{"application_id": id, "private_key": made("ECDSA")})
	clean(t, ws.Apply())
	ws.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA")})
	sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultCommitThenDrop})
	clean(t, ws.Apply())
	before := ws.State(this)
	sb.Inject(sandbox.Fault{Route: one, Kind: sandbox.FaultStatus, Status: 404, Times: -1})
	empty(t, ws)
	if now := ws.State(this); now["kid"] != before["kid"] || now["private_key_pem"] != before["private_key_pem"] {
		t.Error("the certificate left state, with its key")
	}
	sb.Inject(sandbox.Fault{Route: strings.Replace(one, "GET", "PUT", 1), Kind: sandbox.FaultStatus, Status: 404, Times: -1})
	ws.Remove(this)
	if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || ws.State(this)["kid"] != before["kid"] {
		t.Errorf("removing it says %q", r.Errors)
	}
	sb.Reset()
	if has := active(sb, id); len(has) != 2 {
		t.Errorf("active are %v", has)
	}
}
