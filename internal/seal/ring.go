package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// Type is the header "typ" (RFC 7516 §4.1.11) of every sealed value: what tells
// one from a JWE of somebody else.
const Type = "dcr-sealed"

// prefixes begin the sealed values of each kind of key, and few other JOSE objects.
func prefixes() [][]byte {
	return [][]byte{[]byte("eyJhbGciOiJkaXIi"), []byte("eyJhbGciOiJFQ0RILUVT"), []byte("eyJhbGciOiJSU0EtT0FFUC0yNTYi")}
}

// In reports whether there may be a sealed value somewhere in a document. If it
// says no, there is none, and nobody has to decode it.
func In(document []byte) bool {
	return slices.ContainsFunc(prefixes(), func(prefix []byte) bool { return bytes.Contains(document, prefix) })
}

var (
	// ErrNoKey is returned for a value that was sealed with a key that is not in the ring.
	ErrNoKey = errors.New("it was sealed with another key")
	// ErrPublicOnly is returned for a value whose key is in the ring without its private part.
	ErrPublicOnly = errors.New("only the private part of the sealing key opens it, and the public part is configured")
	// ErrBroken is returned for a value that was changed after it was sealed.
	ErrBroken = errors.New("it was changed or cut off after it was sealed")
)

// Ring seals with one key and opens with several. A nil ring has none: it seals
// nothing and opens what is not sealed. It may be used by many at once.
type Ring struct {
	current *key
	keys    []key
	sealer  jose.Encrypter

	mu sync.Mutex
	// opened keeps what each sealed value holds: a public key could not tell what
	// it sealed a moment ago.
	opened map[string]string
	// forms keeps the first form of each value under the key that seals, so that one secret
	// in two resources has one form: who cannot open them sees no difference.
	forms map[string]string
}

// New returns a ring of the key that seals, empty for none, and of earlier ones
// that only open. Both are nil if there are none.
func New(current string, previous ...string) (*Ring, error) {
	if current == "" && len(previous) == 0 {
		return nil, nil
	}
	r := &Ring{opened: map[string]string{}, forms: map[string]string{}}
	if current != "" {
		k, err := parse(current)
		if err != nil {
			return nil, err
		}
		r.current, r.keys = &k, append(r.keys, k)
		// The key's ID goes into the header by itself: go-jose takes it from the JWK.
		recipient := jose.Recipient{Algorithm: k.algorithm, Key: k.seal, KeyID: k.id}
		if r.sealer, err = jose.NewEncrypter(jose.A256GCM, recipient, (&jose.EncrypterOptions{}).WithType(Type)); err != nil {
			return nil, fmt.Errorf("use the sealing key: %w", err)
		}
	}
	for i, text := range previous {
		k, err := parse(text)
		if err != nil {
			return nil, &PreviousError{Index: i, Err: err}
		}
		r.keys = append(r.keys, k)
	}
	return r, nil
}

// PreviousError says which of the earlier keys cannot be used.
type PreviousError struct {
	Index int
	Err   error
}

// Error implements error.
func (e *PreviousError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *PreviousError) Unwrap() error { return e.Err }

// Seals reports whether the ring has a key that seals.
func (r *Ring) Seals() bool { return r != nil && r.current != nil }

// Seal encrypts a value. One that is sealed already stays as it is, and so does
// every value if no key seals.
func (r *Ring) Seal(plain string) (string, error) {
	if !r.Seals() || Is(plain) {
		return plain, nil
	}
	return r.SealAlways(plain)
}

// SealAlways encrypts a value also if it looks sealed, as something that a server
// chose may do. What the ring has sealed or opened before gets the form it had then.
func (r *Ring) SealAlways(plain string) (string, error) {
	if !r.Seals() {
		return plain, nil
	}
	if form, known := r.form(plain); known {
		return form, nil
	}
	object, err := r.sealer.Encrypt([]byte(plain))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	sealed, err := object.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return r.keep(sealed, plain), nil
}

func (r *Ring) form(plain string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	form, known := r.forms[plain]
	return form, known
}

// keep remembers what a sealed value holds, and returns the form that its content has.
func (r *Ring) keep(sealed, plain string) string {
	current := r.Current(sealed)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened[sealed] = plain
	if form, known := r.forms[plain]; known && current {
		return form
	}
	if current {
		r.forms[plain] = sealed
	}
	return sealed
}

// Open decrypts a sealed value; any other it returns as it is. Errors are
// ErrNoKey, ErrPublicOnly and ErrBroken.
func (r *Ring) Open(text string) (string, error) {
	h, ok := headerOf(text)
	if !ok {
		return text, nil
	}
	if r == nil {
		return "", ErrNoKey
	}
	r.mu.Lock()
	plain, known := r.opened[text]
	r.mu.Unlock()
	if known {
		return plain, nil
	}
	plain, err := r.decrypt(text, h)
	if err != nil {
		return "", err
	}
	r.keep(text, plain)
	return plain, nil
}

func (r *Ring) decrypt(text string, h header) (string, error) {
	failure := ErrNoKey
	for _, k := range r.keys {
		switch {
		case k.id != h.KeyID:
		case k.open == nil:
			failure = ErrPublicOnly
		default:
			object, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{k.algorithm}, []jose.ContentEncryption{jose.A256GCM})
			if err != nil {
				return "", ErrBroken
			}
			plain, err := object.Decrypt(k.open)
			if err != nil {
				return "", ErrBroken
			}
			return string(plain), nil
		}
	}
	return "", failure
}

// Current reports whether a value is as Seal would leave it: sealed with the
// key that seals now, or not sealed when none does.
func (r *Ring) Current(text string) bool {
	h, sealed := headerOf(text)
	if !r.Seals() {
		return !sealed
	}
	return sealed && h.KeyID == r.current.id
}

// KeyIDs are the thumbprints (RFC 7638) of the keys, the one that seals first.
func (r *Ring) KeyIDs() []string {
	var ids []string
	if r != nil {
		for _, k := range r.keys {
			if !slices.Contains(ids, k.id) {
				ids = append(ids, k.id)
			}
		}
	}
	return ids
}

// Is reports whether a text is a sealed value.
func Is(text string) bool {
	_, ok := headerOf(text)
	return ok
}

// KeyID is the thumbprint of the key a value was sealed with, empty for any other text.
func KeyID(text string) string {
	h, _ := headerOf(text)
	return h.KeyID
}

type header struct {
	Type  string `json:"typ"`
	KeyID string `json:"kid"`
}

func headerOf(text string) (header, bool) {
	const parts, longest = 5, 4096
	var h header
	if !strings.HasPrefix(text, "eyJ") || strings.Count(text, ".") != parts-1 {
		return h, false
	}
	encoded, _, _ := strings.Cut(text, ".")
	if len(encoded) > longest {
		return h, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(raw, &h) != nil || h.Type != Type {
		return header{}, false
	}
	return h, true
}
