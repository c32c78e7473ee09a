package directory

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Error is a condition to compare with errors.Is.
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

const (
	// ErrGone is returned for what the directory does not have, or has only as inactive:
	// it deactivates applications instead of deleting them.
	ErrGone Error = "not in the directory, or inactive"
	// ErrNoKeystore is returned when a keystore is needed and its URL is not configured.
	ErrNoKeystore Error = "the directory's keystore_url is not configured"
)

// AmbiguousError says that something may have been created although the directory did not
// confirm it. Nothing was retried; a person or a later read must find out.
type AmbiguousError struct {
	// What was being created, in words that help to recognise it.
	What string
	// URL lists what exists.
	URL string
	// At is when the request was sent.
	At time.Time
	// InteractionID is the x-fapi-interaction-id of the request, if known.
	InteractionID string
	Err           error
}

// Error implements error.
func (e *AmbiguousError) Error() string {
	interaction := ""
	if e.InteractionID != "" {
		interaction = ", interaction " + e.InteractionID
	}
	return fmt.Sprintf("%s may have been created, but the directory did not confirm it (sent %s%s); look for it with GET %s before creating it again: %v",
		e.What, e.At.UTC().Format(time.RFC3339), interaction, e.URL, e.Err)
}

// Unwrap gives what went wrong.
func (e *AmbiguousError) Unwrap() error { return e.Err }

// UnconfirmedError says that the directory answered that it does not have something, and
// that its list, which would confirm it, does not.
type UnconfirmedError struct {
	// What was looked for.
	What string
	// List is why the list could not be had; nil if it has what was looked for.
	List error
	// Status is the answer that was not believed.
	Status *rest.StatusError
}

// Error implements error.
func (e *UnconfirmedError) Error() string {
	if e.List == nil {
		return fmt.Sprintf("read %s, which the directory lists: %v", e.What, e.Status)
	}
	return fmt.Sprintf("read %s, and the list does not confirm that it is gone (%v): %v", e.What, e.List, e.Status)
}

// Unwrap gives the answer.
func (e *UnconfirmedError) Unwrap() error { return e.Status }

// unsentError marks failures from before a request was sent, such as a token that could
// not be had: they hold errors of other requests, which say nothing about this one.
type unsentError struct{ err error }

// Error implements error.
func (e *unsentError) Error() string { return e.err.Error() }

// Unwrap gives the failure itself.
func (e *unsentError) Unwrap() error { return e.err }

// ambiguous reports whether a creation that failed like this may have happened, and the
// interaction it can be found by.
func ambiguous(err error) (interactionID string, may bool) {
	var (
		unsent    *unsentError
		transport *rest.TransportError
		body      *rest.BodyError
		status    *rest.StatusError
	)
	switch {
	case errors.As(err, &unsent):
		return "", false
	case errors.As(err, &body):
		return body.InteractionID, true
	case errors.As(err, &status):
		return status.InteractionID, unknownOutcome(status)
	case errors.As(err, &transport):
		return "", !transport.Unprocessed()
	}
	return "", false
}

// unknownOutcome reports the statuses a gateway gives while the server behind it may have
// gone on, and 303, which points at the outcome (RFC 9110 §15.4.4). 503 with Retry-After
// and 501 say that nothing was done.
func unknownOutcome(status *rest.StatusError) bool {
	switch {
	case status.Status == http.StatusSeeOther, status.Status == http.StatusRequestTimeout:
		return true
	case status.Status < http.StatusInternalServerError, status.Status == http.StatusNotImplemented:
		return false
	case status.Status == http.StatusServiceUnavailable:
		return !status.HasRetryAfter
	}
	return true
}

// gone puts ErrGone before the directory's own 404, and leaves any other error
// as it is. A page in HTML is a proxy's 404: it says nothing about the object,
// and taking it for gone would plan a second one.
func gone(err error) error {
	var status *rest.StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound && !rest.IsPage(status.ContentType) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// createError makes the error of a failed POST: ambiguous or plainly refused.
func createError(err error, what, listURL string, at time.Time) error {
	var already *AmbiguousError
	if errors.As(err, &already) {
		return already
	}
	if interactionID, may := ambiguous(err); may {
		return &AmbiguousError{What: what, URL: listURL, At: at, InteractionID: interactionID, Err: err}
	}
	return fmt.Errorf("create %s: %w", what, err)
}
