package pki

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

func selfSigned(t *testing.T, key crypto.Signer, name pkix.Name) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: name, NotAfter: time.Unix(1<<31, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestParseCertificates(t *testing.T) {
	t.Parallel()
	key := newKey(t, "ECDSA", 256)
	leaf, issuer := selfSigned(t, key, pkix.Name{CommonName: "leaf"}), selfSigned(t, key, pkix.Name{CommonName: "issuer"})
	private, err := KeyPEM(key)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := ParseCertificates("subject=leaf\n" + CertificatePEM(leaf) + private + CertificatePEM(issuer))
	if err != nil {
		t.Fatal(err)
	}
	if len(chain) != 2 || !chain[0].Equal(leaf) || !chain[1].Equal(issuer) {
		t.Fatalf("%d certificates, want leaf and issuer in order", len(chain))
	}
	garbage := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no DER")}))
	for name, test := range map[string]struct{ text, want string }{
		"nothing":         {"hello", "no complete PEM block"},
		"a key":           {private, `"PRIVATE KEY" block`},
		"second is wrong": {CertificatePEM(leaf) + garbage, "certificate 2 cannot be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseCertificates(test.text)
			var reason *PEMError
			if !errors.As(err, &reason) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ParseCertificates = %v, want %q", err, test.want)
			}
		})
	}
}

func TestKeyIDAndThumbprintAreOneHash(t *testing.T) {
	t.Parallel()
	certificate := selfSigned(t, newKey(t, "ECDSA", 256), pkix.Name{CommonName: "x"})
	fromKeyID, err := base64.RawURLEncoding.DecodeString(KeyID(certificate))
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(certificate.Raw)
	if string(fromKeyID) != string(want[:]) || Thumbprint(certificate) != hex.EncodeToString(want[:]) {
		t.Errorf("key id %s and thumbprint %s are not SHA-256 of the DER", KeyID(certificate), Thumbprint(certificate))
	}
}

func TestKeysRoundTrip(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		algorithm string
		bits      int
	}{{"RSA", 0}, {"RSA", 2048}, {"ECDSA", 0}, {"ECDSA", 256}, {"ECDSA", 384}, {"ECDSA", 521}} {
		key := newKey(t, test.algorithm, test.bits)
		private, err := KeyPEM(key)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseKey(private)
		if err != nil || !SameKey(key.Public(), again.Public()) {
			t.Errorf("%s %d does not survive PKCS#8: %v", test.algorithm, test.bits, err)
		}
		public, err := PublicKeyPEM(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := ParsePublicKey(public)
		if err != nil || !SameKey(parsed, key.Public()) {
			t.Errorf("%s %d does not survive as public key: %v", test.algorithm, test.bits, err)
		}
	}
}

func TestGenerateKeyRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []AlgorithmError{{"RSA", 1024}, {"RSA", 16384}, {"ECDSA", 224}, {"ED25519", 0}, {"", 0}} {
		_, err := GenerateKey(test.Algorithm, test.Bits)
		var algorithm *AlgorithmError
		if !errors.As(err, &algorithm) || *algorithm != test {
			t.Errorf("GenerateKey(%q, %d) = %v", test.Algorithm, test.Bits, err)
		}
	}
}

func TestParseKeyOldFormsAndRefusals(t *testing.T) {
	t.Parallel()
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := KeyPEM(edwards)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := ParseKey(text); err != nil || !SameKey(key.Public(), edwards.Public()) {
		t.Errorf("Ed25519: %v", err)
	}
	const secret = "c2VjcmV0IGtleSBtYXRlcmlhbA=="
	block := func(label, headers string) string {
		return "-----BEGIN " + label + "-----\n" + headers + secret + "\n-----END " + label + "-----\n"
	}
	for name, test := range map[string]struct{ text, want string }{
		"nothing":              {secret, "no complete PEM block"},
		"a certificate":        {block("CERTIFICATE", ""), `"CERTIFICATE" block`},
		"encrypted PKCS#8":     {block("ENCRYPTED PRIVATE KEY", ""), "encrypted"},
		"encrypted PKCS#1":     {block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"), "encrypted"},
		"broken PKCS#8":        {block("PRIVATE KEY", ""), "cannot be decoded"},
		"broken PKCS#1":        {block("RSA PRIVATE KEY", ""), "cannot be decoded"},
		"broken SEC 1":         {block("EC PRIVATE KEY", ""), "cannot be decoded"},
		"OpenSSH":              {block("OPENSSH PRIVATE KEY", ""), "use PKCS#8"},
		"parameters, then key": {block("EC PARAMETERS", "") + block("EC PRIVATE KEY", ""), "cannot be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseKey(test.text)
			var reason *PEMError
			if !errors.As(err, &reason) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("ParseKey = %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), secret[:10]) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q quotes the key", err)
			}
		})
	}
}

func TestSameKey(t *testing.T) {
	t.Parallel()
	rsa, ec := newKey(t, "RSA", 2048).Public(), newKey(t, "ECDSA", 256).Public()
	for name, got := range map[string]bool{
		"RSA and EC":       SameKey(rsa, ec),
		"two EC keys":      SameKey(ec, newKey(t, "ECDSA", 256).Public()),
		"a key and none":   SameKey(ec, nil),
		"none and a key":   SameKey(nil, ec),
		"not keys, alike?": SameKey("a", "a"),
	} {
		if got {
			t.Errorf("%s are the same key", name)
		}
	}
	if !SameKey(rsa, rsa) {
		t.Error("a key differs from itself")
	}
}
