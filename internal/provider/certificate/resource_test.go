package certificate_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	this     = "dcr_transport_certificate.this"
	ecdsaKey = `  private_key = { algorithm = "ECDSA" }`
)

// config is a certificate of an application that exists already, so that the
// application's ID is known.
func config(sb *sandbox.Sandbox, id, attributes string) string {
	return acctest.ProviderConfig(sb) + fmt.Sprintf("\nresource \"dcr_transport_certificate\" \"this\" {\n  application_id = %q\n%s\n}\n", id, attributes)
}

// start gives a sandbox with one application.
func start(t *testing.T, options sandbox.Options) (*sandbox.Sandbox, string) {
	t.Helper()
	sb := acctest.Sandbox(t, options)
	id, err := sb.Directory().Create(map[string]any{
		"ClientName": "Budget planner", "Version": 1, "LogoUri": "https://app.example.com/logo.png", "RedirectUri": []string{"https://app.example.com/callback"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sb, id
}

// statuses checks the statuses of the application's certificates, in the order they were issued.
func statuses(sb *sandbox.Sandbox, id string, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var got []string
		for _, c := range sb.Directory().Certificates(id) {
			got = append(got, c.Status)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("the certificates are %v, want %v", got, want)
		}
		return nil
	}
}

func updated() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(this, plancheck.ResourceActionUpdate)}}
}

func nothing() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	var kid string
	acctest.Run(t, statuses(sb, id, "Inactive", "Inactive"),
		resource.TestStep{
			Config: config(sb, id, ecdsaKey),
			Check: resource.ComposeAggregateTestCheckFunc(
				acctest.Save(this, "kid", &kid),
				resource.TestCheckResourceAttrPair(this, "id", this, "kid"),
				resource.TestCheckResourceAttr(this, "type", "rtstransport"),
				resource.TestCheckResourceAttr(this, "status", "Active"),
				resource.TestMatchResourceAttr(this, "subject_dn", regexp.MustCompile(`^CN=`+id+`,OU=`+sb.Info().OrganisationID+`,O=[^,]+,C=BR$`)),
				resource.TestMatchResourceAttr(this, "issuer_dn", regexp.MustCompile(`^CN=`)),
				acctest.Certificate(this, "certificate_pem", describes(t, id)),
				keyPair,
				statuses(sb, id, "Active"),
			),
		},
		resource.TestStep{
			// How it is destroyed is ours alone: no call, the same certificate.
			Config:           config(sb, id, ecdsaKey+"\n  revoke_reason = \"superseded\""),
			ConfigPlanChecks: updated(),
			Check:            resource.ComposeAggregateTestCheckFunc(acctest.Same(this, "kid", &kid), acctest.Calls(sb, acctest.CreateCertificate, 1)),
		},
		resource.TestStep{
			ResourceName: this, ImportState: true, ImportStateVerify: true,
			ImportStateIdFunc:       importID(id, &kid),
			ImportStateVerifyIgnore: []string{"private_key", "private_key_pem", "revoke_reason"},
		},
		resource.TestStep{
			Config:           config(sb, id, `  private_key = { algorithm = "RSA" }`),
			ConfigPlanChecks: updated(),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "kid", &kid), keyPair, statuses(sb, id, "Active", "Active"),
				acctest.Same(this, "previous.0.kid", &kid), resource.TestCheckResourceAttr(this, "previous.#", "1")),
		},
		// The default written out is no change.
		resource.TestStep{Config: config(sb, id, `  private_key = { algorithm = "RSA", rsa_bits = 2048 }`), Check: acctest.Calls(sb, acctest.CreateCertificate, 2)},
	)
}

func reason(sb *sandbox.Sandbox, id string, index int, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := sb.Directory().Certificates(id)[index].Reason; got != want {
			return fmt.Errorf("revoked for %q, want %q", got, want)
		}
		return nil
	}
}

// describes compares what state says with the certificate itself.
func describes(t *testing.T, id string) func(*x509.Certificate) error {
	t.Helper()
	return func(c *x509.Certificate) error {
		switch lifetime := c.NotAfter.Sub(c.NotBefore); {
		case c.Subject.CommonName != id:
			return fmt.Errorf("the certificate is for %q", c.Subject.CommonName)
		case lifetime < 394*24*time.Hour:
			return fmt.Errorf("the certificate is valid for %s", lifetime)
		}
		return nil
	}
}

// keyPair checks that certificate and private key belong together, and that
// every derived attribute agrees with the certificate.
func keyPair(s *terraform.State) error {
	keyPEM, err := acctest.Attribute(s, this, "private_key_pem")
	if err != nil {
		return err
	}
	block, _ := pem.Decode([]byte(keyPEM))
	if block == nil {
		return errors.New("private_key_pem is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return err
	}
	return acctest.Certificate(this, "certificate_pem", func(c *x509.Certificate) error {
		matches := false
		switch k := key.(type) {
		case *ecdsa.PrivateKey:
			matches = k.PublicKey.Equal(c.PublicKey)
		case *rsa.PrivateKey:
			matches = k.PublicKey.Equal(c.PublicKey) && k.N.BitLen() == 2048
		}
		if !matches {
			return errors.New("the private key does not belong to the certificate")
		}
		sum := sha256.Sum256(c.Raw)
		for name, want := range map[string]string{
			"kid": base64.RawURLEncoding.EncodeToString(sum[:]), "thumbprint_sha256": fmt.Sprintf("%x", sum), "serial_number": c.SerialNumber.Text(16),
			"not_before": c.NotBefore.UTC().Format(time.RFC3339), "not_after": c.NotAfter.UTC().Format(time.RFC3339),
		} {
			if got, err := acctest.Attribute(s, this, name); err != nil || got != want {
				return fmt.Errorf("%s is %q, the certificate says %q (%w)", name, got, want, err)
			}
		}
		chain, err := acctest.Attribute(s, this, "certificate_chain_pem")
		if err != nil || !strings.HasPrefix(chain, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))) {
			return fmt.Errorf("the chain does not begin with the certificate (%w)", err)
		}
		return nil
	})(s)
}

// TestGoneElsewhere replaces what another actor revoked, and copes with an
// application that is gone altogether.
func TestGoneElsewhere(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{HideDeleted: true})
	var kid string
	acctest.Run(t, statuses(sb, id, "Inactive", "Inactive"),
		resource.TestStep{Config: config(sb, id, ecdsaKey), Check: acctest.Save(this, "kid", &kid)},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Revoke(kid, "keycompromise"); err != nil {
					t.Error(err)
				}
			},
			Config: config(sb, id, ecdsaKey), ConfigPlanChecks: updated(),
			Check: resource.ComposeAggregateTestCheckFunc(acctest.Other(this, "kid", &kid), statuses(sb, id, "Inactive", "Active")),
		},
		resource.TestStep{
			PreConfig: func() {
				if err := sb.Directory().Delete(id); err != nil {
					t.Error(err)
				}
			},
			Config: config(sb, id, ecdsaKey), Destroy: true, Check: acctest.Calls(sb, acctest.RevokeCertificate, 0),
		},
	)
}

// TestKeptOnDestroy leaves the certificate alone when asked to.
func TestKeptOnDestroy(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	acctest.Run(t, statuses(sb, id, "Active"), resource.TestStep{Config: config(sb, id, ecdsaKey+"\n  revoke_on_destroy = false")})
}

// TestRevokedWhileDestroying is not an error: the aim is reached.
func TestRevokedWhileDestroying(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	acctest.Run(t, statuses(sb, id, "Inactive"),
		resource.TestStep{Config: config(sb, id, ecdsaKey)},
		resource.TestStep{
			PreConfig: func() { sb.Inject(sandbox.Fault{Route: acctest.RevokeCertificate, Kind: sandbox.FaultCommitThenDrop}) },
			Config:    config(sb, id, ecdsaKey), Destroy: true,
		},
	)
}

// TestLostAnswer finds the certificate by its key: it is not asked for twice,
// and its private key is not lost.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultCommitThenDrop})
	acctest.Run(t, statuses(sb, id, "Inactive"),
		resource.TestStep{Config: config(sb, id, ecdsaKey), Check: resource.ComposeAggregateTestCheckFunc(keyPair, acctest.Calls(sb, acctest.CreateCertificate, 1))},
		resource.TestStep{Config: config(sb, id, ecdsaKey), ConfigPlanChecks: nothing()},
	)
}

// TestLostForGood says so when the directory cannot be asked either.
func TestLostForGood(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	sb.Inject(sandbox.Fault{Route: acctest.CreateCertificate, Kind: sandbox.FaultCommitThenDrop},
		sandbox.Fault{Route: "GET " + acctest.Application + "/certificates", Kind: sandbox.FaultStatus, Status: 500, Times: -1})
	acctest.Run(t, statuses(sb, id, "Active"), resource.TestStep{
		Config: config(sb, id, ecdsaKey), ExpectError: acctest.Words("The rtstransport certificate of application " + id + " may have been created, but the answer was lost"),
	})
	if got := sb.Count(acctest.CreateCertificate); got != 1 {
		t.Errorf("the request was sent %d times", got)
	}
}

func importID(id string, kid *string) resource.ImportStateIdFunc {
	return func(*terraform.State) (string, error) { return id + "/rtstransport/" + *kid, nil }
}

func TestImportIDs(t *testing.T) {
	t.Parallel()
	sb, id := start(t, sandbox.Options{})
	refused := func(importID, words string) resource.TestStep {
		return resource.TestStep{Config: config(sb, id, ecdsaKey), ResourceName: this, ImportState: true, ImportStateId: importID, ExpectError: acctest.Words(words)}
	}
	acctest.Run(t, nil,
		refused("kid", "application_id/type/kid"),
		refused(id+"/rtstransport/", "application_id/type/kid"),
		refused(id+"/rtstransport/unknown", "The certificate to import does not exist"),
	)
}
