package certification_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const this = "dcr_application_certification.this"

func start(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	sb := acctest.Sandbox(t, sandbox.Options{})
	return sb, application(t, sb)
}

// application is the one of the sandbox.
func application(t *testing.T, sb *sandbox.Sandbox) string {
	t.Helper()
	if apps := sb.Directory().Applications(); len(apps) > 0 {
		return fmt.Sprint(apps[0]["SoftwareStatementId"])
	}
	id, err := sb.Directory().Create(map[string]any{
		"ClientName": "Budget", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func full(id string) map[string]any {
	return map[string]any{"application_id": id, "profile_type": "FAPI RP", "profile_variant": "BR-OF", "profile_version": 1.2,
		"certification_uri": "https://openid.net/certification", "status": "Certified", "start_date": "23/11/2026"}
}

// TestThroughTerraform goes through the life of a certification with the real CLI.
func TestThroughTerraform(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	config := func(attributes string) string {
		return acctest.ProviderConfig(sb) + fmt.Sprintf("\nresource \"dcr_application_certification\" \"this\" {\n  application_id = %q\n  profile_type = \"FAPI RP\"\n  profile_variant = \"BR-OF\"\n%s\n}\n", id, attributes)
	}
	const more = "  profile_version = 1.20\n  status = \"Certified\"\n  start_date = \"23/11/2026\"\n  certification_uri = \"https://openid.net/certification\"\n"
	empty := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	acctest.Run(t, nil,
		resource.TestStep{Config: config(more), Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr(this, "expiration_date", "23/11/2027"), resource.TestCheckResourceAttr(this, "profile_version", "1.2"))},
		resource.TestStep{Config: config(more), ConfigPlanChecks: empty},
		resource.TestStep{ResourceName: this, ImportState: true, ImportStateVerify: true, ImportStateIdPrefix: id + "/"},
		resource.TestStep{Config: config("  profile_version = 2\n  status = \"Deprecated\"\n")},
		resource.TestStep{Config: config(""), Check: resource.TestCheckNoResourceAttr(this, "status")},
	)
	if left := sb.Directory().Certifications(id); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

// TestEveryAttribute drifts, is updated in place, may be unknown, and is cleared.
func TestEveryAttribute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		member         string
		second, theirs any
		required       bool
	}{
		"profile_type":      {"ProfileType", "FAPI OP", "Theirs", true},
		"profile_variant":   {"ProfileVariant", "BR-OP", "Theirs", true},
		"profile_version":   {"ProfileVersion", 3, 7, false},
		"certification_uri": {"CertificationURI", "https://openid.net/2", "https://openid.net/3", false},
		"status":            {"Status", "Rejected", "Deprecated", false},
		"start_date":        {"CertificationStartDate", "01/01/2027", "02/02/2027", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, id := start(t)
			ws := acctest.NewWorkspace(t, sb, nil)
			config := full(id)
			ws.Set(this, config)
			if r := ws.Apply(); len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			has := func() string { return fmt.Sprint(sb.Directory().Certifications(id)[0][tc.member]) }
			before := has()
			if err := sb.Directory().EditCertifications(id, func(m map[string]any) bool { m[tc.member] = tc.theirs; return true }); err != nil {
				t.Fatal(err)
			}
			if r := ws.Plan(); !r.Updates(this, name, "expiration_date") || !slices.Contains(r.Drift[this], name) {
				t.Errorf("drift of %v is planned as %v with %q", r.Drift, r.Changes, r.Errors)
			}
			if ws.Apply(); has() != before || !ws.Plan().Empty() {
				t.Errorf("drift was not put right: %s", has())
			}
			config[name] = acctest.Unknown{}
			if r := ws.Plan(); !r.Updates(this, name, "expiration_date") {
				t.Errorf("a value not known yet is planned as %v with %q", r.Changes, r.Errors)
			}
			config[name] = tc.second
			if r := ws.Apply(); !r.Updates(this, name, "expiration_date") || has() != fmt.Sprint(tc.second) || !ws.Plan().Empty() {
				t.Errorf("the update is planned as %v with %q and leaves %s", r.Changes, r.Errors, has())
			}
			if tc.required {
				return
			}
			delete(config, name)
			if r := ws.Apply(); len(r.Errors) > 0 || ws.State(this)[name] != nil || has() == fmt.Sprint(tc.second) || !ws.Plan().Empty() {
				t.Errorf("the removal leaves %s with %q", has(), r.Errors)
			}
		})
	}
}

// TestTwin has a publication get lost beside a certification that is there
// already: that one is never taken for it.
func TestTwin(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, full(id))
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	const twin = "dcr_application_certification.twin"
	ws.Set(twin, full(id))
	const route = "POST " + acctest.Application + "/certifications"
	sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultDrop})
	if r := ws.Apply(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "may have been created, but the answer was lost") || ws.State(twin) != nil {
		t.Errorf("the apply says %q, and the twin is %v", r.Errors, ws.State(twin)["id"])
	}
	second := full(id)
	second["profile_variant"] = "BR-OB"
	ws.Set(twin, second)
	sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultCommitThenDrop})
	if r := ws.Apply(); len(r.Errors) > 0 || len(r.Warnings) != 1 || !acctest.Words("The answer to the creation of the certification was lost", "nothing was sent twice").MatchString(r.Warnings[0]) || !ws.Plan().Empty() {
		t.Errorf("the apply says %q and warns %q", r.Errors, r.Warnings)
	}
}

// TestGatewayIsNoDeletion: a 404 for the certifications of an application that is there is a
// gateway's, and leaves the certification in state.
func TestGatewayIsNoDeletion(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	ws.Set(this, full(id))
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	before := ws.State(this)["id"]
	const list = acctest.Application + "/certifications"
	const one = list + "/{SoftwareStatementCertificationId}"
	all := func(routes ...string) {
		for _, route := range routes {
			sb.Inject(sandbox.Fault{Route: route, Kind: sandbox.FaultStatus, Status: 404, Times: -1})
		}
	}
	all("GET " + list)
	if r := ws.Plan(); !r.Empty() {
		t.Errorf("of what can be read itself the plan is %v with %q", r.Changes, r.Errors)
	}
	all("GET " + one)
	if r := ws.Apply(); len(r.Errors) != 1 || !acctest.Words("404 is not confirmed").MatchString(r.Errors[0]) || ws.State(this)["id"] != before {
		t.Errorf("it says %q", r.Errors)
	}
	sb.Reset()
	all("DELETE "+one, "GET "+one)
	ws.Remove(this)
	if r := ws.Apply(); len(r.Errors) != 1 || ws.State(this)["id"] != before {
		t.Errorf("removing it says %q", r.Errors)
	}
	sb.Reset()
	ws.Set(this, full(id))
	if r := ws.Plan(); !r.Empty() || len(sb.Directory().Certifications(id)) != 1 {
		t.Errorf("then the plan is %v with %q", r.Changes, r.Errors)
	}
}

// TestEveryRequestFails leaves one certification however the directory fails.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	created := func(ws *acctest.Workspace, sb *sandbox.Sandbox) { ws.Set(this, full(application(t, sb))) }
	check := func(want int) func(*acctest.Workspace, *sandbox.Sandbox) error {
		return func(ws *acctest.Workspace, sb *sandbox.Sandbox) error {
			has, state := sb.Directory().Certifications(application(t, sb)), ws.State(this)
			if len(has) != want || want == 1 && has[0]["CertificationId"] != state["id"] {
				return fmt.Errorf("certifications are %v, state has %v", has, state["id"])
			}
			return nil
		}
	}
	count := acctest.FailEach(t, "create", acctest.Operation{Act: created, Check: check(1)})
	count += acctest.FailEach(t, "update", acctest.Operation{Before: created, Check: check(1), Act: func(ws *acctest.Workspace, sb *sandbox.Sandbox) {
		changed := full(application(t, sb))
		changed["status"] = "Deprecated"
		ws.Set(this, changed)
	}})
	count += acctest.FailEach(t, "delete", acctest.Operation{Before: created, Check: check(0), Act: func(ws *acctest.Workspace, _ *sandbox.Sandbox) { ws.Remove(this) }})
	t.Logf("%d combinations", count)
}

// TestRefusals are what a user reads when something is wrong.
func TestRefusals(t *testing.T) {
	t.Parallel()
	sb, id := start(t)
	ws := acctest.NewWorkspace(t, sb, nil)
	for attribute, tc := range map[string]struct {
		value any
		words []string
	}{
		"start_date":        {"2026-11-23", []string{"The value of start_date is not valid", `write "23/11/2026"`}},
		"certification_uri": {"http://openid.net", []string{"does not begin with https://"}},
		"status":            {"Great", []string{`"Self-Certified"`}},
		"profile_type":      {" FAPI", []string{"begins or ends with white space"}},
	} {
		config := full(id)
		config[attribute] = tc.value
		ws.Set(this, config)
		if r := ws.Plan(); len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], this+"."+attribute) || !acctest.Words(tc.words...).MatchString(r.Errors[0]) {
			t.Errorf("%s: the plan says %q", attribute, r.Errors)
		}
	}
	ws.Set(this, map[string]any{"application_id": id, "profile_type": "FAPI RP", "profile_variant": "BR-OF", "start_date": "31/02/2026"})
	if r := ws.Plan(); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "is not a day") {
		t.Errorf("the plan says %q", r.Errors)
	}
	ws.Set(this, full(id))
	if r := ws.Apply(); len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	kept, _ := ws.State(this)["id"].(string)
	second := acctest.NewWorkspace(t, sb, nil)
	second.Set(this, full(id))
	want := acctest.Words(this+".profile_type", "The application has this certification already", "answered 409", "terraform import dcr_application_certification.… "+id+"/"+kept)
	if r := second.Apply(); len(r.Errors) != 1 || !want.MatchString(r.Errors[0]) {
		t.Errorf("the second says %q", r.Errors)
	}
	if r := second.Import(this, id+"/"+kept); len(r.Errors) > 0 || !second.Plan().Empty() {
		t.Errorf("the import says %q, and the plan has %v", r.Errors, second.Plan().Changes)
	}
	for _, wrong := range []string{"", id, id + "/", "/" + kept, id + "/" + kept + "/x"} {
		if r := second.Import("dcr_application_certification.other", wrong); len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "application_id/certification_id") {
			t.Errorf("the import of %q says %q", wrong, r.Errors)
		}
	}
	software := acctest.NewWorkspace(t, sb, map[string]any{"access_token": sb.MintToken("directory:software")})
	software.Set(this, map[string]any{"application_id": id, "profile_type": "Other", "profile_variant": "X"})
	if r := software.Apply(); len(r.Errors) != 1 || !regexp.MustCompile(`(?s)refused to create the certification.*403.*directory:website`).MatchString(r.Errors[0]) {
		t.Errorf("without the scope it says %q", r.Errors)
	}
	if err := sb.Directory().EditCertifications(id, func(map[string]any) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); r.Actions[this] != acctest.ActionCreate {
		t.Errorf("what somebody removed is planned as %v with %q", r.Actions, r.Errors)
	}
	ws.Apply()
	if err := sb.Directory().Delete(id); err != nil {
		t.Fatal(err)
	}
	if r := ws.Plan(); r.Actions[this] != acctest.ActionCreate {
		t.Errorf("with the application gone the plan is %v", r.Actions)
	}
}
