package client_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// doubted is a workspace for a client to be registered anew if it is gone, at a bank that nobody can ask
// whether it is: no token endpoint is known.
func doubted(t *testing.T, temper sandbox.Temper) (*sandbox.Sandbox, *acctest.Workspace, func(map[string]any)) {
	t.Helper()
	temper.Name, temper.NoStatement, temper.NoMutualTLS, temper.AllowSecondRegistration = "bank", true, true, true
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper}})
	ws := acctest.NewWorkspace(t, sb, nil).With("sealing_key", nil)
	return sb, ws, func(more map[string]any) {
		config := map[string]any{"registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint, "redirect_uris": []string{callback}, "on_unauthorized": "recreate"}
		maps.Copy(config, more)
		ws.Set(this, config)
	}
}

// keeps expects that applies register no other client and say why, and how to go on.
func keeps(t *testing.T, sb *sandbox.Sandbox, ws *acctest.Workspace, id any, why string) {
	t.Helper()
	for range 3 {
		r := ws.Apply()
		if len(r.Errors) != 1 || !acctest.Words("spite of on_unauthorized", why, "finds no such client any more, run terraform state rm and apply").MatchString(r.Errors[0]) {
			t.Errorf("the apply says %q", r.Errors)
		}
		oneClient(t, sb, id)
	}
}

// TestClosedJournalIsNoDeletion: what the journal has and does not give may be a newer token.
func TestClosedJournalIsNoDeletion(t *testing.T) {
	t.Parallel()
	for _, rotate := range []sandbox.Rotation{sandbox.RotateOnRead, sandbox.RotateOnUpdate} {
		for _, broken := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, broken: %t", rotate, broken), func(t *testing.T) {
				t.Parallel()
				sb, ws, configure := doubted(t, sandbox.Temper{Rotate: rotate})
				folder := filepath.Join(t.TempDir(), "journal")
				ws.With("journal_path", folder)
				configure(map[string]any{"refresh": "always"})
				applies(t, ws)
				applies(t, ws)
				id, before := ws.State(this)["client_id"], ws.Keep()
				if !broken {
					ws.With("sealing_key", acctest.SealingKey)
				}
				if ws.Plan(); rotate == sandbox.RotateOnUpdate {
					configure(map[string]any{"refresh": "always", "client_name": "Other"})
					applies(t, ws)
					ws.Restore(before)
				}
				ws.With("sealing_key", nil)
				files, err := filepath.Glob(filepath.Join(folder, "client-*"))
				if err != nil || len(files) != 1 {
					t.Fatal(files, err)
				}
				if broken {
					err = os.WriteFile(files[0], []byte("{"), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if r := ws.Apply(); !broken && (len(r.Errors) != 1 || !acctest.Words("spite of on_unauthorized", "cannot be read or opened", "terraform state rm and apply").MatchString(r.Errors[0]) || !acctest.Words("previous_sealing_keys").MatchString(r.Errors[0])) {
						t.Errorf("the apply says %q", r.Errors)
					}
					oneClient(t, sb, id)
				}
			})
		}
	}
}

// TestEmptyJournalIsNoDeletion: a journal that has nothing of a client, as in a CI job with a folder of its own, does
// not say that no plan lost the token.
func TestEmptyJournalIsNoDeletion(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnRead})
	ws.With("journal_path", t.TempDir())
	configure(map[string]any{"refresh": "always"})
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.With("journal_path", t.TempDir())
	ws.Plan()
	ws.With("journal_path", t.TempDir())
	keeps(t, sb, ws, id, "the last run kept the client in is not there now")
}

// TestUnprovenTokenIsNoDeletion: that a token is refused which the server never took here says nothing of the client.
func TestUnprovenTokenIsNoDeletion(t *testing.T) {
	t.Parallel()
	for _, journal := range []bool{true, false} {
		for _, how := range []string{"move", "import"} {
			t.Run(fmt.Sprintf("%s, journal: %t", how, journal), func(t *testing.T) {
				t.Parallel()
				sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateOnRead})
				configure(nil)
				applies(t, ws)
				id, uri, kept := ws.State(this)["client_id"], ws.State(this)["registration_client_uri"], answer(t, sb)
				ws.Lose(this)
				if journal {
					ws.With("journal_path", t.TempDir())
				}
				var r *acctest.Result
				if how == "move" {
					kept["registration_access_token"] = "an older token than the bank's"
					r = ws.Move(this, "restapi_object", map[string]any{"api_response": asJSON(t, kept)})
				} else {
					importing(ws, sb, "a mistyped token")
					r = ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":%q,"read":false}`, uri, id))
				}
				if len(r.Errors) > 0 {
					t.Fatal(r.Errors)
				}
				configure(map[string]any{"client_name": "Other"})
				keeps(t, sb, ws, id, "not known to have ever taken this token")
			})
		}
	}
}

// TestSelfManagedSecretLost: the lost answer to an update may have had the secret with which the client gets its tokens.
func TestSelfManagedSecretLost(t *testing.T) {
	t.Parallel()
	for _, journal := range []bool{true, false} {
		t.Run(fmt.Sprintf("journal: %t", journal), func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, ManagedByAccessToken: true, RotateSecret: true, OmitTokenOnRead: true, AllowSecondRegistration: true}}})
			ws := acctest.NewWorkspace(t, sb, nil)
			if journal {
				ws.With("journal_path", t.TempDir())
			}
			configure := func(name string) {
				ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "token_endpoint_auth_method": "client_secret_basic", "client_name": name,
					"grant_types": []string{"authorization_code", "client_credentials"}, "response_types": []string{"code"}, "management_auth": "client_credentials", "on_unauthorized": "recreate"})
			}
			configure("one")
			applies(t, ws)
			id := ws.State(this)["client_id"]
			configure("two")
			sb.Inject(sandbox.Fault{Route: "PUT /register/{client_id}", Kind: sandbox.FaultCommitThenDrop, Times: 1})
			if r := ws.Apply(); len(r.Errors) != 1 {
				t.Errorf("the update says %q", r.Errors)
			}
			keeps(t, sb, ws, id, "may have replaced the client's secret did not arrive")
		})
	}
}

// TestQuestionOfAnImport: what an import without client_id asked, and did not hear, says nothing once the client was read.
func TestQuestionOfAnImport(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateNever, OmitTokenOnRead: true})
	configure(nil)
	applies(t, ws)
	state, folder := ws.State(this), t.TempDir()
	ws.With("journal_path", folder)
	importing(ws, sb, state["registration_access_token"])
	ws.Lose(this)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultDrop, Times: 1})
	if r := ws.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) != 1 {
		t.Errorf("the import says %q", r.Errors)
	}
	ws.Lose(this)
	if found, _ := ws.Query("dcr_client", map[string]any{"known": true}, true, 10); len(found) != 0 {
		t.Errorf("the journal has %v", found)
	}
	if r := ws.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) != 0 {
		t.Fatalf("the import says %q", r.Errors)
	}
	applies(t, ws)
	if err := sb.Server("bank").Delete(fmt.Sprint(state["client_id"])); err != nil {
		t.Fatal(err)
	}
	applies(t, ws)
	settled(t, ws, sb)
}

// TestLostReadOfAStableToken: where reading is known to leave the token as it is, a read that was lost explains nothing.
func TestLostReadOfAStableToken(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateNever})
	configure(nil)
	applies(t, ws)
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultDrop, Times: 1})
	configure(map[string]any{"client_name": "Other"})
	if r := ws.ApplyUnrefreshed(); len(r.Errors) != 1 || sb.Pending() != 0 {
		t.Errorf("the update says %q", r.Errors)
	}
	applies(t, ws)
	settled(t, ws, sb)
}

// TestSameCertificateSpeltOtherwise: a certificate is no other one for the white space around it, nor for being the
// provider's.
func TestSameCertificateSpeltOtherwise(t *testing.T) {
	t.Parallel()
	sb, ws, configure := doubted(t, sandbox.Temper{Rotate: sandbox.RotateNever})
	registration := func(pem string) {
		ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "client_certificate_pem": pem, "private_key_pem": sb.ClientPrivateKeyPEM()})
	}
	registration(sb.ClientCertificatePEM())
	configure(nil)
	applies(t, ws)
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	registration("\n" + sb.ClientCertificatePEM() + "\n")
	applies(t, ws)
	settled(t, ws, sb)
}

// TestRemovalWithAnotherCertificate: that the token is refused from a wrong certificate does not say that a DELETE
// was carried out whose answer was lost.
func TestRemovalWithAnotherCertificate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := bound(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, "error")
	id := ws.State(this)["client_id"]
	configure(wrong, nil)
	applies(t, ws)
	sb.Inject(sandbox.Fault{Route: "DELETE /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusGatewayTimeout, Times: 1})
	ws.Remove(this)
	if r := ws.Apply(); len(r.Errors) != 1 || ws.State(this)["client_id"] != id {
		t.Errorf("the removal says %q", r.Errors)
	}
	oneClient(t, sb, id)
}

// TestTakeOverProvesNoCertificate: a client that was taken over without an answer was not answered the certificate of then.
func TestTakeOverProvesNoCertificate(t *testing.T) {
	t.Parallel()
	sb, ws, _, id := boundAndLeft(t)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: http.StatusTooManyRequests, Times: 1})
	warned(t, applies(t, ws), "was taken over")
	keeps(t, sb, ws, id, "another client certificate, and never this one")
}
