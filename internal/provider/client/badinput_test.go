package client_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// answers are ways in which an authorization server answers wrongly, and the
// diagnostics they end in at creation and at update.
func answers() map[string]struct {
	fault     sandbox.Fault
	onCreate  string
	onUpdate  string
	ambiguous bool
} {
	type answer = struct {
		fault     sandbox.Fault
		onCreate  string
		onUpdate  string
		ambiguous bool
	}
	const mayExist = `A client may have been created, but the answer was lost[\s\S]*POST https://127\.0\.0\.1[\s\S]*was\s+not\s+sent\s+again[\s\S]*terraform\s+import`
	return map[string]answer{
		"HTML":         {sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: 200}, mayExist, `answered with something that is not its API[\s\S]*Check issuer`, true},
		"HTML refusal": {sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: 400}, `refused to register the client[\s\S]*400[\s\S]*text/html`, `refused to update the client[\s\S]*400`, false},
		"redirect": {sandbox.Fault{Kind: sandbox.FaultRedirect, Status: 307, Location: "https://elsewhere.example/register"},
			`answered with a redirect[\s\S]*https://elsewhere\.example[\s\S]*Set issuer`, `answered with a redirect[\s\S]*https://elsewhere\.example[\s\S]*Do\s+not\s+change\s+issuer`, false},
		"500":         {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500}, mayExist, `The authorization server failed[\s\S]*500[\s\S]*Run the same\s+command\s+again`, true},
		"503":         {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, mayExist, `The authorization server failed[\s\S]*503`, true},
		"429":         {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429}, `asks to slow down|refused to register`, `asks to slow down|refused to update`, false},
		"nothing":     {sandbox.Fault{Kind: sandbox.FaultDrop}, mayExist, `gave no answer[\s\S]*may\s+have\s+been\s+carried\s+out[\s\S]*terraform\s+plan`, true},
		"truncated":   {sandbox.Fault{Kind: sandbox.FaultTruncated}, mayExist, `answered with something that is not its API[\s\S]*broke\s+off`, true},
		"oversized":   {sandbox.Fault{Kind: sandbox.FaultOversized}, mayExist, `answered with something that is not its API[\s\S]*larger\s+than`, true},
		"lost answer": {sandbox.Fault{Kind: sandbox.FaultCommitThenDrop}, mayExist, `gave no answer[\s\S]*may\s+have\s+been\s+carried\s+out`, true},
	}
}

// TestCreateAnsweredWrongly sends one POST, whatever the answer, names what an
// operator needs to find a client that may exist, and keeps state empty.
func TestCreateAnsweredWrongly(t *testing.T) {
	t.Parallel()
	for name, tt := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := open(t, nil)
			tt.fault.Route, tt.fault.Times = "POST /register", 1
			sb.Inject(tt.fault)
			run(t, nil, resource.TestStep{Config: plain(sb, ""), ExpectError: regexp.MustCompile(tt.onCreate)})
			if got := sb.Count("POST /register"); got != 1 {
				t.Errorf("POST /register was sent %d times", got)
			}
		})
	}
}

// TestUpdateAnsweredWrongly: an update whose answer was lost is looked for at the
// server, and sent again, once, if it was not carried out. What fails all the
// same keeps state true: the next apply converges, on the same client.
func TestUpdateAnsweredWrongly(t *testing.T) {
	t.Parallel()
	for name, tt := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, ws, configure := plainClient(t, sandbox.Temper{Rotate: sandbox.RotateNever}, nil)
			tt.fault.Route, tt.fault.Times = "PUT /register/{client_id}", 2
			fails, want := true, 3
			switch {
			case tt.ambiguous && slices.Contains([]string{sandbox.FaultNonJSON, sandbox.FaultTruncated, sandbox.FaultOversized, sandbox.FaultCommitThenDrop}, tt.fault.Kind):
				tt.fault.Times, fails, want = 1, false, 1 // It was carried out, which reading tells.
			case !tt.ambiguous:
				tt.fault.Times, want = 1, 2
			}
			sb.Inject(tt.fault)
			configure(map[string]any{"client_name": "Second"})
			r := ws.Apply()
			if failed := slices.ContainsFunc(r.Errors, regexp.MustCompile(tt.onUpdate).MatchString); failed != fails || len(r.Errors) > 1 {
				t.Errorf("the apply says %q", r.Errors)
			}
			applies(t, ws)
			settled(t, ws, sb)
			if client := sb.Server("bank").Clients()[0]; client["client_name"] != "Second" || sb.Count("POST /register") != 1 || len(puts(sb)) != want {
				t.Errorf("the bank has %v after %v", client["client_name"], puts(sb))
			}
		})
	}
}

// TestLostTokenInALostAnswer is the case nobody can mend: the server replaced
// the token and its answer was lost. The next plan says so and keeps state.
func TestLostTokenInALostAnswer(t *testing.T) {
	t.Parallel()
	sb := open(t, nil)
	run(t, nil,
		resource.TestStep{Config: plain(sb, `client_name = "First"`)},
		resource.TestStep{
			PreConfig: func() {
				sb.Inject(sandbox.Fault{Kind: sandbox.FaultCommitThenDrop, Route: "PUT /register/{client_id}", Times: 1})
			},
			Config:      plain(sb, `client_name = "Second"`),
			ExpectError: regexp.MustCompile(`was most likely replaced`),
		},
		resource.TestStep{
			Config:      plain(sb, `client_name = "Second"`),
			ExpectError: regexp.MustCompile(`refused the registration access token[\s\S]*replaced elsewhere`),
		},
		resource.TestStep{Config: plain(sb, "client_name = \"First\""+forget)},
	)
}

// TestReadAnsweredWrongly fails the plan and changes nothing.
func TestReadAnsweredWrongly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault sandbox.Fault
		want  string
	}{
		"500":      {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500}, `The authorization server failed`},
		"HTML":     {sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: 200}, `not its API`},
		"redirect": {sandbox.Fault{Kind: sandbox.FaultRedirect, Status: 302, Location: "https://login.example/"}, `answered with a redirect`},
		"nothing":  {sandbox.Fault{Kind: sandbox.FaultDrop, Times: 2}, `gave no answer|could not be reached`},
		// With on_unauthorized = "recreate", taking a proxy's page for "gone" would register a second client.
		"HTML 404": {sandbox.Fault{Kind: sandbox.FaultNonJSON, Status: 404}, `refused to read the registration[\s\S]*404`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := open(t, nil)
			tt.fault.Route = "GET /register/{client_id}"
			run(t, noClients(sb),
				resource.TestStep{Config: plain(sb, `on_unauthorized = "recreate"`)},
				resource.TestStep{PreConfig: func() { sb.Inject(tt.fault) }, Config: plain(sb, `on_unauthorized = "recreate"`), ExpectError: regexp.MustCompile(tt.want)},
				resource.TestStep{Config: plain(sb, `on_unauthorized = "recreate"`), PlanOnly: true, PreConfig: sb.Reset},
			)
		})
	}
}

// TestRefusedRegistrations are configurations a bank refuses, each explained.
func TestRefusedRegistrations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *testing.T, sb *sandbox.Sandbox, config string) string
		want   string
	}{
		"redirect URI outside the statement": {func(_ *testing.T, _ *sandbox.Sandbox, config string) string {
			return strings.Replace(config, "redirect_uris              = local.redirect_uris", `redirect_uris = ["https://elsewhere.example.com/callback"]`, 1)
		}, `The authorization server refused the redirect URIs[\s\S]*invalid_redirect_uri[\s\S]*does not list\s+https://elsewhere\.example\.com/callback[\s\S]*redirect_uris`},
		"statement of another directory": {func(t *testing.T, _ *sandbox.Sandbox, config string) string {
			t.Helper()
			return strings.Replace(config, "= dcr_software_statement.this.assertion", fmt.Sprintf("= %q", foreignStatement(t)), 1)
		}, `The authorization server (does not approve|refused) the software statement[\s\S]*issued by[\s\S]*software_statement|software_statement`},
		"statement of another application": {func(_ *testing.T, _ *sandbox.Sandbox, config string) string {
			return strings.Replace(config, "application_id       = dcr_application.this.id\n  application_revision = dcr_application.this.revision", "application_id = dcr_application.other.id", 1) + `
resource "dcr_application" "other" {
  client_name   = "Other"
  version       = 1
  redirect_uris = local.redirect_uris
}
`
		}, `The authorization server does not approve the software statement[\s\S]*certificate\s+belongs\s+to\s+the\s+application`},
		"no certificate": {func(_ *testing.T, _ *sandbox.Sandbox, config string) string {
			return strings.Replace(strings.Replace(config, "client_certificate_pem = dcr_transport_certificate.this.certificate_pem", "", 1),
				"private_key_pem        = dcr_transport_certificate.this.private_key_pem", "", 1)
		}, `client_certificate_pem`},
		"metadata the bank does not take": {func(_ *testing.T, _ *sandbox.Sandbox, config string) string {
			return strings.Replace(config, `response_types             = ["code"]`, `response_types = ["bogus"]`, 1)
		}, `The authorization server refused the client metadata[\s\S]*response_types`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
			run(t, noClients(sb), resource.TestStep{
				Config:      tt.change(t, sb, onboarding(sb, []string{callback}, "")),
				ExpectError: regexp.MustCompile(tt.want),
			})
		})
	}
}

// foreignStatement is a genuine statement of a directory the bank does not know.
func foreignStatement(t *testing.T) string {
	t.Helper()
	other := acctest.Sandbox(t, sandbox.Options{})
	id, err := other.Directory().Create(map[string]any{"ClientName": "Foreign", "Version": 1, "RedirectUri": []any{callback}, "LogoUri": "https://app.example.com/logo.png"})
	if err != nil {
		t.Fatal(err)
	}
	http, err := rest.NewPool(rest.Options{}).Client(rest.Identity{
		CertificatePEM: other.ClientCertificatePEM(), PrivateKeyPEM: rest.Secret(other.ClientPrivateKeyPEM()), CACertificatesPEM: other.CACertificatesPEM()})
	if err != nil {
		t.Fatal(err)
	}
	info := other.Info()
	statement, err := directory.New(directory.Options{HTTP: http, Tokens: oauth.StaticToken(rest.Secret(info.AccessToken)),
		APIURL: info.APIURL, KeystoreURL: info.KeystoreURL, OrganisationID: info.OrganisationID}).Assertion(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

// TestStaleStatementIsRefreshed changes only the clients, hours after the
// statement was stored: one fresh statement serves all banks.
func TestStaleStatementIsRefreshed(t *testing.T) {
	t.Parallel()
	now := time.Now().Add(-2 * time.Hour)
	clock := &movable{at: now}
	sb := acctest.Sandbox(t, sandbox.Options{Now: clock.Now})
	run(t, noClients(sb),
		resource.TestStep{Config: onboarding(sb, []string{callback}, "")},
		resource.TestStep{
			PreConfig: func() { clock.set(time.Now()); sb.Reset() },
			Config:    onboarding(sb, []string{callback}, `contacts = ["team@example.com"]`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("dcr_software_statement.this", plancheck.ResourceActionNoop),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				calls(sb, "PUT /register/{client_id}", 3),
				calls(sb, "GET /organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}/assertion", 1),
			),
		},
	)
}
