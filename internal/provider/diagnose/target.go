package diagnose

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Target describes the server a call went to, in the words a user knows it by.
type Target struct {
	// Actor begins sentences: "The directory", "The authorization server".
	Actor string
	// URL, Certificate, Key and CA are the attributes that configure the
	// connection, as the user writes them: "directory.api_url".
	URL, Certificate, Key, CA string
	// Anchor is the resource's own attribute to blame for connection problems;
	// empty when the provider configuration is to blame.
	Anchor path.Path
	// CertificateAnchor is the same for problems with the client certificate.
	CertificateAnchor path.Path
	// SigningKey is the attribute that has the key that signs, as the user writes
	// it, and SigningKeyAnchor the resource's own if it is that.
	SigningKey       string
	SigningKeyAnchor path.Path
	// Scope is the resource's own attribute that has the scope of the directory's
	// access token; empty when the provider configuration has it.
	Scope path.Path
	// OwnToken is set for a client that manages its registration with access
	// tokens of its own instead of a registration access token.
	OwnToken bool
	// Recreate is set when on_unauthorized = "recreate" is decided already.
	Recreate bool
	// Fields maps the server's names of fields to the resource's attributes,
	// used only to point, never to decide.
	Fields map[string]path.Path
}

// Directory is the directory as configured in the provider.
func Directory(fields map[string]path.Path) Target {
	return Target{
		Actor:       "The directory",
		URL:         "directory.api_url",
		Certificate: "directory.client_certificate_pem",
		Key:         "directory.private_key_pem",
		CA:          "directory.ca_certificates_pem",
		SigningKey:  "directory.signing_key_pem",
		Fields:      fields,
	}
}

// message is a diagnostic in the making.
type message struct {
	summary string
	fact    string
	meaning string
	next    string
	at      path.Path
}

// detail is what happened, what it means and what to do, a paragraph each.
func (m message) detail() string {
	parts := make([]string, 0, 3)
	for _, p := range []string{m.fact, m.meaning, m.next} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "\n\n")
}

// sentence ends a text with exactly one period.
func sentence(text string) string { return strings.TrimRight(strings.TrimSpace(text), ".") + "." }

func (m message) diagnostic() diag.Diagnostic {
	if len(m.at.Steps()) == 0 {
		return diag.NewErrorDiagnostic(m.summary, m.detail())
	}
	return diag.NewAttributeErrorDiagnostic(m.at, m.summary, m.detail())
}

// Diagnostic words an error of a call to the target. The action completes
// "refused to …" and "while trying to …": "create the application".
func (t Target) Diagnostic(err error, action string) diag.Diagnostic {
	return identified(err, t.message(err, action).diagnostic())
}

// identified adds the x-fapi-interaction-id of the request, by which it is found in the server's logs and in this one's.
func identified(err error, d diag.Diagnostic) diag.Diagnostic {
	detail := traceable(err, d.Detail())
	if detail == d.Detail() {
		return d
	}
	return reworded(d, detail)
}

// reworded is a diagnostic with another detail.
func reworded(d diag.Diagnostic, detail string) diag.Diagnostic {
	at, anchored := d.(diag.DiagnosticWithPath)
	switch {
	case d.Severity() == diag.SeverityWarning && anchored:
		return diag.NewAttributeWarningDiagnostic(at.Path(), d.Summary(), detail)
	case d.Severity() == diag.SeverityWarning:
		return diag.NewWarningDiagnostic(d.Summary(), detail)
	case anchored:
		return diag.NewAttributeErrorDiagnostic(at.Path(), d.Summary(), detail)
	}
	return diag.NewErrorDiagnostic(d.Summary(), detail)
}

func traceable(err error, detail string) string {
	if id := rest.InteractionID(err); id != "" && !strings.Contains(detail, id) {
		return detail + "\n\nThe request's x-fapi-interaction-id is " + id + "."
	}
	return detail
}

// Unrefreshed words that a refresh could not reach the server at all. While
// the provider configuration depends on something the same plan replaces, or
// the resource's own certificate in state is no good any more and the
// configuration may be about to replace it, that is no error: the plan goes on
// with what state says.
func (t Target) Unrefreshed(err error, action string) diag.Diagnostic {
	m := t.message(err, action)
	var (
		unknown    *conn.UnknownError
		credential *conn.CredentialError
	)
	own := errors.As(err, &credential) && credential.Owner == conn.OwnerResource
	if !own && !errors.As(err, &unknown) {
		return identified(err, m.diagnostic())
	}
	return diag.NewWarningDiagnostic("Drift was not looked for", m.fact+"\n\n"+m.meaning+" State is taken to be true for this plan.")
}

func (t Target) message(err error, action string) message {
	if m, ok := t.local(err, action); ok {
		return m
	}
	var token *oauth.TokenError
	switch {
	case errors.As(err, &token) && t.OwnToken:
		return t.ownToken(token, action)
	case errors.As(err, &token):
		return t.token(token, action)
	}
	if m, ok := t.exchange(err, action); ok {
		return m
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return message{
			summary: "The time to " + action + " ran out",
			fact:    sentence(err.Error()),
			meaning: "The operation was interrupted, or its timeout passed, before the answer came.",
			next:    outOfTime,
		}
	}
	return message{
		summary: t.Actor + " could not " + action,
		fact:    sentence(err.Error()),
		next:    "If the cause is not clear, run again with TF_LOG_PROVIDER=DEBUG: every request is logged with its status, never with secrets.",
	}
}

// exchange words errors of one HTTP exchange.
func (t Target) exchange(err error, action string) (message, bool) {
	var (
		issuer    *oauth.IssuerError
		internal  *oauth.InternalError
		inside    *rest.InsideError
		transport *rest.TransportError
		status    *rest.StatusError
		body      *rest.BodyError
		unsure    *directory.UnconfirmedError
	)
	switch {
	case errors.As(err, &unsure):
		return t.unconfirmed(unsure), true
	case errors.As(err, &internal):
		return message{
			summary: t.Actor + " publishes an internal address",
			fact:    fmt.Sprintf("The discovery document of issuer %q names %s, an address within this machine or its network.", internal.Issuer, internal.Endpoint),
			meaning: "Following it would send requests to a place of the server's choice behind your firewall. Nothing was sent there.",
			next:    "Tell the server's operator. If the address is right for you, configure it instead of having it discovered: dcr_client takes registration_endpoint.",
			at:      t.Anchor,
		}, true
	case errors.As(err, &inside) && errors.As(err, &transport):
		return message{
			summary: t.Actor + " leads to an internal address",
			fact:    fmt.Sprintf("%s %s: the name leads to %s, an address within this machine or its network, though the server that published the endpoint is outside.", transport.Method, transport.URL, inside.Address),
			meaning: "Following it would send requests to a place of the server's choice behind your firewall. Nothing was sent there.",
			next:    "Tell the server's operator. If the address is right for you, configure it instead of having it discovered: dcr_client takes registration_endpoint and token_endpoint.",
			at:      t.Anchor,
		}, true
	case errors.As(err, &issuer):
		return message{
			summary: t.Actor + " publishes another issuer",
			fact:    fmt.Sprintf("The discovery document found for issuer %q names the issuer %q.", issuer.Configured, issuer.Published),
			meaning: "A document of another issuer must not be trusted (OpenID Connect Discovery 1.0 §4.3).",
			next:    fmt.Sprintf("Set %s to the issuer exactly as the server publishes it, if that is the server you mean.", t.issuerAttribute()),
			at:      t.Anchor,
		}, true
	case errors.As(err, &transport):
		return t.transport(transport, action), true
	case errors.As(err, &status):
		return t.status(status, action), true
	case errors.As(err, &body):
		return message{
			summary: t.Actor + " answered with something that is not its API",
			fact:    fmt.Sprintf("%s %s answered %d with content type %q: %s.", body.Method, body.URL, body.Status, body.ContentType, body.Reason),
			meaning: "A proxy, a login page or the wrong URL usually answers like this. Whether the server acted on the request cannot be told from the answer.",
			next:    fmt.Sprintf("Check %s.%s", t.URL, request(body.InteractionID)),
			at:      t.Anchor,
		}, true
	}
	return message{}, false
}

func (t Target) issuerAttribute() string {
	if t.URL == "directory.api_url" {
		return "directory.issuer"
	}
	return t.URL
}

// local words errors that were found before anything was sent.
func (t Target) local(err error, action string) (message, bool) {
	var (
		missing    *conn.MissingError
		unknown    *conn.UnknownError
		credential *conn.CredentialError
		key        *oauth.KeyError
		incapable  *conn.IncapableError
	)
	switch {
	case errors.As(err, &missing):
		return missingMessage(missing, action), true
	case errors.As(err, &unknown):
		return message{
			summary: "The provider configuration is not known yet",
			fact:    fmt.Sprintf("To %s, the provider needs %s, whose value Terraform does not know at this point.", action, quoteAll(string(unknown.Owner), unknown.Attributes)),
			meaning: "The value depends on a resource that is created later in this run.",
			next:    "Use a second provider configuration (alias) for the objects that depend on it, or create what it depends on first with -target.",
		}, true
	case errors.As(err, &credential):
		return t.credential(credential, action), true
	case errors.As(err, &incapable):
		return message{
			summary: "The client cannot get an access token",
			fact:    fmt.Sprintf("The client authenticates by %s, and %s.", incapable.Method, incapable.Reason),
			meaning: fmt.Sprintf("To %s, the client has to authenticate. Nothing was sent.", action),
			next:    "Give what its token_endpoint_auth_method needs: a client certificate for tls_client_auth, signing_key_pem and signing_key_id for private_key_jwt. They may stand in the provider's registration attribute.",
			at:      path.Root("management_auth"),
		}, true
	case errors.As(err, &key):
		m := message{
			summary: "The signing key cannot be used",
			fact:    sentence(t.SigningKey + " " + key.Reason),
			next:    "Give the private key, in PEM form, whose public key is registered with the directory for this client_id.",
			at:      t.SigningKeyAnchor,
		}
		if t.SigningKey != "directory.signing_key_pem" {
			m.next = "Give the private key, in PEM form, whose public key the authorization server finds among the software's keys, and an algorithm that fits it."
		}
		return m, true
	}
	return message{}, false
}

func missingMessage(missing *conn.MissingError, action string) message {
	if len(missing.Attributes) == 0 {
		return message{
			summary: "The directory is not configured",
			fact:    fmt.Sprintf("To %s, the provider has to reach the trust framework's directory, but the provider configuration has no directory attribute.", action),
			next:    "Add directory = { api_url = …, issuer = …, organisation_id = …, client_id = …, … } to provider \"dcr\", or set DCR_DIRECTORY_API_URL and the other DCR_DIRECTORY_… variables.",
		}
	}
	env := make([]string, len(missing.Attributes))
	for i, a := range missing.Attributes {
		env[i] = environment(a)
	}
	return message{
		summary: "The directory configuration is incomplete",
		fact:    fmt.Sprintf("To %s, the provider also needs %s.", action, quoteAll("directory", missing.Attributes)),
		next:    fmt.Sprintf("Set it in the provider's directory attribute or by %s.", strings.Join(env, ", ")),
	}
}

func environment(attribute string) string {
	switch attribute {
	case "organisation_id":
		return "DCR_ORGANISATION_ID"
	case "client_certificate_pem", "private_key_pem", "ca_certificates_pem", "signing_key_pem":
		return "DCR_DIRECTORY_" + strings.ToUpper(strings.TrimSuffix(attribute, "_pem")) + "_FILE"
	}
	return "DCR_DIRECTORY_" + strings.ToUpper(attribute)
}

func (t Target) credential(err *conn.CredentialError, action string) message {
	var identity *rest.IdentityError
	if !errors.As(err, &identity) {
		return message{
			summary: "The TLS credentials cannot be used",
			fact:    sentence(err.Error()),
			next:    "Check the client certificate, its private key and the CA certificates.",
		}
	}
	m := message{
		summary: "The client certificate or its key cannot be used",
		meaning: fmt.Sprintf("Nothing was sent: to %s, a TLS connection with these credentials is needed.", action),
	}
	attribute := string(err.Owner) + "." + identity.Field
	if err.Owner == conn.OwnerResource {
		attribute, m.at = identity.Field, path.Root(identity.Field)
	}
	m.fact = fmt.Sprintf("%s %s.", attribute, strings.TrimSuffix(identity.Reason, "."))
	switch identity.Field {
	case "ca_certificates_pem":
		m.summary = "The CA certificates cannot be used"
		m.next = "Give the PEM text of the certificate authority that issued the server's certificate, for example file(\"ca.pem\")."
	case "private_key_pem", "private_key_pem_wo":
		m.next = "Give the unencrypted private key that belongs to the certificate, in PEM form."
	default:
		m.next = "Give a valid certificate, in PEM form, and the private key that belongs to it."
	}
	return m
}

func quoteAll(owner string, attributes []string) string {
	out := make([]string, len(attributes))
	for i, a := range attributes {
		out[i] = owner + "." + a
	}
	return strings.Join(out, ", ")
}

func request(id string) string {
	if id == "" {
		return ""
	}
	return " The server's operator can find the request by its x-fapi-interaction-id " + id + "."
}
