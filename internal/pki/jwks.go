package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// JWKS makes a JSON Web Key Set (RFC 7517 §5) of public keys in PEM form: public
// keys, certificates, each with the chain that follows it, or private keys, of
// which only the public part goes in. The kid is the RFC 7638 thumbprint of a bare
// key and, of a certificate, the one directories give it: its SHA-256, which is
// also its x5t#S256. A text that has none, and a key that comes twice, is a *PEMError.
func JWKS(texts []string) (string, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	seen := map[string]int{}
	for i, text := range texts {
		key, err := publicJWK(text)
		if err != nil {
			return "", &PEMError{Want: "PEM texts of keys or certificates", Reason: fmt.Sprintf("text %d is %s", i+1, err), Err: err}
		}
		if before, twice := seen[key.KeyID]; twice {
			return "", &PEMError{Want: "a set of keys", Reason: fmt.Sprintf("texts %d and %d are the same key", before+1, i+1)}
		}
		seen[key.KeyID] = i
		set.Keys = append(set.Keys, key)
	}
	raw, err := json.Marshal(set)
	return string(raw), err
}

func publicJWK(text string) (jose.JSONWebKey, error) {
	if err := several(text); err != nil {
		return jose.JSONWebKey{}, err
	}
	if certificates, err := ParseCertificates(text); err == nil {
		first := certificates[0]
		sum, err := base64.RawURLEncoding.DecodeString(KeyID(first))
		return jose.JSONWebKey{Key: first.PublicKey, KeyID: KeyID(first), Certificates: certificates, CertificateThumbprintSHA256: sum}, err
	}
	public, err := ParsePublicKey(text)
	if err != nil {
		private, errPrivate := ParseKey(text)
		if errPrivate != nil {
			// Of a text that has a private key, what is wrong with that.
			if strings.Contains(text, blockPrivateKey+"-----") {
				err = errPrivate
			}
			return jose.JSONWebKey{}, err
		}
		public = private.Public()
	}
	key := jose.JSONWebKey{Key: public}
	if !key.Valid() {
		return key, &PEMError{Want: "a key of a JSON Web Key", Reason: fmt.Sprintf("it is a %T", public)}
	}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return key, err
}

// several refuses a text of more keys than one: only the first would go in. Both
// halves of a pair, and a certificate with its key, are one.
func several(text string) error {
	found, err := blocks(text, "a PEM public key")
	if err != nil {
		return err
	}
	var keys []crypto.PublicKey
	chain := false
	for _, block := range found {
		// Of a chain, the first certificate is the one, and the others vouch for it.
		vouches := block.Type == blockCertificate && chain
		chain = chain || block.Type == blockCertificate
		if vouches || block.Type != blockCertificate && block.Type != blockPublicKey && !strings.HasSuffix(block.Type, blockPrivateKey) {
			continue
		}
		one := encodePEM(block.Type, block.Bytes)
		key, err := ParsePublicKey(one)
		if private, errPrivate := ParseKey(one); errPrivate == nil {
			key, err = private.Public(), nil
		}
		if err == nil {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if !SameKey(key, keys[0]) {
			return &PEMError{Want: "a PEM text of one key", Reason: fmt.Sprintf("it has %d; give each a text of its own", len(keys))}
		}
	}
	return nil
}

// KeySize names the kind of a public key and its size in bits; zero for kinds
// that it does not know.
func KeySize(key crypto.PublicKey) (algorithm string, bits int) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 8 * ed25519.PublicKeySize
	}
	return fmt.Sprintf("%T", key), 0
}
