package pki

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// The key of the example in RFC 7638 §3.1, and its thumbprint.
const (
	exampleModulus    = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	exampleThumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
)

func TestJWKSOfAnRFCKey(t *testing.T) {
	t.Parallel()
	n, err := base64.RawURLEncoding.DecodeString(exampleModulus)
	if err != nil {
		t.Fatal(err)
	}
	text, err := PublicKeyPEM(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	got, err := JWKS([]string{text})
	want := `{"keys":[{"kty":"RSA","kid":"` + exampleThumbprint + `","n":"` + exampleModulus + `","e":"AQAB"}]}`
	if err != nil || got != want {
		t.Errorf("the key set is %s, %v, want %s", got, err, want)
	}
}

// TestJWKS takes what people have: keys of every kind, certificates with their
// chain, and of a private key its public part only.
func TestJWKS(t *testing.T) {
	t.Parallel()
	key := newKey(t, "ECDSA", 256)
	private, err := KeyPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := PublicKeyPEM(edwards)
	if err != nil {
		t.Fatal(err)
	}
	leaf := CertificatePEM(selfSigned(t, key, pkix.Name{CommonName: "leaf"}))
	root := CertificatePEM(selfSigned(t, newKey(t, "ECDSA", 256), pkix.Name{CommonName: "root"}))
	got, err := JWKS([]string{private, public, leaf + root})
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(got), &set); err != nil || len(set.Keys) != 3 {
		t.Fatalf("%s, %v", got, err)
	}
	for i, kind := range []string{"EC", "OKP", "EC"} {
		if set.Keys[i]["kty"] != kind || set.Keys[i]["d"] != nil || set.Keys[i]["kid"] == "" {
			t.Errorf("key %d is %v", i, set.Keys[i])
		}
	}
	certificates, err := ParseCertificates(leaf)
	if err != nil {
		t.Fatal(err)
	}
	third := set.Keys[2]
	if x5c, ok := third["x5c"].([]any); !ok || len(x5c) != 2 || third["kid"] != KeyID(certificates[0]) || third["x5t#S256"] != third["kid"] {
		t.Errorf("the certificate's key is %v", third)
	}
	if empty, err := JWKS(nil); err != nil || empty != `{"keys":[]}` {
		t.Errorf("nothing gives %s, %v", empty, err)
	}
}

func marshalled(t *testing.T, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestJWKSRefuses(t *testing.T) {
	t.Parallel()
	key := newKey(t, "ECDSA", 256)
	private, err := KeyPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := PublicKeyPEM(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	koblitz := marshalled(t, asn1.ObjectIdentifier{1, 3, 132, 0, 10})
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: koblitz}}
	edwards := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 3, 101, 113}}
	of := func(kind string, value any) string { return encodePEM(kind, marshalled(t, value)) }
	type pkcs8 struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	other, err := PublicKeyPEM(newKey(t, "ECDSA", 256).Public())
	if err != nil {
		t.Fatal(err)
	}
	leaf := CertificatePEM(selfSigned(t, key, pkix.Name{CommonName: "leaf"}))
	for _, texts := range []string{private + public, leaf + private, public + leaf + CertificatePEM(selfSigned(t, newKey(t, "ECDSA", 256), pkix.Name{CommonName: "root"}))} {
		if _, err := JWKS([]string{texts}); err != nil {
			t.Errorf("one key in several forms: %v", err)
		}
	}
	for want, texts := range map[string][]string{
		"text 1 is not a PEM private key: it is of the curve secp256k1, which is not supported; use RSA, P-256": {of("PRIVATE KEY", pkcs8{0, algorithm, []byte{1}})},
		"not a PEM private key: it is of the curve secp256k1": {of("EC PRIVATE KEY", struct {
			Version int
			Key     []byte
			Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		}{1, []byte{1}, asn1.ObjectIdentifier{1, 3, 132, 0, 10}})},
		"not a PEM public key: it is of the curve secp256k1": {of("PUBLIC KEY", struct {
			Algorithm pkix.AlgorithmIdentifier
			Key       asn1.BitString
		}{algorithm, asn1.BitString{Bytes: []byte{4}, BitLength: 8}})},
		"it is of the algorithm Ed448, which":                                 {of("PRIVATE KEY", pkcs8{0, edwards, []byte{1}})},
		"not a PEM private key: it is encrypted; decrypt it":                  {encodePEM("ENCRYPTED PRIVATE KEY", []byte{1})},
		"not a PEM private key: it cannot be decoded":                         {encodePEM("PRIVATE KEY", []byte{1})},
		"text 1 is not a PEM text of one key: it has 2; give each a text of ": {public + other},
		"a PEM text of one key: it has 2":                                     {private + other},
		"PEM text of one key: it has 2":                                       {other + leaf},
		"text 2 is":                                                           {public, "key.pem"}, "texts 1 and 2 are the same key": {public, private}, "text 1 is": {""},
	} {
		_, err := JWKS(texts)
		var refused *PEMError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) || slices.ContainsFunc(strings.Split(private, "\n")[1:3], func(line string) bool { return strings.Contains(err.Error(), line) }) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestKeySize(t *testing.T) {
	t.Parallel()
	if algorithm, bits := KeySize(newKey(t, "ECDSA", 384).Public()); algorithm != "ECDSA" || bits != 384 {
		t.Errorf("%s of %d bits", algorithm, bits)
	}
	if algorithm, bits := KeySize(ed25519.PublicKey{}); algorithm != "Ed25519" || bits != 256 {
		t.Errorf("%s of %d bits", algorithm, bits)
	}
}
