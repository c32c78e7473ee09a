package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"regexp"
	"slices"
	"strings"
)

// The types of certificate and key an application may hold.
const (
	typeTransport  = "rtstransport"
	typeSigning    = "rtssigning"
	typeBrazil     = "brcac"
	typeBrazil2022 = "brcac_2022"
	typeExternal   = "brcac_ext" // Issued by an accredited authority, and uploaded as it is.
	typeSigKey     = "sigkey"
	typeEncKey     = "enckey"
)

var (
	countryPattern    = regexp.MustCompile(`^[A-Z]{2}$`)
	identifierPattern = regexp.MustCompile(`^[A-Z]{3}[A-Z]{2}-\S+$`)
)

// owner is whom a certificate signing request has to name.
type owner struct {
	organisation, application string
	// What the directory has of the organisation, which Brazilian requests repeat to the letter.
	registration, name, city, country string
}

// readRequest parses a PEM certificate signing request and lists every rule it breaks.
func readRequest(body []byte, kind string, who owner) (*x509.CertificateRequest, []string) {
	block, rest := pem.Decode(body)
	if block == nil || block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST" {
		return nil, []string{"the body is not a PEM certificate signing request"}
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, []string{"the body holds more than one PEM block"}
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, []string{"the certificate signing request does not parse"}
	}
	broken := checkRequestKey(request)
	broken = append(broken, checkExtensions(request)...)
	switch kind {
	case typeBrazil, typeBrazil2022:
		return request, append(broken, checkBrazilianSubject(request, kind, who)...)
	case typeTransport, typeSigning:
		return request, append(broken, checkSubject(request, who)...)
	default:
		return request, append(broken, checkDeploymentSubject(request)...)
	}
}

// checkDeploymentSubject is the least a deployment's own type wants: the parts named, and the organisation
// identified as ETSI EN 319 412-1 §5.1.4 writes it.
func checkDeploymentSubject(request *x509.CertificateRequest) []string {
	var broken []string
	subject := request.Subject
	if subject.CommonName == "" {
		broken = append(broken, "CN must not be empty")
	}
	if len(subject.Organization) == 0 || subject.Organization[0] == "" {
		broken = append(broken, "O must not be empty")
	}
	if !identifierPattern.MatchString(nameValue(subject, oidOrganizationIdentifier())) {
		broken = append(broken, "organizationIdentifier has to be three letters, a country, a hyphen and the identifier")
	}
	return broken
}

func checkRequestKey(request *x509.CertificateRequest) []string {
	var broken []string
	if err := request.CheckSignature(); err != nil {
		broken = append(broken, "the signature of the request is not valid")
	}
	strong := []x509.SignatureAlgorithm{
		x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512,
	}
	if !slices.Contains(strong, request.SignatureAlgorithm) {
		broken = append(broken, "the signature algorithm has to use SHA-256 or better")
	}
	return append(broken, checkStrength(request.PublicKey)...)
}

func checkStrength(public crypto.PublicKey) []string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 {
			return []string{"the RSA key has to have 2048 bits or more"}
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 256 {
			return []string{"the EC key has to be on P-256 or better"}
		}
	default:
		return []string{"the key has to be RSA or EC"}
	}
	return nil
}

// checkExtensions lets through what belongs on a client certificate and refuses the rest.
func checkExtensions(request *x509.CertificateRequest) []string {
	var broken []string
	for _, extension := range request.Extensions {
		switch id := extension.Id.String(); id {
		case "2.5.29.17", "2.5.29.37", "2.5.29.14":
		case "2.5.29.19":
			var constraints struct {
				IsCA       bool `asn1:"optional"`
				MaxPathLen int  `asn1:"optional,default:-1"`
			}
			if _, err := asn1.Unmarshal(extension.Value, &constraints); err != nil || constraints.IsCA {
				broken = append(broken, "basicConstraints must not ask for CA:TRUE")
			}
		case "2.5.29.15":
			var usage asn1.BitString
			if _, err := asn1.Unmarshal(extension.Value, &usage); err != nil || usage.At(5) == 1 || usage.At(6) == 1 {
				broken = append(broken, "keyUsage must not ask for keyCertSign or cRLSign")
			}
		default:
			broken = append(broken, "the extension "+id+" is not allowed")
		}
	}
	return broken
}

// checkSubject is the generic profile: C, O, OU = organisation, CN = application.
func checkSubject(request *x509.CertificateRequest, who owner) []string {
	var broken []string
	subject := request.Subject
	if subject.CommonName != who.application {
		broken = append(broken, "CN has to be the SoftwareStatementId "+who.application)
	}
	if !slices.Equal(subject.OrganizationalUnit, []string{who.organisation}) {
		broken = append(broken, "OU has to be the OrganisationId "+who.organisation)
	}
	if len(subject.Organization) == 0 || subject.Organization[0] == "" {
		broken = append(broken, "O must not be empty")
	}
	if len(subject.Country) != 1 || !countryPattern.MatchString(subject.Country[0]) {
		broken = append(broken, "C has to be two capital letters")
	}
	return broken
}

// checkBrazilianSubject is the profile of the Brazilian certificate standard for client certificates.
func checkBrazilianSubject(request *x509.CertificateRequest, kind string, who owner) []string {
	var broken []string
	subject := request.Subject
	if nameValue(subject, oidUserID()) != who.application {
		broken = append(broken, "UID has to be the SoftwareStatementId "+who.application)
	}
	if kind == typeBrazil2022 || len(subject.OrganizationalUnit) == 0 {
		if wanted := "OFBBR-" + who.organisation; nameValue(subject, oidOrganizationIdentifier()) != wanted {
			broken = append(broken, "organizationIdentifier has to be "+wanted)
		}
	} else if subject.OrganizationalUnit[0] != who.organisation {
		broken = append(broken, "OU has to be the OrganisationId "+who.organisation)
	}
	for _, part := range []struct{ name, has, wanted, is string }{
		{"serialNumber", subject.SerialNumber, who.registration, "RegistrationNumber"},
		{"O", strings.Join(subject.Organization, ", "), who.name, "OrganisationName"},
		{"L", strings.Join(subject.Locality, ", "), who.city, "City"},
		{"jurisdictionCountryName", nameValue(subject, oidJurisdictionCountry()), who.country, "CountryOfRegistration"},
	} {
		if part.has != part.wanted {
			broken = append(broken, part.name+" has to be the "+part.is+" "+part.wanted)
		}
	}
	if !slices.Equal(subject.Country, []string{"BR"}) {
		broken = append(broken, "C has to be BR")
	}
	// These have to be there, and are not compared with anything.
	for name, value := range map[string]string{"CN": subject.CommonName, "ST": strings.Join(subject.Province, ""), "businessCategory": nameValue(subject, oidBusinessCategory())} {
		if strings.TrimSpace(value) == "" {
			broken = append(broken, name+" must not be empty")
		}
	}
	slices.Sort(broken)
	return broken
}

// readPublicKey parses a PEM public key.
func readPublicKey(body []byte) (crypto.PublicKey, []byte, []string) {
	block, _ := pem.Decode(body)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, nil, []string{"the body is not a PEM public key"}
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, nil, []string{"the public key does not parse"}
	}
	return key, block.Bytes, checkStrength(key)
}
