package conn

import (
	"fmt"
	"strings"
	"time"
)

// Owner says whose attributes a credential came from.
type Owner string

// The owners of credentials.
const (
	// OwnerDirectory is the provider's directory attribute.
	OwnerDirectory Owner = "directory"
	// OwnerRegistration is the provider's registration attribute.
	OwnerRegistration Owner = "registration"
	// OwnerResource is the resource itself.
	OwnerResource Owner = "resource"
)

// MissingError tells that a call needs directory attributes nobody set.
type MissingError struct {
	// Attributes are names inside directory; none means the whole attribute is missing.
	Attributes []string
}

// Error names what is missing.
func (e *MissingError) Error() string {
	if len(e.Attributes) == 0 {
		return "no directory is configured"
	}
	return "the directory configuration lacks " + strings.Join(e.Attributes, ", ")
}

// UnknownError tells that a call needs provider attributes whose values
// Terraform does not know yet.
type UnknownError struct {
	Owner      Owner
	Attributes []string
}

// Error names the unknown attributes.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s: not known yet: %s", e.Owner, strings.Join(e.Attributes, ", "))
}

// CredentialError tells that a TLS identity cannot be used; it wraps a
// *rest.IdentityError.
type CredentialError struct {
	Owner Owner
	Err   error
}

// Error says whose identity and why.
func (e *CredentialError) Error() string { return fmt.Sprintf("%s: %v", e.Owner, e.Err) }

// Unwrap returns the cause.
func (e *CredentialError) Unwrap() error { return e.Err }

// ExpiredError tells that a given software statement is past its own exp claim
// (RFC 7519 §4.1.4) and that no fresh one can be fetched for it: it is not of
// this organisation, or no directory is configured.
type ExpiredError struct {
	// SoftwareID and Issuer are the statement's own claims.
	SoftwareID, Issuer string
	ExpiresAt          time.Time
	// Now is the local time it was judged by.
	Now time.Time
}

// Error says which statement expired, and when.
func (e *ExpiredError) Error() string {
	return fmt.Sprintf("the software statement of %q for software_id %q expired at %s", e.Issuer, e.SoftwareID, e.ExpiresAt.UTC().Format(time.RFC3339))
}

// KeystoreError tells that the keys which verify software statements could not
// be had from the keystore.
type KeystoreError struct {
	ApplicationID string
	// Issued is set when the directory had issued the statement by then, which
	// locks the application.
	Issued bool
	Err    error
}

// Error says for which application's statement the keys were wanted and why there are none.
func (e *KeystoreError) Error() string {
	return fmt.Sprintf("keys for the software statement of application %s: %v", e.ApplicationID, e.Err)
}

// Unwrap returns the cause.
func (e *KeystoreError) Unwrap() error { return e.Err }

func (s DirectorySettings) check() error {
	if !s.Configured {
		return &MissingError{}
	}
	if len(s.Unknown) > 0 {
		return &UnknownError{Owner: OwnerDirectory, Attributes: s.Unknown}
	}
	if missing := s.missing(); len(missing) > 0 {
		return &MissingError{Attributes: missing}
	}
	return nil
}

// IncapableError tells that a client cannot authenticate at a token endpoint
// from here, for lack of what its method needs.
type IncapableError struct{ Method, Reason string }

// Error names the method and what is missing.
func (e *IncapableError) Error() string {
	return fmt.Sprintf("the client authenticates by %s, and %s", e.Method, e.Reason)
}
