package client_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestImportIntoAnotherState registers a client in one state, forgets it, and
// imports it into another one with the token from the environment.
func TestImportIntoAnotherState(t *testing.T) {
	t.Parallel()
	sb := open(t, func(temper *sandbox.Temper) { temper.Rotate = "never" })
	body := "client_name = \"Mine\"\n  scope = \"openid accounts\"\n  grant_types = [\"refresh_token\", \"authorization_code\"]"
	var uri, token, id string
	run(t, nil, resource.TestStep{
		Config: plain(sb, body+"\n  deletion_policy = \"abandon\""),
		Check: func(s *terraform.State) error {
			for name, into := range map[string]*string{"registration_client_uri": &uri, "registration_access_token": &token, "client_id": &id} {
				value, err := attribute(s, "dcr_client.this", name)
				if err != nil {
					return err
				}
				*into = value
			}
			return nil
		},
	})
	// At import only the provider's own settings are known, not the resource's.
	configure := func(body string) string {
		return strings.Replace(plain(sb, body), "max_retries = 0", "max_retries = 0\n  registration = {\n    ca_certificates_pem = "+heredoc(sb.CACertificatesPEM())+"  }", 1) +
			fmt.Sprintf("\nimport {\n  to = dcr_client.this\n  id = %q\n}\n", uri)
	}
	importing := configure(body)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.FactoriesWith(map[string]string{"DCR_REGISTRATION_ACCESS_TOKEN": token}),
		CheckDestroy:             noClients(sb),
		Steps: []resource.TestStep{
			{
				Config: importing,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("dcr_client.this", plancheck.ResourceActionUpdate),
				}},
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr("dcr_client.this", "client_id", id),
					resource.TestCheckResourceAttr("dcr_client.this", "client_name", "Mine"),
					// The import noted issuer and CA in state; the server was sent nothing.
					calls(sb, "PUT /register/{client_id}", 0),
					calls(sb, "POST /register", 1),
				),
			},
			{
				Config:           importing,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				Config: configure(`client_name = "Mine"`),
				Check: resource.ComposeAggregateTestCheckFunc(
					registered(sb, "bank", "dcr_client.this", "client_name", "Mine"),
					calls(sb, "PUT /register/{client_id}", 1),
				),
			},
		},
	})
}

// TestImportOfAdditionalMetadata: members without an attribute that the server
// has as they are asked for are nothing to send.
func TestImportOfAdditionalMetadata(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"as it is": "payments", "otherwise": "accounts"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{KeepUnknownMetadata: true}, map[string]any{"additional_metadata": `{"x_team":"payments"}`})
			state := ws.State(this)
			ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": state["registration_access_token"]})
			ws.Lose(this)
			configure(map[string]any{"additional_metadata": `{ "x_team": "` + value + `" }`})
			if r := ws.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			applies(t, ws)
			settled(t, ws, sb)
			if sent := len(puts(sb)) > 0; sent != (value == "accounts") || sb.Server("bank").Clients()[0]["x_team"] != value {
				t.Errorf("after %v the bank has %v", puts(sb), sb.Server("bank").Clients()[0]["x_team"])
			}
		})
	}
}

// TestImportOfDeadClient: what the server does not let be read is not imported,
// unless the import ID says not to read it.
func TestImportOfDeadClient(t *testing.T) {
	t.Parallel()
	sb, ws, _ := plainClient(t, sandbox.Temper{}, nil)
	state := ws.State(this)
	uri, token := fmt.Sprint(state["registration_client_uri"]), state["registration_access_token"]
	ws.Lose(this)
	use := func(token any) {
		ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": token})
	}
	dead := func(what, id string) {
		t.Helper()
		r := ws.Import(this, id)
		if len(r.Errors) != 1 || !acctest.Words("The client to import could not be read", "Nothing was imported", "DCR_REGISTRATION_ACCESS_TOKEN").MatchString(r.Errors[0]) || ws.State(this) != nil {
			t.Errorf("%s: the import says %q, %q", what, r.Errors, r.Warnings)
		}
	}
	use("not its token")
	dead("another token", uri)
	dead("another token and an ID", fmt.Sprintf(`{"registration_client_uri":%q,"client_id":%q}`, uri, state["client_id"]))
	if r := ws.Import(this, fmt.Sprintf(`{"registration_client_uri":%q,"client_id":%q,"read":false}`, uri, state["client_id"])); len(r.Errors) > 0 {
		t.Errorf("an import without reading says %q", r.Errors)
	}
	ws.Lose(this)
	use(token)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 404, Times: 1})
	dead("no such client", uri)
	if r := ws.Import(this, uri); len(r.Errors) > 0 {
		t.Errorf("the import says %q", r.Errors)
	}
}

// imported is a client that was registered elsewhere with more than the
// configuration of the workspace names.
func imported(t *testing.T, temper sandbox.Temper, elsewhere map[string]any) (*sandbox.Sandbox, *acctest.Workspace, func(map[string]any)) {
	t.Helper()
	temper.Rotate = sandbox.RotateNever
	sb, ws, configure := plainClient(t, temper, nil)
	configure(elsewhere)
	applies(t, ws)
	state := ws.State(this)
	ws.Lose(this)
	ws.With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM(), "registration_access_token": state["registration_access_token"]})
	if r := ws.Import(this, fmt.Sprint(state["registration_client_uri"])); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	return sb, ws, configure
}

const (
	leavesOut = "leaves out what the registration has"
	changed   = "The update changed what is not configured"
	keptIt    = "The authorization server kept what was removed"
)

func says(r *acctest.Result, words ...string) bool {
	return slices.ContainsFunc(r.Warnings, acctest.Words(words...).MatchString)
}

// TestOmittedAfterImport: the first update of an imported client tells what it
// leaves out, and what became of that; the next one has nothing to tell.
func TestOmittedAfterImport(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]any{"grant_types": []string{"authorization_code", "refresh_token"}, "contacts": []string{"ops@example.com"}, "application_type": "web", "dpop_bound_access_tokens": false, "require_pushed_authorization_requests": true}
	sb, ws, configure := imported(t, sandbox.Temper{}, elsewhere)
	configure(map[string]any{"client_name": "Budget"})
	plan := ws.Plan()
	warned(t, plan, leavesOut, "contacts", "ops@example.com", "grant_types", "refresh_token")
	warned(t, plan, leavesOut, "require_pushed_authorization_requests: true")
	if says(plan, leavesOut, "application_type") || says(plan, leavesOut, "dpop_bound_access_tokens") || says(plan, leavesOut, "redirect_uris") || says(plan, leavesOut, "client_name") {
		t.Errorf("the plan says %q", plan.Warnings)
	}
	r := applies(t, ws)
	warned(t, r, changed, "contacts", "is gone", "grant_types", "is")
	if says(r, keptIt) {
		t.Errorf("the apply says %q", r.Warnings)
	}
	settled(t, ws, sb)
	configure(map[string]any{"client_name": "Other"})
	if r := applies(t, ws); says(r, leavesOut) || says(r, changed) {
		t.Errorf("the next apply says %q", r.Warnings)
	}
}

// TestRenewalAfterImport: a renewal of the secret that is the first update of an imported client
// leaves out what the plan says it does. It was sent, and taken away by the next update without a word.
func TestRenewalAfterImport(t *testing.T) {
	t.Parallel()
	sb, ws, configure := imported(t, sandbox.Temper{SecretLifetime: 100 * time.Hour, RotateSecret: true}, map[string]any{"contacts": []string{"ops@example.com"}})
	configure(map[string]any{"secret_renew_before": "200h"})
	applies(t, ws) // Records that it is to be renewed.
	r := applies(t, ws)
	warned(t, r, leavesOut, "contacts")
	warned(t, r, changed, "contacts", "is gone")
	if contacts := sb.Server("bank").Clients()[0]["contacts"]; contacts != nil {
		t.Errorf("registered is still %v", contacts)
	}
}

// TestKeptAfterImport: what was never configured and stays was not removed, and
// nothing is told where the configuration names everything.
func TestKeptAfterImport(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]any{"grant_types": []string{"authorization_code", "refresh_token"}, "contacts": []string{"ops@example.com"}}
	_, ws, configure := imported(t, sandbox.Temper{MergeOnUpdate: true}, elsewhere)
	configure(map[string]any{"client_name": "Budget"})
	if r := applies(t, ws); says(r, keptIt) || says(r, changed) {
		t.Errorf("the apply says %q", r.Warnings)
	}
	_, ws, configure = imported(t, sandbox.Temper{}, elsewhere)
	elsewhere["client_name"] = "Budget"
	elsewhere["scope"], elsewhere["id_token_signed_response_alg"], elsewhere["subject_type"] = ws.State(this)["scope"], "PS256", "public"
	configure(elsewhere)
	r := applies(t, ws)
	warned(t, r, leavesOut, "x_registered_by", "perhaps the server's own")
	if says(r, leavesOut, "contacts") || says(r, leavesOut, "scope:") || says(r, leavesOut, "algorithm") || says(r, changed) {
		t.Errorf("the apply says %q", r.Warnings)
	}
}

// TestImportOfASelfManagedClientsSecret: a client that gets its tokens with its secret is imported with the one that
// the journal has, as nobody else tells it.
func TestImportOfASelfManagedClientsSecret(t *testing.T) {
	t.Parallel()
	sb, ws := selfManagedBank(t, time.Now, 0)
	ws.With("journal_path", filepath.Join(t.TempDir(), "journal"))
	selfManaged(sb, ws, map[string]any{"token_endpoint_auth_method": "client_secret_basic"})
	applies(t, ws)
	state := ws.State(this)
	ws.Lose(this)
	// A bank may want any request signed, and this one wants a certificate.
	ws.With("registration", map[string]any{
		"ca_certificates_pem": sb.CACertificatesPEM(), "signing_key_pem": state["signing_key_pem"], "signing_key_id": state["signing_key_id"],
		"client_certificate_pem": state["client_certificate_pem"], "private_key_pem": state["private_key_pem"],
	})
	id := fw.Marshal(map[string]any{"registration_client_uri": state["registration_client_uri"], "client_id": state["client_id"], "issuer": state["issuer"],
		"management_auth": "client_credentials", "management_scope": "cdr:registration", "token_endpoint_auth_method": "client_secret_basic"})
	if r := ws.Import(this, string(id)); len(r.Errors) > 0 {
		t.Fatalf("the import says %q", r.Errors)
	}
	if got := ws.State(this)["client_secret"]; got == nil || got != state["client_secret"] {
		t.Error("the import has not the secret of the journal")
	}
	applies(t, ws)
	settled(t, ws, sb)
}
