package jws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// maxTokenBytes bounds what is decoded at all; real statements are a few kilobytes.
const maxTokenBytes = 64 << 10

// algorithms are the signature algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 that
// need a private key to sign. "none" and the HMAC family are absent on purpose.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.PS256, jose.PS384, jose.PS512,
		jose.RS256, jose.RS384, jose.RS512,
		jose.ES256, jose.ES384, jose.ES512,
		jose.EdDSA,
	}
}

// Statement is a decoded software statement (RFC 7591 §2.3). Its claims are not to be
// trusted before Verify has returned nil.
type Statement struct {
	// Token is the compact serialization, as it goes on the wire.
	Token string
	// Claims holds every claim; numbers are json.Number.
	Claims map[string]any
	// Issuer is the iss claim (RFC 7519 §4.1.1).
	Issuer string
	// SoftwareID is the software_id claim: the application's identifier.
	SoftwareID string
	// OrganisationID is the org_id claim of a directory's statement.
	OrganisationID string
	// KeyID is the kid header (RFC 7515 §4.1.4), empty when absent.
	KeyID string
	// Algorithm is the alg header (RFC 7515 §4.1.1).
	Algorithm string
	// IssuedAt is the iat claim (RFC 7519 §4.1.6), zero when absent.
	IssuedAt time.Time
	// ExpiresAt is the exp claim (RFC 7519 §4.1.4), zero when absent.
	ExpiresAt time.Time
	// RedirectURIs is the software_redirect_uris claim.
	RedirectURIs []string

	signed *jose.JSONWebSignature
}

// ParseError says why a token is not a software statement. It never quotes the token.
type ParseError struct {
	Reason string
}

// Error implements error.
func (e *ParseError) Error() string { return "software statement: " + e.Reason }

// Parse decodes a compact JWS (RFC 7515 §7.1) without verifying its signature. Every
// failure is a *ParseError.
func Parse(token string) (*Statement, error) {
	token = strings.TrimSpace(token)
	switch {
	case token == "":
		return nil, &ParseError{Reason: "it is empty"}
	case len(token) > maxTokenBytes:
		return nil, &ParseError{Reason: fmt.Sprintf("it is larger than %d KiB", maxTokenBytes>>10)}
	}
	signed, err := jose.ParseSignedCompact(token, algorithms())
	if err != nil {
		return nil, &ParseError{Reason: parseReason(token, err)}
	}
	claims, err := decodeClaims(signed.UnsafePayloadWithoutVerification())
	if err != nil {
		return nil, err
	}
	return newStatement(token, signed, claims)
}

// parseReason turns a library error, which may quote the input, into fixed words.
func parseReason(token string, err error) string {
	if unexpected := (*jose.ErrUnexpectedSignatureAlgorithm)(nil); errors.As(err, &unexpected) {
		return "its signature algorithm is not an accepted asymmetric one (PS256, RS256, ES256 and their larger forms, EdDSA)"
	}
	if parts := strings.Count(token, ".") + 1; parts != 3 {
		return fmt.Sprintf("a JWT has three parts separated by dots, this has %d", parts)
	}
	return "it is not a signed JWT in compact form"
}

func decodeClaims(payload []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	var claims map[string]any
	if err := decoder.Decode(&claims); err != nil || claims == nil {
		return nil, &ParseError{Reason: "its payload is not a JSON object"}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &ParseError{Reason: "its payload has data after the JSON object"}
	}
	return claims, nil
}

func newStatement(token string, signed *jose.JSONWebSignature, claims map[string]any) (*Statement, error) {
	header := signed.Signatures[0].Protected
	s := &Statement{
		Token:          token,
		Claims:         claims,
		Issuer:         text(claims, "iss"),
		SoftwareID:     text(claims, "software_id"),
		OrganisationID: text(claims, "org_id"),
		KeyID:          header.KeyID,
		Algorithm:      header.Algorithm,
		RedirectURIs:   texts(claims, "software_redirect_uris"),
		signed:         signed,
	}
	var err error
	if s.IssuedAt, err = numericDate(claims, "iat"); err != nil {
		return nil, err
	}
	if s.ExpiresAt, err = numericDate(claims, "exp"); err != nil {
		return nil, err
	}
	return s, nil
}

func text(claims map[string]any, name string) string {
	value, ok := claims[name].(string)
	if !ok {
		return ""
	}
	return value
}

func texts(claims map[string]any, name string) []string {
	values, ok := claims[name].([]any)
	if !ok {
		return nil
	}
	var out []string
	for _, value := range values {
		if entry, ok := value.(string); ok {
			out = append(out, entry)
		}
	}
	return out
}

// numericDate reads a NumericDate (RFC 7519 §2), which may have a fraction.
func numericDate(claims map[string]any, name string) (time.Time, error) {
	value, present := claims[name]
	if !present || value == nil {
		return time.Time{}, nil
	}
	// The last second of the year 9999, beyond which Go cannot print RFC 3339.
	const latest = 253402300799
	number, isNumber := value.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil || seconds < 0 || seconds > latest {
		return time.Time{}, &ParseError{Reason: fmt.Sprintf("its %s claim is not a time in seconds since 1970", name)}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*float64(time.Second))).UTC(), nil
}

// Age is how long ago the statement was issued. A statement without iat is as old as
// can be, so that a caller with a limit never takes it for fresh.
func (s *Statement) Age(now time.Time) time.Duration {
	if s.IssuedAt.IsZero() {
		return math.MaxInt64
	}
	return now.Sub(s.IssuedAt)
}

// Expired reports whether the exp claim, when there is one, has passed (RFC 7519 §4.1.4).
func (s *Statement) Expired(now time.Time) bool {
	return !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt)
}
