package certificate_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func key(t *testing.T) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// request is a certificate request as openssl would make it for the subject.
func request(t *testing.T, signer crypto.Signer, template x509.CertificateRequest) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &template, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func subject(sb *sandbox.Sandbox, id string) pkix.Name {
	return pkix.Name{Country: []string{"BR"}, Organization: []string{"Org"}, OrganizationalUnit: []string{sb.Info().OrganisationID}, CommonName: id}
}

func csr(text string) string { return "  csr_pem = " + acctest.Heredoc(text) }

func TestOwnRequest(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	mine := key(t)
	text := request(t, mine, x509.CertificateRequest{Subject: subject(sb, id)})
	var kid string
	acctest.Run(t, statuses(sb, id, "Inactive", "Inactive", "Inactive"),
		resource.TestStep{
			Config: config(sb, id, csr(text)),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Save(this, "kid", &kid), resource.TestCheckNoResourceAttr(this, "private_key_pem"),
				acctest.Certificate(this, "certificate_pem", func(c *x509.Certificate) error {
					if !mine.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(c.PublicKey) { //nolint:forcetypeassert // Every public key of the standard library has Equal.
						return fmt.Errorf("the certificate is for another key")
					}
					return nil
				})),
		},
		// ECDSA signatures differ each time; key and subject are what counts. So does white space not.
		resource.TestStep{Config: config(sb, id, csr("\n"+request(t, mine, x509.CertificateRequest{Subject: subject(sb, id)}))), ConfigPlanChecks: nothing()},
		resource.TestStep{
			Config: config(sb, id, csr(request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)}))), ConfigPlanChecks: updated(),
			Check: acctest.Other(this, "kid", &kid),
		},
		resource.TestStep{Config: config(sb, id, ecdsaKey), ConfigPlanChecks: updated(), Check: keyPair},
	)
}

// TestImportThenNoChange takes over a certificate with the request it was made from.
func TestImportThenNoChange(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	text := request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)})
	var kid string
	acctest.Run(t, statuses(sb, id, "Inactive"),
		resource.TestStep{Config: config(sb, id, csr(text)+"  revoke_on_destroy = false"), Check: acctest.Save(this, "kid", &kid)},
		resource.TestStep{Config: acctest.ProviderConfig(sb), Check: statuses(sb, id, "Active")},
		resource.TestStep{
			Config: config(sb, id, csr(text)), ResourceName: this, ImportState: true, ImportStatePersist: true,
			ImportStateIdFunc: importID(id, &kid),
		},
		// An import cannot know the request; recording it makes no call.
		resource.TestStep{Config: config(sb, id, csr(text)), ConfigPlanChecks: updated(), Check: acctest.Calls(sb, acctest.CreateCertificate, 1)},
		resource.TestStep{Config: config(sb, id, csr(text)), ConfigPlanChecks: nothing()},
	)
}

// TestRequestIsCheckedAtPlanTime refuses what the directory would, at the
// attribute, before anything is sent.
func TestRequestIsCheckedAtPlanTime(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // Weak on purpose.
	if err != nil {
		t.Fatal(err)
	}
	other := subject(sb, "another")
	noOrganisation := subject(sb, id)
	noOrganisation.Organization = nil
	authority, err := asn1.Marshal(struct{ CA bool }{true})
	if err != nil {
		t.Fatal(err)
	}
	text := request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)})
	steps := []resource.TestStep{}
	for _, tc := range []struct {
		request string
		words   string
	}{
		{request(t, weak, x509.CertificateRequest{Subject: subject(sb, id)}), "the RSA key has 1024 bits, at least 2048 are needed"},
		{request(t, key(t), x509.CertificateRequest{Subject: other}), fmt.Sprintf("CN is %q, it must be %q", "another", id)},
		{request(t, key(t), x509.CertificateRequest{Subject: noOrganisation}), "O is missing"},
		{request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id), ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Value: authority}}}), "basicConstraints must say CA:FALSE"},
	} {
		steps = append(steps, resource.TestStep{Config: config(sb, id, csr(tc.request)), ExpectError: acctest.Words("The directory would refuse the certificate request", "csr_pem", tc.words)})
	}
	for attributes, words := range map[string][]string{
		csr(strings.Replace(text, "MII", "MIX", 1)): {"The certificate request cannot be read", "csr_pem"},
		`  csr_pem = "request.csr"`:                 {"csr_pem", "read it with file"},
		csr(text) + ecdsaKey:                        {"csr_pem,csr_pem_wo,private_key,certificate_pem"},
		"":                                          {"csr_pem,csr_pem_wo,private_key,certificate_pem"},
		csr(text) + `  subject = { country = "BR" }`:             {"csr_pem,subject"},
		`  private_key = { algorithm = "DSA" }`:                  {"private_key.algorithm", `"RSA"`},
		`  private_key = { algorithm = "RSA", rsa_bits = 1024 }`: {"private_key.rsa_bits", "between 2048 and 8192"},
		ecdsaKey + "\n  type = \"a b\"":                          {"type", "letters, digits"},
		ecdsaKey + "\n  revoke_reason = \"none\"":                {"revoke_reason", `"keycompromise"`},
		ecdsaKey + "\n  subject = { organization = \" Org\" }":   {"subject.organization", "begins or ends with white space"},
	} {
		steps = append(steps, resource.TestStep{Config: config(sb, id, attributes), ExpectError: acctest.Words(words...)})
	}
	acctest.Run(t, nil, steps...)
	if got := len(sb.History()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// TestRefusedByTheDirectory points at what made the request.
func TestRefusedByTheDirectory(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	lower := subject(sb, id)
	lower.Country = []string{"br"}
	acctest.Run(t, nil,
		resource.TestStep{
			Config:      config(sb, id, csr(request(t, key(t), x509.CertificateRequest{Subject: lower}))),
			ExpectError: acctest.Words("The directory refused to issue the certificate", "csr_pem = ", "C has to be two capital letters"),
		},
		resource.TestStep{
			Config:      config(sb, id, ecdsaKey+"\n  subject = { organizational_unit = \"other\" }"),
			ExpectError: acctest.Words("The directory refused to issue the certificate", "subject = ", "OU has to be the OrganisationId"),
		},
		resource.TestStep{
			Config:      config(sb, "00000000-0000-4000-8000-000000000000", ecdsaKey),
			ExpectError: acctest.Words("The application does not exist", "application_id", "Nothing was issued for it"),
		},
	)
}

// TestRefusedForTheLock blames the lock, and nothing in the request, where that is why.
func TestRefusedForTheLock(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 423} {
		sb := acctest.Sandbox(t, sandbox.Options{Directory: sandbox.DirectoryTemper{LockRefusesCertificates: true, LockedStatus: status}})
		id, ws := application(t, sb), acctest.NewWorkspace(t, sb, nil)
		if err := sb.Directory().Lock(id); err != nil {
			t.Fatal(err)
		}
		ws.Set(this, map[string]any{"application_id": id, "private_key": made("ECDSA")})
		if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words(this+".application_id", "The directory refused to issue the certificate", "is locked and takes no certificates", "dcr_unlock_application").MatchString(r.Errors[0]) {
			t.Errorf("%d says %q", status, r.Errors)
		}
		if err := sb.Directory().Unlock(id); err != nil {
			t.Fatal(err)
		}
		clean(t, ws.Apply())
	}
}

// TestRefusedForAnotherLock does not blame the lock of the application for what is locked elsewhere.
func TestRefusedForAnotherLock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  sandbox.Fault
		locked bool
	}{
		"the account":      {sandbox.Fault{Route: acctest.CreateCertificate, Status: 401, Body: `{"errors":["the account is locked"]}`}, true},
		"the organisation": {sandbox.Fault{Route: acctest.CreateCertificate, Status: 403, Body: `{"errors":["the organisation is locked"]}`}, false},
		"the client":       {sandbox.Fault{Route: "POST /token", Status: 400, Body: `{"error":"invalid_client","error_description":"the client is locked"}`}, true},
	} {
		sb := acctest.Sandbox(t, sandbox.Options{})
		// Of a bare key nothing is read before, so that it is what the token is asked for.
		id, ws := application(t, sb), acctest.NewWorkspace(t, sb, map[string]any{"access_token": nil})
		if tc.locked {
			if err := sb.Directory().Lock(id); err != nil {
				t.Fatal(err)
			}
		}
		ws.Set("dcr_public_key.this", map[string]any{"application_id": id, "private_key": made("ECDSA")})
		tc.fault.Kind, tc.fault.Times = sandbox.FaultStatus, -1
		sb.Inject(tc.fault)
		if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "locked") || strings.Contains(r.Errors[0], "dcr_unlock_application") {
			t.Errorf("%s: it says %q", name, r.Errors)
		}
	}
}

// TestSubjectOverrides serves deployments with constants of their own.
func TestSubjectOverrides(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	acctest.Run(t, nil,
		resource.TestStep{
			Config: config(sb, id, ecdsaKey+"\n  subject = { country = \"AE\", organization = \"Legal, Name\" }"),
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr(this, "subject_dn", `CN=`+id+`,OU=`+sb.Info().OrganisationID+`,O=Legal\, Name,C=AE`),
				acctest.Calls(sb, "GET /organisations/{OrganisationId}", 0)),
		},
		resource.TestStep{
			Config: config(sb, id, ecdsaKey+"\n  subject = { country = \"BR\", organization = \"Legal, Name\" }"), ConfigPlanChecks: updated(),
		},
	)
}

// weakKey is an RSA public key of 1024 bits.
func weakKey(t *testing.T) string {
	t.Helper()
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // Weak on purpose.
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(weak.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// TestUnknownRequest: a request that comes from something that is not there yet
// is checked when it is there, for every type.
func TestUnknownRequest(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	for _, kind := range []string{"rtstransport", "brcac", "brcac_2022"} {
		ws := acctest.NewWorkspace(t, sb, nil)
		ws.Set("dcr_transport_certificate.this", map[string]any{"application_id": "one", "type": kind, "csr_pem": acctest.Unknown{}})
		if r := ws.Plan(); len(r.Errors) > 0 {
			t.Errorf("%s: %q", kind, r.Errors)
		}
	}
}
