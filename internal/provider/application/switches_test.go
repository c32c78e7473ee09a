package application_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestStrictLock meets a directory that lets a lock refuse what others allow.
func TestStrictLock(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{StrictLock: true})
	more := strings.Replace(basic, `/callback"`, `/callback", "https://app.example.com/more"`, 1)
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, basic)},
		resource.TestStep{
			PreConfig: lock(t, sb), Config: config(sb, more),
			ExpectError: acctest.Words("The directory refused to update the application", "answered 400", "is locked", "this directory may allow less than others", `unlock = "when_needed"`),
		},
		resource.TestStep{
			Config: config(sb, more+"  unlock = \"when_needed\"\n"),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, 1), resource.TestCheckResourceAttr(this, "locked", "false"),
				acctest.Member(sb, this, "RedirectUri", "[https://app.example.com/callback https://app.example.com/more]")),
		},
		// Somebody locked it between plan and apply: the apply unlocks, since that is what was asked for.
		resource.TestStep{
			Config: config(sb, basic+"  unlock = \"when_needed\"\n"), ConfigPlanChecks: planned(between(lock(t, sb))),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Calls(sb, acctest.Unlock, 2), acctest.Member(sb, this, "RedirectUri", "[https://app.example.com/callback]")),
		},
		// An unlock or a lock by somebody else is seen.
		resource.TestStep{PreConfig: lock(t, sb), RefreshState: true, Check: resource.TestCheckResourceAttr(this, "locked", "true")},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Unlock(only(t, sb)); err != nil {
					t.Error(err)
				}
			},
			RefreshState: true, Check: resource.TestCheckResourceAttr(this, "locked", "false"),
		},
	)
}
