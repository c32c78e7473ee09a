package directory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Certificates lists all certificates and keys of an application, inactive ones included.
func (c *Client) Certificates(ctx context.Context, id string) ([]Certificate, error) {
	certificates, err := list[Certificate](ctx, c, c.applicationURL(id, "certificates"))
	if err != nil {
		return nil, fmt.Errorf("list certificates of application %s: %w", id, gone(err))
	}
	return certificates, nil
}

// EveryCertificate is Certificates for where all are wanted, or one was not found: newer
// directories page that list, and the answer does not say so.
func (c *Client) EveryCertificate(ctx context.Context, id string) ([]Certificate, error) {
	certificates, err := listUnsaid[Certificate](ctx, c, c.applicationURL(id, "certificates"))
	if err != nil {
		return nil, fmt.Errorf("list certificates of application %s: %w", id, gone(err))
	}
	return certificates, nil
}

// Certificate reads one certificate or key. It returns ErrGone for a 404; a revoked
// certificate is still there and not Active.
func (c *Client) Certificate(ctx context.Context, id, certificateType, keyID string) (*Certificate, error) {
	response, err := c.send(ctx, exchange{
		method: http.MethodGet, url: c.certificateURL(id, certificateType, keyID),
		accept: acceptCertificate(), retry: rest.RetrySafe,
	})
	if err != nil {
		return nil, fmt.Errorf("read %s certificate %s of application %s: %w", certificateType, keyID, id, gone(err))
	}
	certificate, err := decodeCertificate(response, certificateType)
	if err != nil {
		return nil, fmt.Errorf("read %s certificate %s of application %s: %w", certificateType, keyID, id, err)
	}
	return certificate, nil
}

// IssueCertificate is CreateCertificate for a request with a key that nobody had before:
// whatever certificate the directory has for it, of whatever time, is the one.
func (c *Client) IssueCertificate(ctx context.Context, id, certificateType, pemText string) (*Certificate, error) {
	sent := parseSubmission(pemText)
	sent.fresh = true
	return c.submit(ctx, id, certificateType, pemText, sent)
}

// CreateCertificate uploads PEM: a certificate request to be issued, a public key, or a
// certificate of an accredited authority, depending on the type. It is sent once. When the
// outcome is unknown, the certificate is looked for by its key; if it cannot be told apart
// for certain the error is an *AmbiguousError.
func (c *Client) CreateCertificate(ctx context.Context, id, certificateType, pemText string) (*Certificate, error) {
	return c.submit(ctx, id, certificateType, pemText, parseSubmission(pemText))
}

func (c *Client) submit(ctx context.Context, id, certificateType, pemText string, sent submission) (*Certificate, error) {
	before, counted := c.heldBefore(ctx, id, sent)
	at := c.options.Now()
	what := fmt.Sprintf("%s certificate of application %s", certificateType, id)
	listURL := c.applicationURL(id, "certificates")
	response, err := c.send(ctx, exchange{
		method: http.MethodPost, url: c.applicationURL(id, "certificates", certificateType),
		accept: acceptCertificate(), contentType: "application/x-pem-file", body: []byte(pemText),
		retry: rest.RetryUnprocessed, grace: answerGrace,
	})
	if err == nil {
		certificate, decodeErr := decodeCertificate(response, certificateType)
		if decodeErr == nil {
			return c.completed(ctx, id, certificateType, certificate, sent), nil
		}
		err = &AmbiguousError{What: what, URL: listURL, At: at, InteractionID: response.InteractionID, Err: decodeErr}
	}
	failure := createError(err, what, listURL, at)
	var unsure *AmbiguousError
	if !errors.As(failure, &unsure) {
		return nil, gone(failure)
	}
	if !counted {
		return nil, unsure
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if found := c.findSubmitted(ctx, id, certificateType, sent, before); found != nil {
		return found, nil
	}
	return nil, unsure
}

// heldBefore lists what is there already of a key that may have been uploaded before; false
// when that cannot be told.
func (c *Client) heldBefore(ctx context.Context, id string, sent submission) (map[string]bool, bool) {
	if sent.fresh {
		return nil, true
	}
	certificates, err := c.Certificates(ctx, id)
	held := map[string]bool{}
	for i := range certificates {
		held[certificates[i].KeyID] = true
	}
	return held, err == nil
}

// completed reads a certificate again when the answer to its creation had only its kid.
// It exists in any case, so a failure to read it is none of creation.
func (c *Client) completed(ctx context.Context, id, certificateType string, certificate *Certificate, sent submission) *Certificate {
	if certificate.Leaf != nil || !sent.request {
		return certificate
	}
	if full, err := c.Certificate(ctx, id, certificateType, certificate.KeyID); err == nil {
		return full
	}
	return certificate
}

// findSubmitted finds what a lost answer was about: the one active certificate of the type
// that holds the submitted key and was not there before.
func (c *Client) findSubmitted(ctx context.Context, id, certificateType string, sent submission, before map[string]bool) *Certificate {
	if sent.key == nil {
		return nil
	}
	certificates, err := c.Certificates(ctx, id)
	if err != nil {
		return nil
	}
	found, several := only(certificates, certificateType, sent, before)
	if found == nil && !several && sent.fresh {
		// Of any other key, what heldBefore knows is no more than the first page.
		if certificates, err = c.EveryCertificate(ctx, id); err == nil {
			found, _ = only(certificates, certificateType, sent, before)
		}
	}
	return found
}

// only finds the one certificate that a submission can have become, or tells that there are several.
func only(certificates []Certificate, certificateType string, sent submission, before map[string]bool) (found *Certificate, several bool) {
	for i := range certificates {
		candidate := &certificates[i]
		if !strings.EqualFold(candidate.Type, certificateType) || !candidate.Active() || before[candidate.KeyID] || !sent.matches(candidate) {
			continue
		}
		if found != nil && found.KeyID != candidate.KeyID {
			return nil, true
		}
		found = candidate // Once more, if it moved to another page meanwhile.
	}
	return found, false
}

func (s submission) matches(candidate *Certificate) bool {
	if s.keyID != "" {
		return candidate.KeyID == s.keyID
	}
	return sameKey(s.key, candidate.PublicKey())
}

// RevokeCertificate revokes a certificate; an empty reason means unspecified. It succeeds
// if the certificate was revoked, removed or expired before.
func (c *Client) RevokeCertificate(ctx context.Context, id, certificateType, keyID, reason string) error {
	if reason == "" {
		reason = "unspecified"
	}
	_, err := c.replace(ctx, c.certificateURL(id, certificateType, keyID), map[string]string{"RevokeReason": reason})
	if err == nil {
		return nil
	}
	certificate, readErr := c.Certificate(ctx, id, certificateType, keyID)
	switch {
	case errors.Is(readErr, ErrGone) && c.unlisted(ctx, id, keyID):
		return nil
	case readErr == nil && (!certificate.Active() || certificate.expired(c.options.Now())):
		return nil
	}
	return fmt.Errorf("revoke %s certificate %s of application %s: %w", certificateType, keyID, id, err)
}

// unlisted reports whether the application is known to have no active certificate of that
// key ID: one that is asked for by the wrong type is not there, and still valid.
func (c *Client) unlisted(ctx context.Context, id, keyID string) bool {
	all, err := c.EveryCertificate(ctx, id)
	if err != nil {
		return neverLists(err) || c.applicationGone(ctx, id)
	}
	return !slices.ContainsFunc(all, func(held Certificate) bool { return held.KeyID == keyID && held.Active() })
}

func (c Certificate) expired(now time.Time) bool {
	return c.Leaf != nil && now.After(c.Leaf.NotAfter)
}

func (c *Client) certificateURL(id, certificateType, keyID string) string {
	return c.applicationURL(id, "certificates", certificateType, keyID)
}

func acceptCertificate() string {
	return "application/jwk+json, application/json;q=0.9, application/x-pem-file;q=0.5, */*;q=0.1"
}
