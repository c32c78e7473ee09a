package rest_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// TestClockThatIsOff: the certificate is the server's to judge while only this machine's clock may be wrong.
func TestClockThatIsOff(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for _, bounds := range [][2]time.Duration{{10 * time.Minute, time.Hour}, {-time.Hour, -10 * time.Minute}} {
		cert, key := ca.client(bounds[0], bounds[1])
		if _, err := rest.NewPool(rest.Options{}).Client(rest.Identity{CertificatePEM: cert, PrivateKeyPEM: key}); err != nil {
			t.Error(err)
		}
	}
}

func TestIdentityErrors(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.client(-time.Hour, time.Hour)
	_, otherKey := ca.client(-time.Hour, time.Hour)
	old, oldKey := ca.client(-2*time.Hour, -time.Hour)
	future, futureKey := ca.client(time.Hour, 2*time.Hour)
	const certField, keyField, caField = "client_certificate_pem", "private_key_pem", "ca_certificates_pem"
	cases := map[string]struct {
		identity      rest.Identity
		field, reason string
	}{
		"expired":               {rest.Identity{CertificatePEM: old, PrivateKeyPEM: oldKey}, certField, "expired on 2"},
		"not yet valid":         {rest.Identity{CertificatePEM: future, PrivateKeyPEM: futureKey}, certField, "is not valid before 2"},
		"mismatch":              {rest.Identity{CertificatePEM: cert, PrivateKeyPEM: otherKey}, keyField, "does not belong to client_certificate_pem"},
		"no certificate":        {rest.Identity{PrivateKeyPEM: key}, certField, "is missing"},
		"no key":                {rest.Identity{CertificatePEM: cert}, keyField, "is missing"},
		"certificate not PEM":   {rest.Identity{CertificatePEM: "MIIB", PrivateKeyPEM: key}, certField, "holds no certificate in PEM form"},
		"certificate is a key":  {rest.Identity{CertificatePEM: key.Reveal(), PrivateKeyPEM: key}, certField, "holds no certificate in PEM form"},
		"certificate malformed": {rest.Identity{CertificatePEM: encode("CERTIFICATE", []byte("junk")), PrivateKeyPEM: key}, certField, "cannot be read"},
		"key not PEM":           {rest.Identity{CertificatePEM: cert, PrivateKeyPEM: "MIIB-not-a-key"}, keyField, "is not an unencrypted private key"},
		"key malformed":         {rest.Identity{CertificatePEM: cert, PrivateKeyPEM: rest.Secret(encode("PRIVATE KEY", []byte("junk-key")))}, keyField, "is not an unencrypted private key"},
		"key encrypted":         {rest.Identity{CertificatePEM: cert, PrivateKeyPEM: rest.Secret(encode("ENCRYPTED PRIVATE KEY", []byte("x")))}, keyField, "is not an unencrypted private key"},
		"key is a certificate":  {rest.Identity{CertificatePEM: cert, PrivateKeyPEM: rest.Secret(cert)}, keyField, "is not an unencrypted private key"},
		"authorities not PEM":   {rest.Identity{CACertificatesPEM: "none"}, caField, "holds no certificate"},
		"authorities malformed": {rest.Identity{CACertificatesPEM: encode("CERTIFICATE", []byte("junk"))}, caField, "holds no certificate"},
		"authorities are a key": {rest.Identity{CACertificatesPEM: key.Reveal()}, caField, "holds no certificate"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rest.NewPool(rest.Options{}).Client(c.identity)
			failure := as[*rest.IdentityError](t, err)
			if failure.Field != c.field || !strings.HasPrefix(failure.Reason, c.reason) {
				t.Errorf("%q %q, want %q %q…", failure.Field, failure.Reason, c.field, c.reason)
			}
			for _, line := range strings.Split(c.identity.PrivateKeyPEM.Reveal(), "\n") {
				if len(line) > 4 && !strings.HasPrefix(line, "---") && strings.Contains(err.Error(), line) {
					t.Errorf("the error quotes the key: %v", err)
				}
			}
		})
	}
}

func TestIdentityValidityFollowsTheClock(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.client(-time.Hour, time.Hour)
	identity := rest.Identity{CertificatePEM: cert, PrivateKeyPEM: key}
	for offset, valid := range map[time.Duration]bool{-2 * time.Hour: false, 0: true, 2 * time.Hour: false} {
		_, err := rest.NewPool(rest.Options{Now: func() time.Time { return time.Now().Add(offset) }}).Client(identity)
		if (err == nil) != valid {
			t.Errorf("at %v: %v", offset, err)
		}
	}
}

func TestIdentityIsPresented(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var seen atomic.Value
	server := ca.serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen.Store(len(r.TLS.PeerCertificates) == 1 && r.TLS.PeerCertificates[0].Subject.CommonName == "client")
	}), requireCertificate)
	cert, key := ca.client(-time.Hour, time.Hour)
	client := connect(t, rest.Options{}, rest.Identity{CertificatePEM: cert, PrivateKeyPEM: key, CACertificatesPEM: ca.pem()})
	_, err := client.Do(bounded(t), rest.Request{Method: http.MethodGet, URL: server.URL})
	must(t, err)
	if seen.Load() != true {
		t.Error("the server did not see the client certificate")
	}
	if !client.HasCertificate() || ca.trusting(rest.Options{}).HasCertificate() {
		t.Error("HasCertificate does not say whether the identity has one")
	}
}
