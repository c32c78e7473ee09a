package conn_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// A keystore that is not there is found out before a statement is asked for,
// which would lock the application.
func TestKeystoreIsReadFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	stale := w.earlier(time.Hour)
	run := w.run(func(s *conn.Settings) { s.Directory.KeystoreURL = w.Info().APIURL })
	_, err := run.Statements.Fetch(t.Context(), w.app)
	failure := as[*conn.KeystoreError](t, err)
	if failure.Issued || failure.ApplicationID != w.app || as[*rest.StatusError](t, err).Status != http.StatusNotFound {
		t.Errorf("error %v, %+v", err, failure)
	}
	_, note, err := run.Statements.Fresh(t.Context(), stale, maxAge)
	if _ = as[*conn.KeystoreError](t, err); note != "" {
		t.Errorf("note %q", note)
	}
	w.fetched(0)
}

// Keys that are read again after the statement came may be missing then: it was issued all the same.
func TestKeystoreFailsAfterTheStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	run := w.run()
	_, err := run.Statements.Fetch(t.Context(), w.app)
	must(t, err)
	must(t, w.Directory().RotateSigningKey())
	w.fails(keystore)
	_, err = run.Statements.Fetch(t.Context(), w.app)
	if failure := as[*conn.KeystoreError](t, err); !failure.Issued || failure.ApplicationID != w.app {
		t.Errorf("error %v, %+v", err, failure)
	}
	w.fetched(2)
}
