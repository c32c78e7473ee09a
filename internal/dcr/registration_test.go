package dcr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestAnswerTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw  string
		want int64
	}{
		{`1700000000`, 1700000000}, {`"1700000000"`, 1700000000}, {`1.7e9`, 1700000000}, {`1700000000.75`, 1700000000},
		{`1700000000123`, 1700000000}, {`"1700000000123"`, 1700000000}, {`0`, 0}, {`"0"`, 0}, {`null`, 0}, {`""`, 0}, {`-1`, 0},
		{`"2023-11-14T22:13:20Z"`, 1700000000}, {`"2023-11-14T23:13:20+01:00"`, 1700000000}, {`"2023-11-14T22:13:20.000+0000"`, 1700000000},
		{`"2023-11-14 22:13:20"`, 1700000000}, {`"1970-01-01T00:00:00Z"`, 0}, {`"soon"`, 0}, {`[]`, 0}, {`{"a":1}`, 0}, {`true`, 0},
		{`1e300`, 0}, {`"NaN"`, 0}, {`"Inf"`, 0}, {`253402300799`, 253402300},
	} {
		t.Run(c.raw, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, always(201, fmt.Sprintf(`{"client_id":"one","client_secret":"s","client_id_issued_at":%s,"client_secret_expires_at":%s}`, c.raw, c.raw)))
			reg, err := b.connect(t).Register(bounded(t), request(t, b))
			succeeds(t, err)
			equal(t, "client_id_issued_at", reg.ClientIDIssuedAt, c.want)
			equal(t, "client_secret_expires_at", reg.ClientSecretExpiresAt, c.want)
			equal(t, "notes", len(reg.Notes), 0)
		})
	}
}

// TestMaskedSecrets: what stands in place of a secret that is not told is no secret.
func TestMaskedSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"********": "", "***": "", "••••••••": "", "s3cr****": "", "****cret": "", "XXXXXXXX": "", "xxx": "", "[REDACTED]": "", "<hidden>": "", "*masked*": "", "se…": "", "": "",
		"s3cr3t": "s3cr3t", "*a*b*c*d": "*a*b*c*d", "**": "**", "xx": "xx", "x-x-x": "x-x-x", "hiddenness": "hiddenness", "***0123456789": "***0123456789",
	} {
		document := dcr.Metadata{}
		document.Set("client_secret", text)
		document.Set("registration_access_token", text)
		reg := dcr.Parse(document)
		equal(t, "client_secret of "+text, reg.ClientSecret.Reveal(), want)
		equal(t, "registration_access_token of "+text, reg.RegistrationAccessToken.Reveal(), want)
	}
}

// TestMaskAtRegistration: nothing would say later why there is no secret, and no token.
func TestMaskAtRegistration(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(201, `{"client_id":"one","client_secret":"********","client_secret_expires_at":0,"registration_access_token":"[REDACTED]"}`))
	reg, err := b.connect(t).Register(bounded(t), request(t, b))
	succeeds(t, err)
	if len(reg.Notes) != 1 || !strings.Contains(reg.Notes[0], "in place of client_secret and registration_access_token") {
		t.Errorf("the notes are %q", reg.Notes)
	}
}

// TestRelativeManagementURI: a client is managed at the server that registered it, also where
// that leaves its own address out.
func TestRelativeManagementURI(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"/connect/register/a%2Fb?x=y": "SERVER/connect/register/a%2Fb?x=y", "?client_id=one": "SERVER/register?client_id=one", "//other.example/reg/one": "https://other.example/reg/one",
		"https://as.example/reg/one": "https://as.example/reg/one", "as.example/reg/one": "as.example/reg/one", "": "", "/\x7f": "/\x7f",
	} {
		document := dcr.Metadata{}
		document.Set("client_id", "one")
		document.Set("registration_access_token", "the-token")
		document.Set("registration_client_uri", given)
		b := newBank(t, always(201, dcr.Canonical(document)))
		reg, err := b.connect(t).Register(bounded(t), request(t, b))
		succeeds(t, err)
		equal(t, given, reg.RegistrationClientURI, strings.Replace(want, "SERVER", b.URL, 1))
		if noted := strings.Contains(strings.Join(reg.Notes, "|"), "is relative"); noted != (reg.RegistrationClientURI != given) {
			t.Errorf("of %q the notes are %q", given, reg.Notes)
		}
	}
}

// TestManagedElsewhereWithoutSecrets: a URL that has the token in it, the new one as well, is told without.
func TestManagedElsewhereWithoutSecrets(t *testing.T) {
	t.Parallel()
	b := newBank(t, always(200, `{"client_id":"one","client_secret":"the-new-secret","client_secret_expires_at":0,"registration_access_token":"the-new-token","registration_client_uri":"https://as.example/one?old=token-of-one&new=the-new-token&s=the-new-secret"}`))
	reg, err := b.connect(t).Read(bounded(t), b.managed())
	succeeds(t, err)
	if notes := strings.Join(reg.Notes, "|"); !strings.Contains(notes, "https://as.example/one?old=") || strings.Contains(notes, "token-of-one") || strings.Contains(notes, "the-new-") {
		t.Errorf("the notes are %q", notes)
	}
}

// TestManagedElsewhere: an answer that names another URL than the one that was asked is told.
func TestManagedElsewhere(t *testing.T) {
	t.Parallel()
	for said, noted := range map[string]bool{
		"": false, "SERVER/clients/one?k=%7e%41&&x=": false, "/clients/one?k=%7e%41&&x=": false, "?k=%7e%41&&x=": false, "HTTPS://127.0.0.1:PORT/clients/one?k=%7e%41&&x=": false,
		"SERVER/clients/one": true, "SERVER/moved/one?k=%7e%41&&x=": true, "https://other.example/clients/one?k=%7e%41&&x=": true, "http://127.0.0.1:PORT/clients/one?k=%7e%41&&x=": true, "no URL\x7f": true,
	} {
		b := newBank(t, func(w http.ResponseWriter, r *http.Request) {
			host := "https://" + r.Host
			_, port, _ := strings.Cut(r.Host, ":")
			document := dcr.Metadata{}
			document.Set("client_id", "one")
			document.Set("registration_client_uri", strings.NewReplacer("SERVER", host, "PORT", port).Replace(said))
			answer(w, 200, dcr.Canonical(document))
		})
		reg, err := b.connect(t).Replace(bounded(t), b.managed(), dcr.Metadata{})
		succeeds(t, err)
		if got := strings.Contains(strings.Join(reg.Notes, "|"), "and not where it was asked"); got != noted {
			t.Errorf("of %q the notes are %q", said, reg.Notes)
		}
	}
}

func TestAnswerOddities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, metadata, note string
	}{
		{"a secret without its expiry", `{"client_id":"one","client_secret":"s"}`, `{}`, "client_secret_expires_at"},
		{"an expiry without a secret", `{"client_id":"one","client_secret_expires_at":0}`, `{}`, ""},
		{"members as arrays", `{"client_id":"one","token_endpoint_auth_method":["none"],"redirect_uris":"https://a/"}`, `{"redirect_uris":"https://a/","token_endpoint_auth_method":["none"]}`, ""},
		{"members nobody knows", `{"client_id":"one","certificate":{"a":2.50},"created_at":"x"}`, `{"certificate":{"a":2.50},"created_at":"x"}`, ""},
		{"nulls", `{"client_id":"one","client_secret":null,"registration_access_token":null,"registration_client_uri":null,"contacts":null}`, `{"contacts":null}`, ""},
		{"an echoed statement", `{"client_id":"one","software_statement":"` + statement + `","scope":"a"}`, `{"scope":"a"}`, ""},
		{"a byte order of members", `{"scope":"a","client_id":"one","client_name":"b"}`, `{"client_name":"b","scope":"a"}`, ""},
		{"space around", "\r\n {\"client_id\":\"one\"} \n", `{}`, ""},
		{"an envelope", `{"data":{"client_id":"one","registration_access_token":"t","registration_client_uri":"https://a/"},"meta":{"version":1}}`, `{}`, "in a member"},
		{"an object within", `{"client_id":"one","owner":{"client_id":"two"}}`, `{"owner":{"client_id":"two"}}`, ""},
		{"a media type of its own", `{"client_id":"one"}`, `{}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, always(201, c.body, "Content-Type", "text/plain"))
			reg, err := b.connect(t).Register(bounded(t), request(t, b))
			succeeds(t, err)
			equal(t, "metadata", dcr.Canonical(reg.Metadata), c.metadata)
			if notes := strings.Join(reg.Notes, "|"); !strings.Contains(notes, c.note) || (notes == "") != (c.note == "") {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
}

// What is an error, or about several clients, is not taken for one client's registration.
func TestNoEnvelope(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"an error about a client": `{"error":"invalid_client_metadata","client":{"client_id":"one"}}`,
		"two clients":             `{"old":{"client_id":"one"},"new":{"client_id":"two"}}`,
		"a list":                  `{"data":[{"client_id":"one"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBank(t, always(201, body))
			reg, err := b.connect(t).Register(bounded(t), request(t, b))
			var ambiguous *dcr.AmbiguousError
			if !errors.As(err, &ambiguous) {
				t.Errorf("%+v, %v", reg, err)
			}
		})
	}
}

// TestNoEnvelopeAroundATwin: an answer that lacks its client_id is no envelope of what it has within,
// which may be another client; the only copy of the token is beside it.
func TestNoEnvelopeAroundATwin(t *testing.T) {
	t.Parallel()
	b := newBank(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			answer(w, 201, `{"registration_access_token":"the-token","registration_client_uri":"https://`+r.Host+`/clients/one","client":{"client_id":"one"}}`)
			return
		}
		answer(w, 200, `{"redirect_uris":["https://a/"],"client_name":null,"software":{"client_id":"two"}}`)
	})
	bank := b.connect(t)
	reg, err := bank.Replace(bounded(t), b.managed(), dcr.Metadata{})
	succeeds(t, err)
	equal(t, "metadata", dcr.Canonical(reg.Metadata), `{"client_name":null,"redirect_uris":["https://a/"],"software":{"client_id":"two"}}`)
	_, err = bank.Register(bounded(t), request(t, b))
	var ambiguous *dcr.AmbiguousError
	if !errors.As(err, &ambiguous) || ambiguous.Partial.RegistrationAccessToken.Reveal() != "the-token" {
		t.Errorf("%v", err)
	}
}

// Any visible character may be in a client_id (RFC 7591 §3.2.1, RFC 6749 appendix A.1).
func TestAnswerClientID(t *testing.T) {
	t.Parallel()
	const odd = `client_ !"#$%&'()*+,-./:;<=>?@[\]^{|}~`
	m := dcr.Metadata{}
	m.Set("client_id", odd)
	b := newBank(t, always(201, dcr.Canonical(m)))
	reg, err := b.connect(t).Register(bounded(t), request(t, b))
	succeeds(t, err)
	equal(t, "client_id", reg.ClientID, odd)
}

func statusOf(status int, code string) error {
	return fmt.Errorf("wrapped: %w", &rest.StatusError{Method: "GET", URL: "https://bank.example/", Status: status, Code: code})
}

func TestClassification(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err                  error
		refused, unsupported bool
		code                 string
	}{
		{statusOf(401, ""), true, false, ""},
		{statusOf(401, "invalid_token"), true, false, "invalid_token"},
		{statusOf(401, "invalid_client"), false, false, "invalid_client"},
		{statusOf(404, ""), true, false, ""},
		{statusOf(410, ""), true, false, ""},
		{&rest.StatusError{Status: 404, ContentType: "text/html"}, false, false, ""},
		{&rest.StatusError{Status: 404, ContentType: "Text/HTML;charset=utf-8"}, false, false, ""},
		{&rest.StatusError{Status: 404, ContentType: "application/json"}, true, false, ""},
		{statusOf(400, "access_denied"), true, false, "access_denied"},
		{statusOf(400, "invalid_token"), true, false, "invalid_token"},
		{statusOf(400, "invalid_client_metadata"), false, false, "invalid_client_metadata"},
		{statusOf(400, ""), false, false, ""},
		{statusOf(403, "access_denied"), false, false, "access_denied"},
		{statusOf(405, ""), false, true, ""},
		{statusOf(501, ""), false, true, ""},
		{statusOf(500, "server_error"), false, false, "server_error"},
		{statusOf(503, ""), false, false, ""},
		{&dcr.AmbiguousError{Err: statusOf(500, "server_error")}, false, false, "server_error"},
		{&dcr.AliveError{Err: statusOf(405, "x")}, false, true, "x"},
		{&dcr.AliveError{Err: statusOf(401, "")}, false, false, ""},
		{fmt.Errorf("%w; %w", statusOf(404, ""), &dcr.IdentityChangedError{}), false, false, ""},
		{fmt.Errorf("%w; %w", statusOf(401, ""), statusOf(500, "")), true, false, ""},
		{&rest.TransportError{Err: errors.New("reset")}, false, false, ""},
		{&dcr.OriginError{}, false, false, ""},
		{errors.New("other"), false, false, ""},
		{nil, false, false, ""},
	} {
		equal(t, fmt.Sprintf("Refused(%v)", c.err), dcr.Refused(c.err), c.refused)
		equal(t, fmt.Sprintf("Unsupported(%v)", c.err), dcr.Unsupported(c.err), c.unsupported)
		equal(t, fmt.Sprintf("Code(%v)", c.err), dcr.Code(c.err), c.code)
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for _, c := range []struct {
		err  error
		want string
	}{
		{&dcr.AmbiguousError{Endpoint: "https://bank.example/register", Err: cause}, "a client may have been registered at https://bank.example/register: cause"},
		{&dcr.OriginError{URI: "https://evil.example/x?y", Origin: "https://evil.example:443"}, "the registration is managed at https://evil.example:443, which is not a trusted origin"},
		{&dcr.IdentityChangedError{Want: "one", Got: "two\n"}, `asked about client "one", the server answered about "two\n"`},
		{&dcr.AliveError{Err: cause}, "the client still exists: cause"},
	} {
		equal(t, "text", c.err.Error(), c.want)
	}
	if !errors.Is(&dcr.AmbiguousError{Err: cause}, cause) || !errors.Is(&dcr.AliveError{Err: cause}, cause) {
		t.Error("the cause is not unwrapped")
	}
}

// Servers that echo a request must not carry its secrets into an error.
func TestEchoesAreMasked(t *testing.T) {
	t.Parallel()
	echo := fmt.Sprintf(`{"error":"invalid_software_statement","error_description":"got %s with initial-token and client-secret-1 and token-of-one","message":"%s"}`, statement, statement)
	b := newBank(t, always(400, echo))
	client := b.connect(t)
	m := metadata(t, `{"software_statement":"`+statement+`","client_secret":"client-secret-1"}`)
	_, posted := client.Register(bounded(t), dcr.RegisterRequest{Endpoint: b.URL, InitialAccessToken: "initial-token", Metadata: m})
	_, put := client.Replace(bounded(t), b.managed(), m)
	for what, err := range map[string]error{"POST": posted, "PUT": put} {
		status := as[*rest.StatusError](t, err)
		for _, text := range append(status.Messages, status.Description, err.Error()) {
			if strings.Contains(text, statement) || strings.Contains(text, "client-secret-1") {
				t.Errorf("%s: %s", what, text)
			}
		}
		if !strings.Contains(status.Description, "[redacted]") {
			t.Errorf("%s: nothing was masked in %q", what, status.Description)
		}
	}
	if strings.Contains(posted.Error(), "initial-token") || strings.Contains(put.Error(), "token-of-one") {
		t.Errorf("a token was echoed: %v; %v", posted, put)
	}
}

// TestPublic: what is named like a secret is not shown, however deep it is, and the rest stays as it was.
func TestPublic(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"scope":"a","x_api_token":"hide"}`: `{"scope":"a"}`,
		`{"x_keys":[{"id":1.50,"apiKey":"hide","key":"kept","secret":"hide"},{"password":{"of":"hide"}}]}`:                                          `{"x_keys":[{"id":1.50,"key":"kept"},{}]}`,
		`{"jwks":{"keys":[{"kid":"<a>"}]},"x_more":{"a":{"clientSecret":"hide","PrivateKey":"hide","access-token":"hide","tokenEndpoint":"kept"}}}`: `{"jwks":{"keys":[{"kid":"<a>"}]},"x_more":{"a":{"tokenEndpoint":"kept"}}}`,
		`{"require_signed_request_object":true,"dpop_bound_access_tokens":true}`:                                                                    `{"dpop_bound_access_tokens":true,"require_signed_request_object":true}`,
	} {
		var m dcr.Metadata
		if err := json.Unmarshal([]byte(raw), &m); err != nil {
			t.Fatal(err)
		}
		equal(t, raw, dcr.Canonical(m.Public()), want)
	}
}
