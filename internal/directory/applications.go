package directory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Fields are members of an application by their directory names. In an update, nil
// removes a member.
type Fields map[string]any

// CreateApplication creates an application. The request is sent once. When its outcome is
// unknown, the application is looked for; if it cannot be told apart for certain the error
// is an *AmbiguousError.
func (c *Client) CreateApplication(ctx context.Context, fields Fields) (*Application, error) {
	body := make(Fields, len(fields))
	for name, value := range fields {
		if value != nil {
			body[name] = value
		}
	}
	what := fmt.Sprintf("application %q", fields["ClientName"])
	address := c.organisationURL("softwarestatements")
	c.births.count(ctx, c)
	at := c.options.Now()
	c.births.expect(body)
	response, err := c.create(ctx, address, body)
	if err == nil {
		application, decodeErr := decodeApplication(response)
		if decodeErr == nil {
			c.births.born(application.ID)
			return application, nil
		}
		err = &AmbiguousError{What: what, URL: address, At: at, InteractionID: response.InteractionID, Err: decodeErr}
	}
	failure := createError(err, what, address, at)
	var unsure *AmbiguousError
	if errors.As(failure, &unsure) {
		if found := c.findCreated(ctx, body, at); found != nil {
			return found, nil
		}
	}
	return nil, failure
}

// Application reads an application. It returns ErrGone for a 404 and for an inactive one.
func (c *Client) Application(ctx context.Context, id string) (*Application, error) {
	application, err := c.readApplication(ctx, id)
	if err != nil {
		return nil, err
	}
	return present(application)
}

// readApplication reads an application, whatever its status.
func (c *Client) readApplication(ctx context.Context, id string) (*Application, error) {
	response, err := c.read(ctx, c.applicationURL(id))
	if err != nil {
		return nil, fmt.Errorf("read application %s: %w", id, gone(err))
	}
	application, err := decodeApplication(response)
	if err != nil {
		return nil, fmt.Errorf("read application %s: %w", id, err)
	}
	return application, nil
}

// confirmed looks for an application that a refresh did not find in the list of all.
// Directories keep what is deleted as inactive, so that a 404 is as likely to be a
// gateway's; taking it for gone would create another application, and register that
// at every bank.
func (c *Client) confirmed(ctx context.Context, id string) (*Application, error) {
	application, err := c.readApplication(ctx, id)
	var status *rest.StatusError
	if !errors.Is(err, ErrGone) || !errors.As(err, &status) {
		return application, err
	}
	listed, listErr := c.Applications(ctx)
	switch {
	case listErr == nil && slices.ContainsFunc(listed, func(a Application) bool { return a.ID == id && a.Active() }):
		return nil, &UnconfirmedError{What: "application " + id, Status: status}
	case listErr == nil, neverLists(listErr):
		return application, err
	}
	return nil, &UnconfirmedError{What: "application " + id, List: listErr, Status: status}
}

// applicationGone reports whether an application is known to be gone.
func (c *Client) applicationGone(ctx context.Context, id string) bool {
	application, err := c.confirmed(ctx, id)
	if err == nil {
		_, err = present(application)
	}
	return errors.Is(err, ErrGone)
}

// neverLists reports whether no list can be had, now or later.
func neverLists(err error) bool {
	var (
		unsent  *unsentError
		refused *rest.StatusError
	)
	return !errors.As(err, &unsent) && errors.As(err, &refused) && slices.Contains([]int{http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented}, refused.Status)
}

// present makes ErrGone of an inactive application.
func present(application *Application) (*Application, error) {
	if !application.Active() {
		return nil, fmt.Errorf("read application %s: %w", application.ID, ErrGone)
	}
	return application, nil
}

// Applications lists all applications of the organisation, inactive ones included.
func (c *Client) Applications(ctx context.Context) ([]Application, error) {
	applications, err := list[Application](ctx, c, c.organisationURL("softwarestatements"))
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	return applications, nil
}

// UpdateApplication changes some members of an application. The directory replaces it as a
// whole, so the current one is read first and everything else goes back as it was.
func (c *Client) UpdateApplication(ctx context.Context, id string, changes Fields) (*Application, error) {
	current, err := c.Application(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.replaceApplication(ctx, id, current, changes)
}

// ReplaceApplication is UpdateApplication for an application that has just been read.
func (c *Client) ReplaceApplication(ctx context.Context, current *Application, changes Fields) (*Application, error) {
	return c.replaceApplication(ctx, current.ID, current, changes)
}

func (c *Client) replaceApplication(ctx context.Context, id string, current *Application, changes Fields) (*Application, error) {
	body, err := overlay(current.Raw, changes)
	if err != nil {
		return nil, fmt.Errorf("update application %s: %w", id, err)
	}
	response, err := c.replace(ctx, c.applicationURL(id), body)
	application, err := c.settle(ctx, id, response, err)
	if err != nil {
		return nil, fmt.Errorf("update application %s: %w", id, err)
	}
	return application, nil
}

// Unlock opens a locked application to changes, with the administrator's token when one is
// configured. It locks again with the next software statement.
func (c *Client) Unlock(ctx context.Context, id string) (*Application, error) {
	response, err := c.write(ctx, exchange{
		method: http.MethodPut, url: c.applicationURL(id, "unlock"),
		retry: rest.RetrySafe, grace: answerGrace, administrator: true,
	}, map[string]bool{"Unlock": true})
	application, err := c.settle(ctx, id, response, err)
	if err != nil {
		return nil, fmt.Errorf("unlock application %s: %w", id, err)
	}
	return application, nil
}

// DeleteApplication deactivates an application. Whatever the answer was, it succeeds only
// if the application is known to be gone, and it succeeds if it was gone before.
func (c *Client) DeleteApplication(ctx context.Context, id string) error {
	err := c.remove(ctx, c.applicationURL(id))
	if err == nil {
		return nil
	}
	if c.applicationGone(ctx, id) {
		return nil
	}
	return fmt.Errorf("delete application %s: %w", id, err)
}

// settle gives the application a PUT answered with. Where the answer was yes but cannot be
// read, the application is read instead.
func (c *Client) settle(ctx context.Context, id string, response *rest.Response, err error) (*Application, error) {
	var unreadable *rest.BodyError
	switch {
	case errors.As(err, &unreadable):
		return c.Application(ctx, id)
	case err != nil:
		return nil, gone(err)
	}
	application, err := decodeApplication(response)
	if err != nil {
		return c.Application(ctx, id)
	}
	return application, nil
}

func decodeApplication(response *rest.Response) (*Application, error) {
	var application Application
	if err := response.JSON(&application); err != nil {
		return nil, err
	}
	if application.ID == "" {
		return nil, errors.New("the answer has no SoftwareStatementId")
	}
	return &application, nil
}
