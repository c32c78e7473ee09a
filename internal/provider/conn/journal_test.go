package conn_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// TestJournalThatFailedKeepsNothing: once something could not be written, nobody relies on
// the journal, also if it can be written again.
func TestJournalThatFailedKeepsNothing(t *testing.T) {
	t.Parallel()
	for _, failed := range []bool{false, true} {
		folder := filepath.Join(t.TempDir(), "journal")
		opened := conn.New(conn.Settings{JournalPath: folder, Run: "run", Now: time.Now})
		if failed {
			if err := os.WriteFile(folder, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		opened.Journal.Heard(dcr.Management{URI: "https://bank.example/1", ClientID: "one"}, &dcr.Registration{ClientID: "one", RegistrationAccessToken: "not a real token"})
		if failed {
			if err := errors.Join(os.Remove(folder), os.Mkdir(folder, 0o700)); err != nil {
				t.Fatal(err)
			}
		}
		if keeps := opened.Journal.Keeps(); keeps == failed || !opened.Journal.Given() {
			t.Errorf("after a failure (%t) it keeps: %t", failed, keeps)
		}
		if err := opened.Journal.Trouble(); (err != nil) != failed {
			t.Errorf("the trouble is %v", err)
		}
	}
}

// TestSentIsKnownByItsIssuer: what was sent and never answered is found by the issuer, also
// when the server has another endpoint by then.
func TestSentIsKnownByItsIssuer(t *testing.T) {
	t.Parallel()
	const issuer = "https://bank.example"
	folder := t.TempDir()
	request := []byte("what was asked for")
	if _, err := conn.New(conn.Settings{JournalPath: folder, Run: "killed"}).Journal.Begin(issuer+"/register", issuer, "", request); err != nil {
		t.Fatal(err)
	}
	same, _, err := conn.New(conn.Settings{JournalPath: folder, Run: "next"}).Journal.Left([]string{issuer + "/v2/register", issuer}, request)
	if err != nil || len(same) != 1 || same[0].Answered() || same[0].Endpoint != issuer+"/register" {
		t.Errorf("left are %+v, %v", same, err)
	}
}
