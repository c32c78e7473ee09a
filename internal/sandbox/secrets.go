package sandbox

import (
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const redacted = "[redacted]"

// jwtPattern finds compact JWS and JWE wherever they hide.
var jwtPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)*`)

// privateKeyPattern finds PEM private keys.
var privateKeyPattern = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----`)

func isSecretName(name string) bool {
	return slices.Contains([]string{
		"client_secret", "registration_access_token", "access_token", "refresh_token", "initial_access_token", "software_statement",
		"client_assertion", "assertion", "ClientSecret", "password",
	}, name)
}

// remember adds to the list of all secrets; the sandbox is locked.
func (s *Sandbox) remember(secrets ...string) {
	for _, secret := range secrets {
		if secret != "" && !slices.Contains(s.state.Secrets[max(0, len(s.state.Secrets)-8):], secret) {
			s.state.Secrets = append(s.state.Secrets, secret)
		}
	}
}

// Secrets returns every secret value ever issued or configured: access tokens, initial and
// registration access tokens, client secrets, software statements and the bootstrap client's
// private keys.
func (s *Sandbox) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.state.Secrets)
	slices.Sort(out)
	return slices.Compact(out)
}

// redactBody returns a request body without anything secret in it.
func redactBody(contentType string, body []byte) string {
	if len(body) == 0 {
		return ""
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err == nil && media == "application/x-www-form-urlencoded" {
		return redactText(redactForm(string(body)))
	}
	if object, err := decodeObject(body); err == nil {
		return redactText(string(encodeJSON(redactObject(object))))
	}
	return redactText(string(body))
}

func redactForm(body string) string {
	values, err := url.ParseQuery(body)
	if err != nil {
		return redacted
	}
	pairs := make([]string, 0, len(values))
	for _, name := range sortedKeys(values) {
		value := url.QueryEscape(values.Get(name))
		if isSecretName(name) {
			value = redacted
		}
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "&")
}

func redactObject(object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for name, value := range object {
		out[name] = redactValue(value)
		if isSecretName(name) {
			out[name] = redacted
		}
	}
	return out
}

func redactValue(value any) any {
	switch inner := value.(type) {
	case map[string]any:
		return redactObject(inner)
	case []any:
		out := make([]any, len(inner))
		for i := range inner {
			out[i] = redactValue(inner[i])
		}
		return out
	default:
		return cloneValue(value)
	}
}

func redactText(text string) string {
	return jwtPattern.ReplaceAllString(privateKeyPattern.ReplaceAllString(text, redacted), redacted)
}
