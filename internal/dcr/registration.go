package dcr

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Registration is a server's answer about one client (RFC 7591 §3.2.1, RFC 7592 §3).
type Registration struct {
	ClientID     string
	ClientSecret rest.Secret
	// ClientIDIssuedAt and ClientSecretExpiresAt are seconds since 1970; 0 is absent or never.
	ClientIDIssuedAt, ClientSecretExpiresAt int64
	// ExpirySaid is set when the answer says when the secret expires, or that it never does.
	ExpirySaid              bool
	RegistrationAccessToken rest.Secret
	RegistrationClientURI   string
	// SoftwareStatement is the statement it was registered with, if the server repeats it.
	SoftwareStatement string
	// Metadata is everything but the members above and software_statement.
	Metadata Metadata
	// Status is the HTTP status of the answer.
	Status int
	// Empty is set when the answer had no body, which says nothing about the client.
	Empty bool
	// Masked are the secrets that the answer shows a mask of.
	Masked []string
	// Notes are oddities of the answer that a user may want to know.
	Notes []string
}

// Parse reads the document of an answer (RFC 7591 §3.2.1), fresh from a server or
// kept by somebody since. Members that are not what they should be are empty.
func Parse(document Metadata) *Registration {
	document = document.Clone()
	reg := &Registration{
		ClientID:                text(document["client_id"]),
		ClientSecret:            secretText(document["client_secret"]),
		RegistrationAccessToken: secretText(document["registration_access_token"]),
		RegistrationClientURI:   text(document["registration_client_uri"]),
		SoftwareStatement:       text(document["software_statement"]),
		ClientIDIssuedAt:        seconds(document["client_id_issued_at"]),
		ClientSecretExpiresAt:   seconds(document["client_secret_expires_at"]),
	}
	for _, name := range []string{"client_secret", "registration_access_token"} {
		if masked(text(document[name])) {
			reg.Masked = append(reg.Masked, name)
		}
	}
	_, reg.ExpirySaid = document["client_secret_expires_at"]
	if !reg.ExpirySaid && !reg.ClientSecret.Empty() {
		reg.Notes = append(reg.Notes, "The server issued a client secret without client_secret_expires_at, which RFC 7591 §3.2.1 requires. It is taken not to expire.")
	}
	for _, name := range append(forbidden(), "client_id", "client_secret", "software_statement") {
		delete(document, name)
	}
	reg.Metadata = document
	return reg
}

// settle makes a registration_client_uri that the server gave without its own address a whole one
// (RFC 3986 §5), as nothing could be managed at it otherwise. What begins with neither slash
// nor question mark may as well be an address that lacks its scheme, and stays.
func (r *Registration) settle(endpoint string) {
	if !strings.HasPrefix(r.RegistrationClientURI, "/") && !strings.HasPrefix(r.RegistrationClientURI, "?") {
		return
	}
	base, err := url.Parse(endpoint)
	if err != nil {
		return
	}
	if whole, err := base.Parse(r.RegistrationClientURI); err == nil {
		r.RegistrationClientURI = whole.String()
		r.Notes = append(r.Notes, "The server's registration_client_uri is relative, where RFC 7592 §3 requires a whole URL. It was taken as relative to the registration endpoint.")
	}
}

// forbidden are the members a PUT must not carry (RFC 7592 §2.2).
func forbidden() []string {
	return []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"}
}

// Secretive reports whether a member's name says that its value is a secret. No
// specification has such a member beside those of RFC 7591 §3.2.1 and RFC 7592 §3,
// but servers add their own.
func Secretive(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if len(words) > 1 && last == "key" && slices.Contains([]string{"api", "private", "access"}, words[len(words)-2]) {
		return true
	}
	return slices.Contains(secretNouns(), last) || slices.Contains(words, "secret")
}

// wordsOf splits a name as servers write them: clientSecret, ClientSecret, client_secret, client-secret.
func wordsOf(name string) []string {
	var b strings.Builder
	var before rune
	for _, r := range name {
		switch {
		case r == '_' || r == '-' || r == '.':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteRune(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return strings.Fields(b.String())
}

// secretNouns end such names. Names of specified members end in "access_tokens".
func secretNouns() []string {
	return []string{"secret", "secrets", "token", "password", "passphrase", "apikey", "credential", "credentials"}
}

// text reads a member that should be a string. Some servers number their clients.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// seconds reads a time that should be a number of seconds: some servers send
// milliseconds, text, or an ISO date.
func seconds(raw json.RawMessage) int64 {
	const millisecondsFrom = 100_000_000_000
	value := strings.Trim(strings.TrimSpace(string(raw)), `"`)
	if f, err := strconv.ParseFloat(value, 64); err == nil && f >= 0 && f < 1e18 {
		n := int64(f)
		if n > millisecondsFrom {
			n /= 1000
		}
		return n
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, value); err == nil && at.Unix() > 0 {
			return at.Unix()
		}
	}
	return 0
}

// AmbiguousError tells that a client may have been registered although no
// usable answer came. The request must not be repeated.
type AmbiguousError struct {
	Endpoint      string
	At            time.Time
	InteractionID string
	// Partial is what an otherwise unusable answer did say.
	Partial *Registration
	Err     error
}

// Error says that a client may exist, and the cause.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("a client may have been registered at %s: %v", e.Endpoint, e.Err)
}

// Unwrap returns the cause.
func (e *AmbiguousError) Unwrap() error { return e.Err }

// OriginError tells that a registration_client_uri is at an origin nobody
// vouched for. The registration access token was not sent.
type OriginError struct {
	URI, Origin string
	Trusted     []string
}

// Error names the origin.
func (e *OriginError) Error() string {
	return fmt.Sprintf("the registration is managed at %s, which is not a trusted origin", e.Origin)
}

// AddressError tells that a registration_client_uri is none at which anything may be
// sent, such as one of plain http. The registration access token was not sent.
type AddressError struct{ Err error }

// Error says what is wrong with it.
func (e *AddressError) Error() string {
	return fmt.Sprintf("the registration_client_uri cannot be used: %v", e.Err)
}

// Unwrap returns what is wrong with it.
func (e *AddressError) Unwrap() error { return e.Err }

// IdentityChangedError tells that the server answered about another client.
type IdentityChangedError struct{ Want, Got string }

// Error names both clients.
func (e *IdentityChangedError) Error() string {
	return fmt.Sprintf("asked about client %q, the server answered about %q", e.Want, e.Got)
}

// UnidentifiedError tells that an answer has no client_id, and that nothing else says
// which client it is about.
type UnidentifiedError struct{ URI string }

// Error says what is missing.
func (e *UnidentifiedError) Error() string {
	return fmt.Sprintf("the answer of %s has no client_id, which RFC 7592 §3 requires, and nothing else tells which client it is about", e.URI)
}

// AliveError tells that the server refused to remove a client that still exists.
type AliveError struct {
	// Status is what the DELETE was answered with.
	Status int
	// Registration is what reading the client said, which may include a new token.
	Registration *Registration
	Err          error
}

// Error says that the client still exists.
func (e *AliveError) Error() string {
	return fmt.Sprintf("the client still exists: %v", e.Err)
}

// Unwrap returns the answer to the DELETE.
func (e *AliveError) Unwrap() error { return e.Err }

// Refused reports whether the server no longer accepts the registration
// access token: the client was deleted, or the token was lost. RFC 7592 §2 has
// one answer for both, and servers use several. A page in HTML is a proxy's
// answer and says nothing about the token. A server that answered a read
// afterwards, about whichever client, did accept it.
func Refused(err error) bool {
	var (
		status  *rest.StatusError
		alive   *AliveError
		changed *IdentityChangedError
	)
	if !errors.As(err, &status) || errors.As(err, &alive) || errors.As(err, &changed) ||
		rest.IsPage(status.ContentType) {
		return false
	}
	if status.Code == "invalid_client" {
		// The server blames the client's own credentials, such as its certificate, and not the token.
		return false
	}
	switch status.Status {
	case 401, 404, 410:
		return true
	case 400:
		return status.Code == "access_denied" || status.Code == "invalid_token"
	}
	return false
}

// Unsupported reports whether the server does not offer the operation.
func Unsupported(err error) bool {
	var status *rest.StatusError
	return errors.As(err, &status) && (status.Status == 405 || status.Status == 501) && !errors.As(err, new(*oauth.TokenError))
}

// Code returns the error code of an answer (RFC 7591 §3.2.2), if it has one.
func Code(err error) string {
	var status *rest.StatusError
	if errors.As(err, &status) {
		return status.Code
	}
	return ""
}
