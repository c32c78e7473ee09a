package application_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestTwin has a creation get lost beside an application of the same name and
// redirect URIs, made in the same second: that one is never taken for it.
func TestTwin(t *testing.T) {
	t.Parallel()
	const twin = "dcr_application.twin"
	s := tell(t, sandbox.Options{})
	s.applies(nil)
	s.Set(twin, map[string]any{"client_name": "Budget", "version": 1, "redirect_uris": []string{uris}})
	s.sb.Inject(sandbox.Fault{Route: acctest.CreateApplication, Kind: sandbox.FaultDrop})
	r := s.Apply()
	if len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "may have been created, but the answer was lost") || s.State(twin) != nil {
		t.Errorf("the apply says %q, and the twin in state is %v", r.Errors, s.State(twin)["id"])
	}
	s.sb.Inject(sandbox.Fault{Route: acctest.CreateApplication, Kind: sandbox.FaultCommitThenDrop})
	if r := s.Apply(); len(r.Errors) > 0 || len(r.Warnings) != 1 || s.State(twin)["id"] == s.State(this)["id"] || len(s.sb.Directory().Applications()) != 2 {
		t.Errorf("the apply says %q and warns %q, the two are %v and %v", r.Errors, r.Warnings, s.State(this)["id"], s.State(twin)["id"])
	}
}

// TestOtherOrganisation never takes an application for gone because it is looked for in the wrong place.
func TestOtherOrganisation(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	mine := config(sb, basic)
	elsewhere := strings.ReplaceAll(mine, sb.Info().OrganisationID, "74e929d9-0000-4000-8000-000000000000")
	refusal := acctest.Words("The application belongs to another organisation", "directory.organisation_id is 74e929d9-0000-4000-8000-000000000000", "Nothing was sent", "terraform state rm")
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: mine},
		resource.TestStep{Config: elsewhere, ExpectError: refusal},
		resource.TestStep{Config: elsewhere, Destroy: true, ExpectError: refusal},
		resource.TestStep{Config: mine, ConfigPlanChecks: planned()},
	)
}

// TestFlagsOfOneName shows another flag of the same name by its ID.
func TestFlagsOfOneName(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	first := s.sb.Directory().AddFlag("launch", "true")
	wanted := map[string]any{"flags": []string{"launch"}}
	s.applies(wanted)
	second := s.sb.Directory().AddFlag("launch", "false")
	for _, theirs := range [][]string{{first, second}, {second}} {
		edit(t, s.sb, func(m map[string]any) { m["Flags"] = theirs })()
		// The word still stands for the flag it was written for.
		s.configure(wanted)
		if r := s.Plan(); !r.Updates(this, "flags", "revision") || !slices.Contains(r.Drift[this], "flags") {
			t.Errorf("%v: drift in %v is planned as %v with %q", theirs, r.Drift, r.Changes, r.Errors)
		}
		s.applies(wanted)
		app, _ := s.sb.Directory().Application(only(t, s.sb))
		if flags := fmt.Sprint(app["Flags"]); !strings.Contains(flags, first) || strings.Contains(flags, second) {
			t.Errorf("%v became %v", theirs, flags)
		}
	}
}

// TestEmptyMetadata is no change, however often it is planned.
func TestEmptyMetadata(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(map[string]any{"additional_metadata": "{ }"})
	s.applies(map[string]any{"additional_metadata": `{"a":1}`})
	s.applies(map[string]any{"additional_metadata": "{}"})
	lock(t, s.sb)()
	s.applies(map[string]any{"additional_metadata": "{}"})
	s.applies(map[string]any{"unlock": "when_needed"})
}

// TestUnknownBehaviour plans with values that decide about the plan itself.
func TestUnknownBehaviour(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(map[string]any{"unlock": "when_needed"})
	lock(t, s.sb)()
	for name, more := range map[string]map[string]any{
		"unlock":    {"unlock": acctest.Unknown{}, "description": "New"},
		"client_id": {"unlock": "when_needed", "client_id": acctest.Unknown{}},
		"status":    {"unlock": "when_needed", "status": acctest.Unknown{}},
	} {
		s.configure(more)
		if r := s.Plan(); len(r.Errors) > 0 || r.Actions[this] != acctest.ActionUpdate {
			t.Errorf("with an unknown %s the plan is %v with %q", name, r.Changes, r.Errors)
		}
	}
}

// TestUnknownUnderLock promises nothing that a value known only at apply may break.
func TestUnknownUnderLock(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	text := func(version, value string) string {
		return fmt.Sprintf("\nresource \"terraform_data\" \"host\" {\n  input = %q\n  triggers_replace = %q\n}\n", value, version)
	}
	silent := basic + "  unlock = \"when_needed\"\n  notification_webhook_uri = \"https://${terraform_data.host.output}.example.com/x\"\n"
	acctest.Run(t, acctest.NoApplications(sb),
		resource.TestStep{Config: config(sb, silent) + text("1", "a")},
		resource.TestStep{PreConfig: lock(t, sb), Config: config(sb, silent) + text("2", "b"), Check: acctest.Calls(sb, acctest.Unlock, 1)},
	)
}

// TestClientSecretIsLost tells when the one answer with the secret did not arrive.
func TestClientSecretIsLost(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.applies(map[string]any{"token_endpoint_auth_method": "private_key_jwt"})
	s.sb.Inject(sandbox.Fault{Route: acctest.ReplaceApplication, Kind: sandbox.FaultTruncated})
	r := s.applies(map[string]any{"token_endpoint_auth_method": "client_secret_basic"})
	if len(r.Warnings) != 1 || !acctest.Words(this+".client_secret", "The directory told no client secret", "change the method and change it back").MatchString(r.Warnings[0]) {
		t.Errorf("the lost secret is told as %q", r.Warnings)
	}
	s.applies(map[string]any{"token_endpoint_auth_method": "private_key_jwt"})
	if r := s.applies(map[string]any{"token_endpoint_auth_method": "client_secret_basic"}); len(r.Warnings) > 0 || s.State(this)["client_secret"] == nil {
		t.Errorf("the way out leads to the warnings %q", r.Warnings)
	}
}

// TestClientIDIsIgnored tells of a directory that decides on the client ID itself.
func TestClientIDIsIgnored(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	self := map[string]any{"federation_management": "openid_entity_self_managed"}
	s.applies(self)
	self["client_id"] = "https://rp.example.com"
	s.configure(self)
	r := s.Apply()
	if len(r.Errors) > 0 || len(r.Warnings) != 1 || !acctest.Words(this+".client_id", "The directory gave another client ID", "Remove client_id").MatchString(r.Warnings[0]) {
		t.Errorf("the update says %q and warns %q", r.Errors, r.Warnings)
	}
	if r := s.Plan(); !r.Empty() {
		t.Errorf("what the directory ignores is asked for again: %v %q", r.Changes, r.Errors)
	}
	self["client_id"] = "https://rp.example.com/other"
	s.configure(self)
	if r := s.Plan(); !r.Updates(this, "client_id", "revision") {
		t.Errorf("another wish is planned as %v with %q", r.Changes, r.Errors)
	}
}

// TestFlagsNamedLater: an import that could not read the list of flags has them by their
// IDs until a refresh can, and then a plan and its apply mean the same by their names,
// although the list cannot be read in the apply.
func TestFlagsNamedLater(t *testing.T) {
	t.Parallel()
	s := tell(t, sandbox.Options{})
	s.sb.Directory().AddFlag("launch", "true")
	s.applies(map[string]any{"flags": []string{"launch"}})
	id := fmt.Sprint(s.State(this)["id"])
	unreadable := sandbox.Fault{Route: "GET /references/flags", Kind: sandbox.FaultStatus, Status: 403, Times: 1}
	s.sb.Inject(unreadable)
	s.Lose(this)
	if r := s.Import(this, id); len(r.Errors) > 0 || strings.Contains(fmt.Sprint(s.State(this)["flags"]), "launch") {
		t.Fatalf("the import says %q and shows the flags %v", r.Errors, s.State(this)["flags"])
	}
	s.configure(map[string]any{"flags": []string{"launch"}, "description": "More"})
	r := s.ApplyLater(func() {
		unreadable.Times = -1
		s.sb.Inject(unreadable)
	})
	if len(r.Errors) > 0 || !r.Updates(this, "description", "revision") {
		t.Errorf("the apply says %q and changed %v", r.Errors, r.Changes[this])
	}
}
