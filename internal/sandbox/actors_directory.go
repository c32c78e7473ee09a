package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrNotFound says that an actor named something the sandbox does not hold.
var ErrNotFound = errors.New("sandbox: no such object")

// Directory plays other people's hands at the directory: portal users, administrators, the regulator.
type Directory struct{ sandbox *Sandbox }

// Certificate is a certificate as the directory holds it.
type Certificate struct {
	Kid       string    `json:"kid"`
	Type      string    `json:"type"`
	Status    string    `json:"status"`
	PEM       string    `json:"pem"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	Reason    string    `json:"reason,omitempty"`
}

// Directory returns the actors of the directory.
func (s *Sandbox) Directory() *Directory { return &Directory{sandbox: s} }

// Application returns an application as the API shows it.
func (d *Directory) Application(id string) (map[string]any, bool) {
	d.sandbox.mu.Lock()
	defer d.sandbox.mu.Unlock()
	app := d.sandbox.state.Applications[id]
	if app == nil {
		return nil, false
	}
	return d.sandbox.view(app), true
}

// Applications returns all applications in the order of their creation, inactive ones included.
func (d *Directory) Applications() []map[string]any {
	d.sandbox.mu.Lock()
	defer d.sandbox.mu.Unlock()
	out := []map[string]any{}
	for _, id := range d.sandbox.state.Order {
		out = append(out, d.sandbox.view(d.sandbox.state.Applications[id]))
	}
	return out
}

// Create makes an application as POST would, Roles included, and returns its id.
func (d *Directory) Create(fields map[string]any) (string, error) {
	request, err := decodeObject(encodeJSON(fields))
	if err != nil {
		return "", err
	}
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	app, _, broken := s.newApplication(request)
	if len(broken) > 0 {
		return "", fmt.Errorf("sandbox: create application: %s", strings.Join(broken, "; "))
	}
	s.touch()
	return app.ID, nil
}

// change runs a change on one application with the sandbox locked.
func (d *Directory) change(id string, change func(*application) error) error {
	d.sandbox.mu.Lock()
	defer d.sandbox.mu.Unlock()
	app := d.sandbox.state.Applications[id]
	if app == nil {
		return fmt.Errorf("%w: application %s", ErrNotFound, id)
	}
	d.sandbox.touch()
	return change(app)
}

// Edit changes an application past every rule. Members no document names are kept as they are.
func (d *Directory) Edit(id string, edit func(map[string]any)) error {
	return d.change(id, func(app *application) error {
		view := d.sandbox.view(app)
		edit(view)
		// Through JSON, so that what a test writes in Go is stored as if a client had sent it.
		var plain map[string]any
		if err := json.Unmarshal(encodeJSON(view), &plain); err != nil {
			return fmt.Errorf("sandbox: edit application: %w", err)
		}
		d.sandbox.setView(app, plain)
		return nil
	})
}

// setView writes an edited view back.
func (s *Sandbox) setView(app *application, view map[string]any) {
	if status := textOf(view, "Status"); isOneOf(status, statusActive, statusSuspended, statusInactive) {
		app.Status = status
	}
	app.Locked, _ = view["Locked"].(bool)
	if status := textOf(view, "NotificationWebhookStatus"); status != "" {
		app.WebhookStatus = status
	}
	app.UpdateFailure = textOf(view, "UpdateFailedReason")
	fields := map[string]any{}
	for name, value := range view {
		isField := slices.ContainsFunc(applicationFields(), func(f field) bool { return f.name == name })
		if isField || !isKnownField(name) {
			fields[name] = value
		}
	}
	if flags, edited := flagIDs(view["Flags"]); edited {
		fields["Flags"] = flags
	}
	app.Fields = fields
}

// flagIDs reads flags written as ids or as objects.
func flagIDs(value any) ([]string, bool) {
	list, ok := value.([]any)
	if !ok {
		return nil, false
	}
	ids := []string{}
	for _, item := range list {
		switch flag := item.(type) {
		case string:
			ids = append(ids, flag)
		case map[string]any:
			ids = append(ids, textOf(flag, "Id"))
		}
	}
	return ids, true
}

// Delete deactivates an application.
func (d *Directory) Delete(id string) error {
	return d.change(id, func(app *application) error {
		d.sandbox.deactivate(app)
		return nil
	})
}

// Lock locks an application.
func (d *Directory) Lock(id string) error {
	return d.change(id, func(app *application) error {
		app.Locked = true
		return nil
	})
}

// Unlock unlocks an application.
func (d *Directory) Unlock(id string) error {
	return d.change(id, func(app *application) error {
		app.Locked = false
		return nil
	})
}

// Roles returns the roles of an application.
func (d *Directory) Roles(id string) []Role {
	var out []Role
	_ = d.change(id, func(app *application) error {
		for _, role := range app.Roles {
			out = append(out, *role)
		}
		return nil
	})
	return out
}

// SetRole adds a role to an application or changes its status, lock or no lock.
func (d *Directory) SetRole(id, domain, role, status string) error {
	return d.change(id, func(app *application) error {
		held := app.findRole(func(r *Role) bool { return r.AuthorisationDomain == domain && r.Role == role })
		if held == nil {
			held = &Role{ID: newUUID(), AuthorisationDomain: domain, Role: role}
			app.Roles = append(app.Roles, held)
		}
		held.Status = status
		return nil
	})
}

// DropOrganisationRole takes a role from the organisation and with it from all its software.
func (d *Directory) DropOrganisationRole(domain, role string) {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
	for _, held := range s.state.OrganisationRoles {
		if held.Domain == domain && held.Role == role {
			held.Status = statusInactive
		}
	}
	for _, app := range s.state.Applications {
		for _, held := range app.Roles {
			if held.AuthorisationDomain == domain && held.Role == role {
				held.Status = statusInactive
			}
		}
	}
}

// Certificates returns the certificates and keys of an application.
func (d *Directory) Certificates(id string) []Certificate {
	var out []Certificate
	_ = d.change(id, func(app *application) error {
		for _, held := range app.Certificates {
			out = append(out, Certificate{
				Kid: held.Kid, Type: held.Type, Status: held.status(d.sandbox.now(), app), PEM: held.PEM,
				NotBefore: held.NotBefore, NotAfter: held.NotAfter, RevokedAt: held.RevokedAt, Reason: held.Reason,
			})
		}
		return nil
	})
	return out
}

// Revoke revokes a certificate.
func (d *Directory) Revoke(kid, reason string) error {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.findCertificate(kid)
	if held == nil {
		return fmt.Errorf("%w: certificate %s", ErrNotFound, kid)
	}
	if reason == "" {
		reason = "unspecified"
	}
	s.touch()
	held.RevokedAt, held.Reason = s.now(), reason
	return nil
}

// RotateSigningKey makes the directory sign statements with a new key; the old one stays published.
func (d *Directory) RotateSigningKey() error {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.currentSigner(); err != nil {
		return err
	}
	return s.addSigner()
}
