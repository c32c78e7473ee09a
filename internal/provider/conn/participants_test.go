package conn_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const participants = "GET /participants"

// TestParticipantsAreReadOnce has many readers, and a failure that is not kept.
func TestParticipantsAreReadOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.Reset()
	c := w.run(func(s *conn.Settings) {
		s.Directory = conn.DirectorySettings{Configured: true, ParticipantsURL: w.Info().ParticipantsURL,
			Unknown:  []string{"ecosystem", "client_certificate_pem", "organisation_id"},
			Identity: rest.Identity{CACertificatesPEM: w.CACertificatesPEM()}}
	})
	w.Inject(sandbox.Fault{Route: participants, Kind: sandbox.FaultStatus, Status: 500})
	var status *rest.StatusError
	if _, err := c.Participants(t.Context()); !errors.As(err, &status) {
		t.Fatalf("error %v", err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if list, err := c.Participants(t.Context()); err != nil || len(list) != 2 {
				t.Errorf("%d participants, %v", len(list), err)
			}
		})
	}
	wait.Wait()
	if got := w.Count(participants); got != 2 {
		t.Errorf("the list was read %d times", got)
	}
}

func TestParticipantsNeedTheirAddress(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]conn.DirectorySettings{
		"no directory": {},
		"another part": complete(),
	} {
		_, err := conn.New(conn.Settings{Directory: settings}).Participants(t.Context())
		if missing := as[*conn.MissingError](t, err); !slices.Equal(missing.Attributes, []string{"participants_url"}) {
			t.Errorf("%s: missing %v", name, missing.Attributes)
		}
	}
	for _, unknown := range []string{"*", "participants_url", "ca_certificates_pem", "ecosystem"} {
		_, err := conn.New(conn.Settings{Directory: conn.DirectorySettings{Configured: true, Unknown: []string{unknown}}}).Participants(t.Context())
		if got := as[*conn.UnknownError](t, err); !slices.Equal(got.Attributes, []string{unknown}) {
			t.Errorf("unknown %v, want %s", got.Attributes, unknown)
		}
	}
	_, err := conn.New(conn.Settings{Directory: conn.DirectorySettings{Configured: true, ParticipantsURL: "https://data.example", Identity: rest.Identity{CACertificatesPEM: "no PEM"}}}).Participants(t.Context())
	if got := as[*conn.CredentialError](t, err); got.Owner != conn.OwnerDirectory {
		t.Errorf("owner %s", got.Owner)
	}
}
