package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// application is the smallest thing that needs the directory.
const application = `
resource "dcr_application" "this" {
  client_name   = "Budget planner"
  version       = 1
  redirect_uris = ["https://app.example.com/callback"]
}
`

const statement = application + `
resource "dcr_software_statement" "this" {
  application_id = dcr_application.this.id
}
`

// credentials makes the provider fetch its own tokens.
func credentials(more acctest.Settings) acctest.Settings {
	settings := acctest.Settings{"access_token": ""}
	for name, value := range more {
		settings[name] = value
	}
	return settings
}

// failure is one wrong directory configuration and the diagnostic it must end in.
type failure struct {
	// configure returns the overrides of the provider's directory attribute.
	configure func(*testing.T, *sandbox.Sandbox) acctest.Settings
	body      string
	// want must name the fact, the attribute or block, and the next step.
	want string
}

func directoryFailures() map[string]failure {
	set := func(name, value string) func(*testing.T, *sandbox.Sandbox) acctest.Settings {
		return func(*testing.T, *sandbox.Sandbox) acctest.Settings { return acctest.Settings{name: value} }
	}
	return map[string]failure{
		"unreachable": {configure: set("api_url", `"https://127.0.0.1:1"`),
			want: `The directory could not be reached[\s\S]*connection\s+refused[\s\S]*Check directory\.api_url`},
		"host unknown": {configure: set("api_url", `"https://directory.invalid"`),
			want: `The directory could not be reached[\s\S]*directory\.invalid[\s\S]*Check directory\.api_url`},
		"not TLS": {configure: func(t *testing.T, _ *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			server := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(server.Close)
			return acctest.Settings{"api_url": fmt.Sprintf("%q", "https"+server.URL[len("http"):])}
		}, want: `The directory does not speak TLS[\s\S]*directory\.api_url`},
		"plain http": {configure: set("api_url", `"http://directory.example.com"`),
			want: `The value of directory\.api_url is not valid[\s\S]*plain http`},
		"wrong CA": {configure: func(t *testing.T, _ *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			return acctest.Settings{"ca_certificates_pem": acctest.Heredoc(acctest.Sandbox(t, sandbox.Options{}).CACertificatesPEM())}
		}, want: `The directory could not be trusted[\s\S]*unknown\s+authority[\s\S]*directory\.ca_certificates_pem`},
		"certificate of another authority": {configure: func(t *testing.T, sb *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			return identity(t, sb, sandbox.CertificateRequest{CommonName: "foreign", ForeignAuthority: true})
		}, want: `The directory refused the client certificate[\s\S]*directory\.client_certificate_pem`},
		"expired certificate": {configure: func(t *testing.T, sb *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			return identity(t, sb, sandbox.CertificateRequest{CommonName: "expired", NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)})
		}, want: `The client certificate or its key cannot be used[\s\S]*directory\.client_certificate_pem\s+expired\s+on`},
		"key of another certificate": {configure: func(t *testing.T, sb *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			other := identity(t, sb, sandbox.CertificateRequest{CommonName: "other"})
			return acctest.Settings{"private_key_pem": other["private_key_pem"]}
		}, want: `directory\.private_key_pem\s+does\s+not\s+belong\s+to\s+client_certificate_pem`},
		"no certificate": {configure: set("client_certificate_pem", ""),
			want: `directory\.client_certificate_pem\s+is\s+missing`},
		"file name for PEM": {configure: set("client_certificate_pem", `"client.pem"`),
			want: `The value of directory\.client_certificate_pem is not valid[\s\S]*read\s+it\s+with\s+file\(`},
		"wrong organisation": {configure: set("organisation_id", `"00000000-0000-4000-8000-000000000000"`),
			want: `The directory refused to read the organisation[\s\S]*403 Forbidden[\s\S]*directory\.organisation_id`},
		"token unknown": {configure: set("access_token", `"this-token-is-not-known"`),
			want: `401 Unauthorized[\s\S]*directory\.access_token`},
		"client unknown": {configure: func(*testing.T, *sandbox.Sandbox) acctest.Settings {
			return credentials(acctest.Settings{"client_id": `"nobody"`})
		}, want: `The directory refused to issue an access token[\s\S]*invalid_client[\s\S]*directory\.client_id`},
		"client id with a space": {configure: func(*testing.T, *sandbox.Sandbox) acctest.Settings {
			return credentials(acctest.Settings{"client_id": `"id "`})
		}, want: `The value of directory\.client_id is not valid[\s\S]*white space`},
		"wrong secret": {configure: func(*testing.T, *sandbox.Sandbox) acctest.Settings {
			return credentials(acctest.Settings{"auth_method": `"client_secret_basic"`, "client_secret": `"wrong"`})
		}, want: `The directory refused to issue an access token[\s\S]*directory\.client_secret`},
		"key the directory does not know": {configure: func(t *testing.T, sb *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			other := identity(t, sb, sandbox.CertificateRequest{CommonName: "other", RSA: true})
			return credentials(acctest.Settings{"auth_method": `"private_key_jwt"`, "signing_key_pem": other["private_key_pem"]})
		}, want: `The directory refused to issue an access token[\s\S]*directory\.signing_key_pem`},
		"scope the client may not have": {configure: func(*testing.T, *sandbox.Sandbox) acctest.Settings {
			return credentials(acctest.Settings{"scope": `"directory:website"`})
		}, want: `The directory refused to issue an access token[\s\S]*invalid_scope[\s\S]*directory\.scope[\s\S]*directory\.access_token`},
		"scope missing": {configure: func(*testing.T, *sandbox.Sandbox) acctest.Settings { return credentials(nil) },
			want: `The directory refused to create the application[\s\S]*403 Forbidden[\s\S]*directory:website[\s\S]*directory\.scope`},
		"issuer of someone else": {configure: func(t *testing.T, sb *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			return credentials(acctest.Settings{"issuer": fmt.Sprintf("%q", sb.Info().Issuer+"/elsewhere")})
		}, want: `404 Not Found[\s\S]*directory\.issuer`},
		"keystore of another directory": {configure: func(t *testing.T, sb *sandbox.Sandbox) acctest.Settings {
			t.Helper()
			other := acctest.Sandbox(t, sandbox.Options{})
			return acctest.Settings{
				"keystore_url":        fmt.Sprintf("%q", other.Info().KeystoreURL),
				"ca_certificates_pem": acctest.Heredoc(sb.CACertificatesPEM() + other.CACertificatesPEM()),
			}
		}, body: statement, want: `The software statement could not be verified[\s\S]*SSA issuer[\s\S]*directory\.keystore_url`},
		"incomplete": {configure: set("organisation_id", ""),
			want: `The directory configuration is incomplete[\s\S]*directory\.organisation_id[\s\S]*DCR_ORGANISATION_ID`},
	}
}

// identity issues a certificate and returns it as overrides.
func identity(t *testing.T, sb *sandbox.Sandbox, request sandbox.CertificateRequest) acctest.Settings {
	t.Helper()
	certificate, key, err := sb.IssueCertificate(request)
	if err != nil {
		t.Fatal(err)
	}
	return acctest.Settings{"client_certificate_pem": acctest.Heredoc(certificate), "private_key_pem": acctest.Heredoc(key)}
}

// TestDirectoryMisconfigured ends each wrong configuration in a diagnostic that
// names the attribute, the fact and the next step, and creates nothing.
func TestDirectoryMisconfigured(t *testing.T) {
	t.Parallel()
	for name, tt := range directoryFailures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb := acctest.Sandbox(t, sandbox.Options{})
			body := tt.body
			if body == "" {
				body = application
			}
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config:      acctest.ProviderConfig(sb, tt.configure(t, sb)) + body,
					ExpectError: pattern(tt.want),
				}},
			})
			if left := len(sb.Directory().Applications()); tt.body == "" && left != 0 {
				t.Errorf("%d applications exist after a refused configuration", left)
			}
		})
	}
}

// TestDirectoryNotConfigured says so once, in one error.
func TestDirectoryNotConfigured(t *testing.T) {
	t.Parallel()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config:      "provider \"dcr\" {}\n" + application,
			ExpectError: pattern(`The directory is not configured[\s\S]*DCR_DIRECTORY_API_URL`),
		}},
	})
}

func pattern(text string) *regexp.Regexp { return regexp.MustCompile(text) }
