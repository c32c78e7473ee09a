package conn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Statements hands out verified software statements. Within one run it asks the
// directory once per application and freshness window, however many clients
// need the statement, and never hands out one that was fetched before the
// application's last change.
type Statements struct {
	conn  *Conn
	group singleflight.Group

	mu      sync.Mutex
	entries map[string]*entry
}

// entry is what a run knows of one application's statements. The generation
// counts the application's changes in this run. Comparing generations, and
// ageing what this run fetched from the moment it was fetched, does not depend
// on the directory's clock agreeing with ours.
type entry struct {
	generation int
	latest     *jws.Statement
	issued     map[string]issue
}

// issue is one statement this run fetched.
type issue struct {
	generation int
	at         time.Time
}

// VerificationError tells that the directory's answer is not a statement of
// the directory whose keys the keystore publishes.
type VerificationError struct {
	ApplicationID string
	KeystoreURL   string
	Issuer        string
	Err           error
}

// Error says which application's statement failed and why.
func (e *VerificationError) Error() string {
	return fmt.Sprintf("software statement of application %s: %v", e.ApplicationID, e.Err)
}

// Unwrap returns the cause.
func (e *VerificationError) Unwrap() error { return e.Err }

func newStatements(c *Conn) *Statements {
	return &Statements{conn: c, entries: map[string]*entry{}}
}

// Changed records that the application's content changed in this run: whatever
// was fetched before must not be sent any more.
func (s *Statements) Changed(applicationID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry(applicationID).generation++
}

// Fetch asks the directory for a new statement of the application and verifies
// it with the keystore's keys. The directory locks the application by issuing it.
func (s *Statements) Fetch(ctx context.Context, applicationID string) (*jws.Statement, error) {
	s.mu.Lock()
	generation := s.entry(applicationID).generation
	s.mu.Unlock()
	statement, err := s.fetch(ctx, applicationID)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(applicationID)
	e.issued[statement.Token] = issue{generation: generation, at: s.conn.Now()}
	if e.latest == nil || generation >= e.issued[e.latest.Token].generation {
		e.latest = statement
	}
	return statement, nil
}

// Fresh returns the statement to send in place of given: given itself while it
// is young enough and the application has not changed since it was fetched,
// otherwise a fresh one of the same application, shared by all callers. A
// statement of another organisation, or without a configured directory, is
// returned as it is, or is an *ExpiredError. The note, when not empty, says why
// a stale statement is sent all the same.
func (s *Statements) Fresh(ctx context.Context, given *jws.Statement, maxAge time.Duration) (*jws.Statement, string, error) {
	if !s.Ours(given) {
		if s.expired(given) {
			return nil, "", &ExpiredError{SoftwareID: given.SoftwareID, Issuer: given.Issuer, ExpiresAt: given.ExpiresAt, Now: s.conn.Now()}
		}
		return given, s.ageNote(given, maxAge), nil
	}
	genuine := s.issued(given) || s.verify(ctx, given) == nil
	usable, changed := s.usable(given, maxAge)
	if usable != nil && (genuine || usable != given) {
		return usable, "", nil
	}
	fresh, err := s.refetch(ctx, given.SoftwareID, maxAge)
	if err == nil {
		return fresh, "", nil
	}
	var unverified *VerificationError
	if changed || !genuine || s.expired(given) || errors.As(err, &unverified) || ctx.Err() != nil {
		return nil, "", err
	}
	return given, strings.TrimSpace(fmt.Sprintf("%s A fresh one could not be fetched: %v%s.", s.ageNote(given, maxAge), err, identified(err))), nil
}

// identified names the request that an error is about.
func identified(err error) string {
	if id := rest.InteractionID(err); id != "" {
		return " (x-fapi-interaction-id " + id + ")"
	}
	return ""
}

// Unused returns a statement to send that nobody has sent yet, for servers that
// take each one once. One of another directory is returned as it is.
func (s *Statements) Unused(ctx context.Context, given *jws.Statement) (*jws.Statement, error) {
	if !s.Ours(given) {
		return given, nil
	}
	return s.Fetch(ctx, given.SoftwareID)
}

// Ours reports whether the configured directory can issue the statement anew.
func (s *Statements) Ours(statement *jws.Statement) bool {
	return s.conn.HasDirectory() && statement.SoftwareID != "" && strings.EqualFold(statement.OrganisationID, s.conn.OrganisationID())
}

// issued reports whether this run fetched the statement, and so verified it.
func (s *Statements) issued(statement *jws.Statement) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.entry(statement.SoftwareID).issued[statement.Token]
	return known
}

func (s *Statements) refetch(ctx context.Context, applicationID string, maxAge time.Duration) (*jws.Statement, error) {
	for {
		result := s.group.DoChan(applicationID, func() (any, error) {
			if cached := s.cached(applicationID, maxAge); cached != nil {
				return cached, nil
			}
			// The fetch serves every waiting client, so one of them being cancelled must not fail the others.
			return s.Fetch(context.WithoutCancel(ctx), applicationID)
		})
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case r := <-result:
			if r.Err != nil {
				return nil, r.Err
			}
			// Asked again when the application changed while the fetch was under way.
			if statement, ok := r.Val.(*jws.Statement); ok && s.current(statement) {
				return statement, nil
			}
		}
	}
}

func (s *Statements) usable(given *jws.Statement, maxAge time.Duration) (statement *jws.Statement, changed bool) {
	s.mu.Lock()
	e := s.entry(given.SoftwareID)
	got, ours := e.issued[given.Token]
	changed = got.generation < e.generation
	s.mu.Unlock()
	if cached := s.cached(given.SoftwareID, maxAge); cached != nil {
		return cached, changed
	}
	// What this run fetched and did not keep is too old, whatever its iat says by a clock that is not ours.
	if !changed && !ours && given.Age(s.conn.Now()) <= maxAge && !s.expired(given) {
		return given, false
	}
	return nil, changed
}

func (s *Statements) cached(applicationID string, maxAge time.Duration) *jws.Statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(applicationID)
	if e.latest == nil {
		return nil
	}
	got, now := e.issued[e.latest.Token], s.conn.Now()
	if got.generation != e.generation || now.Sub(got.at) > maxAge || got.expired(e.latest, now) {
		return nil
	}
	return e.latest
}

// expired reports whether a statement is past its exp.
func (s *Statements) expired(statement *jws.Statement) bool {
	now := s.conn.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, ours := s.entry(statement.SoftwareID).issued[statement.Token]; ours {
		return got.expired(statement, now)
	}
	return statement.Expired(now)
}

// expired counts the statement's lifetime from when it was fetched.
func (i issue) expired(statement *jws.Statement, now time.Time) bool {
	if statement.IssuedAt.IsZero() || statement.ExpiresAt.IsZero() {
		return statement.Expired(now)
	}
	return now.Sub(i.at) >= statement.ExpiresAt.Sub(statement.IssuedAt)
}

func (s *Statements) current(statement *jws.Statement) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entry(statement.SoftwareID)
	return e.issued[statement.Token].generation == e.generation
}

func (s *Statements) fetch(ctx context.Context, applicationID string) (*jws.Statement, error) {
	client, err := s.conn.Directory()
	if err != nil {
		return nil, err
	}
	// Read before the statement is asked for, which locks the application: a
	// keystore that is not there costs nothing then.
	if _, err := client.StatementKeys(ctx, false); err != nil {
		return nil, &KeystoreError{ApplicationID: applicationID, Err: err}
	}
	token, err := client.Assertion(ctx, applicationID)
	if err != nil {
		return nil, err
	}
	statement, err := jws.Parse(token)
	if err != nil {
		return nil, s.unverified(applicationID, "", err)
	}
	if statement.SoftwareID != applicationID {
		return nil, s.unverified(applicationID, statement.Issuer, fmt.Errorf("it is for software_id %q", statement.SoftwareID))
	}
	if err := s.verify(ctx, statement); err != nil {
		return nil, err
	}
	return statement, nil
}

// verify checks a statement's signature with the keystore's keys. Its error is
// a *VerificationError, or a *KeystoreError if the keys could not be had.
func (s *Statements) verify(ctx context.Context, statement *jws.Statement) error {
	client, err := s.conn.Directory()
	if err != nil {
		return err
	}
	// The second time around, the keystore may have rotated its keys since they were read.
	for _, again := range []bool{false, true} {
		keys, failed := client.StatementKeys(ctx, again)
		if failed != nil {
			return &KeystoreError{ApplicationID: statement.SoftwareID, Issued: true, Err: failed}
		}
		if err = statement.Verify(keys); err == nil {
			return nil
		}
	}
	return s.unverified(statement.SoftwareID, statement.Issuer, err)
}

func (s *Statements) unverified(applicationID, issuer string, err error) error {
	return &VerificationError{ApplicationID: applicationID, KeystoreURL: s.conn.settings.KeystoreURL, Issuer: issuer, Err: err}
}

// entry must be called with the lock held.
func (s *Statements) entry(applicationID string) *entry {
	e, ok := s.entries[applicationID]
	if !ok {
		e = &entry{issued: map[string]issue{}}
		s.entries[applicationID] = e
	}
	return e
}

func (s *Statements) ageNote(given *jws.Statement, maxAge time.Duration) string {
	if given.IssuedAt.IsZero() {
		return "The software statement does not tell when it was issued; many authorization servers accept one for five minutes only."
	}
	age := given.Age(s.conn.Now())
	if age <= maxAge {
		return ""
	}
	return fmt.Sprintf("The software statement is %s old; many authorization servers accept one for five minutes only.", age.Round(time.Second))
}
