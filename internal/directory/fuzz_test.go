package directory

import (
	"encoding/json"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func answers(f *testing.F) {
	f.Helper()
	for _, seed := range []string{
		`{}`, `[]`, `null`, `{"content":[{}],"totalPages":2}`, `{"content":[],"totalPages":"3"}`, `{"keys":[]}`, `{"totalPages":1e9,"content":[{"Status":1}]}`,
		`{"SoftwareStatementId":"a","ClientName":"n","Version":1.10,"RedirectUri":["https://a"],"Flags":[{"Id":"f"}],"ClientSecret":"hide-me-please","AdditionalSoftwareMetadata":"{\"a\":1}"}`,
		`[{"OrganisationId":"o","AuthorisationServers":[{"AuthorisationServerId":"s","ApiResources":[{"ApiEndpoints":null}],"AuthorisationServerCertifications":{}}]}]`,
		`[{"Kid":"k","ClientName":"c","Status":"Active","ValidFromDateTime":"2026-01-01T00:00:00.000Z"}]`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"c2VjcmV0"},7]}`,
	} {
		f.Add([]byte(seed))
	}
}

// FuzzAnswers feeds everything that is read from a directory: a member that is
// not what it should be costs no other, and the secret is in no raw answer.
func FuzzAnswers(f *testing.F) {
	answers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		response := &rest.Response{Status: 200, Body: body}
		applications, pages, err := decodeList[Application](response)
		if err == nil && pages < 0 {
			t.Errorf("%d pages", pages)
		}
		for _, a := range applications {
			if _, there := a.Raw["ClientSecret"]; there {
				t.Error("the raw answer has the secret")
			}
			_ = NewContent(&a, nil)
		}
		// A role that is odd is an error: taken for absent, it would be given once more.
		_, _, _ = decodeList[Role](response)
		_, _, _ = decodeList[OrganisationRole](response)
		for kind, read := range []func() error{
			func() error { _, _, err := decodeList[Certificate](response); return err },
			func() error { _, _, err := decodeList[Participant](response); return err },
			func() error { _, _, err := decodeList[Flag](response); return err },
			func() error { _, _, err := decodeList[ServerCertification](response); return err },
		} {
			// Only what is no list of objects may fail.
			if errOther := read(); err == nil && len(applications) > 0 && errOther != nil {
				t.Errorf("kind %d: read as applications, and then: %v", kind, errOther)
			}
		}
	})
}

// FuzzApplication: every JSON object is an application, as far as it says what one is.
func FuzzApplication(f *testing.F) {
	answers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) != nil || object == nil {
			return
		}
		var application Application
		if err := json.Unmarshal(body, &application); err != nil {
			t.Errorf("an object is no application: %v", err)
		}
	})
}

// FuzzKeys: of a JWK set only public keys of asymmetric algorithms are kept.
func FuzzKeys(f *testing.F) {
	answers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		set, err := decodeKeys(body)
		if err != nil {
			return
		}
		for _, key := range set.Keys {
			if !key.IsPublic() {
				t.Error("a key that is not public was kept")
			}
			if _, symmetric := key.Key.([]byte); symmetric {
				t.Error("a symmetric key was kept")
			}
		}
	})
}
