package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
)

// Finding is one reason why a directory would refuse a request.
type Finding struct {
	// Rule is a short stable name: key, signature, hash, basic_constraints, key_usage,
	// extension, subject, subject_alternative_name.
	Rule string
	// Message says what is wrong, and what would be right.
	Message string
	// Advisory marks what only some directories refuse.
	Advisory bool
}

// LintRequest finds what a directory would refuse in a request, in a fixed order. No
// findings do not promise acceptance: the directory is the judge.
func LintRequest(request *x509.CertificateRequest, rules Rules) []Finding {
	findings := lintKey(request.PublicKey, rules)
	findings = append(findings, lintHash(request)...)
	if len(findings) == 0 {
		// Only now: the library also fails on weak keys and hashes, less clearly.
		findings = append(findings, lintProof(request)...)
	}
	for _, extension := range request.Extensions {
		findings = append(findings, lintExtension(extension)...)
	}
	findings = append(findings, lintSubject(request.RawSubject, rules.Subject)...)
	if rules.SubjectAlternativeName && len(request.DNSNames) == 0 {
		findings = append(findings, Finding{"subject_alternative_name", "the request has no DNS name as subjectAltName", true})
	}
	return findings
}

// LintKey finds what a directory would refuse in a bare public key.
func LintKey(key crypto.PublicKey) []Finding { return lintKey(key, Rules{}) }

func lintKey(key any, rules Rules) []Finding {
	minimumRSA, minimumEC := max(rules.MinimumRSABits, minimumRSABits), max(rules.MinimumECBits, minimumECBits)
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minimumRSA {
			return []Finding{{Rule: "key", Message: fmt.Sprintf("the RSA key has %d bits, at least %d are needed", bits, minimumRSA)}}
		}
	case *ecdsa.PublicKey:
		if bits := key.Params().BitSize; bits < minimumEC {
			return []Finding{{Rule: "key", Message: fmt.Sprintf("the EC key has %d bits, at least %d are needed", bits, minimumEC)}}
		}
	default:
		return []Finding{{Rule: "key", Message: "the key is neither RSA nor ECDSA"}}
	}
	return nil
}

func lintHash(request *x509.CertificateRequest) []Finding {
	switch request.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
		return nil
	}
	return []Finding{{Rule: "hash", Message: fmt.Sprintf("the request is signed with %s, SHA-256 or better is needed", request.SignatureAlgorithm)}}
}

// lintProof checks the proof of possession (RFC 2986 §3).
func lintProof(request *x509.CertificateRequest) []Finding {
	if err := request.CheckSignature(); err != nil {
		return []Finding{{Rule: "signature", Message: "the request is not signed by its own key: it was changed or cut after signing"}}
	}
	return nil
}

// lintExtension looks at one extension (RFC 5280 §4.2.1).
func lintExtension(extension pkix.Extension) []Finding {
	switch identifier := extension.Id.String(); identifier {
	case "2.5.29.19":
		var constraints struct {
			CA     bool `asn1:"optional"`
			Length int  `asn1:"optional,default:-1"`
		}
		if _, err := asn1.Unmarshal(extension.Value, &constraints); err != nil || constraints.CA {
			return []Finding{{Rule: "basic_constraints", Message: "basicConstraints must say CA:FALSE"}}
		}
	case "2.5.29.15":
		const keyCertSign, cRLSign = 5, 6
		var usage asn1.BitString
		if _, err := asn1.Unmarshal(extension.Value, &usage); err != nil || usage.At(keyCertSign) == 1 || usage.At(cRLSign) == 1 {
			return []Finding{{Rule: "key_usage", Message: "keyUsage must not have keyCertSign or cRLSign"}}
		}
	case "2.5.29.14", "2.5.29.17", "2.5.29.32", "2.5.29.37":
	default:
		return []Finding{{"extension", fmt.Sprintf("extension %s is not one a directory knows", identifier), true}}
	}
	return nil
}

func lintSubject(der []byte, expectations []Expectation) []Finding {
	names, err := decodeName(der)
	if err != nil {
		return []Finding{{Rule: "subject", Message: err.Error()}}
	}
	var findings []Finding
	found := make(map[string][]string)
	for _, relative := range names {
		for _, part := range relative {
			value, err := decodeText(part.Value)
			if err != nil || strings.TrimSpace(value) == "" {
				findings = append(findings, Finding{Rule: "subject", Message: label(part.Type.String()) + " is blank or not text"})
				continue
			}
			found[part.Type.String()] = append(found[part.Type.String()], value)
		}
	}
	for _, expected := range expectations {
		values := found[expected.Type]
		if reason := expected.unmet(values); reason != "" {
			findings = append(findings, Finding{Rule: "subject", Message: reason})
		} else if expected.Usual != "" && !slices.Contains(values, expected.Usual) {
			findings = append(findings, Finding{Rule: "subject", Advisory: true,
				Message: fmt.Sprintf("%s is %q, in Brazil it has to be %q", label(expected.Type), strings.Join(values, `", "`), expected.Usual)})
		}
	}
	return findings
}
