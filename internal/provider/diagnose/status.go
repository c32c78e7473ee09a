package diagnose

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// fact is the first paragraph of every diagnostic about an HTTP answer.
func fact(err *rest.StatusError) string {
	words := make([]string, 0, 3)
	if err.Code != "" {
		words = append(words, err.Code)
	}
	if err.Description != "" {
		words = append(words, err.Description)
	}
	words = append(words, err.Messages...)
	line := fmt.Sprintf("%s %s answered %d %s", err.Method, err.URL, err.Status, http.StatusText(err.Status))
	switch {
	case len(words) > 0:
		line += ": " + strings.Join(words, "; ")
	case err.ContentType != "" && !strings.Contains(err.ContentType, "json"):
		line += fmt.Sprintf(" with content type %q and no error of the protocol", err.ContentType)
	}
	return sentence(line)
}

// status words an HTTP answer outside 2xx.
func (t Target) status(err *rest.StatusError, action string) message {
	m := message{
		summary: t.Actor + " refused to " + action,
		fact:    fact(err),
		at:      t.blame(err),
	}
	switch {
	case err.Status >= 300 && err.Status < 400:
		m.summary = t.Actor + " answered with a redirect"
		m.meaning = fmt.Sprintf("It points to %s. Redirects are not followed: they would carry credentials to another place.", err.Location)
		m.next = fmt.Sprintf("Set %s to the address the server is really at.", t.URL)
		m.at = t.Anchor
	case err.Status == http.StatusUnauthorized:
		m.meaning = "The access token is missing, expired, or was issued for another client certificate."
		m.next = "If directory.access_token (or DCR_DIRECTORY_ACCESS_TOKEN, which counts for every configuration of the provider) is set, get a new one; otherwise check directory.client_id, auth_method and the credentials."
	case err.Status == http.StatusForbidden:
		m.meaning = "The access token is good, but may not do this: its scope or its organisation does not allow it. Creating applications, roles and certifications needs the scope directory:website."
		m.next = "Check directory.organisation_id, and directory.scope or directory.access_token: give a token whose scope and organisation allow this."
	case err.Status == http.StatusNotFound:
		m.meaning = "The object, or the path, does not exist at the server."
		m.next = fmt.Sprintf("Check %s and directory.organisation_id.", t.URL)
	case err.Status == http.StatusTooManyRequests:
		m.summary = t.Actor + " asks to slow down"
		m.meaning = "The server limits the rate of requests; the retries were used up."
		m.next = "Run again later, lower requests_per_second or raise max_retries in the provider configuration."
	case err.Status >= 500:
		m.summary = t.Actor + " failed"
		m.meaning = fmt.Sprintf("The server could not %s. State holds what was true before.", action)
		m.next = "Run the same command again later." + request(err.InteractionID)
	default:
		m.meaning = "Nothing was changed at the server."
		m.next = "Change the configuration as the server's words say, then run the same command again." + request(err.InteractionID)
		if silent(err) {
			m.next = "The server did not say what is wrong. Compare the configuration with what its documentation asks for, then run the same command again." + request(err.InteractionID)
		}
	}
	return m
}

// silent reports whether an answer has no words in it that could be followed: a code that
// goes with every refusal is none.
func silent(err *rest.StatusError) bool {
	general := []string{"", http.StatusText(err.Status), "invalid_request", "invalid_client_metadata"}
	return err.Description == "" && slices.Contains(general, err.Code) &&
		!slices.ContainsFunc(err.Messages, func(words string) bool { return words != http.StatusText(err.Status) })
}

// blame points at the attribute whose name, in the server's spelling, is the
// only known one in the server's words.
func (t Target) blame(err *rest.StatusError) path.Path {
	words := strings.Join(append([]string{err.Description}, err.Messages...), " ")
	names := make([]string, 0, len(t.Fields))
	for name := range t.Fields {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(words) {
			names = append(names, name)
		}
	}
	if len(names) == 1 {
		return t.Fields[names[0]]
	}
	sort.Strings(names)
	return path.Empty()
}

// token words a refused or failed token request.
func (t Target) token(err *oauth.TokenError, action string) message {
	m, known := t.exchange(err.Err, "issue an access token")
	if !known {
		m = message{summary: t.Actor + " issued no access token", fact: sentence(err.Error()),
			next: "Check directory.issuer. With TF_LOG_PROVIDER=DEBUG every request is logged with its status, never with secrets."}
	}
	status, answered := asStatus(err.Err)
	if !answered || status.Status >= 500 || status.Status == http.StatusTooManyRequests || status.Status < 400 {
		m.meaning = strings.TrimSpace(m.meaning + fmt.Sprintf(" An access token is needed to %s.", action))
		m.next = strings.ReplaceAll(m.next, "directory.api_url", "directory.issuer")
		return m
	}
	m.summary = t.Actor + " refused to issue an access token"
	m.meaning = fmt.Sprintf("Client %q asked for scope %q by %s, to %s.", err.ClientID, err.Scope, err.Method, action)
	switch status.Code {
	case "invalid_scope":
		if len(t.Scope.Steps()) > 0 {
			m.next, m.at = fmt.Sprintf("Set %s to a scope this client may have, or leave it out for that of directory.scope.", t.Scope), t.Scope
			break
		}
		m.next = "Set directory.scope to a scope this client may have. If the operation needs directory:website, give a token obtained elsewhere as directory.access_token, or have the directory's operator provision the client for it."
	case "invalid_client", "unauthorized_client":
		m.next = fmt.Sprintf("Check directory.client_id (a stray space is enough) and directory.auth_method; with %s check %s.", err.Method, credentialsOf(err.Method))
	default:
		m.next = fmt.Sprintf("Check directory.issuer, directory.client_id and %s.", credentialsOf(err.Method))
	}
	return m
}

func credentialsOf(method oauth.AuthMethod) string {
	switch method {
	case oauth.AuthPrivateKeyJWT:
		return "directory.signing_key_pem and directory.signing_key_id"
	case oauth.AuthClientSecretBasic:
		return "directory.client_secret"
	default:
		return "directory.client_certificate_pem and directory.private_key_pem"
	}
}
