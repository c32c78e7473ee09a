package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Endpoints are the endpoints a client with a certificate uses (RFC 8705 §5).
type Endpoints struct {
	TokenEndpoint        string `json:"token_endpoint"`
	RegistrationEndpoint string `json:"registration_endpoint"`
}

// ServerMetadata is what an authorization server says of itself (RFC 8414 §2).
type ServerMetadata struct {
	Issuer                            string    `json:"issuer"`
	AuthorizationEndpoint             string    `json:"authorization_endpoint"`
	TokenEndpoint                     string    `json:"token_endpoint"`
	RegistrationEndpoint              string    `json:"registration_endpoint"`
	JWKSURI                           string    `json:"jwks_uri"`
	MTLSEndpointAliases               Endpoints `json:"mtls_endpoint_aliases"`
	TokenEndpointAuthMethodsSupported []string  `json:"token_endpoint_auth_methods_supported"`
	GrantTypesSupported               []string  `json:"grant_types_supported"`
	ResponseTypesSupported            []string  `json:"response_types_supported"`
	ScopesSupported                   []string  `json:"scopes_supported"`
	// Internal is set when the server was reached at an internal address. The
	// endpoints of one that was not must not lead to such.
	Internal bool `json:"-"`
	// Raw is the whole document.
	Raw map[string]json.RawMessage `json:"-"`
}

// IssuerError tells that the document found for an issuer names another one
// (OpenID Connect Discovery 1.0 §4.3, RFC 8414 §3.3).
type IssuerError struct{ Configured, Published string }

// Error names both issuers.
func (e *IssuerError) Error() string {
	return fmt.Sprintf("the discovery document of %q names the issuer %q", e.Configured, e.Published)
}

// InternalError tells that a server on the open net names an endpoint inside of
// somebody's own network: following it would send requests, and secrets, to a
// place of the server's choice behind our firewall.
type InternalError struct{ Issuer, Endpoint string }

// Error names the endpoint.
func (e *InternalError) Error() string {
	return fmt.Sprintf("the discovery document of %q names the internal address %s", e.Issuer, e.Endpoint)
}

// outside makes sure that the endpoints are no more internal than the issuer.
func (m *ServerMetadata) outside(issuer string) error {
	if rest.IsInternal(issuer) {
		return nil
	}
	for _, endpoint := range []string{m.TokenEndpoint, m.RegistrationEndpoint, m.JWKSURI, m.MTLSEndpointAliases.TokenEndpoint, m.MTLSEndpointAliases.RegistrationEndpoint} {
		if rest.IsInternal(endpoint) {
			return &InternalError{Issuer: issuer, Endpoint: endpoint}
		}
	}
	return nil
}

// Discovery caches server metadata for the life of the provider process. Any
// number of callers with one client cause one fetch for each issuer; failures
// are not cached.
type Discovery struct {
	group singleflight.Group

	mu    sync.Mutex
	known map[string]*ServerMetadata
}

// NewDiscovery returns an empty cache.
func NewDiscovery() *Discovery { return &Discovery{known: map[string]*ServerMetadata{}} }

// Fetch returns the metadata of an issuer.
func (d *Discovery) Fetch(ctx context.Context, client *rest.Client, issuer string) (*ServerMetadata, error) {
	key := strings.TrimSuffix(issuer, "/")
	d.mu.Lock()
	known := d.known[key]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// A client with another identity may fail where this one does not: only its own flights are shared.
	result := d.group.DoChan(fmt.Sprintf("%p %s", client, key), func() (any, error) {
		found, err := fetch(context.WithoutCancel(ctx), client, key)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		d.known[key] = found
		d.mu.Unlock()
		return found, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		metadata, ok := r.Val.(*ServerMetadata)
		if !ok {
			return nil, r.Err
		}
		return metadata, nil
	}
}

func fetch(ctx context.Context, client *rest.Client, issuer string) (*ServerMetadata, error) {
	metadata, err := get(ctx, client, issuer+"/.well-known/openid-configuration")
	var status *rest.StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound {
		if alternative, ok := pathForm(issuer); ok {
			if second, secondErr := get(ctx, client, alternative); secondErr == nil {
				metadata, err = second, nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if strings.TrimSuffix(metadata.Issuer, "/") != issuer {
		return nil, &IssuerError{Configured: issuer, Published: metadata.Issuer}
	}
	return metadata, metadata.outside(issuer)
}

// pathForm is RFC 8414 §3.1: the well-known part goes before the issuer's path.
func pathForm(issuer string) (string, bool) {
	u, err := url.Parse(issuer)
	if err != nil {
		return "", false
	}
	u.Path = "/.well-known/oauth-authorization-server" + u.Path
	return u.String(), true
}

func get(ctx context.Context, client *rest.Client, address string) (*ServerMetadata, error) {
	resp, err := client.Do(ctx, rest.Request{Method: http.MethodGet, URL: address, Accept: "application/json", Retry: rest.RetrySafe, FollowRedirects: true})
	if err != nil {
		return nil, err
	}
	var metadata ServerMetadata
	if err := resp.JSON(&metadata); err != nil {
		return nil, err
	}
	if err := resp.JSON(&metadata.Raw); err != nil {
		return nil, err
	}
	metadata.Internal = resp.Internal
	return &metadata, nil
}
