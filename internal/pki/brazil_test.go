package pki

import (
	"bytes"
	"crypto/x509"
	"os"
	"slices"
	"testing"
)

// TestBrazilianProfileAgainstOpenSSL compares requests with those openssl makes from the
// standard's template: the same subject, byte for byte, and the same extensions.
func TestBrazilianProfileAgainstOpenSSL(t *testing.T) {
	t.Parallel()
	const organisation, application = "6f1f3a3e-5a1f-4c3b-9d53-0d6b0c3f8a11", "39c82433-6c6a-4b4f-b1f3-5e6e1c7f0b11"
	profile := BrazilianProfile{BusinessCategory: "Private Organization", JurisdictionCountry: "BR", SerialNumber: "43142666000197", Country: "BR",
		Organisation: "Aurora Pagamentos S.A.", State: "SP", Locality: "Sao Paulo", UserID: application, CommonName: "app.example.com"}
	old, current := profile, profile
	old.OrganisationalUnit, current.OrganisationIdentifier = organisation, "OFBBR-"+organisation
	holder := Holder{ApplicationID: application, OrganisationID: organisation, Country: "BR", Organisation: "Aurora Pagamentos S.A.", RegistrationNumber: "43142666000197", City: "Sao Paulo"}
	for kind, profile := range map[string]BrazilianProfile{"brcac": old, "brcac_2022": current} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("testdata/" + kind + ".csr")
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := ParseRequest(string(text))
			if err != nil {
				t.Fatal(err)
			}
			made, err := NewRequestWithExtensions(newKey(t, "RSA", 2048), profile.Subject(), Extensions{DNSNames: []string{"app.example.com"}, ClientAuthentication: true})
			if err != nil {
				t.Fatal(err)
			}
			ours, err := ParseRequest(made)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours.RawSubject, theirs.RawSubject) {
				a, _ := DistinguishedName(ours.RawSubject)
				b, _ := DistinguishedName(theirs.RawSubject)
				t.Errorf("the subject is\n%x\n%s, openssl makes\n%x\n%s", ours.RawSubject, a, theirs.RawSubject, b)
			}
			if a, b := extensions(ours), extensions(theirs); !slices.Equal(a, b) {
				t.Errorf("the extensions are\n%q, openssl makes\n%q", a, b)
			}
			for _, request := range []*x509.CertificateRequest{ours, theirs} {
				expectFindings(t, LintRequest(request, RulesFor(kind, holder)), nil)
			}
		})
	}
}

// extensions are a request's, sorted: their order means nothing.
func extensions(request *x509.CertificateRequest) []string {
	var out []string
	for _, e := range request.Extensions {
		critical := ""
		if e.Critical {
			critical = "critical "
		}
		out = append(out, critical+e.Id.String()+" "+string(e.Value))
	}
	slices.Sort(out)
	return out
}
