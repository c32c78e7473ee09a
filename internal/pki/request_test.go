package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	applicationID  = "6483a2d3-2b0d-4fc8-a756-e7be79013fa0"
	organisationID = "74e929d9-33b6-4d85-8ba7-c146c867a817"
)

func genericSubject() Subject {
	return Subject{Country: "AE", Organisation: "Banco São João, S.A.", OrganisationalUnit: organisationID, CommonName: applicationID}
}

func newKey(t testing.TB, algorithm string, bits int) crypto.Signer {
	t.Helper()
	key, err := GenerateKey(algorithm, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRequest(t testing.TB, key crypto.Signer, subject Subject, extensions Extensions) *x509.CertificateRequest {
	t.Helper()
	text, err := NewRequestWithExtensions(key, subject, extensions)
	if err != nil {
		t.Fatal(err)
	}
	request, err := ParseRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// templateRequest signs a request NewRequest would never make.
func templateRequest(t *testing.T, key crypto.Signer, template x509.CertificateRequest) *x509.CertificateRequest {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &template, key)
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func TestNewRequestSubjectOrder(t *testing.T) {
	t.Parallel()
	key := newKey(t, "ECDSA", 256)
	subject := genericSubject()
	subject.Extra = []Attribute{{TypeOrganisationIdentifier, "OFBBR-" + organisationID}, {TypeSerialNumber, ""}}
	request := newRequest(t, key, subject, Extensions{})
	if err := request.CheckSignature(); err != nil {
		t.Error(err)
	}
	got, err := DistinguishedName(request.RawSubject)
	if err != nil {
		t.Fatal(err)
	}
	want := "CN=" + applicationID + ",2.5.4.97=#132a" + fmt.Sprintf("%x", "OFBBR-"+organisationID) +
		",OU=" + organisationID + `,O=Banco São João\, S.A.,C=AE`
	if got != want {
		t.Errorf("subject is\n%s, want\n%s", got, want)
	}
	if len(request.Extensions) != 0 || !SameKey(request.PublicKey, key.Public()) {
		t.Error("a plain request has no extensions and its own key")
	}
}

func TestNewRequestWithExtensions(t *testing.T) {
	t.Parallel()
	request := newRequest(t, newKey(t, "RSA", 0), genericSubject(), Extensions{DNSNames: []string{"app.example"}, ClientAuthentication: true})
	if len(request.DNSNames) != 1 || request.DNSNames[0] != "app.example" {
		t.Errorf("DNS names are %v", request.DNSNames)
	}
	values := map[string]string{}
	for _, extension := range request.Extensions {
		values[extension.Id.String()] = fmt.Sprintf("%v %x", extension.Critical, extension.Value)
	}
	for identifier, want := range map[string]string{
		"2.5.29.19": "false 3000",
		"2.5.29.15": "true 030205a0",
		"2.5.29.37": "false 300a06082b06010505070302",
	} {
		if values[identifier] != want {
			t.Errorf("extension %s is %q, want %q", identifier, values[identifier], want)
		}
	}
}

func TestNewRequestRefusesBadIdentifiers(t *testing.T) {
	t.Parallel()
	key := newKey(t, "ECDSA", 256)
	for _, dotted := range []string{"", "organizationIdentifier", "9.9.9", "2.-5", "2"} {
		t.Run(dotted, func(t *testing.T) {
			t.Parallel()
			_, err := NewRequest(key, Subject{Extra: []Attribute{{dotted, "x"}}})
			var name *NameError
			if !errors.As(err, &name) {
				t.Errorf("NewRequest = %v, want *NameError", err)
			}
		})
	}
}

func TestParseRequestRefuses(t *testing.T) {
	t.Parallel()
	key := newKey(t, "ECDSA", 256)
	valid, err := NewRequest(key, genericSubject())
	if err != nil {
		t.Fatal(err)
	}
	private, err := KeyPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", "no complete PEM block"},
		{"cut", valid[:len(valid)-10], "no complete PEM block"},
		{"private key", private, `it is a "PRIVATE KEY" block`},
		{"two", valid + valid, "exactly one"},
		{"garbage", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte("x")})), "cannot be decoded"},
		{"huge", strings.Repeat("x", maxPEMBytes+1), "larger"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseRequest(test.text)
			var text *PEMError
			if !errors.As(err, &text) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ParseRequest = %v, want *PEMError with %q", err, test.want)
			}
		})
	}
	if _, err := ParseRequest(strings.ReplaceAll(valid, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")); err != nil {
		t.Errorf("the old block name is refused: %v", err)
	}
}

func TestLintRequest(t *testing.T) {
	t.Parallel()
	key := newKey(t, "RSA", 2048)
	holder := Holder{ApplicationID: applicationID, OrganisationID: organisationID, Country: "AE"}
	generic := RulesFor("rtstransport", holder)
	swapped := genericSubject()
	swapped.CommonName, swapped.OrganisationalUnit = organisationID, applicationID
	profile := BrazilianProfile{BusinessCategory: "Private Organization", JurisdictionCountry: "BR", SerialNumber: "43142666000197", Country: "BR", Organisation: "Bank",
		State: "SP", Locality: "São Paulo", OrganisationIdentifier: "OFBBR-" + organisationID, UserID: applicationID, CommonName: "app.example"}
	brazil, holderBR := profile.Subject(), Holder{ApplicationID: applicationID, OrganisationID: organisationID, Country: "BR", Organisation: "Bank", RegistrationNumber: "43142666000197", City: "São Paulo"}
	profile.OrganisationIdentifier = "NTRBR-" + organisationID
	scheme := profile.Subject()
	profile.SerialNumber, profile.Locality, profile.State, profile.OrganisationIdentifier = "1", "Rio", "", "OFBBR-other"
	asCA := templateRequest(t, key, x509.CertificateRequest{ExtraExtensions: []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Value: []byte{0x30, 3, 1, 1, 0xff}},
		{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Value: []byte{3, 2, 2, 4}},
		{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: []byte{0x30, 0}},
	}})
	tests := []struct {
		name    string
		request *x509.CertificateRequest
		rules   Rules
		want    []string
	}{
		{"generic", newRequest(t, key, genericSubject(), Extensions{}), generic, nil},
		{"P-256", newRequest(t, newKey(t, "ECDSA", 256), genericSubject(), Extensions{}), generic, nil},
		{"unknown type", newRequest(t, key, Subject{}, Extensions{}), RulesFor("WRPAC", holder), nil},
		{"swapped", newRequest(t, key, swapped, Extensions{}), generic, []string{`OU is "` + applicationID, `CN is "` + organisationID}},
		{"nothing in the subject", newRequest(t, key, Subject{}, Extensions{}), generic, []string{`C is missing, it must be "AE"`, "O is missing", "OU is", "CN is"}},
		{"blank part", newRequest(t, key, Subject{Organisation: " "}, Extensions{}), Rules{}, []string{"O is blank"}},
		{"raised minimum", newRequest(t, key, genericSubject(), Extensions{}), Rules{MinimumRSABits: 3072}, []string{"2048 bits, at least 3072"}},
		{"another scheme", newRequest(t, key, scheme, Extensions{DNSNames: []string{"app.example"}, ClientAuthentication: true}), RulesFor("brcac_2022", holderBR), []string{`"NTRBR-` + organisationID + `", in Brazil it has to be "OFBBR-`}},
		{"brcac_2022", newRequest(t, key, brazil, Extensions{DNSNames: []string{"app.example"}, ClientAuthentication: true}), RulesFor("brcac_2022", holderBR), nil},
		{"brcac_2022 of others", newRequest(t, key, profile.Subject(), Extensions{DNSNames: []string{"app.example"}}), RulesFor("brcac_2022", holderBR),
			[]string{`serialNumber is "1", it must be "43142666000197"`, "ST is missing", `L is "Rio"`, "organizationIdentifier is"}},
		{"brcac of old", newRequest(t, key, brazil, Extensions{}), RulesFor("brcac", holderBR), []string{"OU is missing", "subjectAltName"}},
		{"CA", asCA, Rules{}, []string{"CA:FALSE", "keyCertSign", "1.3.6.1.5.5.7.1.24"}},
		{"P-224", templateRequest(t, weakEC(t), x509.CertificateRequest{}), Rules{}, []string{"EC key has 224 bits"}},
		{"SHA-1", weakHash(t, key), Rules{}, []string{"SHA1-RSA"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expectFindings(t, LintRequest(test.request, test.rules), test.want)
		})
	}
}

func TestLintFindsBrokenProof(t *testing.T) {
	t.Parallel()
	request := newRequest(t, newKey(t, "RSA", 2048), genericSubject(), Extensions{})
	request.Signature[10] ^= 1
	expectFindings(t, LintRequest(request, Rules{}), []string{"not signed by its own key"})
}

func expectFindings(t *testing.T, findings []Finding, want []string) {
	t.Helper()
	if len(findings) != len(want) {
		t.Fatalf("findings %+v, want %q", findings, want)
	}
	for i, finding := range findings {
		if finding.Rule == "" || !strings.Contains(finding.Message, want[i]) {
			t.Errorf("finding %d is %+v, want %q", i, finding, want[i])
		}
	}
}

func weakEC(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// weakHash makes a request that claims a hash Go no longer signs with.
func weakHash(t *testing.T, key crypto.Signer) *x509.CertificateRequest {
	t.Helper()
	request := templateRequest(t, key, x509.CertificateRequest{})
	request.SignatureAlgorithm = x509.SHA1WithRSA
	return request
}

func FuzzParseRequest(f *testing.F) {
	valid, err := NewRequest(newKey(f, "ECDSA", 256), genericSubject())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	f.Add("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		request, err := ParseRequest(text)
		if err != nil {
			var reason *PEMError
			if !errors.As(err, &reason) {
				t.Fatalf("untyped error %T", err)
			}
			return
		}
		for _, finding := range LintRequest(request, RulesFor("rtstransport", Holder{})) {
			if finding.Message == "" {
				t.Fatal("a finding without words")
			}
		}
		if name, err := DistinguishedName(request.RawSubject); err == nil && strings.ContainsAny(name, "\n\r\x00") {
			t.Fatalf("name %q has control characters", name)
		}
	})
}
