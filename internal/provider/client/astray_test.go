package client_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// Tokens, secrets and names that go astray.

// importing has the provider of a workspace import with a token.
func importing(ws *acctest.Workspace, sb *sandbox.Sandbox, token any) {
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": token})
}

// TestImportWithTheTokenOfAnother: a token that was left over from another import is not sent
// where it does not belong, which servers revoke it for.
func TestImportWithTheTokenOfAnother(t *testing.T) {
	t.Parallel()
	const other, third = "dcr_client.other", "dcr_client.third"
	for name, journal := range map[string]bool{"with a journal": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := open(t, func(t *sandbox.Temper) { t.Rotate, t.AllowSecondRegistration = sandbox.RotateNever, true })
			ws := acctest.NewWorkspace(t, sb, nil)
			if journal {
				ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
			}
			for i, address := range []string{this, other, third} {
				ws.Set(address, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": fmt.Sprint(i)})
			}
			applies(t, ws)
			applies(t, ws)
			uri := fmt.Sprint(ws.State(other)["registration_client_uri"])
			importing(ws, sb, ws.State(this)["registration_access_token"])
			ws.Lose(other)
			if journal {
				if r := ws.Import(other, uri); len(r.Errors) > 0 {
					t.Errorf("the import of a client whose token the journal has says %q", r.Errors)
				}
				if r := ws.Import(third, "https://bank.example/register/unknown"); len(r.Errors) != 1 || !acctest.Words("is that of another client", "Nothing was sent.").MatchString(r.Errors[0]) {
					t.Errorf("the import of a client that nobody knows says %q", r.Errors)
				}
			} else {
				// Both in one run, as with two import blocks.
				mine := fmt.Sprint(ws.State(this)["registration_client_uri"])
				ws.Lose(this)
				r := ws.ImportAll(map[string]string{this: mine, other: uri}, this, other)
				if len(r.Errors) != 1 || !acctest.Words("is that of another client", "Import one client at a time").MatchString(r.Errors[0]) {
					t.Errorf("two imports with one token say %q", r.Errors)
				}
			}
			if r := ws.Plan(); len(r.Errors) > 0 {
				t.Errorf("afterwards a plan says %q", r.Errors)
			}
		})
	}
}

// TestImportOfASealedToken: that the journal cannot be opened is said, and not that there is no token.
func TestImportOfASealedToken(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateNever })
	ws, _ := journalled(t, sb, nil)
	ws.With("sealing_key", acctest.SealingKey)
	applies(t, ws)
	applies(t, ws)
	uri := fmt.Sprint(ws.State(this)["registration_client_uri"])
	ws.Lose(this)
	ws.With("sealing_key", nil)
	if r := ws.Import(this, uri); len(r.Errors) != 1 || !acctest.Words("journal cannot be used", "sealing_key").MatchString(r.Errors[0]) {
		t.Errorf("the import without the key says %q", r.Errors)
	}
	ws.With("sealing_key", acctest.SealingKey)
	if r := ws.Import(this, uri); len(r.Errors) > 0 {
		t.Errorf("the import says %q", r.Errors)
	}
}

// TestReplacedClientKeepsItsToken: a client that was left behind, and refused once, is
// replaced; should it be there all the same, the journal has its token.
func TestReplacedClientKeepsItsToken(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate, t.OmitTokenOnRead = sandbox.RotateNever, true })
	ws, folder := journalled(t, sb, map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"})
	ws.With("sealing_key", nil)
	applies(t, ws)
	old := fmt.Sprint(ws.State(this)["registration_access_token"])
	ws.Lose(this)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 401, Times: 1})
	warned(t, applies(t, ws), "is gone", "another was registered")
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil && strings.Contains(string(raw), old) {
			return
		}
	}
	t.Error("the token of the first client is lost")
}

// TestAnswersThatNameNoClient: a registration that never says which client it is, is neither
// taken over nor imported without a name.
func TestAnswersThatNameNoClient(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws, _ := journalled(t, sb, nil)
	uri := sb.Info().AuthorizationServers[0].Issuer + "/manage/1"
	sb.Inject(
		sandbox.Fault{Route: "POST /register", Kind: sandbox.FaultStatus, Status: 201, Body: fmt.Sprintf(`{"registration_client_uri":%q,"registration_access_token":"not-a-real-token"}`, uri), Times: 1},
		sandbox.Fault{Route: "GET (unknown)", Kind: sandbox.FaultStatus, Status: 200, Body: `{"redirect_uris":["https://app.example.com/callback"]}`, Times: -1})
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("may have").MatchString(r.Errors[0]) {
		t.Errorf("the registration says %q", r.Errors)
	}
	for range 2 {
		if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("cannot be taken over", "No other was registered", "import it with its client_id").MatchString(r.Errors[0]) {
			t.Errorf("the next apply says %q", r.Errors)
		}
	}
	other := acctest.NewWorkspace(t, sb, nil)
	importing(other, sb, "not-a-real-token")
	other.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	if r := other.Import(this, uri); len(r.Errors) != 1 || !acctest.Words("no client_id", "in the import ID").MatchString(r.Errors[0]) {
		t.Errorf("the import says %q", r.Errors)
	}
	if r := other.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":"one"}`, uri)); len(r.Errors) > 0 || other.State(this)["client_id"] != "one" {
		t.Errorf("the import with a client_id says %q", r.Errors)
	}
}

// TestSecretEndNotRepeated: a server that repeats the secret and not when it ends takes
// nothing back; one that says another end without the secret is heard.
func TestSecretEndNotRepeated(t *testing.T) {
	t.Parallel()
	const life = 100 * time.Hour
	end := func(ws *acctest.Workspace) int64 {
		var seconds int64
		if err := json.Unmarshal([]byte(asJSON(t, ws.State(this)["client_secret_expires_at"])), &seconds); err != nil {
			t.Fatal(err)
		}
		return seconds
	}
	for name, c := range map[string]struct {
		answer func(id, secret any, later int64) map[string]any
		moves  bool
	}{
		"the secret without its end": {func(id, secret any, _ int64) map[string]any {
			return map[string]any{"client_id": id, "client_secret": secret}
		}, false},
		"0 without a secret": {func(id, _ any, _ int64) map[string]any {
			return map[string]any{"client_id": id, "client_secret_expires_at": 0}
		}, false},
		"a later end without a secret": {func(id, _ any, later int64) map[string]any {
			return map[string]any{"client_id": id, "client_secret_expires_at": later}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever, SecretLifetime: life}, nil)
			before := end(ws)
			if before == 0 {
				t.Fatal("the secret has no end")
			}
			state := ws.State(this)
			body := c.answer(state["client_id"], state["client_secret"], before+1000)
			body["redirect_uris"], body["token_endpoint_auth_method"] = []string{callback}, "client_secret_basic"
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 200, Body: asJSON(t, body), Times: -1})
			applies(t, ws)
			if after := end(ws); after != before && !c.moves || c.moves && after != before+1000 {
				t.Errorf("the end went from %d to %d", before, after)
			}
		})
	}
}

// TestOrderOfPreference: default_acr_values are registered in the order they are given in, and another order is a change.
func TestOrderOfPreference(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	for _, values := range [][]string{{"urn:strong", "urn:a"}, {"urn:a", "urn:strong"}} {
		configure(map[string]any{"default_acr_values": values})
		applies(t, ws)
		if got := asJSON(t, map[string]any{"v": answer(t, sb)["default_acr_values"]}); got != asJSON(t, map[string]any{"v": values}) {
			t.Errorf("asked for %v, the bank has %s", values, got)
		}
		settled(t, ws, sb)
	}
	configure(nil)
	applies(t, ws)
	if got := answer(t, sb)["default_acr_values"]; got != nil {
		t.Errorf("removed, the bank has %v", got)
	}
}

// TestLostStateAfterAnUpdate: a plan that would register a client which the journal knows
// says so, also when the client was updated since.
func TestLostStateAfterAnUpdate(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate, t.AllowSecondRegistration = sandbox.RotateNever, true })
	folder := filepath.Join(t.TempDir(), "journal")
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", folder)
	for _, name := range []string{"First", "Second"} {
		ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": name})
		applies(t, ws)
	}
	if r := ws.Plan(); len(r.Warnings) > 0 {
		t.Errorf("with its state a plan says %q", r.Warnings)
	}
	id := fmt.Sprint(ws.State(this)["client_id"])
	ws.Lose(this)
	r := ws.Plan()
	if told := fmt.Sprint(r.Warnings); !acctest.Words("another client with the same metadata", id, "do not apply").MatchString(told) {
		t.Errorf("without it the plan says %q", told)
	}
	// So does one that spells the issuer otherwise, with a journal of an earlier version.
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, regexp.MustCompile(`(?m)^  "issuer": .*\n`).ReplaceAll(raw, nil), 0o600) //nolint:gosec // A file of the test's own folder.
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer + "/", "redirect_uris": []string{callback}, "client_name": "Second"})
	if r := ws.Plan(); !acctest.Words("another client with the same metadata", id).MatchString(fmt.Sprint(r.Warnings)) {
		t.Errorf("with an old journal the plan says %q", r.Warnings)
	}
	// Of one that no state has ever had, it says that it is taken over.
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}, "client_name": "Third"})
	applies(t, ws)
	ws.Lose(this)
	if r := ws.Plan(); !strings.Contains(fmt.Sprint(r.Warnings), "is taken over by the apply") {
		t.Errorf("the plan of a takeover says %q", r.Warnings)
	}
	applies(t, ws)
}
