package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	// symmetricBytes is the length of a key of A256GCM (RFC 7518 §5.3).
	symmetricBytes = 32
	leastRSABits   = 2048
)

// key is one key in use.
type key struct {
	// id is the thumbprint of RFC 7638, whatever kid the user gave.
	id        string
	algorithm jose.KeyAlgorithm
	// seal encrypts; open decrypts, and is nil for a public key.
	seal, open any
}

// errKey is what is wrong with a key. It never quotes it.
var errKey = errors.New("give 32 random bytes in base64, such as the output of `openssl rand -base64 32`, or a JWK of one key: " +
	`"oct" with 32 bytes, "EC" with P-256, P-384 or P-521, or "RSA" with at least 2048 bits`)

// parse reads a key: 32 bytes in base64 of any alphabet, or a JWK (RFC 7517).
func parse(text string) (key, error) {
	text = strings.TrimSpace(text)
	jwk := jose.JSONWebKey{}
	if strings.HasPrefix(text, "{") {
		if err := jwk.UnmarshalJSON([]byte(text)); err != nil {
			return key{}, fmt.Errorf("the JWK cannot be read; %w", errKey)
		}
	} else {
		raw, ok := unbase64(text)
		if !ok || len(raw) != symmetricBytes {
			return key{}, errKey
		}
		jwk.Key = raw
	}
	made, err := use(jwk)
	if err != nil {
		return key{}, err
	}
	made.id, err = thumbprint(jwk)
	return made, err
}

// thumbprint is that of RFC 7638; the library has none for symmetric keys.
func thumbprint(jwk jose.JSONWebKey) (string, error) {
	if raw, ok := jwk.Key.([]byte); ok {
		sum := sha256.Sum256([]byte(`{"k":"` + base64.RawURLEncoding.EncodeToString(raw) + `","kty":"oct"}`))
		return base64.RawURLEncoding.EncodeToString(sum[:]), nil
	}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", errKey
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

func use(jwk jose.JSONWebKey) (key, error) {
	switch k := jwk.Key.(type) {
	case []byte:
		if len(k) != symmetricBytes {
			return key{}, fmt.Errorf("the key has %d bytes; %w", len(k), errKey)
		}
		return key{algorithm: jose.DIRECT, seal: k, open: k}, nil
	case *ecdsa.PrivateKey:
		return key{algorithm: jose.ECDH_ES, seal: &k.PublicKey, open: k}, nil
	case *ecdsa.PublicKey:
		return key{algorithm: jose.ECDH_ES, seal: k}, nil
	case *rsa.PrivateKey:
		return key{algorithm: jose.RSA_OAEP_256, seal: &k.PublicKey, open: k}, strong(&k.PublicKey)
	case *rsa.PublicKey:
		return key{algorithm: jose.RSA_OAEP_256, seal: k}, strong(k)
	}
	return key{}, fmt.Errorf("keys of this type cannot seal; %w", errKey)
}

func strong(k *rsa.PublicKey) error {
	if k.N.BitLen() < leastRSABits {
		return fmt.Errorf("the RSA key has %d bits; %w", k.N.BitLen(), errKey)
	}
	return nil
}

func unbase64(text string) ([]byte, bool) {
	text = strings.TrimRight(text, "=")
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if raw, err := alphabet.DecodeString(text); err == nil {
			return raw, true
		}
	}
	return nil, false
}
