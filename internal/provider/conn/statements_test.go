package conn_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestOneFetchForManyClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	stale := w.earlier(time.Hour)
	run := w.run()
	results := make([]*jws.Statement, 20)
	var wait sync.WaitGroup
	for i := range results {
		wait.Go(func() {
			got, note, err := run.Statements.Fresh(t.Context(), stale, maxAge)
			if err != nil || note != "" {
				t.Errorf("note %q, error %v", note, err)
				return
			}
			results[i] = got
		})
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	w.fetched(1)
	for _, got := range results {
		same(t, got, results[0])
	}
	differs(t, results[0], stale)
}

func TestStatementsOfTwoApplicationsAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	other := w.application()
	run := w.run()
	one, err := run.Statements.Fetch(t.Context(), w.app)
	must(t, err)
	two, err := run.Statements.Fetch(t.Context(), other)
	must(t, err)
	run.Statements.Changed(other)
	same(t, w.fresh(run, one), one)
	differs(t, w.fresh(run, two), two)
	w.fetched(3)
}

// A client that gives up does not take the fetch away from those who still wait.
func TestOneWaiterGivesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	stale := w.earlier(time.Hour)
	w.Inject(sandbox.Fault{Route: assertions, Kind: sandbox.FaultDelay, Delay: time.Second})
	verified := make(chan struct{})
	var once sync.Once
	run := w.run(func(s *conn.Settings) {
		s.HTTP.Observe = func(context.Context, rest.Exchange) { once.Do(func() { close(verified) }) }
	})
	impatient, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, _, err := run.Statements.Fresh(impatient, stale, maxAge)
		gaveUp <- err
	}()
	<-verified // The keystore answered; the fetch comes next, and takes a second.
	time.Sleep(200 * time.Millisecond)
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	differs(t, w.fresh(run, stale), stale)
	w.fetched(1)
}

func TestYoungStatementIsSentAsItIs(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]time.Duration{"just issued": 0, "at the limit": maxAge - time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			young := w.earlier(age)
			same(t, w.fresh(w.run(), young), young)
			w.fetched(0)
		})
	}
}

func TestChangedApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	fromBefore := w.earlier(time.Second)
	run := w.run()
	run.Statements.Changed(w.app)
	first := w.fresh(run, fromBefore)
	differs(t, first, fromBefore)
	w.clock.forward(time.Second)
	same(t, w.fresh(run, first), first)
	same(t, w.fresh(run, fromBefore), first)
	w.fetched(1)

	run.Statements.Changed(w.app)
	second := w.fresh(run, first)
	differs(t, second, first)
	same(t, w.fresh(run, fromBefore), second)
	w.fetched(2)

	run.Statements.Changed(w.app)
	w.fails(assertions)
	if got, note, err := run.Statements.Fresh(t.Context(), second, maxAge); err == nil || got != nil || note != "" {
		t.Errorf("a statement from before the change is sent: %q, %v", note, err)
	}
}

// The application changes after the directory issued the statement and before
// the fetch is over: that statement must not be handed out.
func TestChangedDuringTheFetch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	stale := w.earlier(time.Hour)
	var run *conn.Conn
	var once sync.Once
	run = w.run(func(s *conn.Settings) {
		s.HTTP.Observe = func(_ context.Context, exchange rest.Exchange) {
			if strings.HasSuffix(exchange.URL, "/assertion") {
				once.Do(func() { w.clock.forward(time.Second); run.Statements.Changed(w.app) })
			}
		}
	})
	got := w.fresh(run, stale)
	w.fetched(2)
	if !got.IssuedAt.Equal(stale.IssuedAt.Add(time.Hour + time.Second)) {
		t.Errorf("issued at %s, before the change", got.IssuedAt)
	}
}

// What this run fetched ages from the moment it was fetched, whatever the
// directory's clock says.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"directory ahead": 10 * time.Minute, "directory behind": -10 * time.Minute, "no skew": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ahead)
			run := w.run()
			first, err := run.Statements.Fetch(t.Context(), w.app)
			must(t, err)
			w.clock.forward(maxAge)
			same(t, w.fresh(run, first), first)
			w.fetched(1)
			w.clock.forward(time.Second)
			second := w.fresh(run, first)
			differs(t, second, first)
			same(t, w.fresh(run, first), second)
			w.fetched(2)
		})
	}
}

func TestForeignStatementsPassThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	stale, young := w.earlier(time.Hour), w.earlier(0)
	anonymous := *stale
	anonymous.SoftwareID = ""
	for _, c := range []struct {
		name   string
		given  *jws.Statement
		change func(*conn.Settings)
		noted  bool
	}{
		{"another organisation, stale", stale, func(s *conn.Settings) { s.Directory.OrganisationID = "someone-else" }, true},
		{"another organisation, young", young, func(s *conn.Settings) { s.Directory.OrganisationID = "someone-else" }, false},
		{"no directory", stale, func(s *conn.Settings) { s.Directory = conn.DirectorySettings{} }, true},
		{"a directory not known yet", young, func(s *conn.Settings) { s.Directory.Unknown = []string{"api_url"} }, false},
		{"no software_id", &anonymous, func(*conn.Settings) {}, true},
	} {
		got, note, err := w.run(c.change).Statements.Fresh(t.Context(), c.given, maxAge)
		if err != nil || got != c.given {
			t.Errorf("%s: not passed through: %v", c.name, err)
		}
		if strings.Contains(note, "1h0m0s old") != c.noted || (note != "") != c.noted {
			t.Errorf("%s: note %q", c.name, note)
		}
	}
	w.fetched(0)
	if got := w.Count(keystore); got != 0 {
		t.Errorf("the keystore was asked %d times", got)
	}
}

// An organisation's ID is the same in capitals: the directory can issue such a statement anew.
func TestOursInAnyNotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	given := *w.earlier(0)
	for id, want := range map[string]bool{given.OrganisationID: true, strings.ToUpper(given.OrganisationID): true, "someone-else": false} {
		given.OrganisationID = id
		if got := w.run().Statements.Ours(&given); got != want {
			t.Errorf("%s is ours: %t", id, got)
		}
	}
}

// What is past its own exp is never sent: a fresh one takes its place, or none.
func TestExpiredStatementIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	expired := *w.earlier(time.Second)
	expired.ExpiresAt = w.clock.now()
	for name, change := range map[string]func(*conn.Settings){
		"another organisation": func(s *conn.Settings) { s.Directory.OrganisationID = "someone-else" },
		"no directory":         func(s *conn.Settings) { s.Directory = conn.DirectorySettings{} },
	} {
		got, note, err := w.run(change).Statements.Fresh(t.Context(), &expired, maxAge)
		failure := as[*conn.ExpiredError](t, err)
		if got != nil || note != "" || failure.SoftwareID != w.app || failure.Issuer != expired.Issuer || !failure.ExpiresAt.Equal(expired.ExpiresAt) || !failure.Now.Equal(w.clock.now()) {
			t.Errorf("%s: %+v, note %q", name, failure, note)
		}
		if strings.Contains(err.Error(), expired.Token) || !strings.Contains(err.Error(), w.app) {
			t.Errorf("%s: text %q", name, err)
		}
	}
	w.clock.forward(time.Second)
	differs(t, w.fresh(w.run(), &expired), &expired)
	w.fetched(1)
	w.fails(assertions)
	if got, _, err := w.run().Statements.Fresh(t.Context(), &expired, maxAge); got != nil || as[*rest.StatusError](t, err).Status != 500 {
		t.Errorf("without a fresh one: %v", err)
	}
}

// The lifetime of what this run fetched counts from the fetch, as its age does.
func TestExpiryOfAStatementOfThisRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, -time.Hour)
	run := w.run()
	given, err := run.Statements.Fetch(t.Context(), w.app)
	must(t, err)
	given.ExpiresAt = given.IssuedAt.Add(time.Minute)
	w.clock.forward(59 * time.Second)
	same(t, w.fresh(run, given), given)
	w.clock.forward(time.Second)
	differs(t, w.fresh(run, given), given)
	w.fetched(2)
}

func TestStatementWithoutIssueTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	undated := *w.earlier(0)
	undated.IssuedAt = time.Time{}
	run := w.run(func(s *conn.Settings) { s.Directory = conn.DirectorySettings{} })
	got, note, err := run.Statements.Fresh(t.Context(), &undated, maxAge)
	must(t, err)
	if got != &undated || !strings.HasPrefix(note, "The software statement does not tell when it was issued;") {
		t.Errorf("note %q", note)
	}
}

// A stale statement is better than none while the application did not change.
func TestFallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	stale := w.earlier(time.Hour)
	w.fails(assertions)
	run := w.run()
	got, note, err := run.Statements.Fresh(t.Context(), stale, maxAge)
	must(t, err)
	if got != stale {
		t.Error("another statement is sent")
	}
	for _, part := range []string{"1h0m0s old", "could not be fetched", "answered 500"} {
		if !strings.Contains(note, part) {
			t.Errorf("no %q in the note %q", part, note)
		}
	}
	if strings.Contains(note, stale.Token) || strings.Contains(note, w.Info().AccessToken) {
		t.Error("the note carries a secret")
	}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := run.Statements.Fresh(interrupted, stale, maxAge); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}

// The statement is young by the directory's clock, so only the failure is told.
func TestFallbackOfAStatementOfThisRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	run := w.run()
	given, err := run.Statements.Fetch(t.Context(), w.app)
	must(t, err)
	w.clock.forward(5 * time.Minute)
	w.fails(assertions)
	got, note, err := run.Statements.Fresh(t.Context(), given, maxAge)
	must(t, err)
	same(t, got, given)
	if !strings.HasPrefix(note, "A fresh one could not be fetched: ") {
		t.Errorf("note %q", note)
	}
}

// A statement whose signature the keystore does not verify is never sent.
func TestUnverifiedStatementIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	young := w.earlier(time.Second)
	head, _, _ := strings.Cut(young.Token, ".")
	forged, err := jws.Parse(young.Token[:strings.LastIndex(young.Token, ".")+1] + strings.Repeat("A", 342))
	must(t, err)
	if !strings.HasPrefix(forged.Token, head) {
		t.Fatal("the forgery has another header")
	}
	got := w.fresh(w.run(), forged)
	differs(t, got, forged)
	w.fetched(1)
	w.fails(assertions)
	if _, _, err := w.run().Statements.Fresh(t.Context(), forged, maxAge); as[*rest.StatusError](t, err).Status != 500 {
		t.Errorf("error %v", err)
	}
	w.fails(keystore)
	if _, _, err := w.run().Statements.Fresh(t.Context(), young, maxAge); err == nil {
		t.Error("sent without keys to verify it")
	}
}

func TestVerificationFailure(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, 0), newWorld(t, 0)
	_, err := other.run().Statements.Fetch(t.Context(), other.app)
	must(t, err)
	stale := w.earlier(time.Hour)
	run := w.run(func(s *conn.Settings) {
		s.Directory.KeystoreURL = other.Info().KeystoreURL
		s.Directory.Identity.CACertificatesPEM += other.CACertificatesPEM()
	})
	_, err = run.Statements.Fetch(t.Context(), w.app)
	failure := as[*conn.VerificationError](t, err)
	if failure.ApplicationID != w.app || failure.KeystoreURL != other.Info().KeystoreURL || failure.Issuer != stale.Issuer {
		t.Errorf("failure %+v", failure)
	}
	if !strings.Contains(err.Error(), w.app) {
		t.Errorf("text %q", err)
	}
	_, note, err := run.Statements.Fresh(t.Context(), stale, maxAge)
	_ = as[*conn.VerificationError](t, err)
	if note != "" {
		t.Errorf("note %q", note)
	}
}

func TestDirectoryAnswersSomethingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	foreign, err := w.run().Statements.Fetch(t.Context(), w.application())
	must(t, err)
	for name, body := range map[string]string{"another application": foreign.Token, "no JWT": "YQ.YQ.YQ"} {
		w.Inject(sandbox.Fault{Route: assertions, Kind: sandbox.FaultStatus, Status: 200, Body: body})
		_, err := w.run().Statements.Fetch(t.Context(), w.app)
		if failure := as[*conn.VerificationError](t, err); failure.ApplicationID != w.app || strings.Contains(err.Error(), body) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Reset()
	stale := w.earlier(time.Hour)
	w.Inject(sandbox.Fault{Route: assertions, Kind: sandbox.FaultStatus, Status: 200, Body: foreign.Token})
	got, note, err := w.run().Statements.Fresh(t.Context(), stale, maxAge)
	_ = as[*conn.VerificationError](t, err)
	if got != nil || note != "" {
		t.Errorf("a stale statement is sent although the directory is not to be trusted: %q", note)
	}
	w.Inject(sandbox.Fault{Route: assertions, Kind: sandbox.FaultNonJSON, Status: 200})
	_, err = w.run().Statements.Fetch(t.Context(), w.app)
	_ = as[*rest.BodyError](t, err)
}

func TestRotatedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	run := w.run()
	for range 2 {
		_, err := run.Statements.Fetch(t.Context(), w.app)
		must(t, err)
	}
	if got := w.Count(keystore); got != 1 {
		t.Errorf("the keystore was asked %d times, want once", got)
	}
	must(t, w.Directory().RotateSigningKey())
	got, err := run.Statements.Fetch(t.Context(), w.app)
	must(t, err)
	if got.KeyID != "signer-2" {
		t.Errorf("signed with %q", got.KeyID)
	}
	if got := w.Count(keystore); got != 2 {
		t.Errorf("the keystore was asked %d times, want once more", got)
	}
}
