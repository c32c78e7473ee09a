package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Certification says that an application conforms to a profile. Dates are dd/MM/yyyy.
type Certification struct {
	ID             string      `json:"CertificationId,omitempty"`
	ApplicationID  string      `json:"SoftwareStatementId,omitempty"`
	StartDate      string      `json:"CertificationStartDate,omitempty"`
	ExpirationDate string      `json:"CertificationExpirationDate,omitempty"`
	URI            string      `json:"CertificationURI,omitempty"`
	ProfileType    string      `json:"ProfileType,omitempty"`
	ProfileVariant string      `json:"ProfileVariant,omitempty"`
	ProfileVersion json.Number `json:"ProfileVersion,omitempty"`
	Status         string      `json:"Status,omitempty"`

	// Recovered says that the answer to the creation was lost, and the certification found again.
	Recovered bool `json:"-"`
}

// UnmarshalJSON leaves out a member of another type than is documented, such as a version that is no number.
func (c *Certification) UnmarshalJSON(data []byte) error {
	type plain Certification
	var decoded plain
	lenient(data, &decoded)
	*c = Certification(decoded)
	return nil
}

// request leaves out what only answers have.
func (c Certification) request() Certification {
	c.ID, c.ApplicationID, c.ExpirationDate = "", "", ""
	return c
}

// Certifications lists the certifications of an application.
func (c *Client) Certifications(ctx context.Context, id string) ([]Certification, error) {
	certifications, err := list[Certification](ctx, c, c.applicationURL(id, "certifications"))
	if err != nil {
		return nil, fmt.Errorf("list certifications of application %s: %w", id, gone(err))
	}
	return certifications, nil
}

// Certification reads one certification of an application. It returns ErrGone for a 404.
func (c *Client) Certification(ctx context.Context, id, certificationID string) (*Certification, error) {
	response, err := c.read(ctx, c.applicationURL(id, "certifications", certificationID))
	if err != nil {
		return nil, fmt.Errorf("read certification %s of application %s: %w", certificationID, id, gone(err))
	}
	return decodeCertification(response)
}

// CreateCertification publishes a certification. It is sent once. When its outcome is
// unknown, the certification is looked for: an application has one of a profile. If it is
// not there as it was sent, or was there before, the error is an *AmbiguousError.
func (c *Client) CreateCertification(ctx context.Context, id string, certification Certification) (*Certification, error) {
	address := c.applicationURL(id, "certifications")
	what := fmt.Sprintf("certification %q of application %s", certification.ProfileType, id)
	before, errBefore := c.Certifications(ctx, id)
	at := c.options.Now()
	response, err := c.create(ctx, address, certification.request())
	if err == nil {
		created, decodeErr := decodeCertification(response)
		if decodeErr == nil {
			return created, nil
		}
		err = &AmbiguousError{What: what, URL: address, At: at, InteractionID: response.InteractionID, Err: decodeErr}
	}
	failure := createError(err, what, address, at)
	var unsure *AmbiguousError
	if errors.As(failure, &unsure) && errBefore == nil && !slices.ContainsFunc(before, certification.SameProfile) {
		if found := c.findCertification(ctx, id, certification); found != nil {
			found.Recovered = true
			return found, nil
		}
	}
	return nil, failure
}

// findCertification finds what a lost answer was about.
func (c *Client) findCertification(ctx context.Context, id string, sent Certification) *Certification {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	certifications, err := c.Certifications(ctx, id)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(certifications, func(has Certification) bool { return has.SameProfile(sent) && has.keeps(sent) })
	if i < 0 {
		return nil
	}
	return &certifications[i]
}

// SameProfile reports whether two certifications are of one profile, of which an
// application has no two.
func (c Certification) SameProfile(other Certification) bool {
	return c.ProfileType == other.ProfileType && c.ProfileVariant == other.ProfileVariant && sameNumber(c.ProfileVersion, other.ProfileVersion)
}

// keeps reports whether a certification has all that was sent.
func (c Certification) keeps(sent Certification) bool {
	for has, wanted := range map[*string]string{&c.StartDate: sent.StartDate, &c.URI: sent.URI, &c.Status: sent.Status} {
		if wanted != "" && *has != wanted {
			return false
		}
	}
	return true
}

// sameNumber compares numbers however they are written: 1 is 1.0.
func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y || errX != nil && errY != nil
}

// UpdateCertification replaces a certification.
func (c *Client) UpdateCertification(ctx context.Context, id, certificationID string, certification Certification) (*Certification, error) {
	response, err := c.replace(ctx, c.applicationURL(id, "certifications", certificationID), certification.request())
	var unreadable *rest.BodyError
	switch {
	case errors.As(err, &unreadable):
		return c.Certification(ctx, id, certificationID)
	case err != nil:
		return nil, fmt.Errorf("update certification %s of application %s: %w", certificationID, id, gone(err))
	}
	updated, err := decodeCertification(response)
	if err != nil {
		return c.Certification(ctx, id, certificationID)
	}
	return updated, nil
}

// DeleteCertification removes a certification. It succeeds if it was gone before.
func (c *Client) DeleteCertification(ctx context.Context, id, certificationID string) error {
	err := c.remove(ctx, c.applicationURL(id, "certifications", certificationID))
	if err == nil {
		return nil
	}
	if _, readErr := c.Certification(ctx, id, certificationID); errors.Is(readErr, ErrGone) && c.uncertified(ctx, id, certificationID) {
		return nil
	}
	return fmt.Errorf("delete certification %s of application %s: %w", certificationID, id, err)
}

// uncertified reports whether the application is known not to have the certification.
func (c *Client) uncertified(ctx context.Context, id, certificationID string) bool {
	all, err := c.Certifications(ctx, id)
	if err != nil {
		return neverLists(err) || c.applicationGone(ctx, id)
	}
	return !slices.ContainsFunc(all, func(held Certification) bool { return held.ID == certificationID })
}

func decodeCertification(response *rest.Response) (*Certification, error) {
	var certification Certification
	if err := response.JSON(&certification); err != nil {
		return nil, err
	}
	if certification.ID == "" {
		return nil, errors.New("the answer has no CertificationId")
	}
	return &certification, nil
}
