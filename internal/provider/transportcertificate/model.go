package transportcertificate

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Model is the resource's value.
type Model struct {
	ApplicationID       types.String  `tfsdk:"application_id"`
	CSRPEM              types.String  `tfsdk:"csr_pem"`
	PrivateKey          *KeyModel     `tfsdk:"private_key"`
	Subject             *SubjectModel `tfsdk:"subject"`
	Type                types.String  `tfsdk:"type"`
	RevokeOnDestroy     types.Bool    `tfsdk:"revoke_on_destroy"`
	RevokeReason        types.String  `tfsdk:"revoke_reason"`
	ID                  types.String  `tfsdk:"id"`
	KeyID               types.String  `tfsdk:"kid"`
	CertificatePEM      types.String  `tfsdk:"certificate_pem"`
	CertificateChainPEM types.String  `tfsdk:"certificate_chain_pem"`
	PrivateKeyPEM       types.String  `tfsdk:"private_key_pem"`
	SubjectDN           types.String  `tfsdk:"subject_dn"`
	IssuerDN            types.String  `tfsdk:"issuer_dn"`
	SerialNumber        types.String  `tfsdk:"serial_number"`
	ThumbprintSHA256    types.String  `tfsdk:"thumbprint_sha256"`
	NotBefore           types.String  `tfsdk:"not_before"`
	NotAfter            types.String  `tfsdk:"not_after"`
	Status              types.String  `tfsdk:"status"`
}

// KeyModel is the key the provider is to make.
type KeyModel struct {
	Algorithm types.String `tfsdk:"algorithm"`
	RSABits   types.Int64  `tfsdk:"rsa_bits"`
}

// SubjectModel overrides parts of the request's subject.
type SubjectModel struct {
	Country            types.String `tfsdk:"country"`
	Organization       types.String `tfsdk:"organization"`
	OrganizationalUnit types.String `tfsdk:"organizational_unit"`
	CommonName         types.String `tfsdk:"common_name"`
}

func unknownKey() KeyModel {
	return KeyModel{Algorithm: types.StringUnknown(), RSABits: types.Int64Unknown()}
}

func unknownSubject() SubjectModel {
	unknown := types.StringUnknown()
	return SubjectModel{Country: unknown, Organization: unknown, OrganizationalUnit: unknown, CommonName: unknown}
}

func typeName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) }

// complete reports whether the subject needs nothing from the directory.
func (s *SubjectModel) complete() bool {
	return s != nil && s.Country.ValueString() != "" && s.Organization.ValueString() != ""
}

// same reports whether two overrides ask for the same subject.
func (s *SubjectModel) same(other *SubjectModel) bool {
	var none SubjectModel
	if s == nil {
		s = &none
	}
	if other == nil {
		other = &none
	}
	return s.Country.Equal(other.Country) && s.Organization.Equal(other.Organization) &&
		s.OrganizationalUnit.Equal(other.OrganizationalUnit) && s.CommonName.Equal(other.CommonName)
}

// subject is the request's subject: what is configured, then what the
// directory says of the organisation.
func (m *Model) subject(organisationID string, organisation *directory.Organisation) pki.Subject {
	var s SubjectModel
	if m.Subject != nil {
		s = *m.Subject
	}
	if organisation == nil {
		organisation = &directory.Organisation{}
	}
	first := func(candidates ...string) string {
		for _, c := range candidates {
			if c != "" {
				return c
			}
		}
		return ""
	}
	return pki.Subject{
		Country:            first(s.Country.ValueString(), organisation.CountryOfRegistration, organisation.Country),
		Organisation:       first(s.Organization.ValueString(), organisation.Name, organisation.LegalEntityName, organisation.RegisteredName),
		OrganisationalUnit: first(s.OrganizationalUnit.ValueString(), organisationID),
		CommonName:         first(s.CommonName.ValueString(), m.ApplicationID.ValueString()),
	}
}

// generate makes the private key and its request.
func (m *Model) generate(subject pki.Subject) (keyPEM, requestPEM string, err error) {
	key, err := pki.GenerateKey(m.PrivateKey.Algorithm.ValueString(), int(m.PrivateKey.RSABits.ValueInt64()))
	if err != nil {
		return "", "", err
	}
	if keyPEM, err = pki.KeyPEM(key); err != nil {
		return "", "", err
	}
	requestPEM, err = pki.NewRequest(key, subject)
	return keyPEM, requestPEM, err
}

// apply stores a certificate as the directory has it. Everything about it is
// read from the certificate itself: the directory's own dates come in several
// formats. A certificate that cannot be read is stored by its identity alone,
// and the problem returned, unless the model holds the same certificate already.
func (m *Model) apply(c *directory.Certificate) error {
	held := m.KeyID.ValueString() == c.KeyID && fw.Known(m.CertificatePEM)
	m.ID, m.KeyID = types.StringValue(c.KeyID), types.StringValue(c.KeyID)
	m.Status = fw.StringOrNull(c.Status)
	if held && c.Leaf == nil {
		return nil
	}
	for _, field := range m.parsed() {
		*field = types.StringNull()
	}
	if c.Leaf == nil {
		return errors.New("the directory's answer holds no certificate that can be read")
	}
	m.CertificatePEM = types.StringValue(pki.CertificatePEM(c.Leaf))
	m.CertificateChainPEM = types.StringValue(strings.Join(c.ChainPEM, ""))
	m.SerialNumber = types.StringValue(fmt.Sprintf("%x", c.Leaf.SerialNumber))
	m.ThumbprintSHA256 = types.StringValue(pki.Thumbprint(c.Leaf))
	m.NotBefore = types.StringValue(c.Leaf.NotBefore.UTC().Format(time.RFC3339))
	m.NotAfter = types.StringValue(c.Leaf.NotAfter.UTC().Format(time.RFC3339))
	subject, errSubject := pki.SubjectDN(c.Leaf)
	issuer, errIssuer := pki.IssuerDN(c.Leaf)
	m.SubjectDN, m.IssuerDN = fw.StringOrNull(subject), fw.StringOrNull(issuer)
	return errors.Join(errSubject, errIssuer)
}

func (m *Model) parsed() []*types.String {
	return []*types.String{&m.CertificatePEM, &m.CertificateChainPEM, &m.SerialNumber, &m.ThumbprintSHA256, &m.NotBefore, &m.NotAfter, &m.SubjectDN, &m.IssuerDN}
}

// rekeyed names the attribute that forces a new certificate; empty means none.
// What an import could not know, null in state, forces nothing by itself.
func (m *Model) rekeyed(state Model) string {
	switch {
	case m.CSRPEM.IsUnknown():
		return "csr_pem"
	case !m.CSRPEM.IsNull() && m.otherRequest(state):
		return "csr_pem"
	case m.PrivateKey != nil && state.PrivateKey != nil && !m.PrivateKey.same(*state.PrivateKey):
		return "private_key"
	case m.PrivateKey != nil && !state.CSRPEM.IsNull():
		return "private_key"
	case m.PrivateKey != nil && state.PrivateKey != nil && !m.Subject.same(state.Subject):
		return "subject"
	}
	return ""
}

func (k KeyModel) same(other KeyModel) bool {
	bits := func(k KeyModel) int64 {
		if k.RSABits.ValueInt64() == 0 {
			return 2048
		}
		return k.RSABits.ValueInt64()
	}
	if k.Algorithm.ValueString() != "RSA" {
		return k.Algorithm.Equal(other.Algorithm)
	}
	return k.Algorithm.Equal(other.Algorithm) && !k.RSABits.IsUnknown() && bits(k) == bits(other)
}

// otherRequest reports whether the request asks for another certificate than
// the state's: another key, or another subject than the request before.
func (m *Model) otherRequest(state Model) bool {
	request, err := pki.ParseRequest(m.CSRPEM.ValueString())
	if err != nil {
		return m.CSRPEM.ValueString() != state.CSRPEM.ValueString()
	}
	if before, err := pki.ParseRequest(state.CSRPEM.ValueString()); err == nil {
		return !pki.SameKey(before.PublicKey, request.PublicKey) || string(before.RawSubject) != string(request.RawSubject)
	}
	return !pki.SameKey(publicKey(state.CertificatePEM.ValueString()), request.PublicKey)
}

func publicKey(certificatePEM string) crypto.PublicKey {
	certificates, err := pki.ParseCertificates(certificatePEM)
	if err != nil {
		return nil
	}
	return leaf(certificates).PublicKey
}

func leaf(certificates []*x509.Certificate) *x509.Certificate { return certificates[0] }

// parseImportID splits application_id/type/kid.
func parseImportID(id string) (application, certificateType, keyID string, ok bool) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 || parts[0] == "" || parts[2] == "" || !typeName().MatchString(parts[1]) {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}
