package client

import (
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// FuzzImportID: an import ID that is taken leads to a URL that may be called, and one that is not says why.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{
		"", "https://bank.example/one?a=b", "http://bank.example/one", `{"registration_client_uri":"https://bank.example/one","client_id":"one","read":false}`,
		`{"registration_client_uri":"https://bank.example/one","management_auth":"client_credentials"}`, `{"registration_client_uri":1}`, `{"other":1}`, `{`, ` {"registration_client_uri":"https://a"}`,
		`{"registration_client_uri":"https://bank.example/one","registration_access_token":"hide-me-please"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		id, problem := parseImportID(raw)
		switch {
		case problem == "" && rest.CheckURL(id.RegistrationClientURI) != nil:
			t.Errorf("%q is taken, with the URL %q", raw, id.RegistrationClientURI)
		case problem != "" && !strings.HasSuffix(problem, "."):
			t.Errorf("the problem with %q is %q", raw, problem)
		case strings.Contains(problem, "hide-me"):
			t.Errorf("the problem quotes a token: %q", problem)
		}
	})
}
