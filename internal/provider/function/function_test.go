package function_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	functions "github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/function"
)

var update = flag.Bool("update", false, "write the golden results anew")

// The example of RFC 7638 §3.1, whose thumbprint the RFC gives, as PEM.
const exampleKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX
ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS
oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt
7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0
zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f
M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK
gwIDAQAB
-----END PUBLIC KEY-----
`

// statement is a JWT whose signature nobody can check; it is not looked at.
const statement = "eyJhbGciOiJQUzI1NiIsImtpZCI6InNpZ25lciIsInR5cCI6IkpXVCJ9" +
	".eyJpc3MiOiJTYW5kYm94IFNTQSBpc3N1ZXIiLCJpYXQiOjE4OTM0NTYwMDAsInNvZnR3YXJlX2lkIjoiYXBwLTEiLCJvcmdfaWQiOiJvcmctMSIsInNvZnR3YXJlX3JlZGlyZWN0X3VyaXMiOlsiaHR0cHM6Ly9iLmV4YW1wbGUuY29tIiwiaHR0cHM6Ly9hLmV4YW1wbGUuY29tIl0sInNvZnR3YXJlX3ZlcnNpb24iOjEuMTB9" +
	".c2lnbmF0dXJl"

func certificate(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "certificate.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return acctest.Heredoc(string(raw))
}

// TestFunctions compares what Terraform gets with golden results. Those of the
// certificate are what openssl x509 says of it, those of the key what RFC 7638 does.
func TestFunctions(t *testing.T) {
	t.Parallel()
	pem := certificate(t)
	for name, call := range map[string]string{
		"certificate_info":          "certificate_info(" + pem + ")",
		"certificate_thumbprint":    "certificate_thumbprint(" + pem + ")",
		"decode_software_statement": fmt.Sprintf("decode_software_statement(%q)", statement),
		"jwks":                      "jwks([" + acctest.Heredoc(exampleKey) + ", " + pem + "])",
		"subject_dn":                "subject_dn(" + pem + ")",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config: "output \"result\" {\n  value = jsonencode(provider::dcr::" + call + ")\n}\n",
					Check: func(s *terraform.State) error {
						got := fmt.Sprint(s.RootModule().Outputs["result"].Value)
						file := filepath.Join("testdata", name+".golden")
						if *update {
							return os.WriteFile(file, []byte(got+"\n"), 0o600)
						}
						want, err := os.ReadFile(file)
						if err != nil {
							return err
						}
						if got+"\n" != string(want) {
							return fmt.Errorf("got %s, want %s", got, want)
						}
						return nil
					},
				}},
			})
		})
	}
}

// TestRefusals name what is wrong and never quote what was given.
func TestRefusals(t *testing.T) {
	t.Parallel()
	key := "-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n"
	for call, want := range map[string]string{
		`certificate_info("app.pem")`:                          `no complete PEM block.*read it with file`,
		"subject_dn(" + acctest.Heredoc(key) + ")":             `it is a "PRIVATE KEY" block\.\s*$`, // Without the advice about file names.
		"certificate_thumbprint(" + acctest.Heredoc(key) + ")": `it is a "PRIVATE KEY" block\.\s*$`,
		`certificate_thumbprint("")`:                           `no complete PEM block`,
		"jwks([" + acctest.Heredoc(key) + "])":                 `text 1 is not a PEM`,
		`jwks(["` + "x" + `"])`:                                `text 1 is not a PEM.*read it with file`,
		`jwks(["x", null])`:                                    `Element 1 of the list is null`,
		`decode_software_statement("a.b.c")`:                   `cannot be read: software statement`,
		`decode_software_statement("` + hmac + `")`:            `software statement`,
	} {
		t.Run(call[:strings.IndexByte(call, '(')], func(t *testing.T) {
			t.Parallel()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(),
				Steps: []resource.TestStep{{
					Config:      "output \"result\" {\n  value = jsonencode(provider::dcr::" + call + ")\n}\n",
					ExpectError: regexp.MustCompile(`(?s)` + strings.ReplaceAll(want, " ", `\s+`)),
				}},
			})
		})
	}
}

// hmac is a token that whoever knows the secret can make: no statement.
const hmac = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"

// The certificate of RFC 8705, Appendix A, whose x5t#S256 the RFC gives.
const exampleCertificate = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----
`

// TestThumbprintOfRFC8705 is that of the RFC's own example.
func TestThumbprintOfRFC8705(t *testing.T) {
	t.Parallel()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: "output \"result\" {\n  value = provider::dcr::certificate_thumbprint(" + acctest.Heredoc(exampleCertificate) + ")\n}\n",
			Check:  resource.TestCheckOutput("result", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"),
		}},
	})
}

// TestSerialNumber: a serial number is written as a resource writes it, whatever it begins with.
func TestSerialNumber(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0x0a1b)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	for _, made := range functions.All() {
		var named function.MetadataResponse
		one := made()
		if one.Metadata(t.Context(), function.MetadataRequest{}, &named); named.Name != "certificate_info" {
			continue
		}
		var defined function.DefinitionResponse
		one.Definition(t.Context(), function.DefinitionRequest{}, &defined)
		result, funcErr := defined.Definition.Return.NewResultData(t.Context())
		if funcErr != nil {
			t.Fatal(funcErr)
		}
		resp := function.RunResponse{Result: result}
		one.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{types.StringValue(text)})}, &resp)
		if resp.Error != nil {
			t.Fatal(resp.Error)
		}
		if info, ok := resp.Result.Value().(types.Object); ok {
			written = append(written, info.Attributes()["serial_number"].String())
		}
	}
	if len(written) != 1 || written[0] != `"a1b"` {
		t.Errorf("the serial number is written %q", written)
	}
}
