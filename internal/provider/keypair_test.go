package provider_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestKeyPair: the certificate is of the key that was made in the same apply,
// the key is nowhere in state, and only another version has another issued.
func TestKeyPair(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	config := func(version int) string {
		return acctest.ProviderConfig(sb) + application + fmt.Sprintf(`
ephemeral "dcr_key_pair" "this" {
  algorithm = "ECDSA"
  subject   = dcr_application.this.certificate_subject
}

resource "dcr_transport_certificate" "this" {
  application_id     = dcr_application.this.id
  csr_pem_wo         = ephemeral.dcr_key_pair.this.csr_pem
  csr_pem_wo_version = %d
}
`, version) + echo("ephemeral.dcr_key_pair.this")
	}
	var first string
	belongs := func(s *terraform.State) error {
		cert := s.RootModule().Resources["dcr_transport_certificate.this"].Primary.Attributes
		return echoed(func(got map[string]any) error {
			block, _ := pem.Decode([]byte(cert["certificate_pem"]))
			leaf, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return err
			}
			key, err := pki.ParseKey(fmt.Sprint(got["private_key_pem"]))
			if err != nil || !pki.SameKey(leaf.PublicKey, key.Public()) || cert["kid"] == first {
				return fmt.Errorf("the certificate is not of the key that was made with it: %w", err)
			}
			first = cert["kid"]
			if cert["csr_pem_wo"] != "" || cert["private_key_pem"] != "" || !strings.Contains(fmt.Sprint(got["jwks"]), `"kid"`) || !strings.Contains(fmt.Sprint(got["public_key_pem"]), "PUBLIC KEY") {
				return fmt.Errorf("in state is %q, and the public parts are %v", cert["csr_pem_wo"], got["jwks"])
			}
			return nil
		})(s)
	}
	factories := echoing()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: config(1), Check: belongs},
			{Config: config(1), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
			{
				Config: config(2), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("dcr_transport_certificate.this", plancheck.ResourceActionUpdate)}},
				// The echo resource keeps what it was given first, so only the successor is looked at.
				Check: resource.TestCheckResourceAttr("dcr_transport_certificate.this", "previous.#", "1"),
			},
			{Config: strings.ReplaceAll(config(2), "csr_pem_wo_version = 2", ""), ExpectError: regexp.MustCompile(`csr_pem_wo_version`)},
		},
	})
}

// TestKeyPairRequests: requests for every profile, and what cannot be one.
func TestKeyPairRequests(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	for name, c := range map[string]struct{ body, want, wantError string }{
		"Brazil": {body: `algorithm = "RSA"
  type      = "brcac_2022"
  subject   = { country = "BR", organization = "Planner", common_name = "app.example.com", state_or_province = "SP", locality = "Sao Paulo", serial_number = "1", business_category = "Private Organization", jurisdiction_country = "BR", organization_identifier = "OFBBR-1", user_id = "2" }`,
			want: "2.5.4.97"},
		"a part":       {body: "algorithm = \"ECDSA\"\n  subject = { state_or_province = \"SP\", common_name = \"x\" }", want: "2.5.4.8"},
		"no request":   {body: `algorithm = "ECDSA"`},
		"unknown part": {body: "algorithm = \"ECDSA\"\n  subject = { CN = \"x\" }", wantError: `The subject has no such part`},
		"small":        {body: "algorithm = \"RSA\"\n  rsa_bits = 1024", wantError: `2048`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := resource.TestStep{Config: acctest.ProviderConfig(sb) + "ephemeral \"dcr_key_pair\" \"this\" {\n  " + c.body + "\n}\n" + echo("ephemeral.dcr_key_pair.this")}
			if c.wantError != "" {
				step.ExpectError = regexp.MustCompile(strings.ReplaceAll(c.wantError, " ", `\s+`))
			}
			step.Check = echoed(func(got map[string]any) error {
				text := fmt.Sprint(got["csr_pem"])
				if c.want == "" {
					if got["csr_pem"] != nil {
						return fmt.Errorf("the request is %s", text)
					}
					return nil
				}
				request, err := pki.ParseRequest(text)
				if err != nil {
					return err
				}
				key, err := pki.ParseKey(fmt.Sprint(got["private_key_pem"]))
				if err != nil || request.CheckSignature() != nil || !pki.SameKey(key.Public(), request.PublicKey) {
					return fmt.Errorf("the request is not of the key: %w", err)
				}
				for _, name := range request.Subject.Names {
					if name.Type.String() == c.want {
						return nil
					}
				}
				return fmt.Errorf("the subject %s lacks %s", request.Subject, c.want)
			})
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: echoing(), Steps: []resource.TestStep{step}})
		})
	}
}

// TestNames: what no certificate can have as a name, a country or a subject is
// refused by the key pair and by a request that the provider makes.
func TestNames(t *testing.T) {
	t.Parallel()
	ws := acctest.NewWorkspace(t, acctest.Sandbox(t, sandbox.Options{}), nil)
	for _, c := range []struct {
		config map[string]any
		want   string
	}{
		{map[string]any{"subject": map[string]any{}}, "subject: The subject is empty"},
		{map[string]any{"subject": map[string]any{"common_name": "", "country": nil}}, "subject: The subject is empty"},
		{map[string]any{"subject": map[string]any{"country": "Brazil"}}, `subject["country"] is not valid: "Brazil" is not a country code`},
		{map[string]any{"dns_names": []string{"é.com"}}, "beyond ASCII"},
		{map[string]any{"dns_names": []string{"a.com", "a.com"}}, "duplicate"},
		{map[string]any{"dns_names": []string{}}, ""},
		{map[string]any{"dns_names": []any{nil}}, "An element is null"},
		{map[string]any{"type": "brcac", "subject": map[string]any{"common_name": "é.com"}}, `subject["common_name"] is not valid: "é.com" has letters beyond ASCII`},
		{map[string]any{"subject": map[string]any{"common_name": "é.com", "country": "BR", "locality": ""}}, ""},
		{map[string]any{"type": "brcac", "subject": map[string]any{"common_name": "é"}, "dns_names": []string{"a.com"}}, ""},
	} {
		config := map[string]any{"algorithm": "ECDSA", "subject": map[string]any{"common_name": "x"}}
		maps.Copy(config, c.config)
		_, r := ws.Open("dcr_key_pair", config)
		if got := strings.Join(r.Errors, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q", c.config, got)
		}
	}
	for name, want := range map[string]string{"é.com": "subject.common_name is not valid", "app.example.com": ""} {
		ws.Set("dcr_transport_certificate.this", map[string]any{"application_id": "3f0c1a52-6c07-4b34-9d3c-0a4e5d1b7c11", "type": "brcac", "private_key": map[string]any{"algorithm": "ECDSA"}, "subject": map[string]any{"common_name": name}})
		if got := strings.Join(ws.Configure().Errors, "\n"); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
