package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// TestReplacedIsRefused: a client that was left behind, and that is gone, is not taken for one
// that a state may have lost.
func TestReplacedIsRefused(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate, t.AllowSecondRegistration = sandbox.RotateOnRead, true })
	ws, _ := journalled(t, sb, map[string]any{"on_unauthorized": "recreate", "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"})
	applies(t, ws)
	old := fmt.Sprint(ws.State(this)["client_id"])
	ws.Lose(this)
	if err := sb.Server("bank").Delete(old); err != nil {
		t.Fatal(err)
	}
	warned(t, applies(t, ws), "is gone", "another was registered")
	applies(t, ws)
	ws.Replace(this)
	if r := ws.Plan(); strings.Contains(fmt.Sprint(r.Warnings), old) {
		t.Errorf("a plan that replaces its successor says %q", r.Warnings)
	}
}

// TestImportAtAnotherSpelling: a token is its client's also where its URI is spelt otherwise.
func TestImportAtAnotherSpelling(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate = sandbox.RotateNever })
	ws, _ := journalled(t, sb, nil)
	applies(t, ws)
	applies(t, ws)
	state := ws.State(this)
	importing(ws, sb, state["registration_access_token"])
	ws.Lose(this)
	uri := fmt.Sprint(state["registration_client_uri"]) + "&x=y"
	if r := ws.Import(this, uri); len(r.Errors) != 1 || !acctest.Words("is that of another client", "give its client_id in the import ID").MatchString(r.Errors[0]) {
		t.Errorf("without a client_id the import says %q", r.Errors)
	}
	if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":%q}`, uri, state["client_id"])); strings.Contains(fmt.Sprint(r.Errors), "is that of another client") {
		t.Errorf("with it the import says %q", r.Errors)
	}
}

// TestTokenOfAnUnnamedAnswer: a token that came without a client_id is found by the import that has one.
func TestTokenOfAnUnnamedAnswer(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", filepath.Join(t.TempDir(), "journal"))
	uri := sb.Info().AuthorizationServers[0].Issuer + "/manage/1"
	for _, answer := range []sandbox.Fault{
		{Status: 200, Body: `{"redirect_uris":["https://app.example.com/callback"],"registration_access_token":"not-a-real-token-2"}`},
		{Status: 401, Body: `{"error":"invalid_token"}`},
		{Status: 200, Body: `{"client_id":"one","redirect_uris":["https://app.example.com/callback"]}`},
	} {
		answer.Route, answer.Kind, answer.Times = "GET (unknown)", sandbox.FaultStatus, 1
		sb.Inject(answer)
	}
	importing(ws, sb, "not-a-real-token-1")
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	if r := ws.Import(this, uri); len(r.Errors) != 1 {
		t.Errorf("the import without a client_id says %q", r.Errors)
	}
	if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":"one"}`, uri)); len(r.Errors) > 0 || ws.State(this)["registration_access_token"] != "not-a-real-token-2" {
		t.Errorf("the import with one says %q, and the token is %v", r.Errors, ws.State(this)["registration_access_token"])
	}
}

// aliased is a client at a bank's alias for mutual TLS that state has lost, with a provider
// that has the token to import it; and another bank.
func aliased(t *testing.T, sealingKey any) (sb *sandbox.Sandbox, ws *acctest.Workspace, state map[string]any, right, wrong string) {
	t.Helper()
	temper := sandbox.Temper{Name: "bank", NoStatement: true, Rotate: sandbox.RotateNever}
	other := temper
	other.Name = "other"
	sb = acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper, other}})
	ws = acctest.NewWorkspace(t, sb, nil).With("sealing_key", sealingKey)
	right, wrong = sb.Info().AuthorizationServers[0].Issuer, sb.Info().AuthorizationServers[1].Issuer
	use := func(token any) {
		ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "client_certificate_pem": sb.ClientCertificatePEM(), "private_key_pem": sb.ClientPrivateKeyPEM(), "registration_access_token": token})
	}
	use(nil)
	ws.Set(this, map[string]any{"issuer": right, "redirect_uris": []string{callback}})
	applies(t, ws)
	state = ws.State(this)
	use(state["registration_access_token"])
	ws.Lose(this)
	return sb, ws, state, right, wrong
}

// TestImportByEndpointAlone: without an issuer nothing says whose the origin of a client is.
func TestImportByEndpointAlone(t *testing.T) {
	t.Parallel()
	_, ws, state, issuer, _ := aliased(t, nil)
	ws.Set(this, map[string]any{"registration_endpoint": issuer + "/register", "redirect_uris": []string{callback}})
	if r := ws.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	if r := ws.Plan(); len(r.Errors) > 0 || !acctest.Words("could not be checked", "set issuer").MatchString(fmt.Sprint(r.Warnings)) {
		t.Errorf("the plan says %q, %q", r.Errors, r.Warnings)
	}
}

// TestCorrectionWithoutTheKey: whether a new issuer corrects an import is not decided without
// the credentials to ask for it; and a key that is only sealed is no reason to warn.
func TestCorrectionWithoutTheKey(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, public := asJSON(t, jose.JSONWebKey{Key: key}), asJSON(t, jose.JSONWebKey{Key: &key.PublicKey})
	sb, ws, state, right, wrong := aliased(t, private)
	ring, err := seal.New(public)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := ring.Seal(sb.ClientPrivateKeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	ws.Set(this, map[string]any{"issuer": right, "redirect_uris": []string{callback}, "client_certificate_pem": sb.ClientCertificatePEM(), "private_key_pem": sealed})
	for _, imported := range []string{right, wrong} {
		ws.With("sealing_key", private)
		if r := ws.Import(this, fmt.Sprintf(withIssuer, state["registration_client_uri"], imported)); len(r.Errors) > 0 {
			t.Fatal(r.Errors)
		}
		if r := ws.Plan(); len(r.Errors) > 0 || r.Actions[this] != acctest.ActionUpdate {
			t.Errorf("imported with %s, the plan is %v with %q", imported, r.Actions, r.Errors)
		}
		r := ws.With("sealing_key", public).Plan()
		if imported == right && (len(r.Errors) > 0 || strings.Contains(fmt.Sprint(r.Warnings), "could not be checked")) {
			t.Errorf("without the private key the plan says %q, %q", r.Errors, r.Warnings)
		}
		if imported == wrong {
			if len(r.Errors) != 1 || !acctest.Words("private key as sealing_key").MatchString(r.Errors[0]) {
				t.Errorf("without the private key the correction says %q", r.Errors)
			}
			ws.With("sealing_key", private).Set(this, map[string]any{"issuer": right, "redirect_uris": []string{callback}, "client_certificate_pem": acctest.Unknown{}, "private_key_pem": acctest.Unknown{}})
			if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("dcr_client.this.issuer", "is not known yet", "with -target").MatchString(r.Errors[0]) {
				t.Errorf("with a certificate that is not known yet it says %q", r.Errors)
			}
		}
		ws.Lose(this)
	}
}

// TestSameIDAtAnotherBank: a client_id is one bank's; another that has the same is sent no token of the first.
func TestSameIDAtAnotherBank(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]bool{"nothing kept": false, "its own token kept": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temper := sandbox.Temper{Name: "bank", NoStatement: true, NoMutualTLS: true}
			other := temper
			other.Name = "other"
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper, other}})
			folder := t.TempDir()
			ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", folder)
			at := sb.Info().AuthorizationServers
			write := func(server int, token string) {
				text := fmt.Sprintf(`{"client_id":"one","registration_access_token":%q,"registration_client_uri":%q}`, token, at[server].Issuer+"/manage/one")
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("client-%d.json", server)), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(0, "token-of-a")
			uri := at[1].Issuer + "/manage/one"
			if kept {
				// Under its real name: an import without client_id and an answer that has one write it.
				sb.Inject(sandbox.Fault{Route: "GET (unknown)", Kind: sandbox.FaultStatus, Status: 200, Times: 1, Body: `{"client_id":"one","redirect_uris":["https://app.example.com/callback"],"registration_access_token":"token-of-b"}`})
				importing(ws, sb, "token-of-b-0")
				ws.Set(this, map[string]any{"issuer": at[1].Issuer, "redirect_uris": []string{callback}})
				if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":"one"}`, uri)); len(r.Errors) > 0 {
					t.Fatal(r.Errors)
				}
				ws.Lose(this)
			}
			importing(ws, sb, "token-of-a")
			ws.Set(this, map[string]any{"issuer": at[1].Issuer, "redirect_uris": []string{callback}})
			before := len(sb.History())
			sb.Inject(sandbox.Fault{Route: "GET (unknown)", Kind: sandbox.FaultStatus, Status: 200, Times: 1, Body: `{"client_id":"one","redirect_uris":["https://app.example.com/callback"]}`})
			r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":"one"}`, uri))
			if kept != (len(r.Errors) == 0) || !kept && len(sb.History()) != before {
				t.Errorf("the import says %q after %d requests", r.Errors, len(sb.History())-before)
			}
			if ws.State(this)["registration_access_token"] == "token-of-a" {
				t.Error("the other bank was sent the token of the first one")
			}
		})
	}
}

// TestUnnamedAnswerStaysFound: a secret that is heard with the client_id hides no token that came without.
func TestUnnamedAnswerStaysFound(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	folder := filepath.Join(t.TempDir(), "journal")
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", folder)
	uri := sb.Info().AuthorizationServers[0].Issuer + "/manage/1"
	named := `{"client_id":"one","client_secret":"s3cret","redirect_uris":["https://app.example.com/callback"]}`
	for _, answer := range []sandbox.Fault{
		{Status: 200, Body: `{"redirect_uris":["https://app.example.com/callback"],"registration_access_token":"not-a-real-token-2"}`},
		{Status: 401, Body: `{"error":"invalid_token"}`}, {Status: 200, Body: named},
		{Status: 401, Body: `{"error":"invalid_token"}`}, {Status: 200, Body: named},
	} {
		answer.Route, answer.Kind, answer.Times = "GET (unknown)", sandbox.FaultStatus, 1
		sb.Inject(answer)
	}
	importing(ws, sb, "not-a-real-token-1")
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	if r := ws.Import(this, uri); len(r.Errors) != 1 {
		t.Fatal(r.Errors)
	}
	for range 2 { // A plan with an import block that is discarded, then another.
		r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":"one"}`, uri))
		if len(r.Errors) > 0 || ws.State(this)["registration_access_token"] != "not-a-real-token-2" {
			t.Errorf("the import says %q", r.Errors)
		}
		ws.Lose(this)
	}
}

// TestCorrectionWithAWrongKey: a key that is none is blamed, and one that is not known yet is named.
func TestCorrectionWithAWrongKey(t *testing.T) {
	t.Parallel()
	sb, ws, state, right, wrong := aliased(t, nil)
	ws.Set(this, map[string]any{"issuer": right, "redirect_uris": []string{callback}})
	if r := ws.Import(this, fmt.Sprintf(withIssuer, state["registration_client_uri"], wrong)); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	// A key that is cut off.
	ws.Set(this, map[string]any{"issuer": right, "redirect_uris": []string{callback}, "client_certificate_pem": sb.ClientCertificatePEM(), "private_key_pem": "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n"})
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("private_key_pem", "cannot be used").MatchString(r.Errors[0]) {
		t.Errorf("with what is no key the plan says %q", r.Errors)
	}
	ws.Set(this, map[string]any{"issuer": right, "redirect_uris": []string{callback}, "client_certificate_pem": acctest.Unknown{}, "private_key_pem": acctest.Unknown{}})
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words("dcr_client.this.issuer", "client_certificate_pem", "private_key_pem", "destroy -refresh=false").MatchString(r.Errors[0]) {
		t.Errorf("with a key that is not known the plan says %q", r.Errors)
	}
}

// TestTakeOverAtAnotherEndpoint: a client is taken over as the plan says, also if the issuer has another registration endpoint by now.
func TestTakeOverAtAnotherEndpoint(t *testing.T) {
	t.Parallel()
	sb := open(t, func(t *sandbox.Temper) { t.Rotate, t.AllowSecondRegistration = sandbox.RotateNever, true })
	ws, folder := journalled(t, sb, nil)
	applies(t, ws)
	id := ws.State(this)["client_id"]
	ws.Lose(this)
	files, err := filepath.Glob(filepath.Join(folder, "registration-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw = regexp.MustCompile(`(?m)^  "registration_endpoint": .*\n`).ReplaceAll(raw, []byte("  \"registration_endpoint\": \"https://old.example.com/register\",\n"))
		if err := os.WriteFile(file, raw, 0o600); err != nil { //nolint:gosec // A file of the test's own folder.
			t.Fatal(err)
		}
	}
	if r := ws.Plan(); len(files) != 1 || !strings.Contains(fmt.Sprint(r.Warnings), "is taken over by the apply") {
		t.Errorf("of %d files the plan says %q", len(files), r.Warnings)
	}
	applies(t, ws)
	oneClient(t, sb, id)
}
