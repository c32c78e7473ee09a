package pki

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// FuzzParseCertificates: what is read can be written and read again, and every mistake has its type.
func FuzzParseCertificates(f *testing.F) {
	key := newKey(f, "ECDSA", 256)
	private, err := KeyPEM(key)
	if err != nil {
		f.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fuzz"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.Fatal(err)
	}
	good := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if found, err := ParseCertificates(good + good); err != nil || len(found) != 2 {
		f.Fatal("the good seed is refused", err)
	}
	for _, seed := range []string{"", "x", private, good, good + good, "text before\n" + good, good + private, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		certificates, err := ParseCertificates(text)
		if err != nil {
			var reason *PEMError
			if !errors.As(err, &reason) {
				t.Fatalf("untyped error %T", err)
			}
			return
		}
		var again strings.Builder
		for _, certificate := range certificates {
			_ = pem.Encode(&again, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
		}
		if second, err := ParseCertificates(again.String()); err != nil || len(second) != len(certificates) {
			t.Errorf("%d certificates are %d when read again (%v)", len(certificates), len(second), err)
		}
	})
}

// FuzzParseKey: no error quotes what may be a key, and a key that is read is the same when written.
func FuzzParseKey(f *testing.F) {
	private, err := KeyPEM(newKey(f, "ECDSA", 256))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{private, strings.ReplaceAll(private, "\n", "\r\n"), strings.Replace(private, "PRIVATE", "RSA PRIVATE", 2), private[:80], "MIGHAgEAMBMGByqGSM49AgEG"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		signer, err := ParseKey(text)
		if err != nil {
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); len(line) > 20 && !strings.HasPrefix(line, "-----") && strings.Contains(err.Error(), line) {
					t.Errorf("the error quotes %q", line)
				}
			}
			return
		}
		written, err := KeyPEM(signer)
		if err != nil {
			return // A key of a kind that is read and not made.
		}
		again, err := ParseKey(written)
		if err != nil {
			t.Fatal(err)
		}
		first, errFirst := x509.MarshalPKIXPublicKey(signer.Public())
		second, errSecond := x509.MarshalPKIXPublicKey(again.Public())
		if errFirst != nil || errSecond != nil || string(first) != string(second) {
			t.Error("the key is another one when read again")
		}
	})
}

// FuzzDistinguishedName: a name of any certificate is one line (RFC 4514), whatever is in it.
func FuzzDistinguishedName(f *testing.F) {
	for _, value := range []string{"Acme", "a,b+c=d", "  ", "#x", "\x00\n", "ü", strings.Repeat("n", 300)} {
		der, err := asn1.Marshal([][]struct {
			Type  asn1.ObjectIdentifier
			Value string `asn1:"utf8"`
		}{{{asn1.ObjectIdentifier{2, 5, 4, 3}, value}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		name, err := DistinguishedName(der)
		if err == nil && strings.ContainsAny(name, "\n\r\x00") {
			t.Errorf("%q is not one line", name)
		}
	})
}
