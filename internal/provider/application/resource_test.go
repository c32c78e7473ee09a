package application_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	this  = "dcr_application.this"
	basic = `
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://app.example.com/callback"]
`
	full = `
  client_name              = "Budget planner"
  version                  = 1.2
  redirect_uris            = ["https://app.example.com/b", "https://app.example.com/a"]
  logo_uri                 = "https://app.example.com/logo.png"
  client_uri               = "https://app.example.com"
  homepage_uri             = "https://app.example.com/home"
  policy_uri               = "https://app.example.com/policy"
  terms_of_service_uri     = "https://app.example.com/terms"
  post_logout_redirect_uris = ["https://app.example.com/bye"]
  description              = "Plans budgets & more"
  environment              = "Sandbox"
  mode                     = "Test"
  on_behalf_of             = "Somebody"
  notification_webhook_uri = "https://app.example.com/notify"
  api_webhook_uris         = ["https://app.example.com/hook"]
  origin_uris              = ["https://app.example.com", "ios:bundle-id:com.example.app"]
  require_signed_request_object              = false
  tls_client_certificate_bound_access_tokens = false
  id_token_signed_response_alg               = "RS256"
  token_endpoint_auth_method                 = "tls_client_auth"
  federation_enabled       = true
  federation_management    = "openid_entity_federation_managed"
  flags                    = ["pilot"]
  additional_metadata      = jsonencode({ b = 1, a = "x" })
  roles = [
    { authorisation_domain = "Open Banking Brasil ", role = "DADOS" },
    { authorisation_domain = "Sandbox Ecosystem", role = "TPP" },
  ]
`
)

func config(sb *sandbox.Sandbox, attributes string, overrides ...acctest.Settings) string {
	return acctest.ProviderConfig(sb, overrides...) + "\nresource \"dcr_application\" \"this\" {\n" + attributes + "\n}\n"
}

func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

func updates() plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(this, plancheck.ResourceActionUpdate)
}

// only is the one application of a sandbox.
func only(t *testing.T, sb *sandbox.Sandbox) string {
	t.Helper()
	apps := sb.Directory().Applications()
	if len(apps) != 1 {
		t.Fatalf("the directory has %d applications, want one", len(apps))
	}
	id, ok := apps[0]["SoftwareStatementId"].(string)
	if !ok {
		t.Fatal("the application has no id")
	}
	return id
}

// edit plays another actor who changes the application between two steps.
func edit(t *testing.T, sb *sandbox.Sandbox, change func(map[string]any)) func() {
	t.Helper()
	return func() {
		if err := sb.Directory().Edit(only(t, sb), change); err != nil {
			t.Error(err)
		}
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	var id, revision string
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{
			Config: config(sb, full),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Save(this, "id", &id), acctest.Save(this, "revision", &revision),
				resource.TestMatchResourceAttr(this, "revision", regexp.MustCompile(`^[0-9a-f]{16}$`)),
				resource.TestCheckResourceAttr(this, "locked", "false"),
				resource.TestCheckResourceAttr(this, "status", "Active"),
				resource.TestCheckResourceAttr(this, "notification_webhook_status", "Pending"),
				resource.TestCheckNoResourceAttr(this, "client_secret"),
				resource.TestCheckResourceAttr(this, "organisation_id", sb.Info().OrganisationID),
				resource.TestCheckResourceAttr(this, "certificate_subject.country", "BR"),
				resource.TestCheckResourceAttr(this, "certificate_subject.organizational_unit", sb.Info().OrganisationID),
				resource.TestCheckResourceAttrPair(this, "certificate_subject.common_name", this, "id"),
				func(s *terraform.State) error {
					base := sb.Info().KeystoreURL + "/" + sb.Info().OrganisationID + "/" + id
					return resource.ComposeTestCheckFunc(
						resource.TestCheckResourceAttr(this, "jwks_uri", base+"/application.jwks"),
						resource.TestCheckResourceAttr(this, "transport_jwks_uri", base+"/transport.jwks"),
					)(s)
				},
				acctest.Member(sb, this, "Version", 1.2),
				acctest.Member(sb, this, "Description", "Plans budgets & more"),
				acctest.Member(sb, this, "AdditionalSoftwareMetadata", `{"a":"x","b":1}`),
				acctest.Member(sb, this, "RequireSignedRequestObject", false),
				resource.TestCheckResourceAttrSet(this, "federation_endpoint"),
				holds(sb, "Open Banking Brasil /DADOS", "Sandbox Ecosystem/TPP"),
			),
		},
		resource.TestStep{
			Config: config(sb, strings.ReplaceAll(full, "Budget planner", "Budget planner 2")+"\n  deletion_protection = false"),
			ConfigPlanChecks: planned(updates(),
				plancheck.ExpectUnknownValue(this, tfjsonpath.New("revision")),
				plancheck.ExpectKnownValue(this, tfjsonpath.New("client_id"), knownvalue.NotNull())),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Same(this, "id", &id), acctest.Other(this, "revision", &revision),
				acctest.Member(sb, this, "ClientName", "Budget planner 2"),
				acctest.Calls(sb, acctest.CreateApplication, 1), acctest.Calls(sb, acctest.ReplaceApplication, 1),
				acctest.Calls(sb, acctest.AddRole, 0), acctest.Calls(sb, acctest.Unlock, 0),
			),
		},
		resource.TestStep{
			ResourceName: this, ImportState: true, ImportStateVerify: true,
		},
	)
}

// holds checks the active roles of the only application.
func holds(sb *sandbox.Sandbox, want ...string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		id, err := acctest.Attribute(s, this, "id")
		if err != nil {
			return err
		}
		got := map[string]bool{}
		for _, role := range sb.Directory().Roles(id) {
			if role.Status == "Active" {
				got[role.AuthorisationDomain+"/"+role.Role] = true
			}
		}
		for _, role := range want {
			if !got[role] {
				return fmt.Errorf("role %q is not active, active are %v", role, got)
			}
		}
		if len(got) != len(want) {
			return fmt.Errorf("active roles are %v, want %q", got, want)
		}
		return nil
	}
}

// TestImportThenEmptyPlan takes over what somebody made by hand in the portal.
func TestImportThenEmptyPlan(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	id, err := sb.Directory().Create(map[string]any{
		"ClientName": "Budget planner", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "Description": "By hand",
		"RedirectUri": []string{"https://app.example.com/callback"}, "AdditionalSoftwareMetadata": `{ "a": [1, 2] }`,
		"Roles": []map[string]string{{"AuthorisationDomain": "Open Banking Brasil ", "Role": "PAGTO", "Status": "Active"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	empty := planned(plancheck.ExpectEmptyPlan())
	configured := `
  description         = "By hand"
  additional_metadata = jsonencode({ a = [1, 2] })
  roles               = [{ authorisation_domain = "Open Banking Brasil ", role = "PAGTO" }]
`
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{
			Config: config(sb, basic), ResourceName: this, ImportState: true, ImportStateId: id, ImportStatePersist: true,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				for name, want := range map[string]string{"description": "By hand", "mode": "Live", "roles.#": "1", "logo_uri": "https://app.example.com/logo.png", "unlock": "never", "status": "Active"} {
					if got := states[0].Attributes[name]; got != want {
						return fmt.Errorf("imported %s is %q, want %q", name, got, want)
					}
				}
				return nil
			},
		},
		// What the configuration leaves out stays the directory's business, and what it spells otherwise is no change.
		resource.TestStep{Config: config(sb, basic), ConfigPlanChecks: empty},
		resource.TestStep{Config: config(sb, basic+configured), ConfigPlanChecks: empty, Check: acctest.Calls(sb, acctest.ReplaceApplication, 0)},
		resource.TestStep{
			Config:           config(sb, strings.Replace(basic, "version       = 1", "version = 2", 1)+configured),
			ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Member(sb, this, "Version", 2), acctest.Member(sb, this, "Description", "By hand"),
				acctest.Calls(sb, acctest.AddRole, 0), acctest.Calls(sb, acctest.ChangeRole, 0)),
		},
		// Now it was configured once, so leaving it out clears it.
		resource.TestStep{
			Config: config(sb, basic), ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Member(sb, this, "Description", nil), holds(sb)),
		},
	)
}

func TestImportOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	acctest.Run(t, nil, resource.TestStep{
		Config: config(sb, basic), ResourceName: this, ImportState: true, ImportStateId: "00000000-0000-4000-8000-000000000000",
		ExpectError: acctest.Words("The application to import does not exist"),
	})
}
