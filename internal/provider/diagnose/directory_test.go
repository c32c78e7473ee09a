package diagnose_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const apiURL = "https://api.example/organisations/org/softwarestatements"

func dir() diagnose.Target {
	return diagnose.Directory(map[string]path.Path{"RedirectUri": path.Root("redirect_uris"), "Redirect": path.Root("wrong"), "ClientName": path.Root("client_name")})
}

func status(method, url string, code int, change ...func(*rest.StatusError)) *rest.StatusError {
	err := &rest.StatusError{Method: method, URL: url, Status: code, ContentType: "application/json", InteractionID: "interaction-1"}
	for _, c := range change {
		c(err)
	}
	return err
}

func words(messages ...string) func(*rest.StatusError) {
	return func(err *rest.StatusError) { err.Messages = messages }
}

func oauthError(code, description string) func(*rest.StatusError) {
	return func(err *rest.StatusError) { err.Code, err.Description = code, description }
}

func transport(phase rest.Phase, err error) error {
	return &rest.TransportError{Method: "GET", URL: apiURL, Phase: phase, Err: err}
}

func TestDirectoryLocalMessages(t *testing.T) {
	t.Parallel()
	say := func(name, at string, err error) spoken {
		return spoken{name, at, dir().Diagnostic(fmt.Errorf("wrapped: %w", err), "create the application")}
	}
	credential := func(owner conn.Owner, field, reason string) error {
		return &conn.CredentialError{Owner: owner, Err: &rest.IdentityError{Field: field, Reason: reason}}
	}
	golden(t, "local", []spoken{
		say("no directory", "", &conn.MissingError{}),
		say("incomplete directory", "", &conn.MissingError{Attributes: []string{"organisation_id", "client_certificate_pem", "client_secret"}}),
		say("unknown values", "", &conn.UnknownError{Owner: conn.OwnerDirectory, Attributes: []string{"private_key_pem"}}),
		{"unknown values while refreshing", "", dir().Unrefreshed(&conn.UnknownError{Owner: conn.OwnerDirectory, Attributes: []string{"private_key_pem"}}, "read the application")},
		{"another error while refreshing", "", dir().Unrefreshed(status("GET", apiURL, 500), "read the application")},
		say("expired certificate", "", credential(conn.OwnerDirectory, "client_certificate_pem", "expired on 2026-01-02T03:04:05Z")),
		say("resource's certificate", "client_certificate_pem", credential(conn.OwnerResource, "client_certificate_pem", "holds no certificate in PEM form")),
		say("resource's key", "private_key_pem", credential(conn.OwnerResource, "private_key_pem", "does not belong to client_certificate_pem")),
		say("registration's CA", "", credential(conn.OwnerRegistration, "ca_certificates_pem", "holds no certificate that can be read")),
		say("credentials of another kind", "", &conn.CredentialError{Owner: conn.OwnerDirectory, Err: errors.New("no identity")}),
		say("signing key", "", &oauth.KeyError{Field: "signing_key_pem", Reason: "is not an unencrypted private key in PEM form"}),
		say("cancelled", "", context.Canceled),
		say("deadline", "", context.DeadlineExceeded),
		say("no keystore", "", directory.ErrNoKeystore),
		say("not there, and listed", "", &directory.UnconfirmedError{What: "application a", Status: status("GET", apiURL, 404)}),
		say("not there, without a list", "", &directory.UnconfirmedError{What: "application a", List: errors.New("list applications: no answer"), Status: status("GET", apiURL, 404)}),
		say("something else", "", errors.New("something else")),
	})
}

func TestDirectoryTransportMessages(t *testing.T) {
	t.Parallel()
	say := func(name string, phase rest.Phase, err error) spoken {
		return spoken{name, "", dir().Diagnostic(transport(phase, err), "read the application")}
	}
	golden(t, "transport", []spoken{
		say("resolve", rest.PhaseResolve, errors.New("lookup api.example: no such host")),
		say("dial", rest.PhaseDial, errors.New("dial tcp 192.0.2.1:443: connect: connection refused")),
		say("write", rest.PhaseWrite, errors.New("write: broken pipe")),
		say("unknown authority", rest.PhaseTLS, fmt.Errorf("tls: %w", x509.UnknownAuthorityError{})),
		say("host name", rest.PhaseTLS, x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"other.example"}}, Host: "api.example"}),
		say("expired server", rest.PhaseTLS, x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired, Detail: "current time is later"}),
		say("no TLS", rest.PhaseTLS, errors.New("tls: first record does not look like a TLS handshake")),
		say("handshake", rest.PhaseTLS, errors.New("remote error: tls: protocol version not supported")),
		say("refused certificate", rest.PhaseRefused, errors.New("remote error: tls: certificate required")),
		say("sent", rest.PhaseSent, errors.New("unexpected EOF")),
		say("body", rest.PhaseBody, errors.New("unexpected EOF")),
		say("timeout", rest.PhaseTimeout, context.DeadlineExceeded),
		say("rate limit", rest.PhaseWaiting, errors.New("the rate limit requests_per_second would have made it wait past the deadline")),
		say("interrupted", rest.PhaseCancelled, context.Canceled),
		say("out of time before it was sent", rest.PhaseCancelled, context.DeadlineExceeded),
	})
}

func TestDirectoryAnswerMessages(t *testing.T) {
	t.Parallel()
	say := func(name, at string, err error) spoken {
		return spoken{name, at, dir().Diagnostic(err, "create the application")}
	}
	golden(t, "answers", []spoken{
		say("400 about one field", "redirect_uris", status("POST", apiURL, 400, words("RedirectUri[0] must use https", "it is what it is"))),
		say("400 about two fields", "", status("POST", apiURL, 400, words("RedirectUri and ClientName are required"))),
		say("400 about a longer name", "", status("POST", apiURL, 400, words("ClientNames is unknown."))),
		say("400 about a name that ends alike", "", status("POST", apiURL, 400, words("OldClientName is unknown."))),
		say("400 without words", "", status("POST", apiURL, 400)),
		say("400 of a gateway", "", status("POST", apiURL, 400, func(e *rest.StatusError) { e.ContentType = "text/html" })),
		say("redirect", "", status("GET", apiURL, 302, func(e *rest.StatusError) { e.Location = "https://login.example" })),
		say("401", "", status("POST", apiURL, 401, words("Unauthorized"))),
		say("403", "", status("POST", apiURL, 403, words("Forbidden"))),
		say("404", "", status("GET", apiURL, 404, words("Not Found"))),
		say("429", "", status("GET", apiURL, 429)),
		say("500", "", status("PUT", apiURL, 500)),
		say("HTML", "", &rest.BodyError{Method: "GET", URL: apiURL, Status: 200, ContentType: "text/html", Reason: "the body is not the JSON that was expected", InteractionID: "interaction-1"}),
		say("internal address", "", &oauth.InternalError{Issuer: "https://auth.example", Endpoint: "https://10.0.0.1/register"}),
		say("another issuer", "", &oauth.IssuerError{Configured: "https://auth.example", Published: "https://evil.example"}),
	})
}

func TestTokenMessages(t *testing.T) {
	t.Parallel()
	say := func(name string, method oauth.AuthMethod, err error) spoken {
		return spoken{name, "", dir().Diagnostic(fmt.Errorf("read: %w", &oauth.TokenError{TokenEndpoint: "https://auth.example/token", ClientID: "client", Method: method, Scope: "directory:software", Err: err}), "read the application")}
	}
	const endpoint = "https://auth.example/token"
	golden(t, "token", []spoken{
		say("invalid_scope", oauth.AuthTLSClient, status("POST", endpoint, 400, oauthError("invalid_scope", "requested scope is not whitelisted"))),
		say("invalid_client by certificate", oauth.AuthTLSClient, status("POST", endpoint, 401, oauthError("invalid_client", "client authentication failed"))),
		say("invalid_client by JWT", oauth.AuthPrivateKeyJWT, status("POST", endpoint, 401, oauthError("invalid_client", ""))),
		say("unauthorized_client by secret", oauth.AuthClientSecretBasic, status("POST", endpoint, 400, oauthError("unauthorized_client", ""))),
		say("another code", oauth.AuthTLSClient, status("POST", endpoint, 400, oauthError("invalid_request", "no"))),
		say("429", oauth.AuthTLSClient, status("POST", endpoint, 429)),
		say("redirect", oauth.AuthTLSClient, status("POST", endpoint, 302, func(e *rest.StatusError) { e.Location = "https://login.example" })),
		say("503", oauth.AuthTLSClient, status("POST", endpoint, 503)),
		say("not reached", oauth.AuthTLSClient, &rest.TransportError{Method: "GET", URL: "https://auth.example/", Phase: rest.PhaseDial, Err: errors.New("connection refused")}),
		say("another issuer", oauth.AuthTLSClient, &oauth.IssuerError{Configured: "https://auth.example", Published: "https://evil.example"}),
		say("signing key", oauth.AuthPrivateKeyJWT, &oauth.KeyError{Field: "signing_key_pem", Reason: "is not an unencrypted private key in PEM form"}),
		say("something else", oauth.AuthTLSClient, errors.New("no token_endpoint in the discovery document")),
	})
}

func TestStatementMessages(t *testing.T) {
	t.Parallel()
	say := func(name string, err error) spoken {
		return spoken{name, "", dir().Statement(fmt.Errorf("wrapped: %w", err), "issue a software statement")}
	}
	const keysURL = "https://keys.example/openbanking.jwks"
	keyless := func(issued bool, err error) error {
		return &conn.KeystoreError{ApplicationID: "app-1", Issued: issued, Err: err}
	}
	golden(t, "statement", []spoken{
		say("unknown key", &conn.VerificationError{ApplicationID: "app-1", KeystoreURL: "https://keys.example", Issuer: "Sandbox", Err: &jws.UnknownKeyError{KeyID: "k2", Known: []string{"k0", "k1"}}}),
		say("signature", &conn.VerificationError{ApplicationID: "app-1", KeystoreURL: "https://keys.example", Issuer: "Sandbox", Err: &jws.SignatureError{KeyID: "k1", Algorithm: "PS256", Err: errors.New("crypto/rsa: verification error")}}),
		say("not a statement", &conn.VerificationError{ApplicationID: "app-1", KeystoreURL: "https://keys.example", Err: &jws.ParseError{Reason: "it is not a signed JWT in compact form"}}),
		say("no keystore there", keyless(false, status("GET", keysURL, 404))),
		say("keystore fails after the statement", keyless(true, status("GET", keysURL, 503))),
		say("no key set", keyless(false, errors.New("read the directory's signing keys from "+keysURL+": it is not a JWK set"))),
		say("keystore not reached", keyless(false, &rest.TransportError{Method: "GET", URL: keysURL, Phase: rest.PhaseDial, Err: errors.New("connection refused")})),
		say("keystore of another authority", keyless(false, &rest.TransportError{Method: "GET", URL: keysURL, Phase: rest.PhaseTLS, Err: x509.UnknownAuthorityError{}})),
		say("keystore gives no answer", keyless(true, &rest.TransportError{Method: "GET", URL: keysURL, Phase: rest.PhaseTimeout, Err: context.DeadlineExceeded})),
		say("interrupted after the statement", keyless(true, context.Canceled)),
		say("refused", status("GET", apiURL+"/app-1/assertion", 403)),
		say("expired", &conn.ExpiredError{SoftwareID: "app-1", Issuer: "Sandbox", ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Now: time.Date(2030, 1, 2, 4, 14, 5, 0, time.FixedZone("", 3600))}),
	})
}

func TestCreatedMessages(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	say := func(name string, err error) spoken {
		d, known := diagnose.Created(fmt.Errorf("wrapped: %w", &directory.AmbiguousError{What: "application \"Aurora\"", URL: apiURL, At: at, InteractionID: "interaction-1", Err: err}))
		if !known {
			t.Fatalf("%s is not recognised", name)
		}
		return spoken{name, "", d}
	}
	golden(t, "created", []spoken{
		say("no answer", &rest.TransportError{Method: "POST", URL: apiURL, Phase: rest.PhaseSent, Err: errors.New("unexpected EOF")}),
		say("502", status("POST", apiURL, 502, func(e *rest.StatusError) { e.ContentType = "text/html" })),
		say("cut off", &rest.BodyError{Method: "POST", URL: apiURL, Status: 201, Reason: "the body broke off"}),
		say("no identifier", errors.New("the answer names no identifier")),
	})
	if d, known := diagnose.Created(status("POST", apiURL, 400)); known || d != nil {
		t.Errorf("a refusal counts as ambiguous: %v", d)
	}
}
