package directory

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	certificatesURL = appURL + "/certificates"
	transportURL    = certificatesURL + "/rtstransport"
)

func today() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// holder is an application's key, its request, and certificates for it.
type holder struct {
	t   *testing.T
	key *ecdsa.PrivateKey
	csr string
}

func newHolder(t *testing.T) holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: appID}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return holder{t, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))}
}

// issue makes a certificate for the key that starts at a time and lasts a day.
func (h holder) issue(from time.Time) *x509.Certificate {
	h.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(from.Unix()), Subject: pkix.Name{CommonName: appID}, NotBefore: from, NotAfter: from.Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, h.key.Public(), h.key)
	if err != nil {
		h.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		h.t.Fatal(err)
	}
	return certificate
}

func chainPEM(certificate *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: certificate.Raw}))
}

// entry is what the directory says about a certificate, with its two kinds of dates.
func entry(t *testing.T, certificate *x509.Certificate, change map[string]any) string {
	t.Helper()
	members := map[string]any{
		"kid": thumbprint(certificate), "keyType": "rtstransport", "Status": "Active", "kty": "EC", "use": "sig",
		"ValidFromDateTime": "Wed Feb 16 19:35:00 UTC 2022", "ExpiryDateTime": "2022-02-16 19:35:00.0",
		"x5c": []string{base64.StdEncoding.EncodeToString(certificate.Raw)}, "x5u": "https://keystore.example/x.pem",
	}
	for name, value := range change {
		members[name] = value
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (f *fake) clientAt(now time.Time) *Client {
	options := f.options()
	options.Now = func() time.Time { return now }
	return New(options)
}

func TestCreateCertificate(t *testing.T) {
	t.Parallel()
	h := newHolder(t)
	leaf, issuer := h.issue(today()), h.issue(today().Add(-time.Hour))
	chain := map[string]any{"x5c": []string{
		base64.StdEncoding.EncodeToString(leaf.Raw)[:40] + "\r\n" + base64.StdEncoding.EncodeToString(leaf.Raw)[40:],
		base64.StdEncoding.EncodeToString(issuer.Raw),
	}}
	full := reply{status: 200, body: entry(t, leaf, nil), contentType: "application/jwk+json"}
	tests := []struct {
		name   string
		answer reply
		chain  int
		gets   int
	}{
		{"JWK", reply{status: created, body: entry(t, leaf, nil), contentType: "application/jwk+json"}, 1, 0},
		{"JWK with a chain", reply{status: created, body: entry(t, leaf, chain)}, 2, 0},
		{"JWK without kid and type", reply{status: created, body: entry(t, leaf, map[string]any{"kid": nil, "keyType": nil})}, 1, 0},
		{"PEM", reply{status: created, body: chainPEM(leaf) + chainPEM(issuer), contentType: "application/x-pem-file"}, 2, 0},
		{"kid only", reply{status: created, body: `{"kid":"` + thumbprint(leaf) + `","keyType":"rtstransport"}`}, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"POST " + transportURL: {test.answer}, "GET " + certificatesURL: {{status: 200, body: "[]"}}, "GET " + transportURL + "/" + thumbprint(leaf): {full}})
			certificate, err := f.clientAt(today()).CreateCertificate(t.Context(), appID, "rtstransport", h.csr)
			if err != nil {
				t.Fatal(err)
			}
			if certificate.Leaf == nil || !certificate.Leaf.Equal(leaf) || certificate.KeyID != thumbprint(leaf) || certificate.Type != "rtstransport" || !certificate.Active() {
				t.Errorf("certificate is %+v", certificate)
			}
			if len(certificate.ChainPEM) != test.chain || certificate.ChainPEM[0] != chainPEM(leaf) {
				t.Errorf("chain has %d parts, want %d with the leaf first", len(certificate.ChainPEM), test.chain)
			}
			sent := f.sent(http.MethodPost)
			if len(sent) != 1 || sent[0].body != h.csr || sent[0].header.Get("Content-Type") != "application/x-pem-file" {
				t.Errorf("the request must go once, raw, as PEM: %+v", sent)
			}
			if gets := len(f.sent(http.MethodGet)) - 1; gets != test.gets {
				t.Errorf("%d reads beside the list before, want %d", gets, test.gets)
			}
		})
	}
}

func TestCreateCertificateWhenTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	h, other := newHolder(t), newHolder(t)
	now := today()
	mine, old, foreign := h.issue(now.Add(-time.Minute)), h.issue(now.Add(-48*time.Hour)), other.issue(now)
	listing := func(entries ...string) reply { return reply{status: 200, body: "[" + strings.Join(entries, ",") + "]"} }
	drop := reply{drop: true}
	tests := []struct {
		name string
		post reply
		list reply
		want string
	}{
		{"found by its key", drop, listing(entry(t, foreign, nil), entry(t, old, nil), entry(t, mine, nil)), ""},
		{"found after a gateway error", reply{status: 504}, listing(entry(t, mine, nil)), ""},
		{"found after an unreadable answer", reply{status: created, body: "{}"}, listing(entry(t, mine, nil)), ""},
		{"only the old one with that key", drop, listing(entry(t, old, nil)), "ambiguous"},
		{"only of another type", drop, listing(entry(t, mine, map[string]any{"keyType": "rtssigning"})), "ambiguous"},
		{"only revoked", drop, listing(entry(t, mine, map[string]any{"Status": "Inactive"})), "ambiguous"},
		{"two that fit", drop, listing(entry(t, mine, nil), entry(t, h.issue(now), nil)), "ambiguous"},
		{"none", drop, listing(), "ambiguous"},
		{"cannot look", drop, reply{status: 403}, "ambiguous"},
		{"the old one and the new", drop, listing(entry(t, old, nil), entry(t, mine, nil)), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"POST " + transportURL: {test.post}, "GET " + certificatesURL: {listing(entry(t, old, nil)), test.list}})
			certificate, err := f.clientAt(now).CreateCertificate(t.Context(), appID, "rtstransport", h.csr)
			if got := kind(err); got != test.want {
				t.Fatalf("CreateCertificate = %v, want %q", err, test.want)
			}
			if err == nil && certificate.KeyID != thumbprint(mine) {
				t.Error("another certificate was taken for the new one")
			}
			if posts := len(f.sent(http.MethodPost)); posts != 1 {
				t.Errorf("%d POSTs, a creation is sent once", posts)
			}
		})
	}
}

// TestIssuedOnTheFirstPage: what is found on the first page needs no other, which may not be there to read.
func TestIssuedOnTheFirstPage(t *testing.T) {
	t.Parallel()
	h := newHolder(t)
	mine := h.issue(today())
	f := newFake(t, routes{
		"POST " + transportURL:               {{drop: true}},
		"GET " + certificatesURL:             {{status: 200, body: "[" + entry(t, mine, nil) + "]"}},
		"GET " + certificatesURL + "?page=1": {{status: 404}},
	})
	if certificate, err := f.clientAt(today()).IssueCertificate(t.Context(), appID, "rtstransport", h.csr); err != nil || certificate.KeyID != thumbprint(mine) {
		t.Errorf("the certificate that was issued is not found: %v", err)
	}
}

// TestInterruptedCreation: what became of a creation is found out after an interrupt as well.
func TestInterruptedCreation(t *testing.T) {
	t.Parallel()
	h := newHolder(t)
	now := today()
	mine := h.issue(now)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lost := reply{drop: true, meanwhile: cancel}
	f := newFake(t, routes{
		"POST " + transportURL: {lost}, "GET " + certificatesURL: {{status: 200, body: "[]"}, {status: 200, body: "[" + entry(t, mine, nil) + "]"}},
		"POST " + rolesURL: {lost}, "GET " + rolesURL: {roleList(), roleList(claim("a", "DADOS", "Active"))},
	})
	if certificate, err := f.clientAt(now).CreateCertificate(ctx, appID, "rtstransport", h.csr); err != nil || certificate.KeyID != thumbprint(mine) {
		t.Errorf("the certificate that was issued is not found: %v", err)
	}
	again, cancelAgain := context.WithCancel(t.Context())
	defer cancelAgain()
	f.routes["POST "+rolesURL][0].meanwhile = cancelAgain
	if role, err := f.client().AddRole(again, appID, Role{AuthorisationDomain: brasil, Role: "DADOS"}); err != nil || role.ClaimID != "a" {
		t.Errorf("the role that was added is not found: %v", err)
	}
}

func TestCreateCertificateRefused(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{400: "400", 403: "403", 404: "gone", 422: "422"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"POST " + transportURL: {{status: status, body: `{"errors":["CN does not match"]}`}}, "GET " + certificatesURL: {{status: 200, body: "[]"}}})
			if _, err := f.client().CreateCertificate(t.Context(), appID, "rtstransport", "not PEM"); kind(err) != want {
				t.Errorf("CreateCertificate = %v, want %s", err, want)
			}
		})
	}
}

func TestUploadedKeysAndCertificatesAreFoundAgain(t *testing.T) {
	t.Parallel()
	h := newHolder(t)
	der, err := x509.MarshalPKIXPublicKey(h.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	bare, err := json.Marshal(jose.JSONWebKey{Key: h.key.Public(), KeyID: "bare", Use: "enc"})
	if err != nil {
		t.Fatal(err)
	}
	old := h.issue(today().Add(-48 * time.Hour))
	for name, test := range map[string]struct{ kind, upload, listed, keyID string }{
		"public key":             {"enckey", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), strings.Replace(string(bare), "{", `{"keyType":"enckey","Status":"Active",`, 1), "bare"},
		"accredited authority's": {"brcac_ext", chainPEM(old), entry(t, old, map[string]any{"keyType": "brcac_ext"}), thumbprint(old)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"POST " + certificatesURL + "/" + test.kind: {{drop: true}}, "GET " + certificatesURL: {{status: 200, body: "[]"}, {status: 200, body: "[" + test.listed + "]"}}})
			certificate, err := f.clientAt(today()).CreateCertificate(t.Context(), appID, test.kind, test.upload)
			if err != nil || certificate.KeyID != test.keyID || !sameKey(certificate.PublicKey(), h.key.Public()) {
				t.Errorf("CreateCertificate = %+v, %v", certificate, err)
			}
		})
	}
}

func TestCertificatesInEveryKindOfList(t *testing.T) {
	t.Parallel()
	certificate := newHolder(t).issue(today())
	one := entry(t, certificate, nil)
	broken := `{"kid":"k","keyType":"rtstransport","Status":"Active","x5c":["!"],"SoftwareStatementIds":7}`
	for name, replies := range map[string]routes{
		"array":   {"GET " + certificatesURL: {{status: 200, body: "[" + one + "," + broken + "]"}}},
		"JWK set": {"GET " + certificatesURL: {{status: 200, body: `{"keys":[` + one + "," + broken + "]}", contentType: "application/jwk-set+json"}}},
		"pages": {
			"GET " + certificatesURL:             {{status: 200, body: `{"content":[` + one + `],"totalPages":2,"pageNumber":0}`}},
			"GET " + certificatesURL + "?page=1": {{status: 200, body: `{"content":[` + broken + `],"totalPages":2,"pageNumber":1}`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificates, err := newFake(t, replies).client().Certificates(t.Context(), appID)
			if err != nil || len(certificates) != 2 {
				t.Fatalf("Certificates = %+v, %v", certificates, err)
			}
			if !certificates[0].Leaf.Equal(certificate) || certificates[1].KeyID != "k" || certificates[1].Leaf != nil || certificates[1].PublicKey() != crypto.PublicKey(nil) {
				t.Errorf("certificates are %+v", certificates)
			}
		})
	}
}

func TestRevokeCertificate(t *testing.T) {
	t.Parallel()
	h := newHolder(t)
	valid, expired := h.issue(today().Add(-time.Hour)), h.issue(today().Add(-48*time.Hour))
	tests := []struct {
		name string
		put  reply
		read []reply
		want string
	}{
		{"yes", reply{status: 204}, nil, ""},
		{"revoked before", reply{status: 400}, []reply{{status: 200, body: entry(t, valid, map[string]any{"Status": "Inactive"})}}, ""},
		{"revoked before, by date", reply{status: 400}, []reply{{status: 200, body: entry(t, valid, map[string]any{"RevokedDateTime": "2026-05-01 00:00:00.0"})}}, ""},
		{"expired", reply{status: 400}, []reply{{status: 200, body: entry(t, expired, nil)}}, ""},
		{"not there", reply{status: 404}, []reply{{status: 404}}, ""},
		{"of another type", reply{status: 404}, []reply{{status: 404}, {status: 200, body: "[" + entry(t, valid, map[string]any{"kid": "kid"}) + "]"}}, "404"},
		{"answer lost, revoked", reply{drop: true}, []reply{{status: 200, body: entry(t, valid, map[string]any{"Status": "Inactive"})}}, ""},
		{"refused", reply{status: 403}, []reply{{status: 200, body: entry(t, valid, nil)}}, "403"},
		{"cannot look", reply{status: 400}, []reply{{status: 500}}, "400"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			held := []reply{{status: 200, body: "[]"}}
			if len(test.read) > 1 {
				held = test.read[1:]
			}
			f := newFake(t, routes{
				"PUT " + transportURL + "/kid":           {test.put},
				"GET " + transportURL + "/kid":           test.read,
				"GET " + appURL + "/certificates":        held,
				"GET " + appURL + "/certificates?page=1": {{status: 400}}, // It knows no pages.
			})
			err := f.clientAt(today()).RevokeCertificate(t.Context(), appID, "rtstransport", "kid", "")
			if got := kind(err); got != test.want {
				t.Errorf("RevokeCertificate = %v, want %q", err, test.want)
			}
			sameJSON(t, f.sent(http.MethodPut)[0].body, `{"RevokeReason":"unspecified"}`)
		})
	}
}
