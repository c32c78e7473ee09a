package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// TokenSource gives out access tokens.
type TokenSource interface {
	// Token returns a token that is good for some seconds at least.
	Token(ctx context.Context) (rest.Secret, error)
	// Invalidate says that a server refused this token.
	Invalidate(token rest.Secret)
}

// StaticToken is a source of one token obtained elsewhere.
func StaticToken(token rest.Secret) TokenSource { return static(token) }

type static rest.Secret

// Token implements TokenSource.
func (s static) Token(context.Context) (rest.Secret, error) { return rest.Secret(s), nil }

// Invalidate implements TokenSource: there is no other token to go to.
func (static) Invalidate(rest.Secret) {}

// Format implements fmt.Formatter, so that no verb prints the token.
func (s static) Format(f fmt.State, verb rune) { rest.Secret(s).Format(f, verb) }

// TokenError tells that no access token could be had. It wraps a
// *rest.StatusError, *rest.TransportError, *rest.BodyError, *IssuerError or *KeyError.
type TokenError struct {
	TokenEndpoint string
	ClientID      string
	Method        AuthMethod
	Scope         string
	Err           error
}

// Error says who asked for what, and the cause.
func (e *TokenError) Error() string {
	return fmt.Sprintf("access token for client %q with scope %q by %s: %v", e.ClientID, e.Scope, e.Method, e.Err)
}

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// SourceOptions configure a token source.
type SourceOptions struct {
	HTTP      *rest.Client
	Discovery *Discovery
	// Issuer is where the token endpoint is looked up, unless TokenEndpoint is set.
	Issuer        string
	TokenEndpoint string
	Credentials   ClientCredentials
	// CertificateBound asks for tokens that are bound to the certificate
	// (RFC 8705 §3), at the alias for clients that have one.
	CertificateBound bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// NewTokenSource returns a source that fetches tokens by client credentials
// (RFC 6749 §4.4), keeps each until shortly before it expires, and makes one
// request however many callers wait.
func NewTokenSource(options SourceOptions) TokenSource {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &source{SourceOptions: options}
}

type source struct {
	SourceOptions
	group singleflight.Group

	mu      sync.Mutex
	token   rest.Secret
	refresh time.Time
}

// Format implements fmt.Formatter: fmt would print an unexported field as it is.
func (s *source) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "[access tokens of client %q]", s.Credentials.ClientID)
}

// Token implements TokenSource.
func (s *source) Token(ctx context.Context) (rest.Secret, error) {
	if token := s.current(); !token.Empty() {
		return token, nil
	}
	// The fetch serves every waiting caller, so one of them being cancelled must not fail the others.
	result := s.group.DoChan("", func() (any, error) {
		if token := s.current(); !token.Empty() {
			return token, nil
		}
		return s.fetch(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-result:
		token, ok := r.Val.(rest.Secret)
		if !ok || r.Err != nil {
			return "", r.Err
		}
		return token, nil
	}
}

// Invalidate implements TokenSource.
func (s *source) Invalidate(token rest.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

func (s *source) current() rest.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.Empty() || !s.Now().Before(s.refresh) {
		return ""
	}
	return s.token
}

func (s *source) fetch(ctx context.Context) (rest.Secret, error) {
	request := TokenRequest{HTTP: s.HTTP, TokenEndpoint: s.TokenEndpoint, Credentials: s.Credentials, Now: s.Now}
	if request.TokenEndpoint == "" {
		server, err := s.Discovery.Fetch(ctx, s.HTTP, s.Issuer)
		if err != nil {
			return "", request.failed(err)
		}
		if request.TokenEndpoint = s.endpoint(server); request.TokenEndpoint == "" {
			return "", request.failed(fmt.Errorf("the discovery document of %s has no token_endpoint", s.Issuer))
		}
		request.Outside = !server.Internal
	}
	asked := s.Now()
	token, lifetime, err := request.send(ctx)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.refresh = token, asked.Add(lifetime-max(lifetime/10, min(30*time.Second, lifetime/2)))
	return token, nil
}

// endpoint prefers the alias for clients with a certificate (RFC 8705 §5). One
// that signs an assertion needs none at the plain endpoint, which is also the
// audience it signs, unless its tokens are to be bound to the certificate.
func (s *source) endpoint(server *ServerMetadata) string {
	alias := server.MTLSEndpointAliases.TokenEndpoint
	signs := s.Credentials.Method == AuthPrivateKeyJWT && server.TokenEndpoint != ""
	if alias != "" && s.HTTP.HasCertificate() && (s.CertificateBound || !signs) {
		return alias
	}
	return server.TokenEndpoint
}

// TokenRequest is one request for a token.
type TokenRequest struct {
	HTTP          *rest.Client
	TokenEndpoint string
	Credentials   ClientCredentials
	// Outside refuses a token endpoint at an internal address.
	Outside bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// FetchToken asks once for a token. Its error is a *TokenError.
func FetchToken(ctx context.Context, request TokenRequest) (rest.Secret, error) {
	token, _, err := request.send(ctx)
	return token, err
}

func (r TokenRequest) failed(err error) error {
	return &TokenError{TokenEndpoint: r.TokenEndpoint, ClientID: r.Credentials.ClientID, Method: r.Credentials.Method, Scope: r.Credentials.Scope, Err: err}
}

// send is RFC 6749 §4.4.2 and §5.1.
func (r TokenRequest) send(ctx context.Context) (rest.Secret, time.Duration, error) {
	if r.Now == nil {
		r.Now = time.Now
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if r.Credentials.Scope != "" {
		form.Set("scope", r.Credentials.Scope)
	}
	request := rest.Request{Purpose: "oauth", Method: http.MethodPost, URL: r.TokenEndpoint, Accept: "application/json",
		ContentType: "application/x-www-form-urlencoded", Retry: rest.RetrySafe, Outside: r.Outside}
	if err := r.Credentials.authenticate(&request, form, r.TokenEndpoint, r.Now); err != nil {
		return "", 0, r.failed(err)
	}
	resp, err := r.HTTP.Do(ctx, request)
	if err != nil {
		return "", 0, r.failed(err)
	}
	var answer struct {
		AccessToken rest.Secret `json:"access_token"`
		// Some servers write the number as a string, which json.Number takes as well.
		ExpiresIn json.Number `json:"expires_in"`
	}
	if err := resp.JSON(&answer); err != nil {
		return "", 0, r.failed(err)
	}
	if answer.AccessToken.Empty() {
		return "", 0, r.failed(&rest.BodyError{Method: request.Method, URL: r.TokenEndpoint, Status: resp.Status, Reason: "the answer has no access_token", InteractionID: resp.InteractionID})
	}
	return answer.AccessToken, lifetime(answer.ExpiresIn), nil
}

// lifetime reads expires_in. A server that names none, or one that makes no
// sense, is asked again after a minute at the latest, and every one after a day.
func lifetime(expiresIn json.Number) time.Duration {
	seconds, err := expiresIn.Float64()
	if err != nil || !(seconds > 0) { // Also for what is no number.
		return time.Minute
	}
	return time.Duration(min(seconds, (24*time.Hour).Seconds()) * float64(time.Second))
}
