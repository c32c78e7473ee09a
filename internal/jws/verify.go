package jws

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// UnknownKeyError says that no key of the set can have signed the statement. The set may
// be older than the key: fetch it again once before giving up.
type UnknownKeyError struct {
	// KeyID is the kid of the statement, empty when it names none.
	KeyID string
	// Known lists the kids of the set, sorted.
	Known []string
}

// Error implements error.
func (e *UnknownKeyError) Error() string {
	known := "the key set has no signing keys"
	if len(e.Known) > 0 {
		known = "the key set has " + strings.Join(e.Known, ", ")
	}
	return fmt.Sprintf("software statement: signed with key %q, but %s", e.KeyID, known)
}

// SignatureError says that the key is known and the signature is not its own.
type SignatureError struct {
	KeyID     string
	Algorithm string
	Err       error
}

// Error implements error.
func (e *SignatureError) Error() string {
	return fmt.Sprintf("software statement: the %s signature by key %q does not verify: %v", e.Algorithm, e.KeyID, e.Err)
}

// Unwrap gives the reason.
func (e *SignatureError) Unwrap() error { return e.Err }

// Verify checks the signature against a key set (RFC 7515 §5.2). It returns
// *UnknownKeyError when no key of the set fits the kid, *SignatureError otherwise.
func (s *Statement) Verify(keys jose.JSONWebKeySet) error {
	candidates, known := s.candidates(keys)
	if len(candidates) == 0 {
		return &UnknownKeyError{KeyID: s.KeyID, Known: known}
	}
	var failures []error
	for _, key := range candidates {
		err := s.verifyWith(key)
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return &SignatureError{KeyID: s.KeyID, Algorithm: s.Algorithm, Err: errors.Join(failures...)}
}

// candidates are the signing keys whose kid is the statement's, or all of them when the
// statement names no kid (RFC 7515 appendix D).
func (s *Statement) candidates(keys jose.JSONWebKeySet) ([]jose.JSONWebKey, []string) {
	var candidates []jose.JSONWebKey
	var known []string
	for _, key := range keys.Keys {
		if key.Use == "enc" {
			continue
		}
		known = append(known, key.KeyID)
		if s.KeyID == "" || key.KeyID == s.KeyID {
			candidates = append(candidates, key)
		}
	}
	slices.Sort(known)
	return candidates, known
}

func (s *Statement) verifyWith(key jose.JSONWebKey) error {
	if key.Algorithm != "" && key.Algorithm != s.Algorithm {
		return fmt.Errorf("the key is meant for %s", key.Algorithm)
	}
	// Public also refuses a symmetric key, whose value would be the HMAC secret.
	public := key.Public()
	if !public.Valid() {
		return errors.New("the key is not a public key")
	}
	_, err := s.signed.Verify(public.Key)
	return err
}
