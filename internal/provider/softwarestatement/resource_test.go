package softwarestatement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const this = "dcr_software_statement.this"

func config(sb *sandbox.Sandbox, id, attributes string, overrides ...acctest.Settings) string {
	return acctest.ProviderConfig(sb, overrides...) + fmt.Sprintf("\nresource \"dcr_software_statement\" \"this\" {\n  application_id = %q\n%s\n}\n", id, attributes)
}

// start gives a sandbox with one application.
func start(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, err := sb.Directory().Create(map[string]any{
		"ClientName": "Budget planner", "Version": 1.1, "LogoUri": "https://app.example.com/logo.png", "Description": "Plans & more", "ClientUri": "https://app.example.com",
		"RedirectUri": []string{"https://app.example.com/callback"}, "Environment": "Sandbox",
		"Roles": []map[string]string{{"AuthorisationDomain": "Open Banking Brasil ", "Role": "DADOS", "Status": "Active"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sb, id
}

func planned(action plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append(more, plancheck.ExpectResourceAction(this, action))}
}

func nothing() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func issued(sb *sandbox.Sandbox, want int) resource.TestCheckFunc {
	return acctest.Calls(sb, acctest.Assertion, want)
}

// says checks a claim of the statement in state.
func says(claim string, want any) resource.TestCheckFunc {
	return acctest.Claims(this, "assertion", func(claims map[string]any) error {
		if got := fmt.Sprint(claims[claim]); got != fmt.Sprint(want) {
			return fmt.Errorf("%s is %s, want %v", claim, got, want)
		}
		return nil
	})
}

// TestLifecycle counts the statements: only create and update may have one issued.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	var assertion, digest string
	acctest.Run(t, issued(sb, 3),
		resource.TestStep{
			Config: config(sb, id, ""),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Save(this, "assertion", &assertion), acctest.Save(this, "digest", &digest),
				resource.TestCheckResourceAttr(this, "id", id),
				resource.TestCheckResourceAttr(this, "application_locked", "true"),
				resource.TestCheckNoResourceAttr(this, "expires_at"),
				resource.TestCheckResourceAttrSet(this, "issued_at"), resource.TestCheckResourceAttrSet(this, "key_id"), resource.TestCheckResourceAttrSet(this, "claims"),
				says("software_id", id), says("software_roles", "[DADOS]"), issued(sb, 1),
			),
		},
		resource.TestStep{Config: config(sb, id, ""), ConfigPlanChecks: nothing(), Check: issued(sb, 1)},
		resource.TestStep{RefreshState: true, Check: issued(sb, 1)},
		resource.TestStep{
			Config: config(sb, id, `  triggers = { rotation = "1" }`), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate, plancheck.ExpectUnknownValue(this, tfjsonpath.New("assertion"))),
			// The application is the same, so the statement says the same.
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "assertion", &assertion), acctest.Same(this, "digest", &digest), issued(sb, 2)),
		},
		resource.TestStep{
			Config: config(sb, id, "  triggers = { rotation = \"1\" }\n  application_revision = \"abc\""), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: issued(sb, 3),
		},
	)
}

// TestImport issues nothing: that would lock the application.
func TestImport(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	acctest.Run(t, issued(sb, 1),
		resource.TestStep{Config: config(sb, id, ""), ResourceName: this, ImportState: true, ImportStateId: id, ImportStatePersist: true,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				if err := issued(sb, 0)(nil); err != nil {
					return err
				}
				if got := states[0].Attributes["application_locked"]; got != "false" {
					return fmt.Errorf("application_locked is %q after the import", got)
				}
				return nil
			}},
		resource.TestStep{Config: config(sb, id, ""), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: resource.ComposeAggregateTestCheckFunc(issued(sb, 1), says("software_id", id))},
		resource.TestStep{Config: config(sb, id, ""), ConfigPlanChecks: nothing()},
	)
}

func edit(t *testing.T, sb *sandbox.Sandbox, id string, change func(map[string]any)) func() {
	t.Helper()
	return func() {
		if err := sb.Directory().Edit(id, change); err != nil {
			t.Error(err)
		}
	}
}

// TestOneApplyFromApplicationToStatement has a change flow by the revision.
func TestOneApplyFromApplicationToStatement(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	both := func(uris string) string {
		return acctest.ProviderConfig(sb) + `
resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = [` + uris + `]
}
resource "dcr_software_statement" "this" {
  application_id       = dcr_application.this.id
  application_revision = dcr_application.this.revision
}
`
	}
	const one, two = `"https://a.example.com"`, `"https://a.example.com", "https://b.example.com"`
	webhook := func(uri string) string {
		return strings.Replace(both(two), "version ", "notification_webhook_uri = \""+uri+"\"\n  unlock = \"when_needed\"\n  version ", 1)
	}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: both(one), Check: issued(sb, 1)},
		resource.TestStep{
			Config: both(two), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate, plancheck.ExpectResourceAction("dcr_application.this", plancheck.ResourceActionUpdate)),
			Check: resource.ComposeAggregateTestCheckFunc(says("software_redirect_uris", "[https://a.example.com https://b.example.com]"), issued(sb, 2)),
		},
		resource.TestStep{
			// What no statement says needs no new one, unless to lock again what was unlocked for it.
			Config:           webhook("https://n.example.com"),
			ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
			Check:            resource.ComposeAggregateTestCheckFunc(issued(sb, 3), acctest.Calls(sb, acctest.Unlock, 1), acctest.Member(sb, "dcr_application.this", "Locked", true)),
		},
		resource.TestStep{Config: webhook("https://n.example.com"), ConfigPlanChecks: nothing()},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Unlock(fmt.Sprint(sb.Directory().Applications()[0]["SoftwareStatementId"])); err != nil {
					t.Error(err)
				}
			},
			Config:           webhook("https://m.example.com"),
			ConfigPlanChecks: planned(plancheck.ResourceActionNoop),
			Check:            issued(sb, 3),
		},
	)
}

func TestGoneElsewhere(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	acctest.Run(t, nil,
		resource.TestStep{Config: config(sb, id, "")},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Delete(id); err != nil {
					t.Error(err)
				}
			},
			Config: config(sb, id, ""), ConfigPlanChecks: planned(plancheck.ResourceActionCreate), ExpectError: acctest.Words("The application does not exist", "No statement was asked for"),
		},
	)
}

// TestFailures store nothing that was not verified, and keep the statement there is.
func TestFailures(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	foreign := acctest.Sandbox(t, sandbox.Options{})
	keystore := acctest.Settings{"keystore_url": fmt.Sprintf("%q", foreign.Info().KeystoreURL), "ca_certificates_pem": acctest.Heredoc(sb.CACertificatesPEM() + foreign.CACertificatesPEM())}
	// The other directory has to have signed once to have keys at all.
	other, err := foreign.Directory().Create(map[string]any{"ClientName": "n", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	var assertion string
	acctest.Run(t, nil, resource.TestStep{Config: config(foreign, other, "")})
	acctest.Run(t, nil,
		resource.TestStep{Config: config(sb, id, "", keystore), ExpectError: acctest.Words("The software statement could not be verified", foreign.Info().KeystoreURL, "Set directory.keystore_url")},
		resource.TestStep{Config: config(sb, id, ""), Check: acctest.Save(this, "assertion", &assertion)},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: acctest.Assertion, Kind: sandbox.FaultStatus, Status: 500}) },
			Config:    config(sb, id, `  triggers = { a = "1" }`), ExpectError: acctest.Words("The directory failed", "answered 500"),
		},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: acctest.Assertion, Kind: sandbox.FaultNonJSON, Status: 200}) },
			Config:    config(sb, id, `  triggers = { a = "1" }`), ExpectError: acctest.Words("The directory answered with something that is not its API", "it is not a JWT"),
		},
		resource.TestStep{Config: config(sb, id, ""), ConfigPlanChecks: nothing(), Check: acctest.Same(this, "assertion", &assertion)},
		resource.TestStep{
			PreConfig: edit(t, sb, id, func(m map[string]any) { m["Status"] = "Suspended" }),
			Config:    config(sb, id, `  triggers = { a = "1" }`), Check: acctest.Same(this, "assertion", &assertion),
		},
		resource.TestStep{
			// A key that was rotated since the keystore was read is found by reading it again.
			PreConfig: func() {
				edit(t, sb, id, func(m map[string]any) { m["Status"] = "Active" })()
				if err := sb.Directory().RotateSigningKey(); err != nil {
					t.Error(err)
				}
			},
			Config: config(sb, id, `  triggers = { a = "1" }`), Check: acctest.Other(this, "assertion", &assertion),
		},
	)
}
