package application_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestLostAnswerToCreation never sends a creation twice: what it made is found
// again, and where it cannot be, the error says where to look.
func TestLostAnswerToCreation(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{sandbox.FaultCommitThenDrop, sandbox.FaultTruncated, sandbox.FaultOversized} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			lose := sandbox.Fault{Route: acctest.CreateApplication, Kind: kind}
			sb.Inject(lose, sandbox.Fault{Route: listApplications, Kind: sandbox.FaultStatus, Status: 500})
			retrying := strings.Replace(config(sb, basic+role), "max_retries = 0", "max_retries = 3", 1)
			var warnings acctest.Warnings
			found := resource.TestStep{
				PreConfig: func() {
					if err := sb.Directory().Delete(only(t, sb)); err != nil {
						t.Error(err)
					}
					sb.Inject(lose)
				},
				Config: retrying,
				Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.CreateApplication, 2), holds(sb, "Sandbox Ecosystem/TPP"),
					warnings.Check(acctest.Words("The answer to the creation of the application was lost", "nothing was sent twice"))),
			}
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: warnings.Factories(), CheckDestroy: acctest.NoApplications(sb), Steps: []resource.TestStep{
				{Config: retrying, ExpectError: acctest.Words(`The application "Budget planner" may have been created, but the answer was lost`,
					"was not sent again", "/softwarestatements", "terraform import")},
				found,
			}})
			if got := len(sb.Directory().Applications()); got != 2 {
				t.Errorf("the directory has %d applications", got)
			}
		})
	}
}

const listApplications = "GET /organisations/{OrganisationId}/softwarestatements"

// TestFailedUpdateKeepsStateTrue has the directory fail, or act and not say so.
func TestFailedUpdateKeepsStateTrue(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	change := strings.Replace(basic, "planner", "planner 2", 1)
	fail := func(kind string) func() {
		return func() { sb.Inject(sandbox.Fault{Route: acctest.ReplaceApplication, Kind: kind, Status: 500}) }
	}
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic)},
		resource.TestStep{PreConfig: fail(sandbox.FaultStatus), Config: config(sb, change), ExpectError: acctest.Words("The directory failed", "answered 500")},
		resource.TestStep{Config: config(sb, basic), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		resource.TestStep{PreConfig: fail(sandbox.FaultCommitThenDrop), Config: config(sb, change), ExpectError: acctest.Words("The directory gave no answer")},
		resource.TestStep{Config: config(sb, change), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()), Check: acctest.Member(sb, this, "ClientName", "Budget planner 2")},
		resource.TestStep{
			// A truncated yes is a yes: the application is read instead.
			PreConfig: fail(sandbox.FaultTruncated), Config: config(sb, basic), Check: acctest.Member(sb, this, "ClientName", "Budget planner"),
		},
	)
}

// TestSuspendedFromTheStart creates and then suspends; a suspension that fails
// is a warning, since an error would have the next apply create another.
func TestSuspendedFromTheStart(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	sb.Inject(sandbox.Fault{Route: acctest.ReplaceApplication, Kind: sandbox.FaultStatus, Status: 500})
	suspended := config(sb, basic+"  status = \"Suspended\"")
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: suspended, ExpectNonEmptyPlan: true, Check: acctest.Member(sb, this, "Status", "Active")},
		resource.TestStep{
			Config: suspended, ConfigPlanChecks: planned(updates()),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Member(sb, this, "Status", "Suspended"), acctest.Calls(sb, acctest.CreateApplication, 1)),
		},
		resource.TestStep{Config: config(sb, basic), Check: acctest.Member(sb, this, "Status", "Active")},
	)
}

const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// TestLogo is about the one member the directory rewrites.
func TestLogo(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	withLogo := func(logo string) string { return config(sb, basic+"  logo_uri = \""+logo+"\"") }
	hosted := func(s *terraform.State) error {
		id, err := acctest.Attribute(s, this, "id")
		if err != nil {
			return err
		}
		app, _ := sb.Directory().Application(id)
		if logo := fmt.Sprint(app["LogoUri"]); !regexp.MustCompile(`^https://.*/logos/[0-9a-f]+\.png$`).MatchString(logo) {
			return fmt.Errorf("the logo at the directory is %q", logo)
		}
		return nil
	}
	var first string
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic), Check: resource.ComposeAggregateTestCheckFunc(hosted, resource.TestCheckNoResourceAttr(this, "logo_uri"), acctest.Save(this, "revision", &first))},
		resource.TestStep{
			Config: withLogo(pixel),
			Check:  resource.ComposeAggregateTestCheckFunc(hosted, resource.TestCheckResourceAttr(this, "logo_uri", pixel), acctest.Other(this, "revision", &first)),
		},
		// Changing something else neither uploads the logo again nor shows its new address as drift.
		resource.TestStep{
			Config: withLogo(pixel + "\"\n  description = \"New"), ConfigPlanChecks: planned(updates()),
			Check: func(*terraform.State) error {
				requests := sb.Requests(acctest.ReplaceApplication)
				if last := requests[len(requests)-1]; strings.Contains(last.Body, "data:image") {
					return fmt.Errorf("the logo was sent again: %s", last.Body)
				}
				return nil
			},
		},
		resource.TestStep{
			PreConfig:        edit(t, sb, func(m map[string]any) { m["LogoUri"] = "https://evil.example.com/logo.png" }),
			Config:           withLogo(pixel + "\"\n  description = \"New"),
			ConfigPlanChecks: planned(updates()), Check: hosted,
		},
		// Removing it puts the placeholder back: the directory cannot be without.
		resource.TestStep{Config: config(sb, basic), Check: resource.ComposeAggregateTestCheckFunc(hosted, acctest.Same(this, "revision", &first))},
		resource.TestStep{Config: config(sb, basic), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
	)
}

// TestClientSecret is told once, kept, and forgotten with the method.
func TestClientSecret(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	method := func(name string) string {
		return config(sb, basic+"  token_endpoint_auth_method = \""+name+"\"")
	}
	var secret, second string
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: method("client_secret_basic"), Check: acctest.Save(this, "client_secret", &secret)},
		resource.TestStep{
			Config: strings.Replace(method("client_secret_basic"), "planner", "planner 2", 1),
			Check:  resource.ComposeAggregateTestCheckFunc(acctest.Same(this, "client_secret", &secret), issued(sb, &secret)),
		},
		resource.TestStep{Config: method("private_key_jwt"), Check: resource.TestCheckNoResourceAttr(this, "client_secret")},
		resource.TestStep{
			Config: method("client_secret_basic"),
			Check:  resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "client_secret", &secret), acctest.Save(this, "client_secret", &second), issued(sb, &second)),
		},
		resource.TestStep{
			PreConfig:        edit(t, sb, func(m map[string]any) { m["TokenEndpointAuthMethod"] = "private_key_jwt" }),
			Config:           method("client_secret_basic"),
			ConfigPlanChecks: planned(updates()), Check: acctest.Other(this, "client_secret", &second),
		},
	)
}

// issued checks that a value is a secret the sandbox gave out.
func issued(sb *sandbox.Sandbox, value *string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, secret := range sb.Secrets() {
			if secret == *value {
				return nil
			}
		}
		return fmt.Errorf("the client_secret in state was not issued by the directory")
	}
}

func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	protected := config(sb, basic+"  deletion_protection = true")
	refusal := acctest.Words("The application is protected from deletion", "set deletion_protection = false")
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: protected},
		resource.TestStep{Config: protected, Destroy: true, ExpectError: refusal},
		resource.TestStep{Config: acctest.ProviderConfig(sb), ExpectError: refusal},
		// Switching it on or off makes no call.
		resource.TestStep{Config: config(sb, basic), ConfigPlanChecks: planned(updates()), Check: acctest.Calls(sb, acctest.ReplaceApplication, 0)},
	)
}

// TestDeletionIsVerified believes the directory's state and not its answer.
func TestDeletionIsVerified(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	route := "DELETE " + acctest.Application
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic)},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultStatus, Status: 404}) },
			Config:    config(sb, basic), Destroy: true, ExpectError: acctest.Words("The directory refused to delete the application"),
		},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultCommitThenDrop}) },
			Config:    config(sb, basic), Destroy: true,
		},
	)
}
