package dcr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// UnverifiedError tells that the answer to a DELETE was lost, and that the server
// refuses the token since, as it does for a removed client and for a dead token.
// Only who knows that the token was good can take the client for removed.
type UnverifiedError struct {
	// Err is the refusal.
	Err error
}

// Error says what is known.
func (e *UnverifiedError) Error() string {
	return fmt.Sprintf("the answer to the DELETE was lost, and the server refuses the token since: %v", e.Err)
}

// Unwrap returns the refusal.
func (e *UnverifiedError) Unwrap() error { return e.Err }

// Remove removes a client (RFC 7592 §2.3). 204, 200 and 202 are success, unless they come with
// a page for people or an error; 403, 429 and redirects say that nothing was done. Anything else is checked
// by reading: a client that can still be read still exists, whatever the DELETE was answered
// with, and gives an *AliveError. One whose token is refused by DELETE and GET alike may be gone
// or out of reach, which cannot be told apart, and gives the refusal; an *UnverifiedError if the
// DELETE may have been carried out.
func (c *Client) Remove(ctx context.Context, m Management) error {
	resp, err := c.manage(ctx, m, rest.Request{Method: http.MethodDelete})
	if err == nil && rest.IsPage(resp.Header.Get("Content-Type")) && len(bytes.TrimSpace(resp.Body)) > 0 {
		// A login page, or a gateway's, is answered with 200 as well.
		return c.check(ctx, m, resp.Status, resp.Unusable("the body is a page for people and not an answer of the protocol"))
	}
	if err == nil {
		said, _ := decode(resp) // What is no answer of the protocol says nothing against the status.
		if said := fault(said.Metadata); said != "" {
			return c.check(ctx, m, resp.Status, resp.Unusable(said))
		}
		return nil
	}
	var (
		status    *rest.StatusError
		transport *rest.TransportError
		body      *rest.BodyError
	)
	switch {
	case errors.As(err, &body) && rest.IsPage(body.ContentType):
		return c.check(ctx, m, body.Status, err)
	case errors.As(err, &body):
		return nil
	case errors.As(err, &status) && (status.Status == http.StatusForbidden || status.Status >= 300 && status.Status < 400 || status.Status == http.StatusTooManyRequests):
		return err
	case errors.As(err, &status):
		return c.check(ctx, m, status.Status, err)
	case errors.As(err, &transport) && !transport.Unprocessed():
		return c.check(ctx, m, 0, err)
	}
	return err
}

// check reads the client after a DELETE that did not plainly succeed.
func (c *Client) check(ctx context.Context, m Management, status int, cause error) error {
	reg, err := c.Read(ctx, m)
	switch {
	case err == nil:
		return &AliveError{Status: status, Registration: reg, Err: cause}
	case Refused(err) && Lost(cause) && Spoken(err):
		return &UnverifiedError{Err: err}
	case !Refused(err) || Lost(cause):
		// Only the failure of the reading is wrapped: what the DELETE was answered with decides nothing by itself.
		return fmt.Errorf("%w; the client was read to make sure, after %s", err, cause.Error())
	}
	return cause
}

// Spoken reports whether a refusal is the registration endpoint's: a bare 404
// may as well be that of a gateway whose server is down.
func Spoken(err error) bool {
	var status *rest.StatusError
	return errors.As(err, &status) && (status.Status != http.StatusNotFound || status.Code != "")
}
