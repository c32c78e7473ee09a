package jws

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// volatile reports the claims that change with every issue: iat, exp, nbf and jti
// (RFC 7519 §4.1). What is left is what the statement says.
func volatile(claim string) bool {
	switch claim {
	case "iat", "exp", "nbf", "jti":
		return true
	}
	return false
}

// Equivalent reports whether two tokens say the same: they may differ in iat, exp, nbf,
// jti, the signing key and the signature. Lists in a statement are sets, their order is
// not compared. A token that cannot be parsed is equivalent only to itself.
func Equivalent(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if a == b {
		return true
	}
	left, err := Parse(a)
	if err != nil {
		return false
	}
	right, err := Parse(b)
	if err != nil {
		return false
	}
	return left.Digest() == right.Digest()
}

// Digest is the hex SHA-256 of what the statement says: all claims but the volatile ones,
// with sorted names and sorted lists. Equivalent statements have the same digest.
func (s *Statement) Digest() string {
	lasting := make(map[string]any, len(s.Claims))
	for name, value := range s.Claims {
		if !volatile(name) {
			lasting[name] = sorted(value)
		}
	}
	sum := sha256.Sum256([]byte(encode(lasting)))
	return hex.EncodeToString(sum[:])
}

// ClaimsJSON is the claims as one JSON object with sorted member names and numbers as
// they were written.
func (s *Statement) ClaimsJSON() string { return encode(s.Claims) }

// sorted copies a JSON value with every list in the order of its elements' encoding.
func sorted(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, member := range value {
			out[name] = sorted(member)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, element := range value {
			out[i] = sorted(element)
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(encode(a), encode(b)) })
		return out
	}
	return value
}

// encode writes a decoded JSON value; encoding/json sorts member names.
func encode(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		// Claims come out of encoding/json, which can always write what it has read.
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}
