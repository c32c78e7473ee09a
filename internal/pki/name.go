package pki

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// attribute and relativeNameSET mirror RFC 5280 §4.1.2.4, keeping the encoding of each
// value. encoding/asn1 takes a type name that ends in SET for a SET OF.
type (
	attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	relativeNameSET []attribute
)

// NameError says why bytes are not a distinguished name.
type NameError struct {
	Reason string
	Err    error
}

// Error implements error.
func (e *NameError) Error() string { return "distinguished name: " + e.Reason }

// Unwrap gives the reason of the standard library, if any.
func (e *NameError) Unwrap() error { return e.Err }

// SubjectDN writes the subject of a certificate as tls_client_auth_subject_dn wants it
// (RFC 8705 §2.1.2): see DistinguishedName.
func SubjectDN(certificate *x509.Certificate) (string, error) {
	return DistinguishedName(certificate.RawSubject)
}

// IssuerDN writes the issuer of a certificate: see DistinguishedName.
func IssuerDN(certificate *x509.Certificate) (string, error) {
	return DistinguishedName(certificate.RawIssuer)
}

// DistinguishedName writes a DER name as RFC 4514 text: the last relative name first, the
// short names of §3 (CN, L, ST, O, OU, C, STREET, DC, UID), and every other attribute as
// its dotted identifier with "#" and the hex of its encoded value (§2.4). That is also
// the form of the Open Finance Brasil registration profile §7.1.2.
func DistinguishedName(der []byte) (string, error) {
	names, err := decodeName(der)
	if err != nil {
		return "", err
	}
	slices.Reverse(names)
	written := make([]string, 0, len(names))
	for _, relative := range names {
		parts := make([]string, 0, len(relative))
		for _, part := range relative {
			parts = append(parts, part.String())
		}
		written = append(written, strings.Join(parts, "+"))
	}
	return strings.Join(written, ","), nil
}

func decodeName(der []byte) ([]relativeNameSET, error) {
	var names []relativeNameSET
	rest, err := asn1.Unmarshal(der, &names)
	if err != nil {
		return nil, &NameError{Reason: "it cannot be decoded", Err: err}
	}
	if len(rest) > 0 {
		return nil, &NameError{Reason: fmt.Sprintf("%d bytes follow it", len(rest))}
	}
	return names, nil
}

// shortNames is the table of RFC 4514 §3.
func shortNames(identifier string) string {
	switch identifier {
	case "2.5.4.3":
		return "CN"
	case "2.5.4.7":
		return "L"
	case "2.5.4.8":
		return "ST"
	case "2.5.4.10":
		return "O"
	case "2.5.4.11":
		return "OU"
	case "2.5.4.6":
		return "C"
	case "2.5.4.9":
		return "STREET"
	case "0.9.2342.19200300.100.1.25":
		return "DC"
	case "0.9.2342.19200300.100.1.1":
		return "UID"
	}
	return ""
}

// String writes one attribute type and value (RFC 4514 §2.3 and §2.4).
func (a attribute) String() string {
	identifier := a.Type.String()
	short := shortNames(identifier)
	if short == "" {
		return identifier + "=#" + hex.EncodeToString(a.Value.FullBytes)
	}
	value, err := decodeText(a.Value)
	if err != nil {
		return short + "=#" + hex.EncodeToString(a.Value.FullBytes)
	}
	return short + "=" + escape(value)
}

var errNoText = errors.New("the value is not text")

// decodeText reads the string types of DirectoryString (RFC 5280 §4.1.2.4) and IA5String.
func decodeText(value asn1.RawValue) (string, error) {
	if value.Class != asn1.ClassUniversal || value.IsCompound {
		return "", errNoText
	}
	switch value.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, asn1.TagNumericString:
		if !utf8.Valid(value.Bytes) {
			return "", errNoText
		}
		return string(value.Bytes), nil
	case asn1.TagT61String:
		return decodeLatin(value.Bytes), nil
	case asn1.TagBMPString:
		return decodeBMP(value.Bytes)
	}
	return "", errNoText
}

// decodeLatin treats a TeletexString as ISO 8859-1, as every certificate tool does.
func decodeLatin(value []byte) string {
	characters := make([]rune, 0, len(value))
	for _, octet := range value {
		characters = append(characters, rune(octet))
	}
	return string(characters)
}

func decodeBMP(value []byte) (string, error) {
	if len(value)%2 != 0 {
		return "", errNoText
	}
	units := make([]uint16, 0, len(value)/2)
	for i := 0; i < len(value); i += 2 {
		units = append(units, uint16(value[i])<<8|uint16(value[i+1]))
	}
	return string(utf16.Decode(units)), nil
}

// escape protects the special characters of RFC 4514 §2.4. Control characters are written
// as hex pairs too, which the section allows, so that a name stays on one line.
func escape(value string) string {
	var out strings.Builder
	last := len(value) - 1
	for i, character := range value {
		switch {
		case character < 0x20 || character == 0x7f:
			fmt.Fprintf(&out, `\%02X`, character)
		case strings.ContainsRune(`"+,;<>\`, character),
			character == '#' && i == 0,
			character == ' ' && (i == 0 || i == last):
			out.WriteByte('\\')
			out.WriteRune(character)
		default:
			out.WriteRune(character)
		}
	}
	return out.String()
}
