package sandbox_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestCertificateLife(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	made, own := w.certificate(id)
	chain, _ := made["x5c"].([]any)
	leaf, _ := chain[0].(string)
	der, err := base64.StdEncoding.DecodeString(leaf)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	kid := str(t, made, "kid")
	if kid != base64.RawURLEncoding.EncodeToString(sum[:]) || made["x5thashS256"] != kid {
		t.Error("kid is not the SHA-256 of the certificate")
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if validity := parsed.NotAfter.Sub(parsed.NotBefore); validity < 395*24*time.Hour || validity > 396*24*time.Hour {
		t.Errorf("valid for %v", validity)
	}
	if _, err := time.Parse("Mon Jan 02 15:04:05 UTC 2006", str(t, made, "ExpiryDateTime")); err != nil {
		t.Error(err)
	}
	one := ask{method: "GET", url: w.api("softwarestatements", id, "certificates", "rtstransport", kid), token: w.info.AccessToken}
	if _, err := time.Parse("2006-01-02 15:04:05.0", str(t, w.want(200, one).object(t), "ExpiryDateTime")); err != nil {
		t.Error(err)
	}
	keystore := w.info.KeystoreURL + "/" + w.info.OrganisationID + "/" + id
	public := w.client("", "")
	if text := w.want(200, ask{method: "GET", url: keystore + "/transport.jwks", client: public}).text; !strings.Contains(text, kid) {
		t.Error("the keystore does not publish the certificate")
	}
	if text := w.want(200, ask{method: "GET", url: str(t, made, "x5u"), client: public}).text; !strings.HasPrefix(text, "-----BEGIN CERTIFICATE") {
		t.Error("x5u is not PEM")
	}
	w.want(200, ask{method: "GET", url: w.api("softwarestatements"), token: w.info.AccessToken, client: own})
	one.method, one.body = "PUT", map[string]any{"RevokeReason": "boredom"}
	w.want(400, one)
	one.body = map[string]any{"RevokeReason": "superseded"}
	w.want(204, one)
	w.want(400, one)
	w.want(401, ask{method: "GET", url: w.api("softwarestatements"), token: w.info.AccessToken, client: own})
	if text := w.want(200, ask{method: "GET", url: keystore + "/inactive/transport.jwks", client: public}).text; !strings.Contains(text, kid) {
		t.Error("the revoked certificate is not among the inactive ones")
	}
	list := w.want(200, ask{method: "GET", url: w.api("softwarestatements", id, "certificates"), token: w.info.AccessToken}).list(t)
	if view, _ := list[0].(map[string]any); view["Status"] != "Inactive" || view["RevokedDateTime"] == nil {
		t.Errorf("the list shows %v", view["Status"])
	}
}

func extension(oid asn1.ObjectIdentifier, value any) pkix.Extension {
	der, err := asn1.Marshal(value)
	if err != nil {
		panic(err)
	}
	return pkix.Extension{Id: oid, Value: der}
}

func TestSigningRequestRules(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	strong := newKey(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // Weak on purpose.
	if err != nil {
		t.Fatal(err)
	}
	type constraints struct{ IsCA bool }
	for name, test := range map[string]struct {
		key    crypto.Signer
		edit   func(*x509.CertificateRequest)
		wanted string
	}{
		"weak key":          {key: weak, wanted: "2048"},
		"CN":                {edit: func(r *x509.CertificateRequest) { r.Subject.CommonName = "other" }, wanted: "CN has to be"},
		"OU":                {edit: func(r *x509.CertificateRequest) { r.Subject.OrganizationalUnit = nil }, wanted: "OU has to be"},
		"O":                 {edit: func(r *x509.CertificateRequest) { r.Subject.Organization = nil }, wanted: "O must not"},
		"C":                 {edit: func(r *x509.CertificateRequest) { r.Subject.Country = []string{"Brazil"} }, wanted: "C has to be"},
		"CA":                {edit: with(extension(asn1.ObjectIdentifier{2, 5, 29, 19}, constraints{true})), wanted: "CA:TRUE"},
		"keyCertSign":       {edit: with(extension(asn1.ObjectIdentifier{2, 5, 29, 15}, asn1.BitString{Bytes: []byte{0x04}, BitLength: 6})), wanted: "keyCertSign"},
		"unknown extension": {edit: with(extension(asn1.ObjectIdentifier{1, 2, 3, 4}, "x")), wanted: "1.2.3.4"},
	} {
		key := test.key
		if key == nil {
			key = strong
		}
		body := w.signingRequest(id, key, test.edit)
		got := w.want(400, ask{
			method: "POST", url: w.api("softwarestatements", id, "certificates", "rtstransport"), token: w.info.AccessToken, body: body, header: pemHeader(),
		})
		if broken, _ := got.object(t)["errors"].([]any); len(broken) != 1 || !strings.Contains(got.text, test.wanted) {
			t.Errorf("%s: %s", name, got.text)
		}
	}
	upload := ask{method: "POST", url: w.api("softwarestatements", id, "certificates", "rtstransport"), token: w.info.AccessToken}
	upload.body, upload.header = w.signingRequest(id, strong, nil), map[string]string{"Content-Type": "application/json"}
	w.want(415, upload)
	upload.body, upload.header = spoil(t, w.signingRequest(id, strong, nil)), pemHeader()
	if text := w.want(400, upload).text; !strings.Contains(text, "signature of the request") {
		t.Error(text)
	}
	upload.body = "hello"
	w.want(400, upload)
	upload.url = w.api("softwarestatements", id, "certificates", "qwac")
	w.want(400, upload)
	if held := w.Directory().Certificates(id); len(held) != 0 {
		t.Errorf("%d certificates came of refused requests", len(held))
	}
}

func with(extension pkix.Extension) func(*x509.CertificateRequest) {
	return func(r *x509.CertificateRequest) { r.ExtraExtensions = append(r.ExtraExtensions, extension) }
}

// spoil breaks the signature at the end of a CSR.
func spoil(t *testing.T, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	block.Bytes[len(block.Bytes)-1] ^= 1
	return string(pem.EncodeToMemory(block))
}

func TestBrazilianProfile(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	upload := ask{method: "POST", url: w.api("softwarestatements", id, "certificates", "brcac_2022"), token: w.info.AccessToken, header: pemHeader()}
	upload.body = w.brazilianRequest(id, newKey(t), nil)
	if made := w.want(201, upload).object(t); made["keyType"] != "brcac_2022" || made["use"] != "enc" {
		t.Errorf("%v %v", made["keyType"], made["use"])
	}
	// All that the directory has of the organisation is repeated to the letter; the rest is there.
	extra := func(i int, value string) func(*pkix.Name) {
		return func(n *pkix.Name) { n.ExtraNames[i].Value = value }
	}
	for says, spoil := range map[string]func(*pkix.Name){
		"businessCategory must not be empty":                             extra(0, " "),
		"jurisdictionCountryName has to be the CountryOfRegistration BR": extra(1, "UK"),
		"organizationIdentifier has to be OFBBR-":                        extra(2, "NTRBR-1"),
		"UID has to be the SoftwareStatementId":                          extra(3, "another"),
		"serialNumber has to be the RegistrationNumber 43142666000197":   func(n *pkix.Name) { n.SerialNumber = "1" },
		"O has to be the OrganisationName Aurora Pagamentos S.A.":        func(n *pkix.Name) { n.Organization = []string{"Aurora"} },
		"L has to be the City São Paulo":                                 func(n *pkix.Name) { n.Locality = []string{"Sao Paulo"} },
		"ST must not be empty":                                           func(n *pkix.Name) { n.Province = nil },
		"CN must not be empty":                                           func(n *pkix.Name) { n.CommonName = "" },
		"C has to be BR":                                                 func(n *pkix.Name) { n.Country = []string{"UK"} },
	} {
		upload.body = w.brazilianRequest(id, newKey(t), spoil)
		if errors, _ := w.want(400, upload).object(t)["errors"].([]any); len(errors) != 1 || !strings.Contains(fmt.Sprint(errors[0]), says) {
			t.Errorf("%v, want %s", errors, says)
		}
	}
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	id := w.application()
	der, err := x509.MarshalPKIXPublicKey(newKey(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	upload := ask{method: "POST", url: w.api("softwarestatements", id, "certificates", "sigkey"), token: w.info.AccessToken, header: pemHeader()}
	upload.body = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	made := w.want(201, upload).object(t)
	if made["use"] != "sig" || made["x5c"] != nil || made["kty"] != "EC" {
		t.Errorf("%v %v %v", made["use"], made["x5c"], made["kty"])
	}
	w.want(400, upload)
	jwks := w.info.KeystoreURL + "/" + w.info.OrganisationID + "/" + id + "/application.jwks"
	if text := w.want(200, ask{method: "GET", url: jwks}).text; !strings.Contains(text, str(t, made, "kid")) || strings.Contains(text, `"alg"`) {
		t.Errorf("keystore: %s", text)
	}
}

func TestClientCertificatesAtTheDoor(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	now := time.Now()
	for name, test := range map[string]struct {
		request sandbox.CertificateRequest
		enters  bool
	}{
		"good":          {enters: true},
		"rsa":           {request: sandbox.CertificateRequest{RSA: true, UserID: "x"}, enters: true},
		"expired":       {request: sandbox.CertificateRequest{NotBefore: now.Add(-2 * time.Hour), NotAfter: now.Add(-time.Hour)}},
		"not yet valid": {request: sandbox.CertificateRequest{NotBefore: now.Add(time.Hour)}},
		"foreign":       {request: sandbox.CertificateRequest{ForeignAuthority: true}},
	} {
		certificate, key, err := w.IssueCertificate(test.request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.try(ask{method: "GET", url: w.api("softwarestatements"), token: w.info.AccessToken, client: w.client(certificate, key)})
		if entered := err == nil && got.status == 200; entered != test.enters {
			t.Errorf("%s: %d, %v", name, got.status, err)
		}
	}
	if _, err := w.try(ask{method: "GET", url: w.api("softwarestatements"), token: w.info.AccessToken, client: w.client("", "")}); err == nil {
		t.Error("the API lets clients without a certificate in")
	}
}
