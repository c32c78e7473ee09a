package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// StatusError is an answer outside 2xx.
type StatusError struct {
	// Method and URL are the request's; the URL has no query.
	Method, URL string
	Status      int
	// Code and Description are error and error_description (RFC 6749 §5.2, RFC 7591 §3.2.2).
	Code, Description string
	// Messages are the directory's {"errors": […]} or a gateway's {"message": …}.
	Messages    []string
	ContentType string
	// Location is the origin a redirect points to.
	Location      string
	InteractionID string
	RetryAfter    time.Duration
	HasRetryAfter bool
}

// Error gives the request line, the status and the server's words.
func (e *StatusError) Error() string {
	words := e.Messages
	if e.Description != "" {
		words = append([]string{e.Description}, words...)
	}
	if e.Code != "" {
		words = append([]string{e.Code}, words...)
	}
	text := fmt.Sprintf("%s %s answered %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if len(words) > 0 {
		text += ": " + strings.Join(words, "; ")
	}
	return text
}

// TransportError is an exchange that ended without an HTTP answer.
type TransportError struct {
	Method, URL   string
	Phase         Phase
	Err           error
	InteractionID string
}

// Error gives the request line and the reason.
func (e *TransportError) Error() string { return fmt.Sprintf("%s %s: %s", e.Method, e.URL, e.Reason()) }

// Reason is the cause in words: Go's own for a connection that was closed are three letters.
func (e *TransportError) Reason() string {
	text := e.Err.Error()
	switch {
	case !strings.HasSuffix(text, "EOF"):
		return text
	case e.Phase == PhaseBody:
		return "the server closed the connection in the middle of its answer"
	case e.Phase == PhaseSent || e.Phase == PhaseTimeout:
		return "the server closed the connection before it answered"
	}
	return "the server closed the connection"
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// quotedError is an error of net/http, which quotes the server where it cannot follow it.
type quotedError struct {
	text string
	err  error
}

// Error is the cause's text, fit to print.
func (e *quotedError) Error() string { return e.text }

// Unwrap returns the cause.
func (e *quotedError) Unwrap() error { return e.err }

// quoted takes out of an error's text what the server must not be quoted with: what it
// was sent, and of an answer that is no HTTP everything, as it may have just been issued.
func (c *call) quoted(err error, answered bool) error {
	if err == nil || c.masks == nil {
		return err
	}
	text := err.Error()
	if answered {
		text = regexp.MustCompile(`"(?:\\.|[^"\\])*"?`).ReplaceAllString(text, `"…"`)
	}
	masks := c.masks()
	for _, s := range masks {
		masks = append(masks, Secret(strings.TrimSuffix(strconv.Quote(s.Reveal())[1:], `"`)))
	}
	return &quotedError{clean(text, masks), err}
}

// Unprocessed reports whether the server provably did not process the request.
func (e *TransportError) Unprocessed() bool {
	switch e.Phase {
	case PhaseSent, PhaseBody, PhaseTimeout:
		return false
	}
	return true
}

// BodyError is a 2xx answer whose body cannot be used.
type BodyError struct {
	Method, URL   string
	Status        int
	ContentType   string
	Reason        string
	Err           error
	InteractionID string
}

// Error gives the request line, the status and the reason.
func (e *BodyError) Error() string {
	return fmt.Sprintf("%s %s answered %d, but %s", e.Method, e.URL, e.Status, e.Reason)
}

// Unwrap returns the cause.
func (e *BodyError) Unwrap() error { return e.Err }

// IsPage reports whether a Content-Type is that of a page for people, in which a proxy or
// a login answers in place of the server. Media types have no case (RFC 9110 §8.3.1).
func IsPage(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	return slices.Contains([]string{"text/html", "application/xhtml+xml"}, strings.TrimSpace(kind))
}

// InteractionID is the x-fapi-interaction-id of the request an error is about,
// empty if it is about none.
func InteractionID(err error) string {
	var (
		status    *StatusError
		transport *TransportError
		body      *BodyError
	)
	switch {
	case errors.As(err, &status):
		return status.InteractionID
	case errors.As(err, &transport):
		return transport.InteractionID
	case errors.As(err, &body):
		return body.InteractionID
	}
	return ""
}

const (
	// maxWords is how much of one message is kept, in bytes, and maxMessages how many are.
	maxWords    = 1024
	maxMessages = 20
)

// explain fills a StatusError from the body, as far as it is one the protocols know:
// OAuth's error (RFC 6749 §5.2), problem details (RFC 9457), and what the directory,
// gateways and authorization servers have of their own, down to a bare sentence.
func (e *StatusError) explain(body []byte, masks []Secret) {
	var known struct {
		Error       words `json:"error"`
		Description words `json:"error_description"`
		Hint        words `json:"error_hint"`
		Errors      words `json:"errors"`
		Title       words `json:"title"`
		Detail      words `json:"detail"`
		Message     words `json:"message"`
		Reason      words `json:"reason"`
		Prose       words `json:"description"`
		Summary     words `json:"errorSummary"`
		Causes      words `json:"errorCauses"`
		Result      words `json:"resultMessage"`
		Params      words `json:"invalid-params"`
		Violations  words `json:"validationErrors"`
	}
	if json.Unmarshal(body, &known) == nil {
		e.Code, e.Description = known.Error.code(masks), known.Description.first(masks)
		all := slices.Concat(known.Error.told(), known.Hint.texts, known.Errors.texts, known.Title.texts, known.Detail.texts, known.Message.texts, known.Reason.texts,
			known.Prose.texts, known.Summary.texts, known.Causes.texts, known.Result.texts, known.Params.texts, known.Violations.texts)
		for i, m := range all {
			if i < maxMessages && !slices.Contains(e.Messages, clean(m, masks)) {
				e.Messages = append(e.Messages, clean(m, masks))
			}
		}
		if more := len(all) - maxMessages; more > 0 {
			e.Messages = append(e.Messages, fmt.Sprintf("and %d more", more))
		}
		return
	}
	if title := regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`).FindSubmatch(body); title != nil {
		e.Messages = []string{"page titled " + strings.TrimSpace(clean(html.UnescapeString(string(title[1])), masks))}
		return
	}
	said := clean(sentence(e.ContentType, body), masks)
	if bare := http.StatusText(e.Status); said != "" && !strings.EqualFold(said, bare) && !strings.EqualFold(said, fmt.Sprintf("%d %s", e.Status, bare)) {
		e.Messages = []string{said}
	}
}

// sentence is an answer that is nothing but a few words, in plain text or as one JSON string,
// as gateways and load balancers give it. A longer one is a dump of something.
func sentence(contentType string, body []byte) string {
	const longest = 300
	var said string
	if kind, _, _ := strings.Cut(strings.ToLower(contentType), ";"); strings.TrimSpace(kind) == "text/plain" {
		said = string(body)
	}
	_ = json.Unmarshal(body, &said) // Plain text may be JSON, too; what is no string of it is left as it is.
	if len(said) > longest || strings.HasPrefix(strings.TrimSpace(said), "<") || strings.HasPrefix(strings.TrimSpace(said), "{") {
		return ""
	}
	return said
}

// words are a string or an object with words in it, or a list of them. Anything else is
// left out: one odd member must not cost the others.
type words struct {
	texts []string
	// plain is set for a string, or a list that begins with one.
	plain bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(data []byte) error {
	var many []json.RawMessage
	if json.Unmarshal(data, &many) != nil {
		many = []json.RawMessage{data}
	}
	for _, each := range many {
		var text string
		if json.Unmarshal(each, &text) == nil {
			w.plain = w.plain || len(w.texts) == 0
		} else {
			text = spoken(each)
		}
		if text != "" {
			w.texts = append(w.texts, text)
		}
	}
	return nil
}

// spoken joins the words of one error among several: which it is, what it is about, and what is wrong.
func spoken(raw json.RawMessage) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return ""
	}
	folded := make(map[string]json.RawMessage, len(members))
	for name, value := range members {
		folded[strings.ToLower(name)] = value
	}
	var parts []string
	for _, name := range []string{"code", "errorcode", "path", "fieldpath", "field", "name", "title", "detail", "message", "reason", "description", "errorsummary"} {
		var text string
		if json.Unmarshal(folded[name], &text) == nil && text != "" && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ": ")
}

// code is the error code of the protocol, which is plain text.
func (w words) code(masks []Secret) string {
	if !w.plain {
		return ""
	}
	return w.first(masks)
}

// told is what an error says that is no code.
func (w words) told() []string {
	if w.plain {
		return nil
	}
	return w.texts
}

func (w words) first(masks []Secret) string {
	if len(w.texts) == 0 {
		return ""
	}
	return clean(w.texts[0], masks)
}

// Redact takes secrets out of a text.
func Redact(text string, secrets ...Secret) string {
	const shortest = 4 // What is shorter is in every other word.
	// The longest first: a secret that another one begins with would leave the other's end behind.
	for _, s := range slices.SortedFunc(slices.Values(secrets), func(a, b Secret) int { return len(b) - len(a) }) {
		if len(s) >= shortest {
			text = strings.ReplaceAll(text, s.Reveal(), redacted)
		}
	}
	return text
}

// Words makes what a server said fit to print: no control characters, bounded,
// and without the secrets that were sent, which some servers echo.
func Words(text string, secrets ...Secret) string { return clean(text, secrets) }

func clean(text string, masks []Secret) string {
	// Before secrets are looked for: a sequence in the middle of one would hide it, and leave it whole.
	text = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`).ReplaceAllString(text, "")
	text = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' ' // Control characters, and those that turn the direction of writing.
	}, text)
	text = Redact(text, masks...)
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "…"
	}
	return strings.TrimSpace(text)
}
