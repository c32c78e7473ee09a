package acctest

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// Routes of the directory, as the sandbox counts them.
const (
	Application        = "/organisations/{OrganisationId}/softwarestatements/{SoftwareStatementId}"
	CreateApplication  = "POST /organisations/{OrganisationId}/softwarestatements"
	ReplaceApplication = "PUT " + Application
	Assertion          = "GET " + Application + "/assertion"
	Unlock             = "PUT " + Application + "/unlock"
	AddRole            = "POST " + Application + "/authorityclaims"
	ChangeRole         = "PUT " + Application + "/authorityclaims/{SoftwareAuthorityClaimId}"
	CreateCertificate  = "POST " + Application + "/certificates/{SoftwareStatementCertificateOrKeyType}"
	RevokeCertificate  = "PUT " + Application + "/certificates/{SoftwareStatementCertificateOrKeyType}/{CertificateOrKeyId}"
)

// Run runs steps through the real Terraform CLI with the provider in process.
func Run(t *testing.T, destroyed resource.TestCheckFunc, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: Factories(), CheckDestroy: destroyed, Steps: steps})
}

// Attribute returns an attribute of a resource in state.
func Attribute(s *terraform.State, address, name string) (string, error) {
	r, ok := s.RootModule().Resources[address]
	if !ok {
		return "", fmt.Errorf("%s is not in state", address)
	}
	value, ok := r.Primary.Attributes[name]
	if !ok {
		return "", fmt.Errorf("%s has no attribute %s in state", address, name)
	}
	return value, nil
}

// Save copies an attribute into a variable of the test.
func Save(address, name string, into *string) resource.TestCheckFunc {
	return func(s *terraform.State) (err error) {
		*into, err = Attribute(s, address, name)
		return err
	}
}

// Same checks that an attribute has the value a variable has by then.
func Same(address, name string, want *string) resource.TestCheckFunc {
	return compared(address, name, want, true)
}

// Other checks that an attribute has another value than a variable by then.
func Other(address, name string, before *string) resource.TestCheckFunc {
	return compared(address, name, before, false)
}

func compared(address, name string, with *string, same bool) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		got, err := Attribute(s, address, name)
		if err == nil && (got == *with) != same {
			err = fmt.Errorf("%s.%s: now %q, before %q", address, name, got, *with)
		}
		return err
	}
}

// Calls checks how often the sandbox saw a route.
func Calls(sb *sandbox.Sandbox, route string, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := sb.Count(route); got != want {
			return fmt.Errorf("%s was called %d times, want %d", route, got, want)
		}
		return nil
	}
}

// Member checks a member of the application at the directory; nil means absent.
func Member(sb *sandbox.Sandbox, address, member string, want any) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		id, err := Attribute(s, address, "id")
		if err != nil {
			return err
		}
		app, ok := sb.Directory().Application(id)
		if !ok {
			return fmt.Errorf("the directory does not know application %s", id)
		}
		if got := fmt.Sprint(app[member]); got != fmt.Sprint(want) {
			return fmt.Errorf("the directory has %s as %s, want %v", member, got, want)
		}
		return nil
	}
}

// Certificate hands the PEM certificate of an attribute to a check.
func Certificate(address, name string, check func(*x509.Certificate) error) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		text, err := Attribute(s, address, name)
		if err != nil {
			return err
		}
		block, _ := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" {
			return fmt.Errorf("%s.%s is not a PEM certificate", address, name)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		return check(certificate)
	}
}

// Claims hands the claims of an attribute's JWT to a check.
func Claims(address, name string, check func(map[string]any) error) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		token, err := Attribute(s, address, name)
		if err != nil {
			return err
		}
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			return errors.New("the attribute is not a compact JWT")
		}
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			return err
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil {
			return err
		}
		return check(claims)
	}
}

// NoApplications checks that every application was deleted, which in a
// directory means that it is inactive.
func NoApplications(sb *sandbox.Sandbox) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, app := range sb.Directory().Applications() {
			if app["Status"] != "Inactive" {
				return fmt.Errorf("application %v is still %v", app["SoftwareStatementId"], app["Status"])
			}
		}
		return nil
	}
}

// Words is a pattern for a text of a diagnostic, wherever the CLI breaks its
// lines. Parts in sequence may have anything between them.
func Words(parts ...string) *regexp.Regexp {
	patterns := make([]string, len(parts))
	for i, part := range parts {
		words := strings.Fields(part)
		for j, word := range words {
			words[j] = regexp.QuoteMeta(word)
		}
		patterns[i] = strings.Join(words, `\s+`)
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`))
}
