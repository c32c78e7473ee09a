package diagnose

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// LostSummary is the summary of a registration access token the server refuses.
const LostSummary = "The authorization server refused the registration access token"

// Refusal is what is told of a registration that the server refuses to have managed.
type Refusal struct {
	Summary string
	// Fact is what was answered, Meaning what that may mean, and Next what to do.
	Fact, Meaning, Next string
	// Known is what else is known of the client; empty if nothing is.
	Known string
	err   error
}

// Lost words a registration access token that the server no longer accepts
// (RFC 7592 §2: the answer is the same for a deleted client).
func (t Target) Lost(err error) Refusal {
	if t.OwnToken {
		return t.unheard(err)
	}
	return Refusal{
		Summary: LostSummary,
		Fact:    factOf(err),
		Meaning: "Either the client was deleted at the server, or the token expired or was replaced elsewhere, for example by a plan that was thrown away. RFC 7592 has one answer for both.",
		Next:    "If the client still exists, obtain a new registration access token from the server's operator, then run terraform state rm and terraform import. " + t.recreate() + undecided,
		err:     err,
	}
}

// Told is what was answered and what that may mean, and what was made of it here.
func (r Refusal) Told(outcome string) string {
	m := message{fact: r.Fact, meaning: strings.TrimSpace(r.Meaning + " " + outcome), next: r.Known}
	return m.detail()
}

// Detail is all of it.
func (r Refusal) Detail(outcome string) string {
	return traceable(r.err, r.Told(outcome)+"\n\n"+r.Next)
}

// Brief is no more than what was answered, and what was made of it here.
func (r Refusal) Brief(outcome string) string {
	return traceable(r.err, r.Fact) + "\n\n" + outcome
}

// Kept is what is made of a refusal here, unless the configuration decides otherwise.
const Kept = "State was kept."

const undecided = "To go on without deciding, set on_unauthorized = \"warn\"."

// recreate is what to do for a client that is gone, unless it is done already.
func (t Target) recreate() string {
	if t.Recreate {
		return ""
	}
	return "If the client is gone for good, set on_unauthorized = \"recreate\" and apply twice: the first apply records the decision, the second registers a new client with a new client_id, and every consent given to the old one is lost. "
}

// Manages is the attribute with what manages a registration.
func (t Target) Manages() path.Path {
	if t.OwnToken {
		return path.Root("management_auth")
	}
	return path.Root("registration_access_token")
}

func (t Target) refused(err error) message {
	r := t.Lost(err)
	return message{summary: r.Summary, fact: r.Fact, meaning: r.Meaning + " " + Kept, next: r.Next, at: t.Manages()}
}

// factOf is what happened: the answer, if there was one.
func factOf(err error) string {
	if status, ok := asStatus(err); ok {
		return fact(status)
	}
	return sentence(err.Error())
}

// Again adds to an error what the next run makes of it.
func Again(d diag.Diagnostic, what string) diag.Diagnostic {
	return reworded(d, d.Detail()+"\n\n"+what)
}

// Replaced words an update whose answer was lost and after which the server refuses
// the token that was sent: the one that is good was in that answer.
func (t Target) Replaced(lost, refused error) diag.Diagnostic {
	return identified(lost, message{
		summary: "The registration access token was most likely replaced",
		fact:    sentence("The answer to the update was lost: "+strings.TrimRight(lost.Error(), ".")) + " Read to find out what became of it, the registration was refused: " + factOf(refused),
		meaning: "Servers that replace the token at an update refuse the old one from then on, and the new one was in the answer that was lost. The update itself was most likely carried out. State was kept.",
		next:    "Have the server's operator issue a new registration access token, then run terraform state rm and terraform import with it. Until then, on_unauthorized = \"warn\" lets plans of everything else go on.",
		at:      path.Root("registration_access_token"),
	}.diagnostic())
}

// UnreadImport words an import whose client the server does not let be read.
func (t Target) UnreadImport(err error) diag.Diagnostic {
	m := message{
		summary: "The client to import could not be read",
		fact:    factOf(err),
		meaning: "The server answers so when the registration access token is not this client's or was replaced since, and when it has no such client. Nothing was imported.",
		next: "Check the registration_client_uri in the import ID, and DCR_REGISTRATION_ACCESS_TOKEN or registration.registration_access_token, which has to be the newest token the server issued for this client. " +
			"If there is none any more, have the server's operator issue one. Then import again.",
		at: path.Root("registration_client_uri"),
	}
	if t.OwnToken {
		m.meaning = "The server answers so when the client's own credentials or client_id are not right, and when it has no such client. Nothing was imported."
		m.next = "Check registration_client_uri, client_id, management_scope and token_endpoint_auth_method in the import ID, and " + t.Certificate + " or " + t.SigningKey + ", as that method needs. Then import again."
	}
	return identified(err, m.diagnostic())
}

// managed words 4xx answers to a request with the registration access token
// that carry no code of RFC 7591 (RFC 7592 §2).
func (t Target) managed(err *rest.StatusError, action string) message {
	if dcr.Refused(err) && (t.OwnToken || err.Status != http.StatusNotFound) {
		return t.refused(err)
	}
	m := t.status(err, action)
	switch err.Status {
	case http.StatusUnauthorized:
		m.meaning = "The server refuses the client's own credentials, such as its certificate, and not the registration access token. The client is as it was."
		m.next = "Check " + t.Certificate + ": it may be revoked, expired, or of another application."
		if t.owns() {
			m.next += " " + onceMore
		}
		m.next += request(err.InteractionID)
		m.at = t.CertificateAnchor
	case http.StatusBadRequest:
		m.meaning = "The server did not carry out the request. The client is as it was."
		if err.Method == http.MethodGet || err.Method == http.MethodDelete {
			m.meaning = "The request has nothing in it but a token, so the server most likely does not take that, or does not know the client any more; 401 would be the answer for either (RFC 7592 §2). Nothing was changed."
			m.next = "Ask the server's operator whether the client is there. If it is, obtain a new registration access token, run terraform state rm if the client is in state, and terraform import. If it is gone, after terraform state rm the next apply registers another, with another client_id: every consent given to the old one is lost." + request(err.InteractionID)
			m.at = path.Empty()
		}
	case http.StatusForbidden:
		m.meaning = "The server accepts the registration access token, but not this request with it or with this client certificate. The client is as it was."
		if t.OwnToken {
			m.meaning = "The server accepts the client's access token, but not this request with it: it may want another scope (management_scope) or another client certificate. The client is as it was."
		}
		m.next = "Check " + t.Certificate + "; if it is the right one, ask the server's operator to allow this for the client." + request(err.InteractionID)
		m.at = t.CertificateAnchor
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		m.meaning = "Either the server does not offer this for its clients, which RFC 7592 leaves to it, or the client no longer exists. Nothing was changed."
		m.next = "Run terraform plan, which reads the client. If it is still there, only the server's operator can do this."
		if err.Method == http.MethodPut {
			m.next = "Run terraform plan, which reads the client. If it is still there and the server updates clients by PATCH, set update_method = \"PATCH\"; otherwise only the server's operator can do this."
		}
		m.next += request(err.InteractionID)
		m.at = path.Empty()
	}
	return m
}

// redirected words a redirect of a request with the registration access token. The address to
// change for it is that of the client: another server in the configuration is another client.
func (t Target) redirected(err *rest.StatusError, action string) message {
	m := t.status(err, action)
	m.next = "If it is a login or an error page, ask the server's operator. If the server moved its clients, ask at which URL this one is managed now, copy its token from state (terraform state pull), run terraform state rm, and import it with that URL and token. Do not change " + t.URL + " for this: that would have another client registered." + request(err.InteractionID)
	m.at = path.Root("registration_client_uri")
	return m
}

// Removal words a client that could not be removed, or whose removal could not be verified.
func (t Target) Removal(err error, sent Sent) diag.Diagnostic {
	d := identified(err, t.removal(err, sent))
	if sent.ClientID == "" {
		return d
	}
	// Terraform names a resource that is no longer configured by its address alone.
	return reworded(d, fmt.Sprintf("Client %q of %s could not be removed. %s", sent.ClientID, sent.Server, d.Detail()))
}

func (t Target) removal(err error, sent Sent) diag.Diagnostic {
	var alive *dcr.AliveError
	switch {
	case errors.As(err, &alive) && passing(alive.Status):
		return message{
			summary: "The authorization server did not remove the client",
			fact:    sentence(alive.Err.Error()),
			meaning: "Read again afterwards, the client is still there: the server failed or was too busy to remove it, and did not say that it never does.",
			next:    "Run the same command again later.",
		}.diagnostic()
	case alive != nil:
		return message{
			summary: "The authorization server did not remove the client",
			fact:    sentence(alive.Err.Error()),
			meaning: "Read again afterwards, the client is still there. Some servers let clients be read but not removed (RFC 7592 §2.3 provides 405 for that).",
			next:    "Have the server's operator remove it; then, or to leave it there, set deletion_policy = \"abandon\", apply, and destroy again.",
		}.diagnostic()
	}
	var (
		credential *conn.CredentialError
		connection *rest.TransportError
	)
	if errors.As(err, &credential) && credential.Owner == conn.OwnerResource || errors.As(err, &connection) && connection.Phase == rest.PhaseRefused && t.owns() {
		m := t.message(err, "remove the client")
		m.next += " " + onceMore
		return m.diagnostic()
	}
	if Refused(err) {
		m := t.refused(err)
		m.next += " To forget the client here without removing it there, set deletion_policy = \"abandon\" as well, apply, and destroy again."
		return m.diagnostic()
	}
	return t.Registration(err, "remove the client", sent)
}

// owns reports whether the certificate is the resource's own, and not the provider's.
func (t Target) owns() bool { return t.Certificate == "client_certificate_pem" }

// onceMore is how a client is removed whose certificate in state is of no use any more.
const onceMore = "A client that is no longer configured is asked with what state has: configure it once more with a certificate that is good, apply, and then remove it. If its key was write-only, and so is in no state, set registration.client_certificate_pem and registration.private_key_pem of the provider instead."

// passing reports whether an answer is one of a server that is busy or failing,
// as it may not be the next time; zero is that no answer came.
func passing(status int) bool {
	return status == 0 || status == http.StatusTooManyRequests || status >= 500 && status != http.StatusNotImplemented
}
