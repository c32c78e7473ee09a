package pki

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
)

// encodeName writes a DER name whose values keep the string type they are given.
func encodeName(t *testing.T, sets ...[]attribute) []byte {
	t.Helper()
	var names []relativeNameSET
	for _, set := range sets {
		names = append(names, relativeNameSET(set))
	}
	der, err := asn1.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func one(t *testing.T, identifier string, tag int, value string) []attribute {
	t.Helper()
	parsed, err := parseIdentifier(identifier)
	if err != nil {
		t.Fatal(err)
	}
	return []attribute{{Type: parsed, Value: asn1.RawValue{Tag: tag, Bytes: []byte(value)}}}
}

func TestDistinguishedName(t *testing.T) {
	t.Parallel()
	utf8, printable, teletex, bmp := asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagT61String, asn1.TagBMPString
	var (
		commonName = one(t, TypeCommonName, utf8, "a")
		unit       = one(t, TypeOrganisationalUnit, utf8, "b")
	)
	tests := []struct {
		name string
		der  []byte
		want string
	}{
		{"empty", encodeName(t), ""},
		{"reversed", encodeName(t, one(t, TypeCountry, printable, "BR"), one(t, TypeOrganisation, utf8, "Bank"), commonName), "CN=a,O=Bank,C=BR"},
		{"several in one", encodeName(t, one(t, TypeCountry, printable, "BR"), append(append([]attribute{}, commonName...), unit...)), "CN=a+OU=b,C=BR"},
		{"every short name", encodeName(t,
			one(t, "0.9.2342.19200300.100.1.25", asn1.TagIA5String, "org"), one(t, TypeState, utf8, "SP"), one(t, TypeLocality, utf8, "SAO PAULO"),
			one(t, "2.5.4.9", utf8, "Rua 1"), one(t, TypeUserID, utf8, "u")), "UID=u,STREET=Rua 1,L=SAO PAULO,ST=SP,DC=org"},
		{"special characters", encodeName(t, one(t, TypeOrganisation, utf8, ` #a,b+c"d\e<f>g;h=i#`+"\x00\n ")), `O=\ #a\,b\+c\"d\\e\<f\>g\;h=i#\00\0A\ `},
		{"leading number sign", encodeName(t, one(t, TypeOrganisation, utf8, "#1")), `O=\#1`},
		{"one space", encodeName(t, one(t, TypeOrganisation, utf8, " ")), `O=\ `},
		{"beyond ASCII", encodeName(t, one(t, TypeOrganisation, utf8, "Ação")), "O=Ação"},
		{"Teletex and BMP", encodeName(t, one(t, TypeOrganisation, teletex, "A\xe7\xe3o"), one(t, TypeCommonName, bmp, "\x00A\x20\xac")), "CN=A€,O=Ação"},
		{"not text", encodeName(t, one(t, TypeCommonName, asn1.TagInteger, "\x05")), "CN=#020105"},
		{"bad UTF-8", encodeName(t, one(t, TypeCommonName, utf8, "\xff")), "CN=#0c01ff"},
		{"odd BMP", encodeName(t, one(t, TypeCommonName, bmp, "\x00")), "CN=#1e0100"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := DistinguishedName(test.der)
			if err != nil || got != test.want {
				t.Errorf("DistinguishedName = %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// The two subjects are in the form the Brazilian registration profile publishes for
// certificates before and after organizationIdentifier replaced OU.
func TestDistinguishedNameOfBrazil(t *testing.T) {
	t.Parallel()
	const utf8, printable = asn1.TagUTF8String, asn1.TagPrintableString
	head := [][]attribute{
		one(t, TypeCountry, printable, "BR"), one(t, TypeState, utf8, "DF"),
		one(t, TypeLocality, utf8, "BRASILIA"), one(t, TypeOrganisation, utf8, "My Public Bank"),
	}
	before := append(append([][]attribute{}, head...),
		one(t, TypeOrganisationalUnit, utf8, "497e1ffe-b2a2-4a4e-8ef0-70633fd11b59"), one(t, TypeCommonName, utf8, "mycn.bank.gov.br"),
		one(t, TypeSerialNumber, printable, "13353236000189"), one(t, TypeBusinessCategory, printable, "Private Organization"),
		one(t, TypeJurisdictionCountry, printable, "BR"), one(t, TypeUserID, utf8, "67c57882-043b-11ec-9a03-0242ac130003"))
	after := append(append([][]attribute{}, head...),
		one(t, TypeOrganisationIdentifier, utf8, "OFBBR-d7384bd0-842f-43c5-be02-9d2b2d5efc2c"), one(t, TypeUserID, utf8, "bc97b8f0-cae0-4f2f-9978-d93f0e56a833"),
		one(t, TypeCommonName, utf8, "web.conftpp.example"))
	for name, test := range map[string]struct {
		names [][]attribute
		want  string
	}{
		"before": {before, "UID=67c57882-043b-11ec-9a03-0242ac130003,1.3.6.1.4.1.311.60.2.1.3=#13024252,2.5.4.15=#131450726976617465204f7267616e697a6174696f6e," +
			"2.5.4.5=#130e3133333533323336303030313839,CN=mycn.bank.gov.br,OU=497e1ffe-b2a2-4a4e-8ef0-70633fd11b59,O=My Public Bank,L=BRASILIA,ST=DF,C=BR"},
		"after": {after, "CN=web.conftpp.example,UID=bc97b8f0-cae0-4f2f-9978-d93f0e56a833," +
			"2.5.4.97=#0c2a4f464242522d64373338346264302d383432662d343363352d626530322d396432623264356566633263,O=My Public Bank,L=BRASILIA,ST=DF,C=BR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := DistinguishedName(encodeName(t, test.names...))
			if err != nil || got != test.want {
				t.Errorf("DistinguishedName =\n%s, %v; want\n%s", got, err, test.want)
			}
		})
	}
}

func TestSubjectAndIssuerDN(t *testing.T) {
	t.Parallel()
	certificate := selfSigned(t, newKey(t, "ECDSA", 256), pkix.Name{Country: []string{"AE"}, Organization: []string{"Bank"}, CommonName: "app"})
	subject, err := SubjectDN(certificate)
	if err != nil || subject != "CN=app,O=Bank,C=AE" {
		t.Errorf("SubjectDN = %q, %v", subject, err)
	}
	issuer, err := IssuerDN(certificate)
	if err != nil || issuer != subject {
		t.Errorf("IssuerDN = %q, %v; a self-signed certificate has its subject", issuer, err)
	}
}

func TestDistinguishedNameRefuses(t *testing.T) {
	t.Parallel()
	for name, der := range map[string][]byte{"nothing": nil, "not a name": {0x02, 0x01, 0x05}, "tail": {0x30, 0x00, 0x00}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := DistinguishedName(der)
			var reason *NameError
			if !errors.As(err, &reason) {
				t.Errorf("DistinguishedName = %v, want *NameError", err)
			}
		})
	}
}
