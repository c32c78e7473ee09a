package sandbox_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// reply is what a test looks at.
type reply struct {
	status int
	header http.Header
	text   string
}

func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(r.text), &object); err != nil {
		t.Fatalf("status %d, not a JSON object: %v", r.status, err)
	}
	return object
}

func (r reply) list(t *testing.T) []any {
	t.Helper()
	var list []any
	if err := json.Unmarshal([]byte(r.text), &list); err != nil {
		t.Fatalf("status %d, not a JSON array: %v", r.status, err)
	}
	return list
}

func str(t *testing.T, object map[string]any, name string) string {
	t.Helper()
	text, ok := object[name].(string)
	if !ok {
		t.Fatalf("%s is not a string in an object of %d members", name, len(object))
	}
	return text
}

// world is a sandbox with a client that speaks to it over real TLS.
type world struct {
	*sandbox.Sandbox
	t    *testing.T
	info sandbox.Info
	http *http.Client
}

func start(t *testing.T, options sandbox.Options) *world {
	t.Helper()
	sb, err := sandbox.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	return attach(t, sb)
}

func attach(t *testing.T, sb *sandbox.Sandbox) *world {
	t.Helper()
	w := &world{Sandbox: sb, t: t, info: sb.Info()}
	w.http = w.client(sb.ClientCertificatePEM(), sb.ClientPrivateKeyPEM())
	return w
}

// client makes an HTTP client; without a certificate it presents none.
func (w *world) client(certificatePEM, keyPEM string) *http.Client {
	w.t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(w.CACertificatesPEM())) {
		w.t.Fatal("no CA certificate")
	}
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if certificatePEM != "" {
		pair, err := tls.X509KeyPair([]byte(certificatePEM), []byte(keyPEM))
		if err != nil {
			w.t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: config}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask is one request; body may be nil, text or something to write as JSON.
type ask struct {
	method, url, token string
	body               any
	header             map[string]string
	client             *http.Client
}

func (w *world) try(a ask) (reply, error) {
	w.t.Helper()
	var body io.Reader
	contentType := ""
	switch value := a.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(value)
	case url.Values:
		body, contentType = strings.NewReader(value.Encode()), "application/x-www-form-urlencoded"
	default:
		data, err := json.Marshal(value)
		if err != nil {
			w.t.Fatal(err)
		}
		body, contentType = bytes.NewReader(data), "application/json"
	}
	request, err := http.NewRequestWithContext(w.t.Context(), a.method, a.url, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	for name, value := range a.header {
		request.Header.Set(name, value)
	}
	client := a.client
	if client == nil {
		client = w.http
	}
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, header: response.Header, text: string(data)}, err
}

// want asks and insists on a status.
func (w *world) want(status int, a ask) reply {
	w.t.Helper()
	got, err := w.try(a)
	if err != nil {
		w.t.Fatalf("%s %s: %v", a.method, a.url, err)
	}
	if got.status != status {
		w.t.Fatalf("%s %s: status %d instead of %d: %.400s", a.method, a.url, got.status, status, got.text)
	}
	return got
}

// api is a directory URL below the organisation.
func (w *world) api(parts ...string) string {
	return w.info.APIURL + "/organisations/" + w.info.OrganisationID + "/" + strings.Join(parts, "/")
}

func applicationBody() map[string]any {
	return map[string]any{
		"ClientName": "Aurora", "Version": 1.5, "LogoUri": "https://logos.example/a.png",
		"RedirectUri": []string{"https://app.example/cb", "https://app.example/cb2"},
		"Roles":       []any{map[string]any{"AuthorisationDomain": "Open Banking Brasil ", "Role": "DADOS", "Status": "Active"}},
	}
}

// application creates one and returns its id.
func (w *world) application() string {
	w.t.Helper()
	created := w.want(201, ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: applicationBody()})
	return str(w.t, created.object(w.t), "SoftwareStatementId")
}

func (w *world) statement(id string) string {
	w.t.Helper()
	return w.want(200, ask{method: "GET", url: w.api("softwarestatements", id, "assertion"), token: w.info.AccessToken}).text
}

// signingRequest makes a CSR for an application; edit may spoil it.
func (w *world) signingRequest(id string, key crypto.Signer, edit func(*x509.CertificateRequest)) string {
	w.t.Helper()
	template := &x509.CertificateRequest{Subject: pkix.Name{
		CommonName: id, OrganizationalUnit: []string{w.info.OrganisationID}, Organization: []string{"Aurora"}, Country: []string{"BR"},
	}}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keyPEM(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func pemHeader() map[string]string {
	return map[string]string{"Content-Type": "application/x-pem-file"}
}

// certificate uploads a CSR and returns the JWK and a client that uses the certificate.
func (w *world) certificate(id string) (map[string]any, *http.Client) {
	w.t.Helper()
	key := newKey(w.t)
	made := w.want(201, ask{
		method: "POST", url: w.api("softwarestatements", id, "certificates", "rtstransport"), token: w.info.AccessToken,
		body: w.signingRequest(id, key, nil), header: pemHeader(),
	}).object(w.t)
	chain, ok := made["x5c"].([]any)
	if !ok || len(chain) != 1 {
		w.t.Fatalf("x5c: %v", made["x5c"])
	}
	leaf, ok := chain[0].(string)
	if !ok {
		w.t.Fatal("x5c[0] is not a string")
	}
	return made, w.client("-----BEGIN CERTIFICATE-----\n"+leaf+"\n-----END CERTIFICATE-----\n", keyPEM(w.t, key))
}

// metadata is a registration request that the default servers take.
func (w *world) metadata(statement string) map[string]any {
	return map[string]any{
		"redirect_uris": []string{"https://app.example/cb"}, "grant_types": []string{"authorization_code", "client_credentials"},
		"token_endpoint_auth_method": "client_secret_basic", "software_statement": statement,
	}
}

// register registers a new application at the first server.
func (w *world) register() map[string]any {
	w.t.Helper()
	statement := w.statement(w.application())
	return w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: w.metadata(statement)}).object(w.t)
}

func tempered(temper sandbox.Temper) sandbox.Options {
	return sandbox.Options{Servers: []sandbox.Temper{temper}}
}
