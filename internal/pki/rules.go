package pki

import (
	"fmt"
	"slices"
	"strings"
)

// Rules are what a directory asks of a request beyond what every one asks: RSA of 2048
// bits or EC of 256 bits, SHA-256, proof of possession, no CA. The zero value asks no more.
type Rules struct {
	// MinimumRSABits and MinimumECBits may raise the common minimum.
	MinimumRSABits int
	MinimumECBits  int
	// Subject lists the attributes which must be there.
	Subject []Expectation
	// SubjectAlternativeName asks for at least one DNS name.
	SubjectAlternativeName bool
}

// Expectation is one attribute the subject must have.
type Expectation struct {
	// Type is its object identifier in dotted form.
	Type string
	// Value is the exact value; empty accepts any that is not blank.
	Value string
	// Suffix accepts any value that ends in "-" and Value, such as OFBBR-<organisation>.
	Suffix bool
	// Usual is the value of which others that are accepted are told; empty for none.
	Usual string
}

// Holder is whom a certificate is for, as the directory knows it.
type Holder struct {
	ApplicationID  string
	OrganisationID string
	// Country and Organisation are a deployment's own constants, empty when not known.
	Country      string
	Organisation string
	// RegistrationNumber and City are the organisation's in the directory, which the
	// Brazilian types have to repeat; empty when not known.
	RegistrationNumber string
	City               string
}

// RulesFor gives the rules of a certificate type of an application: the generic profile of
// rtstransport and rtssigning, the Brazilian ones of brcac and brcac_2022. Other types,
// which differ by deployment, get the common rules only.
func RulesFor(certificateType string, holder Holder) Rules {
	country := Expectation{Type: TypeCountry, Value: holder.Country}
	organisation := Expectation{Type: TypeOrganisation, Value: holder.Organisation}
	unit := Expectation{Type: TypeOrganisationalUnit, Value: holder.OrganisationID}
	switch certificateType {
	case "rtstransport", "rtssigning":
		return Rules{Subject: []Expectation{country, organisation, unit, {Type: TypeCommonName, Value: holder.ApplicationID}}}
	case "brcac":
		return Rules{Subject: append(brazilian(holder), unit), SubjectAlternativeName: true}
	case "brcac_2022":
		identifier := Expectation{Type: TypeOrganisationIdentifier, Value: holder.OrganisationID, Suffix: true, Usual: "OFBBR-" + holder.OrganisationID}
		return Rules{Subject: append(brazilian(holder), identifier), SubjectAlternativeName: true}
	}
	return Rules{}
}

// unmet says why values do not meet the expectation; empty when they do.
func (e Expectation) unmet(values []string) string {
	switch {
	case len(values) == 0 && e.Value == "":
		return label(e.Type) + " is missing"
	case len(values) == 0:
		return fmt.Sprintf("%s is missing, it must be %s", label(e.Type), e.wanted())
	case e.Value == "":
		return ""
	case e.Suffix && slices.ContainsFunc(values, func(value string) bool { return strings.HasSuffix(value, "-"+e.Value) }):
		return ""
	case !e.Suffix && slices.Contains(values, e.Value):
		return ""
	}
	return fmt.Sprintf("%s is %q, it must be %s", label(e.Type), strings.Join(values, `", "`), e.wanted())
}

func (e Expectation) wanted() string {
	if e.Suffix {
		return fmt.Sprintf("a scheme, a hyphen and %q", e.Value)
	}
	return fmt.Sprintf("%q", e.Value)
}

// label names an attribute type for a message.
func label(identifier string) string {
	if short := shortNames(identifier); short != "" {
		return short
	}
	switch identifier {
	case TypeSerialNumber:
		return "serialNumber"
	case TypeBusinessCategory:
		return "businessCategory"
	case TypeOrganisationIdentifier:
		return "organizationIdentifier"
	case TypeJurisdictionCountry:
		return "jurisdictionCountryName"
	}
	return identifier
}
