package certificate_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // What is refused.
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// signedWithSHA1 is a request as old tools make it; the standard library no longer does.
func signedWithSHA1(t *testing.T, signer *rsa.PrivateKey, name pkix.Name) string {
	t.Helper()
	block, _ := pem.Decode([]byte(request(t, signer, x509.CertificateRequest{Subject: name})))
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha1.Sum(parsed.RawTBSCertificateRequest) //nolint:gosec // What is refused.
	signature, err := rsa.SignPKCS1v15(rand.Reader, signer, crypto.SHA1, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Information asn1.RawValue
		Algorithm   pkix.AlgorithmIdentifier
		Signature   asn1.BitString
	}{
		asn1.RawValue{FullBytes: parsed.RawTBSCertificateRequest},
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, Parameters: asn1.NullRawValue},
		asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// TestHashAndHolder refuses a weak hash and the holder of somebody else, and
// takes the same key with the right ones.
func TestHashAndHolder(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	signer, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	unit := subject(sb, id)
	unit.OrganizationalUnit = []string{"another"}
	refused := func(text, words string) resource.TestStep {
		return resource.TestStep{Config: config(sb, id, csr(text)), ExpectError: acctest.Words("The directory would refuse the certificate request", "csr_pem", words, "Nothing was sent")}
	}
	acctest.Run(t, statuses(sb, id, "Inactive"),
		refused(signedWithSHA1(t, signer, subject(sb, id)), "signed with SHA1-RSA, SHA-256 or better is needed"),
		refused(request(t, signer, x509.CertificateRequest{Subject: unit}), fmt.Sprintf("OU is %q, it must be %q", "another", sb.Info().OrganisationID)),
		refused(request(t, signer, x509.CertificateRequest{Subject: pkix.Name{CommonName: id}}), "C is missing"),
		resource.TestStep{
			PreConfig: func() {
				if got := len(sb.History()); got != 0 {
					t.Errorf("%d requests were sent for requests the plan refused", got)
				}
			},
			Config: config(sb, id, csr(request(t, signer, x509.CertificateRequest{Subject: subject(sb, id)}))),
			Check: acctest.Certificate(this, "certificate_pem", func(c *x509.Certificate) error {
				if !signer.PublicKey.Equal(c.PublicKey) {
					return fmt.Errorf("the certificate is for another key")
				}
				return nil
			}),
		},
		// A wrong request in place of a right one fails the plan too, and changes nothing.
		refused(request(t, key(t), x509.CertificateRequest{Subject: unit}), "OU is"),
		resource.TestStep{Config: config(sb, id, csr(request(t, signer, x509.CertificateRequest{Subject: subject(sb, id)}))), ConfigPlanChecks: nothing()},
	)
}

// TestRequestOfTheSameApply has a request whose application is made in the same
// apply: its name cannot be checked before the apply, but then it still is.
func TestRequestOfTheSameApply(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	text := request(t, key(t), x509.CertificateRequest{Subject: subject(sb, "another")})
	acctest.Run(t, acctest.NoApplications(sb), resource.TestStep{
		Config: acctest.ProviderConfig(sb) + `
resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://app.example.com/callback"]
}
resource "dcr_transport_certificate" "this" {
  application_id = dcr_application.this.id
` + csr(text) + `}
`,
		ExpectError: acctest.Words("The directory would refuse the certificate request", "csr_pem = ", `CN is "another"`),
	})
	if got := sb.Count(acctest.CreateCertificate); got != 0 {
		t.Errorf("the request was sent %d times", got)
	}
}

// TestImportBlock plans to record the request, which an import cannot know, and nothing else.
func TestImportBlock(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	mine := csr(request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)}))
	var kid string
	acctest.Run(t, statuses(sb, id, "Active"),
		resource.TestStep{Config: config(sb, id, mine+"  revoke_on_destroy = false"), Check: acctest.Save(this, "kid", &kid)})
	imported := func(attributes string) string {
		return config(sb, id, attributes) + fmt.Sprintf("\nimport {\n  to = %s\n  id = %q\n}\n", this, id+"/rtstransport/"+kid)
	}
	acctest.Run(t, statuses(sb, id, "Inactive", "Inactive"),
		resource.TestStep{
			Config: imported(mine), ConfigPlanChecks: updated(),
			Check: resource.ComposeTestCheckFunc(acctest.Same(this, "id", &kid), acctest.Calls(sb, acctest.CreateCertificate, 1)),
		},
		resource.TestStep{Config: imported(mine), ConfigPlanChecks: nothing()},
		// Another key is another certificate, in place.
		resource.TestStep{
			Config:           config(sb, id, csr(request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)}))),
			ConfigPlanChecks: updated(), Check: resource.ComposeTestCheckFunc(statuses(sb, id, "Active", "Active"), acctest.Other(this, "id", &kid), acctest.Same(this, "previous.0.kid", &kid)),
		},
	)
}

// TestImportOfAnotherKey replaces what was imported when the request is for
// another key, although the state knows the old one by its certificate only.
func TestImportOfAnotherKey(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	other := csr(request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id)}))
	var kid string
	acctest.Run(t, statuses(sb, id, "Active"),
		resource.TestStep{Config: config(sb, id, ecdsaKey+"\n  revoke_on_destroy = false"), Check: acctest.Save(this, "kid", &kid)})
	acctest.Run(t, statuses(sb, id, "Inactive", "Inactive"),
		resource.TestStep{
			Config:           config(sb, id, other) + fmt.Sprintf("\nimport {\n  to = %s\n  id = %q\n}\n", this, id+"/rtstransport/"+kid),
			ConfigPlanChecks: updated(), Check: acctest.Other(this, "id", &kid),
		},
	)
}

// TestApplicationDeleted destroys a certificate whose application another actor
// deleted, in a directory that still shows it as inactive.
func TestApplicationDeleted(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	acctest.Run(t, resource.ComposeTestCheckFunc(statuses(sb, id, "Inactive"), acctest.Calls(sb, acctest.RevokeCertificate, 0)),
		resource.TestStep{Config: config(sb, id, ecdsaKey)},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Delete(id); err != nil {
					t.Error(err)
				}
			},
			Config: acctest.ProviderConfig(sb),
		},
	)
}
