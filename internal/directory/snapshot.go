package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// freshness is how long a read answers for later ones. A refresh of hundreds of objects
// takes seconds; what somebody else changes meanwhile is found by the next one.
const freshness = time.Minute

// Snapshot answers the reads of a refresh with few requests: it lists where the API lists,
// asks once for what several resources need, and forgets everything as soon as this client
// changes anything. What is read in order to be written must not come from here.
type Snapshot struct {
	client *Client

	mu         sync.Mutex
	generation int
	// first is the one application read by itself: listing all would be dearer for a
	// configuration with one application in an organisation of hundreds.
	first string
	// listed says what became of the list of all, and listedAt when it was read.
	listed   listing
	listedAt time.Time

	applications map[string]seen[*Application]
	roles        map[string]seen[[]Role]
	certificates map[string]seen[[]Certificate]
	// certifications are those of an application.
	certifications map[string]seen[[]Certification]
}

// seen is what was read, and when.
type seen[T any] struct {
	value T
	at    time.Time
}

// listing says what became of the list of all applications.
type listing int

const (
	unlisted listing = iota
	listedAll
	unlistable
)

// Snapshot gives the client's own. All resources of a provider share it.
func (c *Client) Snapshot() *Snapshot { return c.snapshot }

func newSnapshot(c *Client) *Snapshot {
	s := &Snapshot{client: c}
	s.forget()
	return s
}

// forget drops everything, because something is about to change or just has.
func (s *Snapshot) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	s.first, s.listed = "", unlisted
	s.applications = map[string]seen[*Application]{}
	s.roles = map[string]seen[[]Role]{}
	s.certificates = map[string]seen[[]Certificate]{}
	s.certifications = map[string]seen[[]Certification]{}
}

// flight names a read that is under way, for those who want the same.
func flight(kind, id string, generation int) string {
	return fmt.Sprintf("%s/%s@%d", kind, id, generation)
}

// known returns what was read of an identifier and is fresh enough.
func known[T any](s *Snapshot, from func() map[string]seen[T], id string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := from()[id]
	return entry.value, ok && s.client.options.Now().Sub(entry.at) <= freshness
}

// once reads something for all who want it now, and keeps it unless something changed
// while it was read.
func once[T any](ctx context.Context, s *Snapshot, kind, id string, into func() map[string]seen[T], read func(context.Context) (T, error)) (T, error) {
	if value, ok := known(s, into, id); ok {
		return value, nil
	}
	s.mu.Lock()
	generation := s.generation
	s.mu.Unlock()
	return share(ctx, s.client, flight(kind, id, generation), func(ctx context.Context) (T, error) {
		if value, ok := known(s, into, id); ok {
			return value, nil // Read between the caller's look and this.
		}
		value, err := read(ctx)
		if err != nil {
			return value, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.generation == generation {
			into()[id] = seen[T]{value: value, at: s.client.options.Now()}
		}
		return value, nil
	})
}

// Application is Client.Application for a refresh: the first application asked for is read
// by itself, and as soon as there is a second one all are listed.
func (s *Snapshot) Application(ctx context.Context, id string) (*Application, error) {
	if s.wantsList(id) {
		s.list(ctx)
	}
	application, err := once(ctx, s, "application", id, s.applicationsByID,
		func(ctx context.Context) (*Application, error) { return s.client.confirmed(ctx, id) })
	if err != nil {
		return nil, err
	}
	return present(application)
}

func (s *Snapshot) applicationsByID() map[string]seen[*Application] { return s.applications }

// wantsList decides whether an application is better found in the list of all.
func (s *Snapshot) wantsList(id string) bool {
	if _, ok := known(s, s.applicationsByID, id); ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == "" {
		s.first = id
	}
	return s.first != id && s.lists()
}

// lists reports whether all applications are to be listed, because they were not, or too
// long ago. The caller holds the lock.
func (s *Snapshot) lists() bool {
	return s.listed == unlisted || s.listed == listedAll && s.client.options.Now().Sub(s.listedAt) > freshness
}

// list reads all applications. A directory that does not list them, or too many for one
// answer, is asked for each by itself; that is also where a failure is reported.
func (s *Snapshot) list(ctx context.Context) {
	s.mu.Lock()
	generation := s.generation
	s.mu.Unlock()
	// Whoever gives up waiting asks for the application by itself, and finds out there.
	_, _ = share(ctx, s.client, flight("applications", "", generation), func(ctx context.Context) (struct{}, error) {
		s.listAll(ctx, generation)
		return struct{}{}, nil
	})
}

// listAll lists and keeps all applications, unless that was done, or something changed
// meanwhile.
func (s *Snapshot) listAll(ctx context.Context, generation int) {
	s.mu.Lock()
	done := !s.lists()
	s.mu.Unlock()
	if done {
		return // Between the caller's look and this.
	}
	all, err := s.client.Applications(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation != generation {
		return
	}
	if err != nil {
		s.listed = unlistable
		return
	}
	now := s.client.options.Now()
	s.listed, s.listedAt = listedAll, now
	for i := range all {
		s.applications[all[i].ID] = seen[*Application]{value: &all[i], at: now}
	}
}

// Roles is Client.Roles for a refresh.
func (s *Snapshot) Roles(ctx context.Context, id string) ([]Role, error) {
	return once(ctx, s, "roles", id, func() map[string]seen[[]Role] { return s.roles },
		func(ctx context.Context) ([]Role, error) { return s.client.Roles(ctx, id) })
}

// Certificate is Client.Certificate for a refresh: all certificates of the application are
// listed once. One that the list leaves out is read by itself. It is ErrGone only if that
// and every page of the list say so, or there is no list to be had, or the application is
// gone: directories keep what is revoked, so that a 404 alone is as likely to be a
// gateway's, and a successor would be issued for nothing.
func (s *Snapshot) Certificate(ctx context.Context, id, certificateType, keyID string) (*Certificate, error) {
	all, err := s.Certificates(ctx, id)
	if found := pick(all, certificateType, keyID); found != nil {
		return found, nil
	}
	found, errRead := s.client.Certificate(ctx, id, certificateType, keyID)
	var status *rest.StatusError
	if !errors.Is(errRead, ErrGone) || !errors.As(errRead, &status) {
		return found, errRead
	}
	if err == nil {
		all, err = s.client.EveryCertificate(ctx, id)
		if found := pick(all, certificateType, keyID); found != nil {
			return found, nil
		}
	}
	if err == nil || neverLists(err) {
		return found, errRead
	}
	if _, errApplication := s.Application(ctx, id); errors.Is(errApplication, ErrGone) {
		return found, errRead
	}
	return nil, &UnconfirmedError{What: fmt.Sprintf("%s certificate %s of application %s", certificateType, keyID, id), List: err, Status: status}
}

// pick takes a certificate out of a list, which may leave out of what type it is.
func pick(all []Certificate, certificateType, keyID string) *Certificate {
	i := slices.IndexFunc(all, func(c Certificate) bool { return c.KeyID == keyID })
	if i < 0 {
		return nil
	}
	found := all[i]
	if found.Type == "" {
		found.Type = certificateType
	}
	return &found
}

// Certificates is Client.Certificates for a refresh.
func (s *Snapshot) Certificates(ctx context.Context, id string) ([]Certificate, error) {
	return once(ctx, s, "certificates", id, func() map[string]seen[[]Certificate] { return s.certificates },
		func(ctx context.Context) ([]Certificate, error) { return s.client.Certificates(ctx, id) })
}

// Certifications is Client.Certifications for a refresh.
func (s *Snapshot) Certifications(ctx context.Context, id string) ([]Certification, error) {
	return once(ctx, s, "certifications", id, func() map[string]seen[[]Certification] { return s.certifications },
		func(ctx context.Context) ([]Certification, error) { return s.client.Certifications(ctx, id) })
}

// Certification is Client.Certification for a refresh. It is ErrGone if the application
// is, or if the list of the application's certifications, if there is one to be had, and a
// read both say so.
func (s *Snapshot) Certification(ctx context.Context, id, certificationID string) (*Certification, error) {
	if _, err := s.Application(ctx, id); err != nil {
		return nil, err
	}
	all, err := s.Certifications(ctx, id)
	if i := slices.IndexFunc(all, func(c Certification) bool { return c.ID == certificationID }); i >= 0 {
		return &all[i], nil
	}
	found, errRead := s.client.Certification(ctx, id, certificationID)
	var status *rest.StatusError
	if !errors.Is(errRead, ErrGone) || !errors.As(errRead, &status) || err == nil || neverLists(err) {
		return found, errRead
	}
	return nil, &UnconfirmedError{What: fmt.Sprintf("certification %s of application %s", certificationID, id), List: err, Status: status}
}
