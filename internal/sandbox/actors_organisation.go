package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// SetTemper changes how the directory behaves from the next request on. A Crowd gathers only at the start.
func (d *Directory) SetTemper(edit func(*DirectoryTemper)) error {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	temper := s.options.Directory
	edit(&temper)
	complete, err := temper.withDefaults()
	if err != nil {
		return err
	}
	s.options.Directory = complete
	return nil
}

// Suspend suspends an application; one that is gone stays gone.
func (d *Directory) Suspend(id string) error { return d.setStatus(id, statusSuspended) }

// Resume ends the suspension of an application.
func (d *Directory) Resume(id string) error { return d.setStatus(id, statusActive) }

func (d *Directory) setStatus(id, status string) error {
	return d.change(id, func(app *application) error {
		if app.Status == statusInactive {
			return fmt.Errorf("%w: application %s is deleted", ErrNotFound, id)
		}
		app.Status = status
		return nil
	})
}

// ConfirmWebhook answers the confirmation request the directory sent to the application's notification webhook.
func (d *Directory) ConfirmWebhook(id string) error {
	return d.change(id, func(app *application) error {
		if textOf(app.Fields, "NotificationWebhook") == "" {
			return fmt.Errorf("%w: application %s has no notification webhook", ErrNotFound, id)
		}
		app.WebhookStatus = "Confirmed"
		return nil
	})
}

// AddOrganisationRole gives the organisation a role, or gives it back; its software stays as it is.
func (d *Directory) AddOrganisationRole(domain, role string) {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
	if held := s.organisationRole(domain, role); held != nil {
		held.Status = statusActive
		return
	}
	s.state.OrganisationRoles = append(s.state.OrganisationRoles, &organisationRole{
		ID: newUUID(), Domain: domain, Authority: newUUID(), Role: role, Status: statusActive,
	})
}

// RestoreOrganisationRole gives back a role DropOrganisationRole took; the software's own claims stay inactive.
func (d *Directory) RestoreOrganisationRole(domain, role string) error {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.organisationRole(domain, role)
	if held == nil {
		return fmt.Errorf("%w: organisation role %q of %q", ErrNotFound, role, domain)
	}
	s.touch()
	held.Status = statusActive
	return nil
}

// ExpireCertificate makes the directory call a certificate expired: Inactive and never revoked. What the
// certificate says itself stays; to let certificates truly age, move the clock of Options.Now.
func (d *Directory) ExpireCertificate(kid string) error {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.findCertificate(kid)
	if held == nil {
		return fmt.Errorf("%w: certificate %s", ErrNotFound, kid)
	}
	if held.isKey() {
		return fmt.Errorf("%w: %s is a bare key, which does not expire", ErrNotFound, kid)
	}
	s.touch()
	held.NotAfter = s.now().Add(-time.Second).Truncate(time.Second)
	return nil
}

// AddFlag adds an active software statement flag to the reference data and returns its id.
func (d *Directory) AddFlag(name, value string) string {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touch()
	added := newFlag(s.now(), name, value, "Software_Statement", statusActive)
	s.state.Flags = append(s.state.Flags, added)
	return textOf(added, "Id")
}

// RetireFlag makes a flag inactive; applications that carry it keep it.
func (d *Directory) RetireFlag(id string) error {
	s := d.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.flag(id)
	if held == nil {
		return fmt.Errorf("%w: flag %s", ErrNotFound, id)
	}
	s.touch()
	held["Status"], held["UpdatedAt"] = statusInactive, stamp(s.now())
	return nil
}

// SetFlag gives an application a flag, lock or no lock.
func (d *Directory) SetFlag(id, flag string) error {
	return d.change(id, func(app *application) error {
		if d.sandbox.flag(flag) == nil {
			return fmt.Errorf("%w: flag %s", ErrNotFound, flag)
		}
		if carried := textsOf(app.Fields["Flags"]); !slices.Contains(carried, flag) {
			app.Fields["Flags"] = append(carried, flag)
		}
		return nil
	})
}
