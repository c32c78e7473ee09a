package client_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// TestCredentialsArePlanned: credentials that cannot work fail the plan of what would be
// sent, at the attribute that has them, and a clock that is off by minutes does not.
func TestCredentialsArePlanned(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true}}})
	certificate, key := sb.ClientCertificatePEM(), sb.ClientPrivateKeyPEM()
	block, _ := pem.Decode([]byte(certificate))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := keyPair(t, "other")
	rubbish := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("rubbish")}))
	}
	own := func(key any) map[string]any {
		return map[string]any{"client_certificate_pem": certificate, "private_key_pem": key}
	}
	for name, c := range map[string]struct {
		at       time.Time
		client   map[string]any
		provider map[string]any
		want     []string
	}{
		"good":                       {client: own(key)},
		"not known":                  {client: own(acctest.Unknown{})},
		"write-only and not known":   {client: map[string]any{"client_certificate_pem": certificate, "private_key_pem_wo": acctest.Unknown{}}},
		"the clock is behind":        {client: own(key), at: leaf.NotBefore.Add(-10 * time.Minute)},
		"the clock is ahead":         {client: own(key), at: leaf.NotAfter.Add(10 * time.Minute)},
		"expired":                    {client: own(key), at: leaf.NotAfter.Add(time.Hour), want: []string{this + ".client_certificate_pem: The client certificate or its key cannot be used", "expired on", "Nothing was sent"}},
		"not yet valid":              {client: own(key), at: leaf.NotBefore.Add(-time.Hour), want: []string{this + ".client_certificate_pem:", "is not valid before"}},
		"another key":                {client: own(other), want: []string{this + ".private_key_pem:", "does not belong to client_certificate_pem"}},
		"another key, write-only":    {client: map[string]any{"client_certificate_pem": certificate, "private_key_pem_wo": other}, want: []string{this + ".private_key_pem_wo:", "does not belong to client_certificate_pem"}},
		"an unreadable key":          {client: own(rubbish("PRIVATE KEY")), want: []string{this + ".private_key_pem:", "is not an unencrypted private key"}},
		"an unreadable authority":    {client: map[string]any{"ca_certificates_pem": rubbish("CERTIFICATE")}, want: []string{this + ".ca_certificates_pem: The CA certificates cannot be used"}},
		"the provider's, of another": {provider: map[string]any{"client_certificate_pem": certificate, "private_key_pem": other}, want: []string{"registration.private_key_pem does not belong"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws := acctest.NewWorkspace(t, sb, nil)
			if !c.at.IsZero() {
				ws.At(func() time.Time { return c.at })
			}
			registration := map[string]any{"ca_certificates_pem": sb.CACertificatesPEM()}
			for name, value := range c.provider {
				registration[name] = value
			}
			ws.With("registration", registration)
			config := map[string]any{"issuer": sb.Info().AuthorizationServers[0].Issuer, "redirect_uris": []string{callback}}
			for name, value := range c.client {
				config[name] = value
			}
			ws.Set(this, config)
			r := ws.Plan()
			if len(c.want) == 0 && len(r.Errors) > 0 || len(c.want) > 0 && (len(r.Errors) != 1 || len(r.Warnings) > 0 || !acctest.Words(c.want...).MatchString(r.Errors[0])) {
				t.Errorf("the plan says %q, %q", r.Errors, r.Warnings)
			}
		})
	}
}

// TestCredentialsOfAnUpdate: only an update that sends something needs its credentials.
func TestCredentialsOfAnUpdate(t *testing.T) {
	t.Parallel()
	sb, ws, configure := plainClient(t, sandbox.Temper{}, nil)
	other, _ := keyPair(t, "other")
	bad := map[string]any{"client_certificate_pem": sb.ClientCertificatePEM(), "private_key_pem": other}
	configure(bad)
	if r := ws.Plan(); len(r.Errors) > 0 {
		t.Errorf("a plan that sends nothing says %q", r.Errors)
	}
	bad["client_name"] = "Other"
	configure(bad)
	if r := ws.Plan(); len(r.Errors) != 1 || !acctest.Words(this+".private_key_pem:", "to update the client").MatchString(r.Errors[0]) {
		t.Errorf("the plan says %q", r.Errors)
	}
}
