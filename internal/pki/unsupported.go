package pki

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// undecoded says why the standard library cannot read a key, as far as the
// identifiers beside it tell. Nothing of the key itself is in it.
func undecoded(der []byte) string {
	const usable = "use RSA, P-256, P-384, P-521 or Ed25519"
	var (
		private struct {
			Version   int
			Algorithm pkix.AlgorithmIdentifier
			Key       []byte
		}
		public struct {
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}
		plain struct {
			Version int
			Key     []byte
			Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
			Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
		}
	)
	algorithm, curve := "", ""
	if _, err := asn1.Unmarshal(der, &private); err == nil {
		algorithm, curve = identifiers(private.Algorithm)
	} else if _, err := asn1.Unmarshal(der, &public); err == nil {
		algorithm, curve = identifiers(public.Algorithm)
	} else if _, err := asn1.Unmarshal(der, &plain); err == nil {
		algorithm, curve = typeECKey, plain.Curve.String()
	}
	switch {
	case algorithm == typeECKey && known(curve) == "":
		return fmt.Sprintf("it is of the curve %s, which is not supported; %s", named(curve), usable)
	case algorithm != "" && algorithm != typeECKey && known(algorithm) == "":
		return fmt.Sprintf("it is of the algorithm %s, which is not supported; %s", named(algorithm), usable)
	}
	return "it cannot be decoded"
}

// typeECKey is the algorithm of keys on a curve, which its parameters name (RFC 5480 §2.1.1).
const typeECKey = "1.2.840.10045.2.1"

func identifiers(a pkix.AlgorithmIdentifier) (algorithm, curve string) {
	var parameters asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &parameters); err != nil {
		return a.Algorithm.String(), ""
	}
	return a.Algorithm.String(), parameters.String()
}

// known is the name of a curve or algorithm that the library reads, so that
// something else is wrong with a key of it.
func known(identifier string) string {
	return map[string]string{"1.3.132.0.33": "P-224", "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521", "1.2.840.113549.1.1.1": "RSA", "1.3.101.112": "Ed25519", "1.3.101.110": "X25519"}[identifier]
}

// named is the name of a curve or algorithm that it does not.
func named(identifier string) string {
	names := map[string]string{"1.3.132.0.10": "secp256k1", "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
		"1.3.101.113": "Ed448", "1.3.101.111": "X448", "1.2.840.10040.4.1": "DSA", "1.2.840.113549.1.1.10": "RSASSA-PSS", "": "without a name"}
	if name, ok := names[identifier]; ok {
		return name
	}
	return identifier
}
