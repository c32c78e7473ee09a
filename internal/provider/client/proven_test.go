package client_test

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// ownBank is a bank whose clients manage themselves, and how one is configured there that is to be registered anew.
func ownBank(t *testing.T) (*sandbox.Sandbox, *acctest.Workspace, func(map[string]any)) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{
		{Name: "bank", ManagedByAccessToken: true, ManagementScope: "cdr:registration", StrictCertificate: true, AllowSecondRegistration: true},
	}})
	ws := acctest.NewWorkspace(t, sb, nil)
	return sb, ws, func(more map[string]any) {
		config := map[string]any{"request_format": "json", "on_unauthorized": "recreate"}
		maps.Copy(config, more)
		selfManaged(sb, ws, config)
	}
}

func wrongKey() map[string]any {
	return map[string]any{"signing_key_pem": acctest.Ref(transport, "private_key_pem")}
}

// stays applies several times, whatever that says, and expects the one client to be there.
func stays(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, id any) {
	t.Helper()
	for range 4 {
		ws.Apply()
		oneClient(t, sb, id)
	}
}

// TestKeyThatWasNeverTaken: a client is not gone because the key, with which it never got a token, gets none.
func TestKeyThatWasNeverTaken(t *testing.T) {
	t.Parallel()
	sb, ws, configure := ownBank(t)
	configure(wrongKey())
	applies(t, ws)
	stays(t, sb, ws, ws.State(this)["client_id"])
}

// TestUpdateWithTheKeyOfBefore proves that key, and not the one that the update brings.
func TestUpdateWithTheKeyOfBefore(t *testing.T) {
	t.Parallel()
	sb, ws, configure := ownBank(t)
	configure(nil)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	config := wrongKey()
	config["client_name"] = "Other"
	configure(config)
	applies(t, ws)
	stays(t, sb, ws, id)
}

// TestLostSecretAndAnotherMethod: what was lost is not forgotten by going over to another way to authenticate.
func TestLostSecretAndAnotherMethod(t *testing.T) {
	t.Parallel()
	sb, ws, configure := ownBank(t)
	configure(map[string]any{"token_endpoint_auth_method": "client_secret_basic"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	configure(map[string]any{"token_endpoint_auth_method": "private_key_jwt"})
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop, Times: 1})
	ws.Apply()
	ws.ApplyUnrefreshed()
	stays(t, sb, ws, id)
}

// TestLostTokenAndOwnTokens: nor by trying to have the client manage itself, and taking that back.
func TestLostTokenAndOwnTokens(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", StrictCertificate: true, AllowSecondRegistration: true}}})
	ws := acctest.NewWorkspace(t, sb, nil)
	configure := func(more map[string]any) {
		config := map[string]any{"request_format": "json", "on_unauthorized": "recreate", "management_auth": nil, "management_scope": nil, "issuer": nil, "registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint}
		maps.Copy(config, more)
		selfManaged(sb, ws, config)
	}
	configure(nil)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	configure(map[string]any{"client_name": "Two"})
	sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop, Times: 1})
	ws.Apply()
	configure(map[string]any{"client_name": "Two", "management_auth": "client_credentials", "issuer": sb.Info().AuthorizationServers[0].Issuer, "signing_key_pem": acctest.Ref(transport, "private_key_pem")})
	ws.Apply()
	configure(map[string]any{"client_name": "Two"})
	stays(t, sb, ws, id)
}

// TestJournalsOfTwoMachines: a journal that has the client as it once was does not say that no plan lost its token.
func TestJournalsOfTwoMachines(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnRead})
	one, two := t.TempDir(), t.TempDir()
	ws.With("journal_path", one)
	configure(map[string]any{"refresh": "always"})
	applies(t, ws)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.With("journal_path", two)
	applies(t, ws)
	ws.Plan()
	ws.With("journal_path", one)
	keeps(t, sb, ws, id, "a plan that was thrown away explains the refusal")
}

// TestJournalThatIsGone: what made a journal useless is no way to have another client: its file removed, the folder not
// named any more, or both after updates that were refused.
func TestJournalThatIsGone(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]sandbox.Rotation{"removed": sandbox.RotateOnUpdate, "unset": sandbox.RotateOnUpdate, "back, and shut": sandbox.RotateOnRead} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := doubted(t, sandbox.Temper{Rotate: rotate})
			folder := filepath.Join(t.TempDir(), "journal")
			ws.With("journal_path", folder)
			configure(nil)
			applies(t, ws)
			applies(t, ws)
			id, before := ws.State(this)["client_id"], ws.Keep()
			ws.With("sealing_key", acctest.SealingKey)
			configure(map[string]any{"client_name": "Other"})
			applies(t, ws)
			ws.Restore(before)
			ws.With("sealing_key", nil)
			switch name {
			case "removed":
				stays(t, sb, ws, id)
				if err := os.RemoveAll(folder); err != nil {
					t.Fatal(err)
				}
			case "unset":
				stays(t, sb, ws, id)
				ws.With("journal_path", nil)
			default:
				ws.With("journal_path", nil)
				for range 2 {
					ws.Apply()
				}
				ws.With("journal_path", folder)
			}
			stays(t, sb, ws, id)
		})
	}
}

// TestOpenedJournalIsForgotten: once the journal gives what it has, it explains nothing any more.
func TestOpenedJournalIsForgotten(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnUpdate})
	ws.With("journal_path", t.TempDir())
	configure(nil)
	applies(t, ws)
	before := ws.Keep()
	ws.With("sealing_key", acctest.SealingKey)
	configure(map[string]any{"client_name": "Other"})
	applies(t, ws)
	ws.Restore(before)
	ws.With("sealing_key", nil)
	// The update is refused, and that it is shut gets into state.
	if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || !acctest.Words("spite of on_unauthorized", "cannot be read or opened").MatchString(r.Errors[0]) {
		t.Errorf("the update says %q", r.Errors)
	}
	ws.With("sealing_key", acctest.SealingKey)
	applies(t, ws)
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	applies(t, ws)
	settled(t, ws, sb)
}

// TestCertificatesInTurn: a certificate that the server answered before the present one is no other one.
func TestCertificatesInTurn(t *testing.T) {
	t.Parallel()
	sb, ws, configure := bound(t, sandbox.Temper{Rotate: sandbox.RotateNever}, "recreate")
	for _, certificate := range []string{next, next, transport} {
		configure(certificate, nil)
		applies(t, ws)
	}
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	applies(t, ws)
	settled(t, ws, sb)
}

// TestRefusalsOfAWrongCertificate do not count among those after which a client is registered anew that must not be read.
func TestRefusalsOfAWrongCertificate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := bound(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, "recreate")
	configure(wrong, map[string]any{"client_name": "Other"})
	ws.Apply()
	ws.Apply()
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	configure(transport, map[string]any{"client_name": "Other"})
	for range 2 {
		if r := ws.Apply(); len(r.Errors) != 1 || len(sb.Server("bank").Clients()) != 0 {
			t.Errorf("the apply says %q", r.Errors)
		}
	}
	applies(t, ws)
	settled(t, ws, sb)
}

// TestRemovalWithADoubtfulToken: a DELETE whose answer was lost was not carried out because the token is refused, which
// may never have been good, or be lost with a plan.
func TestRemovalWithADoubtfulToken(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"imported", "planned"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnRead})
			configure(map[string]any{"refresh": "always"})
			applies(t, ws)
			id, uri := ws.State(this)["client_id"], ws.State(this)["registration_client_uri"]
			if how == "imported" {
				ws.Lose(this)
				importing(ws, sb, "a mistyped token")
				if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":%q,"read":false}`, uri, id)); len(r.Errors) > 0 {
					t.Fatal(r.Errors)
				}
			} else {
				ws.Plan()
			}
			sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusGatewayTimeout, Times: 1})
			ws.Remove(this)
			if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || ws.State(this)["client_id"] != id {
				t.Errorf("the removal says %q", r.Errors)
			}
			oneClient(t, sb, id)
		})
	}
}

// TestUpdateCarriedOutLate: an update that a gateway gave up on is carried out after the registration was read and before
// the update is sent again. That this one is refused says nothing of the client.
func TestUpdateCarriedOutLate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnUpdate})
	configure(nil)
	applies(t, ws)
	state := ws.State(this)
	const put = "PUT /register/{client_id}"
	sb.Inject(sandbox.Fault{Route: put, Kind: sandbox.FaultStatus, Status: http.StatusGatewayTimeout, Times: 1}, sandbox.Fault{Route: put, Kind: sandbox.FaultDelay, Delay: 2 * time.Second, Times: 1})
	late := make(chan error, 1)
	go func() {
		time.Sleep(time.Second)
		body := asJSON(t, map[string]any{"client_id": state["client_id"], "redirect_uris": []string{callback}, "client_name": "Other"})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, fmt.Sprint(state["registration_client_uri"]), strings.NewReader(body))
		if err != nil {
			late <- err
			return
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+fmt.Sprint(state["registration_access_token"]))
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // The sandbox, by whatever name.
		resp, err := client.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		late <- err
	}()
	configure(map[string]any{"client_name": "Other"})
	ws.Apply()
	if err := <-late; err != nil {
		t.Fatal(err)
	}
	keeps(t, sb, ws, state["client_id"], "may have replaced the token did not arrive")
}
