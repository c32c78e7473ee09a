package diagnose

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

// UnheardSummary is the summary of a client that cannot manage itself any more.
const UnheardSummary = "The authorization server does not let the client manage its registration"

// Refused reports whether a server refuses what manages a registration: the
// registration access token, or, of a client that manages itself, the
// credentials. Any other failure to get a token decides nothing.
func Refused(err error) bool {
	var token *oauth.TokenError
	if errors.As(err, &token) {
		return dcr.Code(err) == "invalid_client"
	}
	return dcr.Refused(err)
}

// Known reports whether the token endpoint knew a client that was refused all the same.
func Known(err error) bool {
	var token *oauth.TokenError
	return !errors.As(err, &token)
}

// unheard words a client that manages itself and is refused: by the token
// endpoint, which may no longer know it, or with a token it got.
func (t Target) unheard(err error) Refusal {
	r := Refusal{
		Summary: UnheardSummary,
		Fact:    factOf(err),
		Meaning: "The token endpoint knows the client and issued it an access token, but the registration endpoint did not take it.",
		Next:    "Check management_scope, and " + t.Certificate + ", to which the token may be bound. If the server does not let clients manage themselves, only its operator can do this.",
		err:     err,
	}
	if Known(err) {
		return r
	}
	r.Meaning = "The client manages its registration with access tokens of its own (management_auth = \"client_credentials\"). invalid_client is the answer to a client that was deleted as well as to credentials that are no longer its own."
	r.Next = "If the credentials changed, give those the server knows: " + t.Certificate + ", " + t.SigningKey + " or the secret, as token_endpoint_auth_method says. " + t.recreate() + undecided
	return r
}

// ClientToken words a token request of a registered client that failed.
func (t Target) ClientToken(err error) diag.Diagnostic {
	return identified(err, t.clientToken(err))
}

func (t Target) clientToken(err error) diag.Diagnostic {
	const action = "issue an access token"
	var token *oauth.TokenError
	status, answered := asStatus(err)
	var incapable *conn.IncapableError
	if errors.As(err, &incapable) {
		m, _ := t.local(err, action)
		m.at = path.Root("token_endpoint_auth_method")
		return m.diagnostic()
	}
	if !errors.As(err, &token) || !answered || status.Status >= 500 || status.Status == http.StatusTooManyRequests || status.Status < 400 {
		t.OwnToken = true // What is left to say is about the server, not about the directory.
		return t.Diagnostic(err, action)
	}
	if token.TokenEndpoint == "" {
		return t.undiscovered("To find the token endpoint of the issuer, its discovery document was asked for. "+fact(status), "token_endpoint").diagnostic()
	}
	m := message{
		summary: t.Actor + " refused to issue an access token", fact: fact(status),
		meaning: fmt.Sprintf("Client %q asked for scope %q by %s.", token.ClientID, token.Scope, token.Method),
		next:    "Check issuer, token_endpoint and the client's credentials.", at: path.Root("client_id"),
	}
	switch status.Code {
	case "invalid_client":
		m.next = "Check client_id, token_endpoint_auth_method, and what that needs: " + t.Certificate + ", " + t.SigningKey + " or client_secret. A client that was removed gets this answer too."
	case "invalid_scope":
		m.next, m.at = "Set scope to one the client is registered for, or leave it out.", path.Root("scope")
	case "unauthorized_client", "unsupported_grant_type":
		m.next = "The client has to be registered with the grant type client_credentials: add it to grant_types of its dcr_client."
	}
	return m.diagnostic()
}

// ownToken words a token request with the client's own credentials that failed.
func (t Target) ownToken(err *oauth.TokenError, action string) message {
	if Refused(err) {
		return t.refused(err)
	}
	m, known := t.exchange(err.Err, "issue an access token")
	if !known {
		m = message{summary: t.Actor + " issued no access token", fact: sentence(err.Error()),
			next: "Check issuer and token_endpoint. With TF_LOG_PROVIDER=DEBUG every request is logged with its status, never with secrets."}
	}
	status, answered := asStatus(err.Err)
	if !answered || status.Status >= 500 || status.Status == http.StatusTooManyRequests || status.Status < 400 {
		return m
	}
	m.summary = t.Actor + " refused to issue the client an access token"
	m.meaning = fmt.Sprintf("Client %q asked for scope %q by %s, to %s: it manages its registration with access tokens of its own. Nothing was changed.", err.ClientID, err.Scope, err.Method, action)
	m.next, m.at = "Check token_endpoint, issuer and the client's credentials.", path.Root("management_auth")
	switch status.Code {
	case "invalid_scope":
		m.next, m.at = "Set management_scope to the scope this server wants for managing clients, or leave it out.", path.Root("management_scope")
	case "unauthorized_client", "unsupported_grant_type":
		m.next, m.at = "The client has to be registered with the grant type client_credentials: add it to grant_types. If the client has no other way to manage itself, have the server's operator add it.", path.Root("grant_types")
	}
	return m
}
