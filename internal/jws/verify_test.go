package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// signer is a directory's signing key.
type signer struct {
	keyID     string
	algorithm jose.SignatureAlgorithm
	private   crypto.Signer
}

func newSigner(t testing.TB, keyID string) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signer{keyID: keyID, algorithm: jose.PS256, private: key}
}

func (s signer) sign(t testing.TB, payload string) string {
	t.Helper()
	key := jose.SigningKey{Algorithm: s.algorithm, Key: jose.JSONWebKey{Key: s.private, KeyID: s.keyID}}
	jwsSigner, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jwsSigner.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s signer) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.private.Public(), KeyID: s.keyID, Use: "sig"}
}

func parsed(t *testing.T, token string) *Statement {
	t.Helper()
	statement, err := Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

func TestVerify(t *testing.T) {
	t.Parallel()
	directory, stranger := newSigner(t, "signer"), newSigner(t, "signer")
	statement := parsed(t, directory.sign(t, `{"iat":1}`))
	encryption := directory.public()
	encryption.Use = "enc"
	wrongAlgorithm := directory.public()
	wrongAlgorithm.Algorithm = "RS256"
	other := newSigner(t, "another").public()
	symmetric := jose.JSONWebKey{Key: []byte("not a public key"), KeyID: "signer"}
	tests := []struct {
		name string
		keys []jose.JSONWebKey
		want string
	}{
		{"the key", []jose.JSONWebKey{other, directory.public()}, ""},
		{"two keys of one name", []jose.JSONWebKey{stranger.public(), directory.public()}, ""},
		{"a private key in the set", []jose.JSONWebKey{{Key: directory.private, KeyID: "signer"}}, ""},
		{"a stranger's key", []jose.JSONWebKey{stranger.public()}, "signature"},
		{"key for another algorithm", []jose.JSONWebKey{wrongAlgorithm}, "signature"},
		{"symmetric key", []jose.JSONWebKey{symmetric}, "signature"},
		{"no such kid", []jose.JSONWebKey{other}, "unknown"},
		{"encryption key only", []jose.JSONWebKey{encryption}, "unknown"},
		{"empty set", nil, "unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := statement.Verify(jose.JSONWebKeySet{Keys: test.keys})
			var unknown *UnknownKeyError
			var signature *SignatureError
			got := ""
			switch {
			case errors.As(err, &unknown):
				got = "unknown"
			case errors.As(err, &signature):
				got = "signature"
			case err != nil:
				got = "untyped"
			}
			if got != test.want {
				t.Errorf("Verify = %v, want %q", err, test.want)
			}
		})
	}
}

func TestUnknownKeyNamesWhatIsKnown(t *testing.T) {
	t.Parallel()
	statement := parsed(t, newSigner(t, "new").sign(t, `{}`))
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{newSigner(t, "old-b").public(), newSigner(t, "old-a").public()}}
	var unknown *UnknownKeyError
	if err := statement.Verify(keys); !errors.As(err, &unknown) {
		t.Fatalf("Verify = %v, want *UnknownKeyError", err)
	}
	if unknown.KeyID != "new" || !slices.Equal(unknown.Known, []string{"old-a", "old-b"}) {
		t.Errorf("error is %+v", unknown)
	}
	if !strings.Contains(unknown.Error(), "old-a, old-b") {
		t.Errorf("message %q does not list the known keys", unknown)
	}
}

func TestVerifyFindsTamperedClaims(t *testing.T) {
	t.Parallel()
	directory := newSigner(t, "signer")
	original := strings.Split(directory.sign(t, `{"software_roles":["DADOS"]}`), ".")
	forged := strings.Split(newSigner(t, "signer").sign(t, `{"software_roles":["DADOS","PAGTO"]}`), ".")
	statement := parsed(t, original[0]+"."+forged[1]+"."+original[2])
	var signature *SignatureError
	if err := statement.Verify(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{directory.public()}}); !errors.As(err, &signature) {
		t.Fatalf("Verify = %v, want *SignatureError", err)
	}
	if !errors.Is(signature, jose.ErrCryptoFailure) {
		t.Errorf("the cause is lost: %v", signature.Err)
	}
}

func TestVerifyWithoutKeyIDTriesEveryKey(t *testing.T) {
	t.Parallel()
	directory := newSigner(t, "")
	statement := parsed(t, directory.sign(t, `{}`))
	named := directory.public()
	named.KeyID = "signer"
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{newSigner(t, "other").public(), named}}
	if err := statement.Verify(keys); err != nil {
		t.Errorf("Verify = %v", err)
	}
}

func TestVerifyOtherAlgorithms(t *testing.T) {
	t.Parallel()
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []signer{
		{"ec", jose.ES256, elliptical},
		{"ed", jose.EdDSA, edwards},
		{"rsa", jose.RS512, newSigner(t, "rsa").private},
	} {
		t.Run(string(key.algorithm), func(t *testing.T) {
			t.Parallel()
			statement := parsed(t, key.sign(t, `{"iat":1}`))
			if err := statement.Verify(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.public()}}); err != nil {
				t.Error(err)
			}
			if statement.Algorithm != string(key.algorithm) {
				t.Errorf("algorithm = %q", statement.Algorithm)
			}
		})
	}
}
