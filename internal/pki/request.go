package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strconv"
	"strings"
)

// Attribute is one part of a subject: its object identifier in dotted form, and its text.
type Attribute struct {
	Type  string
	Value string
}

// Object identifiers of the subject attributes trust frameworks ask for.
const (
	TypeCommonName             = "2.5.4.3"
	TypeSerialNumber           = "2.5.4.5"
	TypeCountry                = "2.5.4.6"
	TypeLocality               = "2.5.4.7"
	TypeState                  = "2.5.4.8"
	TypeOrganisation           = "2.5.4.10"
	TypeOrganisationalUnit     = "2.5.4.11"
	TypeBusinessCategory       = "2.5.4.15"
	TypeOrganisationIdentifier = "2.5.4.97"
	TypeUserID                 = "0.9.2342.19200300.100.1.1"
	TypeJurisdictionCountry    = "1.3.6.1.4.1.311.60.2.1.3"
)

// Subject is the subject of a certificate request, written in the order C, O, OU, Extra,
// CN. Empty parts are left out.
type Subject struct {
	Country            string
	Organisation       string
	OrganisationalUnit string
	CommonName         string
	Extra              []Attribute
}

// Extensions are the extensions a request asks for (RFC 2985 §5.4.2). The zero value asks
// for none, as the plain application profile wants.
type Extensions struct {
	// DNSNames become the subjectAltName.
	DNSNames []string
	// ClientAuthentication asks for the profile of an organisation-validated client
	// certificate: not a CA, digitalSignature and keyEncipherment, clientAuth.
	ClientAuthentication bool
}

// ParseRequest reads one PEM certificate request (RFC 2986, RFC 7468 §7). It decodes
// only: whether the request is any good is LintRequest's business.
func ParseRequest(text string) (*x509.CertificateRequest, error) {
	const want = "a PEM certificate request"
	found, err := blocks(text, want)
	if err != nil {
		return nil, err
	}
	block := found[0]
	if len(found) > 1 {
		return nil, &PEMError{Want: want, Reason: fmt.Sprintf("it has %d PEM blocks, exactly one is allowed", len(found))}
	}
	if block.Type != blockRequest && block.Type != blockOldRequest {
		return nil, &PEMError{Want: want, Reason: fmt.Sprintf("it is a %q block", block.Type)}
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, &PEMError{Want: want, Reason: "it cannot be decoded", Err: err}
	}
	return request, nil
}

// NewRequest signs a request without extensions for a key and gives it as PEM.
func NewRequest(key crypto.Signer, subject Subject) (string, error) {
	return NewRequestWithExtensions(key, subject, Extensions{})
}

// NewRequestWithExtensions is NewRequest with extensions.
func NewRequestWithExtensions(key crypto.Signer, subject Subject, extensions Extensions) (string, error) {
	name, err := subject.encode()
	if err != nil {
		return "", err
	}
	template := &x509.CertificateRequest{RawSubject: name, DNSNames: extensions.DNSNames}
	if extensions.ClientAuthentication {
		if template.ExtraExtensions, err = clientAuthentication(); err != nil {
			return "", err
		}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return "", fmt.Errorf("sign certificate request: %w", err)
	}
	return encodePEM(blockRequest, der), nil
}

// encode writes the subject as a DER name with one attribute in each relative name.
func (s Subject) encode() ([]byte, error) {
	attributes := []Attribute{
		{TypeCountry, s.Country},
		{TypeOrganisation, s.Organisation},
		{TypeOrganisationalUnit, s.OrganisationalUnit},
	}
	attributes = append(attributes, s.Extra...)
	attributes = append(attributes, Attribute{TypeCommonName, s.CommonName})
	var name pkix.RDNSequence
	for _, part := range attributes {
		if part.Value == "" {
			continue
		}
		identifier, err := parseIdentifier(part.Type)
		if err != nil {
			return nil, err
		}
		name = append(name, pkix.RelativeDistinguishedNameSET{{Type: identifier, Value: part.Value}})
	}
	der, err := asn1.Marshal(name)
	if err != nil {
		return nil, &NameError{Reason: "it cannot be encoded", Err: err}
	}
	return der, nil
}

// parseIdentifier reads the dotted form; asn1.Marshal refuses impossible identifiers.
func parseIdentifier(dotted string) (asn1.ObjectIdentifier, error) {
	var identifier asn1.ObjectIdentifier
	for arc := range strings.SplitSeq(dotted, ".") {
		number, err := strconv.Atoi(arc)
		if err != nil || number < 0 {
			return nil, &NameError{Reason: fmt.Sprintf("%q is not an object identifier such as %s", dotted, TypeOrganisationIdentifier)}
		}
		identifier = append(identifier, number)
	}
	return identifier, nil
}

// clientAuthentication encodes basicConstraints, keyUsage and extKeyUsage (RFC 5280
// §4.2.1), which x509.CertificateRequest has no fields for.
func clientAuthentication() ([]pkix.Extension, error) {
	const digitalSignature, keyEncipherment = 1 << 7, 1 << 5
	values := []struct {
		identifier asn1.ObjectIdentifier
		critical   bool
		value      any
	}{
		{asn1.ObjectIdentifier{2, 5, 29, 19}, false, struct{}{}},
		{asn1.ObjectIdentifier{2, 5, 29, 15}, true, asn1.BitString{Bytes: []byte{digitalSignature | keyEncipherment}, BitLength: 3}},
		{asn1.ObjectIdentifier{2, 5, 29, 37}, false, []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 2}}},
	}
	extensions := make([]pkix.Extension, 0, len(values))
	for _, entry := range values {
		der, err := asn1.Marshal(entry.value)
		if err != nil {
			return nil, fmt.Errorf("encode extension %s: %w", entry.identifier, err)
		}
		extensions = append(extensions, pkix.Extension{Id: entry.identifier, Critical: entry.critical, Value: der})
	}
	return extensions, nil
}
