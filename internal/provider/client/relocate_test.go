package client_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestMistypedIssuer: a client is not removed to be registered at a server that is not there.
func TestMistypedIssuer(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, nil)
	issuer := sb.Info().AuthorizationServers[0].Issuer
	for _, address := range []string{issuer + "x", "https://127.0.0.1:1/as"} {
		configure(map[string]any{"issuer": address})
		said := false
		for _, text := range ws.Apply().Errors {
			said = said || acctest.Words("dcr_client.this.issuer", "which would have removed it first", "Nothing was sent").MatchString(text)
		}
		if !said || sb.Count("DELETE /register/{client_id}") != 0 {
			t.Errorf("with the issuer %s, %d removals were sent", address, sb.Count("DELETE /register/{client_id}"))
		}
	}
	configure(nil)
	settled(t, ws, sb)
}

// TestOtherServer: that consents are lost is told before anything is done.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	temper := sandbox.Temper{Name: "bank", NoStatement: true, NoMutualTLS: true}
	other := temper
	other.Name = "other"
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper, other}})
	ws := acctest.NewWorkspace(t, sb, nil)
	servers := sb.Info().AuthorizationServers
	ws.Set(this, map[string]any{"issuer": servers[0].Issuer, "redirect_uris": []string{callback}})
	applies(t, ws)
	ws.Set(this, map[string]any{"issuer": servers[1].Issuer, "redirect_uris": []string{callback}})
	r := ws.Plan()
	warned(t, r, "replaced by one at another authorization server", "every consent given to the old one is lost", "create_before_destroy")
	if r.Actions[this] != acctest.ActionReplace {
		t.Errorf("planned is %v with %q", r.Actions, r.Errors)
	}
	applies(t, ws)
	if len(sb.Server("bank").Clients()) != 0 || len(sb.Server("other").Clients()) != 1 {
		t.Error("the client did not move")
	}
}

// TestSameServerSpeltOtherwise: case is nothing in scheme and host.
func TestSameServerSpeltOtherwise(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, nil)
	before := ws.State(this)["client_id"]
	configure(map[string]any{"issuer": strings.Replace(sb.Info().AuthorizationServers[0].Issuer, "https", "HTTPS", 1)})
	applies(t, ws)
	if ws.State(this)["client_id"] != before || sb.Count("POST /register") != 1 {
		t.Errorf("another client was registered for the spelling")
	}
}

// TestAlwaysReadingIsARisk: without a journal, plans would lose the token one after the other.
func TestAlwaysReadingIsARisk(t *testing.T) {
	t.Parallel()
	_, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, nil)
	configure(map[string]any{"refresh": "always"})
	warned(t, applies(t, ws), "Every plan is going to replace the registration access token", fmt.Sprint(ws.State(this)["client_id"]), "journal_path")
	warned(t, ws.Plan(), "The registration access token was replaced by reading", "terraform import", "run terraform apply", "journal_path")
}

// TestPassingFaultOfARead: where the token is known to stay, a read is repeated.
func TestPassingFaultOfARead(t *testing.T) {
	t.Parallel()
	for rotate, again := range map[sandbox.Rotation]bool{sandbox.RotateNever: true, sandbox.RotateOnRead: false} {
		t.Run(fmt.Sprint(rotate), func(t *testing.T) {
			t.Parallel()
			sb, ws, _ := plainClient(t, sandbox.Temper{Rotate: rotate}, map[string]any{"refresh": "always"})
			ws.With("max_retries", 2)
			sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultStatus, Status: 502, Times: 1})
			if r := ws.Plan(); r.Empty() != again {
				t.Errorf("the plan says %q", r.Errors)
			}
		})
	}
}

// TestRecreateTakesTwoApplies, which the first one says.
func TestRecreateTakesTwoApplies(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, nil)
	if err := sb.Server("bank").Delete(fmt.Sprint(ws.State(this)["client_id"])); err != nil {
		t.Fatal(err)
	}
	configure(map[string]any{"on_unauthorized": "recreate"})
	warned(t, applies(t, ws), "registered anew by the apply after this one", fmt.Sprint(ws.State(this)["client_id"]), "Apply twice")
	applies(t, ws)
	settled(t, ws, sb)
}

// TestUnusableJournalIsToldByThePlan, before an apply has done half of what is configured.
func TestUnusableJournalIsToldByThePlan(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ws := acctest.NewWorkspace(t, sb, nil).With("journal_path", file)
	ws.Set(this, map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}})
	warned(t, ws.Plan(), "The registration journal cannot be written", "journal_path")
}

// TestTwinInTheJournal: a client that a lost state had is named when another like it is registered,
// unless it is the one that the server refused, in whose place the other one is.
func TestTwinInTheJournal(t *testing.T) {
	t.Parallel()
	for _, recreated := range []bool{false, true} {
		t.Run(fmt.Sprint(recreated), func(t *testing.T) {
			t.Parallel()
			sb := open(t, func(t *sandbox.Temper) { t.AllowSecondRegistration = true })
			ws, _ := journalled(t, sb, map[string]any{"on_unauthorized": "recreate"})
			applies(t, ws)
			applies(t, ws)
			id := fmt.Sprint(ws.State(this)["client_id"])
			if !recreated {
				ws.Lose(this)
				warned(t, applies(t, ws), "The journal has another client with the same metadata", id, "registration_client_uri", "client-")
				return
			}
			if err := sb.Server("bank").Delete(id); err != nil {
				t.Fatal(err)
			}
			r := applies(t, ws)
			if strings.Contains(fmt.Sprint(r.Warnings), "The journal has another client") || ws.State(this)["client_id"] == id {
				t.Errorf("the apply warns %q", r.Warnings)
			}
		})
	}
}

// TestImportOfAClientInUse is told by the plan of the import, and not by the next.
func TestImportOfAClientInUse(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	settings := fmt.Sprintf("max_retries = 0\n  journal_path = %q\n  registration = {\n    ca_certificates_pem = %s  }", t.TempDir(), heredoc(sb.CACertificatesPEM()))
	config := strings.Replace(plain(sb, `deletion_policy = "abandon"`), "max_retries = 0", settings, 1)
	_, block, _ := strings.Cut(config, `resource "dcr_client" "this"`)
	var warnings acctest.Warnings
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: warnings.Factories(),
		Steps: []resource.TestStep{
			{Config: config, Check: warnings.None},
			{
				Config: config + `resource "dcr_client" "duplicate"` + block + "import {\n  to = dcr_client.duplicate\n  id = dcr_client.this.registration_client_uri\n}\n",
				Check:  warnings.Check(acctest.Words("Two resources have the same client", "terraform state rm")),
			},
		},
	})
}

// TestMoveWithAKeyThatIsNotKnownYet: what only the apply knows is no reason to stop its plan.
func TestMoveWithAKeyThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	temper := sandbox.Temper{Name: "bank", NoStatement: true, NoMutualTLS: true}
	other := temper
	other.Name = "other"
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{temper, other}})
	ws := acctest.NewWorkspace(t, sb, nil).With("registration", map[string]any{"ca_certificates_pem": sb.CACertificatesPEM()})
	servers := sb.Info().AuthorizationServers
	set := func(issuer string, key any) {
		ws.Set(this, map[string]any{"issuer": issuer, "redirect_uris": []string{callback}, "client_certificate_pem": sb.ClientCertificatePEM(), "private_key_pem_wo": key, "private_key_pem_wo_version": 1})
	}
	set(servers[0].Issuer, sb.ClientPrivateKeyPEM())
	applies(t, ws)
	set(servers[1].Issuer, acctest.Unknown{})
	r := ws.Plan()
	if len(r.Errors) > 0 || r.Actions[this] != acctest.ActionReplace {
		t.Errorf("planned is %v with %q", r.Actions, r.Errors)
	}
}

// TestServerThatIsDown: the error of a refresh says how the others are planned meanwhile, and that works.
func TestServerThatIsDown(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
	sb.Inject(sandbox.Fault{Route: "GET /register/{client_id}", Kind: sandbox.FaultDrop, Times: -1})
	r := ws.Plan()
	if len(r.Errors) != 1 || !acctest.Words("gave no answer", "Run the same command again", `set refresh = "never"`, "terraform apply -refresh=false").MatchString(r.Errors[0]) {
		t.Fatalf("the plan says %q", r.Errors)
	}
	configure(map[string]any{"refresh": "never"})
	if r := ws.Plan(); len(r.Errors) != 1 {
		t.Errorf("before it is recorded, the plan says %q", r.Errors)
	}
	if r := ws.ApplyUnrefreshed(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	settled(t, ws, sb)
}

// TestRotationWithAJournal: a journal keeps what a discarded plan would lose.
func TestRotationWithAJournal(t *testing.T) {
	t.Parallel()
	_, ws, _ := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead}, nil)
	ws.With("journal_path", t.TempDir())
	r := ws.Plan()
	warned(t, r, "Drift was not looked for", "The journal keeps a token that a plan throws away")
	if says(r, "a plan that is not applied loses the token") {
		t.Errorf("the plan warns %q", r.Warnings)
	}
}

// TestEchoedUpdate: what a server registers of an update is what it says when it is read, also where reading
// replaces the token and plans read all the same.
func TestEchoedUpdate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateOnRead, EchoOnUpdate: true, GrantAllScopes: true}, map[string]any{"refresh": "always", "scope": "openid"})
	ws.With("journal_path", t.TempDir())
	applies(t, ws)
	configure(map[string]any{"client_name": "Other"})
	applies(t, ws)
	settled(t, ws, sb)
	applies(t, ws)
	settled(t, ws, sb)
}
