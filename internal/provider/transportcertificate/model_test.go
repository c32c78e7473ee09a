package transportcertificate

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
)

// maker makes requests with one key.
func maker(t *testing.T) func(organisation string) string {
	t.Helper()
	key, err := pki.GenerateKey("ECDSA", 0)
	if err != nil {
		t.Fatal(err)
	}
	return func(organisation string) string {
		request, err := pki.NewRequest(key, pki.Subject{Country: "BR", Organisation: organisation, OrganisationalUnit: "OU", CommonName: "CN"})
		if err != nil {
			t.Fatal(err)
		}
		return request
	}
}

func TestRekeyed(t *testing.T) {
	t.Parallel()
	mine, other := maker(t), maker(t)
	rsa := func(bits types.Int64) *KeyModel {
		return &KeyModel{Algorithm: types.StringValue("RSA"), RSABits: bits}
	}
	ecdsa := &KeyModel{Algorithm: types.StringValue("ECDSA"), RSABits: types.Int64Null()}
	unknown := unknownKey()
	csr := func(text string) Model { return Model{CSRPEM: types.StringValue(text)} }
	country := func(c types.String) *SubjectModel { return &SubjectModel{Country: c} }
	for name, tc := range map[string]struct {
		plan, state Model
		want        string
	}{
		"same request":             {csr(mine("O")), csr(mine("O")), ""},
		"signed anew":              {csr(mine("O") + "\n"), csr(mine("O")), ""},
		"other key":                {csr(other("O")), csr(mine("O")), "csr_pem"},
		"other subject":            {csr(mine("P")), csr(mine("O")), "csr_pem"},
		"unknown request":          {Model{CSRPEM: types.StringUnknown()}, csr(mine("O")), "csr_pem"},
		"unreadable request":       {csr("x"), csr(mine("O")), "csr_pem"},
		"unreadable as before":     {csr("x"), csr("x"), ""},
		"request for key":          {csr(mine("O")), Model{PrivateKey: ecdsa}, "csr_pem"},
		"key for request":          {Model{PrivateKey: ecdsa}, csr(mine("O")), "private_key"},
		"same key":                 {Model{PrivateKey: ecdsa}, Model{PrivateKey: ecdsa}, ""},
		"other algorithm":          {Model{PrivateKey: rsa(types.Int64Null())}, Model{PrivateKey: ecdsa}, "private_key"},
		"default written out":      {Model{PrivateKey: rsa(types.Int64Value(2048))}, Model{PrivateKey: rsa(types.Int64Null())}, ""},
		"more bits":                {Model{PrivateKey: rsa(types.Int64Value(4096))}, Model{PrivateKey: rsa(types.Int64Null())}, "private_key"},
		"imported":                 {Model{PrivateKey: ecdsa}, Model{}, ""},
		"key not known":            {Model{PrivateKey: &unknown}, Model{PrivateKey: ecdsa}, "private_key"},
		"key not known, imported":  {Model{PrivateKey: &unknown}, Model{}, ""},
		"bits not known":           {Model{PrivateKey: rsa(types.Int64Unknown())}, Model{PrivateKey: rsa(types.Int64Null())}, "private_key"},
		"bits of no matter":        {Model{PrivateKey: &KeyModel{Algorithm: types.StringValue("ECDSA"), RSABits: types.Int64Value(4096)}}, Model{PrivateKey: ecdsa}, ""},
		"subject":                  {Model{PrivateKey: ecdsa, Subject: country(types.StringValue("AE"))}, Model{PrivateKey: ecdsa}, "subject"},
		"subject not known":        {Model{PrivateKey: ecdsa, Subject: country(types.StringUnknown())}, Model{PrivateKey: ecdsa, Subject: country(types.StringValue("AE"))}, "subject"},
		"subject without override": {Model{PrivateKey: ecdsa, Subject: country(types.StringNull())}, Model{PrivateKey: ecdsa}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.plan.rekeyed(tc.state); got != tc.want {
				t.Errorf("a new certificate is forced by %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	organisation := &directory.Organisation{Name: "Name", LegalEntityName: "Legal", CountryOfRegistration: "BR", Country: "PT"}
	for name, tc := range map[string]struct {
		subject      *SubjectModel
		organisation *directory.Organisation
		want         pki.Subject
	}{
		"from the directory":   {nil, organisation, pki.Subject{Country: "BR", Organisation: "Name", OrganisationalUnit: "org", CommonName: "app"}},
		"only the legal name":  {nil, &directory.Organisation{LegalEntityName: "Legal", Country: "PT"}, pki.Subject{Country: "PT", Organisation: "Legal", OrganisationalUnit: "org", CommonName: "app"}},
		"overrides win":        {&SubjectModel{Country: types.StringValue("AE"), CommonName: types.StringValue("cn")}, organisation, pki.Subject{Country: "AE", Organisation: "Name", OrganisationalUnit: "org", CommonName: "cn"}},
		"without organisation": {&SubjectModel{Country: types.StringValue("AE"), Organization: types.StringValue("O"), OrganizationalUnit: types.StringValue("OU")}, nil, pki.Subject{Country: "AE", Organisation: "O", OrganisationalUnit: "OU", CommonName: "app"}},
		"nothing known":        {nil, nil, pki.Subject{OrganisationalUnit: "org", CommonName: "app"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := Model{ApplicationID: types.StringValue("app"), Subject: tc.subject}
			got := m.subject("org", tc.organisation)
			if got.Country != tc.want.Country || got.Organisation != tc.want.Organisation || got.OrganisationalUnit != tc.want.OrganisationalUnit || got.CommonName != tc.want.CommonName {
				t.Errorf("the subject is %+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestUnreadableCertificate keeps at least the identity: the certificate exists.
func TestUnreadableCertificate(t *testing.T) {
	t.Parallel()
	m := Model{CertificatePEM: types.StringUnknown(), NotAfter: types.StringUnknown()}
	if err := m.apply(&directory.Certificate{KeyID: "kid", Status: "Active"}); err == nil {
		t.Error("an answer without a certificate was not reported")
	}
	if m.ID.ValueString() != "kid" || m.KeyID.ValueString() != "kid" || m.Status.ValueString() != "Active" {
		t.Errorf("the identity is %s, %s, %s", m.ID, m.KeyID, m.Status)
	}
	for _, value := range m.parsed() {
		if !value.IsNull() {
			t.Errorf("%s is not null", value)
		}
	}
}

// TestAnswerWithoutCertificate keeps what is known of the same certificate: an
// answer that leaves it out says nothing against it.
func TestAnswerWithoutCertificate(t *testing.T) {
	t.Parallel()
	for kid, kept := range map[string]bool{"kid": true, "other": false} {
		m := Model{KeyID: types.StringValue("kid")}
		for _, value := range m.parsed() {
			*value = types.StringValue("known")
		}
		if err := m.apply(&directory.Certificate{KeyID: kid, Status: "Revoked"}); (err == nil) != kept {
			t.Errorf("%s: error %v", kid, err)
		}
		if m.KeyID.ValueString() != kid || m.Status.ValueString() != "Revoked" {
			t.Errorf("%s: the identity is %s, %s", kid, m.KeyID, m.Status)
		}
		for _, value := range m.parsed() {
			if value.IsNull() == kept {
				t.Errorf("%s: a value is %s, want kept: %t", kid, value, kept)
			}
		}
	}
}

func TestParseImportID(t *testing.T) {
	t.Parallel()
	for id, valid := range map[string]bool{
		"app/rtstransport/kid": true, "app/brcac_2022/k-_d": true, "app/WRPAC/kid": true,
		"": false, "app": false, "app/rtstransport": false, "/rtstransport/kid": false, "app//kid": false, "app/rtstransport/": false, "app/a b/kid": false, "app/a/kid/more": false,
	} {
		application, kind, kid, ok := parseImportID(id)
		if ok != valid {
			t.Errorf("%q: valid is %t, want %t", id, ok, valid)
		}
		if ok && application+"/"+kind+"/"+kid != id {
			t.Errorf("%q was read as %q, %q, %q", id, application, kind, kid)
		}
	}
}
