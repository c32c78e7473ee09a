package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// TestEmptySealingKey: a key that was not mounted is no wish to have secrets in clear.
func TestEmptySealingKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", " \n"} {
		sb, ws, _ := sealedGraph(t)
		r := ws.With("sealing_key", key).Apply()
		if len(r.Errors) == 0 || !acctest.Words("The sealing key is empty", "not mounted").MatchString(r.Errors[0]) {
			t.Errorf("with %q it says %q", key, r.Errors)
		}
		if len(sb.Server("bank").Clients()) > 0 {
			t.Error("a client was registered")
		}
	}
}

// TestSealingRequired: a plan that was made with a key is not applied without one.
func TestSealingRequired(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	sb, ws, _ := sealedGraph(t)
	ws.With("sealing_required", true)
	r := ws.With("sealing_key", key).ApplyLater(func() { ws.With("sealing_key", nil) })
	if len(r.Errors) == 0 || !acctest.Words("The sealing key is missing", "Nothing was sent", "DCR_SEALING_KEY").MatchString(r.Errors[0]) {
		t.Errorf("it says %q", r.Errors)
	}
	if len(sb.Directory().Applications())+len(sb.Server("bank").Clients()) > 0 || ws.State(sealedApp) != nil {
		t.Error("something was created")
	}
	ws.With("sealing_key", key)
	applied(t, ws)
}

// TestSecretMembers: what a server adds of its own and calls a secret is not shown in clear.
func TestSecretMembers(t *testing.T) {
	t.Parallel()
	sb, ws, _ := sealedGraph(t)
	applied(t, ws)
	err := sb.Server("bank").Edit(fmt.Sprint(ws.State(sealedClient)["client_id"]), func(m map[string]any) {
		m["client_secret_previous"], m["x_token"], m["secret"], m["api_password"] = "hunter2", "hunter2", "hunter2", "hunter2"
		m["tls_client_certificate_bound_access_tokens"], m["x_team"] = false, "payments"
	})
	if err != nil {
		t.Fatal(err)
	}
	applied(t, ws)
	registered := fmt.Sprint(ws.Resting(sealedClient)["registered_metadata"])
	if strings.Contains(registered, "hunter2") || !strings.Contains(registered, "tls_client_certificate_bound_access_tokens") || !strings.Contains(registered, "payments") {
		t.Errorf("shown is %s", registered)
	}
}

// TestJournalOfAnotherBank: what one bank chose for a secret, and looks as if it
// were sealed, keeps nobody from registering anywhere.
func TestJournalOfAnotherBank(t *testing.T) {
	t.Parallel()
	other, err := seal.New(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	evil, err := other.SealAlways("x")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []any{nil, newKey(t)} {
		t.Run(fmt.Sprint("sealing ", key != nil), func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "evil", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateNever}, {Name: "bank", NoStatement: true, NoMutualTLS: true}}})
			folder := t.TempDir()
			at := func(name string) map[string]any {
				return map[string]any{"issuer": sb.Server(name).Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}}
			}
			answer, err := json.Marshal(map[string]any{"client_id": "evil", "client_secret": evil, "client_secret_expires_at": 0, "registration_access_token": evil, "registration_client_uri": sb.Info().AuthorizationServers[0].RegistrationEndpoint + "/evil"})
			if err != nil {
				t.Fatal(err)
			}
			sb.Inject(sandbox.Fault{Server: "evil", Route: "POST /register", Kind: sandbox.FaultStatus, Status: 201, Body: string(answer), Times: 1})
			first := acctest.NewWorkspace(t, sb, nil).With("sealing_key", key).With("journal_path", folder)
			first.Set("dcr_client.evil", at("evil"))
			if r := first.Apply(); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			pages, err := filepath.Glob(filepath.Join(folder, "*.json"))
			if err != nil || len(pages) != 1 {
				t.Fatal(pages, err)
			}
			raw, err := os.ReadFile(pages[0])
			if err != nil {
				t.Fatal(err)
			}
			if open := strings.Contains(string(raw), evil); open != (key == nil) {
				t.Errorf("the journal has the secret in clear: %t", open)
			}
			second := acctest.NewWorkspace(t, sb, nil).With("sealing_key", key).With("journal_path", folder)
			second.Set("dcr_client.good", at("bank"))
			if r := second.Apply(); len(r.Errors) > 0 || len(sb.Server("bank").Clients()) != 1 {
				t.Errorf("another bank: %q", r.Errors)
			}
			// Whoever registers the same again has the token as it was sent.
			third := acctest.NewWorkspace(t, sb, nil).With("sealing_key", key).With("journal_path", folder)
			third.Set("dcr_client.evil", at("evil"))
			sb.Reset()
			third.Apply()
			if sent := sb.Count("POST /register"); sent != 0 {
				t.Errorf("%d registrations were sent beside the one in the journal", sent)
			}
		})
	}
}

// TestWriteOnlyTwins: every secret argument of a resource can be given so that it rests nowhere.
func TestWriteOnlyTwins(t *testing.T) {
	t.Parallel()
	r := reader{server: unconfigured(t)}
	r.schemas(t)
	checked := 0
	for name, schema := range r.all.ResourceSchemas {
		known := map[string]bool{}
		for _, attribute := range schema.Block.Attributes {
			known[attribute.Name] = attribute.WriteOnly
		}
		for _, attribute := range schema.Block.Attributes {
			if attribute.Sensitive && !attribute.Computed && !attribute.WriteOnly {
				_, version := known[attribute.Name+"_wo_version"]
				if checked++; !known[attribute.Name+"_wo"] || !version {
					t.Errorf("%s.%s has no write-only twin with a version", name, attribute.Name)
				}
			}
		}
	}
	if checked < 4 {
		t.Errorf("only %d secret arguments were found", checked)
	}
}
