package diagnose

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func asStatus(err error) (*rest.StatusError, bool) {
	var status *rest.StatusError
	ok := errors.As(err, &status)
	return status, ok
}

// AuthorizationServer is a bank's authorization server as a dcr_client names it.
// Of the credentials, those that are the resource's own are listed; the others
// are the provider's.
func AuthorizationServer(urlAttribute string, own []string, fields map[string]path.Path) Target {
	t := Target{
		Actor:       "The authorization server",
		URL:         urlAttribute,
		Certificate: "registration.client_certificate_pem",
		Key:         "registration.private_key_pem",
		CA:          "registration.ca_certificates_pem",
		SigningKey:  "registration.signing_key_pem",
		Anchor:      path.Root(urlAttribute),
		Fields:      fields,
	}
	if slices.Contains(own, "client_certificate_pem") {
		t.Certificate, t.Key = "client_certificate_pem", "private_key_pem"
		t.CertificateAnchor = path.Root("client_certificate_pem")
	}
	if slices.Contains(own, "signing_key_pem") {
		t.SigningKey, t.SigningKeyAnchor = "signing_key_pem", path.Root("signing_key_pem")
	}
	if slices.Contains(own, "ca_certificates_pem") {
		t.CA = "ca_certificates_pem"
	}
	return t
}

// Discovery words a failure to find out, from what an issuer publishes, where clients are registered.
func (t Target) Discovery(err error, issuer string) diag.Diagnostic {
	const action = "find the registration endpoint"
	status, answered := asStatus(err)
	if !answered || status.Status < 400 || status.Status >= 500 || status.Status == http.StatusTooManyRequests {
		return t.Diagnostic(err, action)
	}
	return identified(err, t.undiscovered(fmt.Sprintf("To %s of issuer %q, its discovery document was asked for. %s", action, issuer, fact(status)), "registration_endpoint").diagnostic())
}

// undiscovered words that there is no discovery document, in place of which the
// endpoint itself can be given.
func (t Target) undiscovered(fact, endpoint string) message {
	return message{
		summary: t.Actor + " gives no discovery document",
		fact:    fact,
		meaning: "An authorization server publishes this document below its issuer for everybody (OpenID Connect Discovery 1.0 §4, RFC 8414 §3): the issuer is likely misspelt, or is not that of an authorization server.",
		next:    fmt.Sprintf("Set issuer exactly as the server publishes it. If the server publishes no such document, set %s.", endpoint),
		at:      t.Anchor,
	}
}

// Sent is what a refused registration request carried, to explain the refusal.
type Sent struct {
	// Statement is the software statement that was sent, if any.
	Statement *jws.Statement
	// RedirectURIs are the redirect URIs asked for.
	RedirectURIs []string
	// Now is the local time at which the answer came.
	Now time.Time
	// StatementAttribute is the attribute the statement came from.
	StatementAttribute string
	// Contradictions are what of the metadata the statement's claims contradict.
	Contradictions []string
	// SoftwareID is the software_id the client is registered with, empty if none is known.
	SoftwareID string
	// ClientID and Server are the client that is to be removed, and its issuer or registration endpoint.
	ClientID, Server string
}

// moved reports whether the statement is of another software than the client.
func (s Sent) moved() bool {
	return s.Statement != nil && s.SoftwareID != "" && s.SoftwareID != s.Statement.SoftwareID
}

// Registration words an error of a registration, update or read at an
// authorization server (RFC 7591 §3.2.2, RFC 7592 §2).
func (t Target) Registration(err error, action string, sent Sent) diag.Diagnostic {
	return identified(err, t.registration(err, action, sent))
}

func (t Target) registration(err error, action string, sent Sent) diag.Diagnostic {
	var (
		ambiguous *dcr.AmbiguousError
		origin    *dcr.OriginError
		address   *dcr.AddressError
		changed   *dcr.IdentityChangedError
		unnamed   *dcr.UnidentifiedError
		token     *oauth.TokenError
	)
	switch {
	case errors.As(err, &token):
		return t.Diagnostic(err, action)
	case errors.As(err, &ambiguous):
		return t.ambiguous(ambiguous, sent).diagnostic()
	case errors.As(err, &origin):
		return message{
			summary: "The registration is managed at an origin that is not trusted",
			fact:    fmt.Sprintf("The registration_client_uri is at %s; trusted are %s.", origin.Origin, strings.Join(origin.Trusted, ", ")),
			meaning: "The registration access token was not sent there, because whoever receives it controls the client.",
			next:    fmt.Sprintf("If the origin belongs to the authorization server, add %q to registration.allowed_management_origins in the provider configuration.", origin.Origin),
		}.diagnostic()
	case errors.As(err, &address):
		return unaddressed(address).diagnostic()
	case errors.As(err, &changed):
		return message{
			summary: "The authorization server answered for another client",
			fact:    fmt.Sprintf("Asked about client_id %q, the server answered about %q.", changed.Want, changed.Got),
			meaning: "State was left as it is.",
			next:    "Ask the server's operator; nothing in the configuration can cause this.",
		}.diagnostic()
	case errors.As(err, &unnamed):
		return message{
			summary: "The authorization server did not say which client it answered about",
			fact:    sentence("T" + strings.TrimPrefix(unnamed.Error(), "t")),
			meaning: "Nothing was put into state. If the answer had another registration access token, the one before is no good any more; with journal_path it was kept.",
			next:    "Import the client with its client_id beside the registration_client_uri in the import ID, a JSON object.",
		}.diagnostic()
	}
	if status, ok := asStatus(err); ok && status.Method == http.MethodPost && status.Status < 400 && sameOrigin(status.URL, status.Location) {
		m := t.status(status, action)
		m.meaning = "It points to another address of the same server, such as one with a slash at the end. Redirects of a registration are not followed: it could be made twice."
		m.next = "Set registration_endpoint to the address at which the server takes registrations."
		m.at = path.Root("registration_endpoint")
		return m.diagnostic()
	}
	if status, ok := asStatus(err); ok && status.Method != http.MethodPost && status.Status < 400 {
		return t.redirected(status, action).diagnostic()
	}
	if status, ok := asStatus(err); ok && status.Status >= 400 && status.Status < 500 {
		if m, known := t.code(status, sent); known {
			return m.diagnostic()
		}
		if status.Method != http.MethodPost {
			return t.managed(status, action).diagnostic()
		}
		return t.refusal(status, action).diagnostic()
	}
	return t.Diagnostic(err, action)
}

// unaddressed words a registration_client_uri at which nothing is sent.
func unaddressed(err *dcr.AddressError) message {
	return message{
		summary: "The registration_client_uri cannot be used",
		fact:    sentence("The authorization server gave a URL to manage the client at that is not accepted: " + err.Err.Error()),
		meaning: "The registration access token was not sent there. A server behind a proxy makes this URL of what the proxy tells it, and gets scheme and host wrong where the proxy does not.",
		next:    "Have the server's operator correct it. To manage the client before that, copy its token from state (terraform state pull), run terraform state rm, and import it with that token and the URL as it is reached from outside; the import ID takes client_id and issuer as well. What the server says later does not replace the URL of an import.",
		at:      path.Root("registration_client_uri"),
	}
}

func (t Target) ambiguous(err *dcr.AmbiguousError, sent Sent) message {
	m := message{
		summary: "A client may have been created, but the answer was lost",
		fact:    sentence(fmt.Sprintf("POST %s at %s: %s", err.Endpoint, err.At.UTC().Format(time.RFC3339), cause(err.Err))),
		meaning: "The request reached the authorization server and the provider cannot tell whether it registered a client. It was not sent again, because a second registration would be another client.",
		at:      t.Anchor,
	}
	var facts []string
	if sent.Statement != nil {
		facts = append(facts, fmt.Sprintf("software_id %s", sent.Statement.SoftwareID))
	}
	if len(sent.RedirectURIs) > 0 {
		facts = append(facts, "redirect URIs "+strings.Join(sent.RedirectURIs, ", "))
	}
	if err.InteractionID != "" {
		facts = append(facts, "x-fapi-interaction-id "+err.InteractionID)
	}
	if err.Partial != nil && err.Partial.ClientID != "" {
		facts = append(facts, fmt.Sprintf("client_id %q", err.Partial.ClientID))
	}
	m.next = "Ask the server's operator whether a client was registered at that time"
	if len(facts) > 0 {
		m.next += " (" + strings.Join(facts, "; ") + ")"
	}
	m.next += ". If so, have it removed, or have a registration access token issued and run terraform import. If not, apply again. A server that allows one registration for each software statement answers 400 to the next apply when the client exists."
	return m
}

// Unissued is Statement for an application of the directory, and says when that
// is suspended. A statement the directory cannot issue anew is not asked about.
func (t Target) Unissued(ctx context.Context, c *conn.Conn, id string, err error, action string) (problem diag.Diagnostic, suspended bool) {
	problem = t.Statement(err, action)
	var expired *conn.ExpiredError
	client, failed := c.Directory()
	if failed != nil || errors.As(err, &expired) {
		return problem, false
	}
	if app, readErr := client.Application(ctx, id); readErr != nil || app.Status != directory.StatusSuspended {
		return problem, false
	}
	return reworded(problem, problem.Detail()+
		"\n\nThe application is suspended, and directories issue no statement for one that is. Resume it first: status = \"Active\" on dcr_application."), true
}

// Statement words a failure to obtain or verify a software statement.
func (t Target) Statement(err error, action string) diag.Diagnostic {
	var (
		verification *conn.VerificationError
		expired      *conn.ExpiredError
		keystore     *conn.KeystoreError
	)
	switch {
	case errors.As(err, &expired):
		return outdated(expired).diagnostic()
	case errors.As(err, &keystore):
		return identified(err, t.keyless(keystore).diagnostic())
	case !errors.As(err, &verification):
		return t.Diagnostic(err, action)
	}
	m := message{
		summary: "The software statement could not be verified",
		fact:    sentence(fmt.Sprintf("The directory issued a statement for application %s (issuer %q), but with the keys at %s: %v", verification.ApplicationID, verification.Issuer, verification.KeystoreURL, verification.Err)),
		meaning: "A statement that the keystore's keys do not verify was issued by another directory, or altered on the way. It was not used and not stored, but the application may be locked now, since issuing a statement locks it.",
		next:    "Set directory.keystore_url to the keystore of the same directory as directory.api_url.",
	}
	return m.diagnostic()
}

// keyless words that there are no keys to verify a software statement with.
func (t Target) keyless(err *conn.KeystoreError) message {
	t.Actor, t.URL = "The keystore", "directory.keystore_url"
	m := t.message(err.Err, "read the keys that verify software statements")
	var phase rest.Phase
	var transport *rest.TransportError
	if errors.As(err.Err, &transport) {
		phase = transport.Phase
	}
	stopped := phase == "" && (errors.Is(err.Err, context.Canceled) || errors.Is(err.Err, context.DeadlineExceeded))
	if !stopped && phase != rest.PhaseCancelled && phase != rest.PhaseWaiting {
		m.summary = "The keystore gave no keys to verify the software statement with"
	}
	// What a connection lacks is worded as for every other server.
	if !stopped && slices.Contains([]rest.Phase{"", rest.PhaseSent, rest.PhaseBody, rest.PhaseTimeout}, phase) {
		m.next = "Set directory.keystore_url to the keystore of the same directory as directory.api_url. If it is right, the keystore is unavailable: run the same command again later."
	}
	m.meaning = "A software statement is used only when the keystore's keys verify it. None was asked for, and nothing was locked."
	if err.Issued {
		m.meaning = fmt.Sprintf("The directory issued a statement for application %s, but without these keys it could not be verified: it was not used and not stored. The application may be locked now, since issuing a statement locks it.", err.ApplicationID)
	}
	return m
}

func outdated(err *conn.ExpiredError) message {
	return message{
		summary: "The software statement has expired",
		fact: fmt.Sprintf("The statement of issuer %q for software_id %q expired at %s; by this machine's clock it is %s.",
			err.Issuer, err.SoftwareID, err.ExpiresAt.UTC().Format(time.RFC3339), err.Now.UTC().Format(time.RFC3339)),
		meaning: "An authorization server refuses an expired statement, so nothing was sent. The provider fetches fresh statements only for applications of the organisation in its own directory configuration.",
		next:    "Get a new statement from its issuer, or configure the directory and organisation_id the application belongs to. Check this machine's clock if the statement is new.",
	}
}

// cause is what went wrong, without the request line that stands before it.
func cause(err error) string {
	var (
		transport *rest.TransportError
		status    *rest.StatusError
		body      *rest.BodyError
	)
	switch {
	case errors.As(err, &transport):
		return transport.Reason()
	case errors.As(err, &status):
		return strings.TrimPrefix(fact(status), status.Method+" "+status.URL+" ")
	case errors.As(err, &body):
		return fmt.Sprintf("answered %d, but %s", body.Status, body.Reason)
	}
	return err.Error()
}

// Created words a creation at the directory whose answer was lost.
func Created(err error) (diag.Diagnostic, bool) {
	var ambiguous *directory.AmbiguousError
	if !errors.As(err, &ambiguous) {
		return nil, false
	}
	return identified(err, message{
		summary: fmt.Sprintf("The %s may have been created, but the answer was lost", ambiguous.What),
		fact:    sentence(fmt.Sprintf("POST %s at %s: %s", ambiguous.URL, ambiguous.At.UTC().Format(time.RFC3339), cause(ambiguous.Err))),
		meaning: "The request reached the directory and the provider cannot tell whether it was carried out. It was not sent again, because a second one would create a second object.",
		next:    "Look for the object in the directory (" + ambiguous.URL + "). If it is there, run terraform import; if not, apply again." + request(ambiguous.InteractionID),
	}.diagnostic()), true
}

// Probe is what the token endpoint said of a client whose registration access
// token is refused. The zero value is that it was not asked, or said nothing.
type Probe struct {
	// Exists is set when the endpoint knows the client.
	Exists bool
	// Sentence says it to the user.
	Sentence string
}

// Probed reads the answer to a token request with the client's own
// credentials; nil is a token.
func Probed(err error) Probe {
	if err == nil {
		return Probe{Exists: true, Sentence: "The token endpoint accepted the client's own credentials just now, so the client exists: only the token was lost."}
	}
	status, ok := asStatus(err)
	switch {
	case !ok || status.Status >= 500 || status.Code == "":
		return Probe{}
	case status.Code == "invalid_client":
		return Probe{Sentence: "The token endpoint, asked with the client's own credentials, answered invalid_client: the client was most likely deleted, unless the credentials in state are stale."}
	case status.Code == "unauthorized_client" || status.Code == "unsupported_grant_type" || status.Code == "invalid_scope":
		// The server says this only of a client it knows and has authenticated (RFC 6749 §5.2).
		return Probe{Exists: true, Sentence: fmt.Sprintf("The token endpoint, asked with the client's own credentials, answered %s and not invalid_client: the client still exists and only the token was lost.", status.Code)}
	}
	return Probe{}
}
