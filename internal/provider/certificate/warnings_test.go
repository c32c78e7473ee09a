package certificate_test

import (
	"crypto/x509"
	"encoding/asn1"
	"testing"

	"crypto/x509/pkix"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestWarnings reads what the provider says when it goes on all the same.
func TestWarnings(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	var warnings acctest.Warnings
	var kid string
	unusual := request(t, key(t), x509.CertificateRequest{Subject: subject(sb, id), ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}})
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), Steps: []resource.TestStep{
		{Config: config(sb, id, ecdsaKey), Check: resource.ComposeTestCheckFunc(acctest.Save(this, "kid", &kid), warnings.None)},
		{
			PreConfig: func() {
				if err := sb.Directory().Revoke(kid, "keycompromise"); err != nil {
					t.Error(err)
				}
			},
			Config: config(sb, id, ecdsaKey),
			Check: resource.ComposeTestCheckFunc(acctest.Other(this, "kid", &kid),
				warnings.Check(acctest.Words("The certificate is no longer active", "as Inactive: it was revoked, or expired, or its application was deleted", "A successor is planned in its place"))),
		},
		{Config: config(sb, id, csr(unusual)), ExpectError: acctest.Words("The directory refused to issue the certificate", "the extension 1.2.3 is not allowed")},
		{Config: config(sb, id, ecdsaKey), Check: warnings.Check(acctest.Words("csr_pem", "The directory may refuse the certificate request", "extension 1.2.3"))},
	}})
}
