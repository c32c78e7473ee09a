package conn

import (
	"context"
	"fmt"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// DirectoryToken is an access token of the directory: the configured one, or one
// with the provider's credentials; an empty scope is the configured scope. Its
// errors are those of Directory and *oauth.TokenError.
func (c *Conn) DirectoryToken(ctx context.Context, scope string) (rest.Secret, error) {
	if _, err := c.Directory(); err != nil {
		return "", err
	}
	if !c.settings.AccessToken.Empty() && scope == "" {
		return c.settings.AccessToken, nil
	}
	client, err := c.HTTP(c.settings.Identity, OwnerDirectory)
	if err != nil {
		return "", err
	}
	own := c.settings.Credentials
	if scope != "" {
		own.Scope = scope
	}
	return c.ClientTokens(client, c.settings.Issuer, "", own).Token(ctx)
}

// clientKey tells apart whose tokens are whose.
type clientKey struct {
	http             *rest.Client
	issuer, endpoint string
	credentials      oauth.ClientCredentials
}

// Format implements fmt.Formatter: fmt would print the credentials' fields.
func (k clientKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "[tokens of client %q]", k.credentials.ClientID)
}

// ClientTokens gives out access tokens of a registered client, bound to its
// certificate if it has one: one is fetched however many operations need it.
// The token endpoint is the given one, or the one the issuer publishes.
func (c *Conn) ClientTokens(client *rest.Client, issuer, endpoint string, credentials oauth.ClientCredentials) oauth.TokenSource {
	key := clientKey{http: client, issuer: issuer, endpoint: endpoint, credentials: credentials}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.tokensOf[key]; ok {
		return known
	}
	source := c.NewClientTokens(client, issuer, endpoint, credentials)
	c.tokensOf[key] = source
	return source
}

// NewClientTokens is ClientTokens that asks the server whatever was fetched before.
func (c *Conn) NewClientTokens(client *rest.Client, issuer, endpoint string, credentials oauth.ClientCredentials) oauth.TokenSource {
	return oauth.NewTokenSource(oauth.SourceOptions{
		HTTP: client, Discovery: c.discovery, Issuer: issuer, TokenEndpoint: endpoint,
		Credentials: credentials, CertificateBound: true, Now: c.Now,
	})
}
