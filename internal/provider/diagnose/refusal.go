package diagnose

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// code words the error codes of RFC 7591 §3.2.2.
func (t Target) code(err *rest.StatusError, sent Sent) (message, bool) {
	if m, lacks := lacking(err, sent); lacks {
		return m, true
	}
	m := message{fact: fact(err)}
	statement := path.Root("software_statement")
	if sent.StatementAttribute != "" {
		statement = path.Root(sent.StatementAttribute)
	}
	switch err.Code {
	case "invalid_redirect_uri":
		m.summary = "The authorization server refused the redirect URIs"
		m.meaning = "No client was created or changed." + outside(sent)
		m.next = "Add the URI to the application's redirect_uris at the directory (the statement is then issued anew), or remove it from this client's redirect_uris."
		m.at = path.Root("redirect_uris")
	case "invalid_software_statement":
		m.summary = "The authorization server refused the software statement"
		m.meaning = "No client was created or changed." + described(sent) + contradictions(sent)
		m.next = "Most servers accept a statement for five minutes after its iat and only from the application whose certificate is used. Check the clock of this machine, software_statement_max_age, and that client_certificate_pem belongs to the statement's application. If the server takes each statement once, set software_statement_use = \"single\"."
		m.at = statement
	case "unapproved_software_statement":
		m.summary = "The authorization server does not approve the software statement"
		m.meaning = "No client was created or changed. The server does not trust who issued the statement, or has not approved this software." + described(sent) + contradictions(sent)
		m.next = "Use a statement of the directory this server belongs to: check the provider's directory.ecosystem, api_url and keystore_url, and the server's issuer. If the server's words are about the certificate, check that the client certificate belongs to the application of the statement."
		m.at = statement
	case "invalid_client_metadata":
		m.summary = "The authorization server refused the client metadata"
		m.meaning = "No client was created or changed." + contradictions(sent)
		m.next = "Change the metadata as the server's words say, then run the same command again."
		m.at = t.blame(err)
		switch named := len(m.at.Steps()) > 0; {
		case silent(err) && len(sent.Contradictions) == 0:
			m.next = "The server did not say which member it means. Compare the metadata with what its documentation asks for, then run the same command again." + request(err.InteractionID)
		case named && duplicate(err):
			m.next = "Change the member the server names, then run the same command again; if the words are about a client of this software, import that with its registration access token instead."
		case named:
			m.next = "Change the member the server names, then run the same command again."
		case duplicate(err):
			m.meaning, m.next = m.meaning+there, adopt
		}
	default:
		return message{}, false
	}
	if sent.moved() && m.at.Equal(statement) {
		m.meaning += fmt.Sprintf(" The client is registered for software_id %s. An application that was deleted and created again is another software, and servers do not move a client from one to another.", sent.SoftwareID)
		m.next = "If the statement is of the wrong application, give that of the right one. Otherwise have another client registered in place of this one with terraform apply -replace: every consent given to the old one is lost."
	}
	return m, true
}

// refusal words 4xx answers to a registration that carry no code of RFC 7591.
func (t Target) refusal(err *rest.StatusError, action string) message {
	m := t.status(err, action)
	denied := err.Status == 400 && (err.Code == "access_denied" || err.Code == "invalid_token")
	switch {
	case err.Status == 400 && !denied, err.Status == 409, err.Status == 422:
		m.meaning = "The server did not carry out the request."
		if duplicate(err) {
			m.meaning, m.next = m.meaning+there, adopt+request(err.InteractionID)
		}
	case denied, err.Status == 401, err.Status == 403:
		m.meaning = "The server accepts this request only with an initial access token, with another client certificate, or not from this client. Nothing was created or changed."
		m.next = fmt.Sprintf("Check initial_access_token and %s, and that the certificate belongs to the application of the software statement.", t.Certificate)
		m.at = t.CertificateAnchor
	case err.Status == 404, err.Status == 405, err.Status == 415:
		m.meaning = "There is no dynamic client registration at that address."
		m.next = "Check registration_endpoint, or the issuer if the endpoint comes from its discovery document."
		m.at = t.Anchor
	}
	return m
}

func sameOrigin(a, b string) bool {
	x, errX := rest.Origin(a)
	y, errY := rest.Origin(b)
	return errX == nil && errY == nil && x == y
}

func outside(sent Sent) string {
	if sent.Statement == nil {
		return ""
	}
	known := map[string]bool{}
	for _, uri := range sent.Statement.RedirectURIs {
		known[uri] = true
	}
	var extra []string
	for _, uri := range sent.RedirectURIs {
		if !known[uri] {
			extra = append(extra, uri)
		}
	}
	if len(extra) == 0 {
		return ""
	}
	return fmt.Sprintf(" The software statement does not list %s; it lists %s.", strings.Join(extra, ", "), strings.Join(sent.Statement.RedirectURIs, ", "))
}

func contradictions(sent Sent) string {
	if len(sent.Contradictions) == 0 {
		return ""
	}
	return " The software statement contradicts what was asked for: " + strings.Join(sent.Contradictions, " ")
}

func described(sent Sent) string {
	s := sent.Statement
	if s == nil {
		return ""
	}
	if s.IssuedAt.IsZero() {
		return fmt.Sprintf(" The statement was issued by %q for software_id %s; it does not tell when.", s.Issuer, s.SoftwareID)
	}
	return fmt.Sprintf(" The statement was issued by %q for software_id %s at %s, %s before the answer by this machine's clock.",
		s.Issuer, s.SoftwareID, s.IssuedAt.UTC().Format(time.RFC3339), s.Age(sent.Now).Round(time.Second))
}

// A client that is there already, and the way on.
const (
	there = " By the server's words, it has a client for this software already."
	adopt = "Import that client instead of registering a second one: run terraform import with its registration_client_uri, and give its registration access token by DCR_REGISTRATION_ACCESS_TOKEN. If nobody has the token any more, have the server's operator issue another, or remove the client; then apply again."
)

// duplicate reports whether a refused registration is said to be of a client that is there. That something
// else is there, or none such, says nothing of it.
func duplicate(err *rest.StatusError) bool {
	words := strings.ToLower(strings.Join(append([]string{err.Description}, err.Messages...), " "))
	about := regexp.MustCompile(`\b(client|software|registration|application)s?\b`).MatchString(words)
	said := regexp.MustCompile(`\balready\b|\bexists\b`).MatchString(words) && !strings.Contains(words, "no such")
	return err.Method == http.MethodPost && about && said
}

// lacking words that a server wants a software statement where none was sent.
func lacking(err *rest.StatusError, sent Sent) (message, bool) {
	words := strings.ToLower(strings.Join(append([]string{err.Description}, err.Messages...), " "))
	told := strings.Contains(words, "software statement") || strings.Contains(words, "software_statement")
	wanted := err.Code == "invalid_software_statement" || told && slices.ContainsFunc([]string{"required", "missing", "must", "mandatory", "need", "absent", "expected"}, func(word string) bool { return strings.Contains(words, word) })
	if sent.Statement != nil || !wanted || err.Method == http.MethodGet || err.Method == http.MethodDelete {
		return message{}, false
	}
	return message{
		summary: "The authorization server wants a software statement",
		fact:    fact(err),
		meaning: "No client was created or changed. The request carried no software statement, and this server takes none without.",
		next:    "Set software_statement, usually to dcr_software_statement.x.assertion, or software_statement_wo to one from elsewhere.",
		at:      path.Root("software_statement"),
	}, true
}
