package application_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestInvalidConfiguration is refused before anything is sent, at the
// attribute, with what was expected. Every text is in a golden file of the provider's.
func TestInvalidConfiguration(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	replace := func(from, to string) string { return strings.Replace(basic, from, to, 1) }
	steps := []resource.TestStep{}
	for _, tc := range []struct {
		attributes string
		words      []string
	}{
		{replace(`"Budget planner"`, `" Budget planner"`), []string{"client_name", "begins or ends with white space"}},
		{replace(`["https://app.example.com/callback"]`, "[]"), []string{"redirect_uris", "at least 1 elements"}},
		{replace("https://app.example.com/callback", "app.example.com/callback"), []string{"redirect_uris", "is not an absolute http or https URL", "Expected: an absolute URL"}},
		{basic + `  api_webhook_uris = ["https://app.example.com/hook/"]`, []string{"api_webhook_uris", "Expected: an https URL without trailing slash"}},
		{basic + `  additional_metadata = jsonencode({ a = "` + strings.Repeat("x", 250) + `" })`, []string{"additional_metadata", "at most 255 characters"}},
	} {
		steps = append(steps, resource.TestStep{Config: config(sb, tc.attributes), ExpectError: acctest.Words(tc.words...)})
	}
	acctest.Run(t, nil, steps...)
	if got := len(sb.History()); got != 0 {
		t.Errorf("%d requests were sent for configurations that are not valid", got)
	}
}

// TestDirectoryProblems has the directory unreachable, wrong or unwilling: each
// ends in words that name the attribute and the next step.
func TestDirectoryProblems(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	quoted := func(text string) string { return fmt.Sprintf("%q", text) }
	steps := []resource.TestStep{}
	for _, tc := range []struct {
		settings acctest.Settings
		words    []string
	}{
		{acctest.Settings{"api_url": quoted("https://127.0.0.1:1")}, []string{"The directory could not be reached", "directory.api_url"}},
		{acctest.Settings{"ca_certificates_pem": ""}, []string{"The directory could not be trusted", "directory.ca_certificates_pem"}},
		{acctest.Settings{"client_certificate_pem": "", "private_key_pem": ""}, []string{"directory.client_certificate_pem"}},
		{acctest.Settings{"organisation_id": quoted("00000000-0000-4000-8000-000000000000")}, []string{"answered 403", "Check directory.organisation_id"}},
		{acctest.Settings{"access_token": quoted(sb.MintToken("directory:software"))}, []string{"The directory refused to create the application", "directory:website"}},
		{acctest.Settings{"access_token": quoted("expired")}, []string{"answered 401", "directory.access_token"}},
		{acctest.Settings{"access_token": "", "client_id": quoted("nobody")}, []string{"The directory refused to issue an access token", "directory.client_id"}},
	} {
		steps = append(steps, resource.TestStep{Config: config(sb, basic, tc.settings), ExpectError: acctest.Words(tc.words...)})
	}
	steps = append(steps, resource.TestStep{
		Config:      "provider \"dcr\" {}\nresource \"dcr_application\" \"this\" {\n" + basic + "\n}\n",
		ExpectError: acctest.Words("The directory is not configured", "DCR_DIRECTORY_API_URL"),
	})
	acctest.Run(t, nil, steps...)
	if got := len(sb.Directory().Applications()); got != 0 {
		t.Errorf("%d applications were created all the same", got)
	}
}

// TestRefusalPointsAtTheAttribute uses the directory's own words to point.
func TestRefusalPointsAtTheAttribute(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	acctest.Run(t, nil, resource.TestStep{
		Config:      config(sb, basic+`  description = "a <b>"`),
		ExpectError: acctest.Words("The directory refused to create the application", "description = ", "answered 400 Bad Request: Description: must match"),
	})
}
