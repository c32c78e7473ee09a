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
	TokenEndpoint        string
	RegistrationEndpoint string
}

// ServerMetadata is what an authorization server says of itself (RFC 8414 §2).
type ServerMetadata struct {
	Issuer                            string
	AuthorizationEndpoint             string
	TokenEndpoint                     string
	RegistrationEndpoint              string
	JWKSURI                           string
	MTLSEndpointAliases               Endpoints
	TokenEndpointAuthMethodsSupported []string
	GrantTypesSupported               []string
	ResponseTypesSupported            []string
	ScopesSupported                   []string
	// Internal is set when the server was reached at an internal address. The
	// endpoints of one that was not must not lead to such.
	Internal bool
	// Raw is the whole document.
	Raw map[string]json.RawMessage
}

// IssuerError tells that the document found for an issuer names another one
// (OpenID Connect Discovery 1.0 §4.3, RFC 8414 §3.3). Of a long one, it has the beginning.
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
			return &InternalError{Issuer: issuer, Endpoint: rest.Words(endpoint)}
		}
	}
	return nil
}

// Discovery caches server metadata for the life of the provider process. Any
// number of callers with one client cause one fetch for each issuer; failures
// are not cached.
type Discovery struct {
	group singleflight.Group

	mu     sync.Mutex
	known  map[string]*ServerMetadata
	failed map[string]error
}

// NewDiscovery returns an empty cache.
func NewDiscovery() *Discovery {
	return &Discovery{known: map[string]*ServerMetadata{}, failed: map[string]error{}}
}

// Look is Fetch for who can do without: a server that failed once in the life
// of the process is not asked again, so that one that hangs costs one wait. What
// somebody fetched since is found all the same, and that a run was cancelled is no failure.
func (d *Discovery) Look(ctx context.Context, client *rest.Client, issuer string) (*ServerMetadata, error) {
	if known := d.cached(strings.TrimSuffix(issuer, "/")); known != nil {
		return known, nil
	}
	key := fmt.Sprintf("%p %s", client, strings.TrimSuffix(issuer, "/"))
	d.mu.Lock()
	err := d.failed[key]
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	found, err := d.Fetch(ctx, client, issuer)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		d.mu.Lock()
		d.failed[key] = err
		d.mu.Unlock()
	}
	return found, err
}

// cached is what was fetched of an issuer before; nil if nothing was.
func (d *Discovery) cached(key string) *ServerMetadata {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[key]
}

// Fetch returns the metadata of an issuer.
func (d *Discovery) Fetch(ctx context.Context, client *rest.Client, issuer string) (*ServerMetadata, error) {
	key := strings.TrimSuffix(issuer, "/")
	if known := d.cached(key); known != nil {
		return known, nil
	}
	// A client with another identity may fail where this one does not: only its own flights are shared.
	result := d.group.DoChan(fmt.Sprintf("%p %s", client, key), func() (any, error) {
		if known := d.cached(key); known != nil {
			return known, nil // A flight ended between the caller's look and this.
		}
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

// fetch asks for the document where servers publish it: at the first place that has the issuer's.
// If none has, the error is what the first answered, or that there is the document of another issuer,
// which tells more.
func fetch(ctx context.Context, client *rest.Client, issuer string) (*ServerMetadata, error) {
	var told error
	for _, address := range wellKnown(issuer) {
		metadata, err := get(ctx, client, address)
		if err == nil && strings.TrimSuffix(metadata.Issuer, "/") != issuer {
			const longest = 512
			err = &IssuerError{Configured: issuer, Published: fmt.Sprintf("%.*s", longest, metadata.Issuer)}
		}
		if err == nil {
			return metadata, metadata.outside(issuer)
		}
		if another := new(*IssuerError); told == nil || errors.As(err, another) && !errors.As(told, another) {
			told = err
		}
		if !elsewhere(err) {
			break
		}
	}
	return nil, told
}

// elsewhere reports whether the document may be at another place all the same: gateways
// answer with any refusal for what is not there, or with a page or the document for all.
func elsewhere(err error) bool {
	var status *rest.StatusError
	if errors.As(err, &status) {
		return status.Status < http.StatusInternalServerError && status.Status != http.StatusTooManyRequests
	}
	return errors.As(err, new(*rest.BodyError)) || errors.As(err, new(*IssuerError))
}

// read takes the members out of the document one by one: a member that is not
// what it should be must not cost the others.
func (m *ServerMetadata) read() {
	text := func(raw json.RawMessage) (s string) {
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	}
	list := func(raw json.RawMessage) (all []string) {
		if json.Unmarshal(raw, &all) != nil && text(raw) != "" {
			return []string{text(raw)}
		}
		return all
	}
	m.Issuer, m.AuthorizationEndpoint, m.TokenEndpoint = text(m.Raw["issuer"]), text(m.Raw["authorization_endpoint"]), text(m.Raw["token_endpoint"])
	m.RegistrationEndpoint, m.JWKSURI = text(m.Raw["registration_endpoint"]), text(m.Raw["jwks_uri"])
	var aliases map[string]json.RawMessage
	if json.Unmarshal(m.Raw["mtls_endpoint_aliases"], &aliases) == nil {
		m.MTLSEndpointAliases = Endpoints{TokenEndpoint: text(aliases["token_endpoint"]), RegistrationEndpoint: text(aliases["registration_endpoint"])}
	}
	m.TokenEndpointAuthMethodsSupported, m.GrantTypesSupported = list(m.Raw["token_endpoint_auth_methods_supported"]), list(m.Raw["grant_types_supported"])
	m.ResponseTypesSupported, m.ScopesSupported = list(m.Raw["response_types_supported"]), list(m.Raw["scopes_supported"])
}

// wellKnown are the places of an issuer's document: OpenID Connect Discovery 1.0 §4 has the
// well-known part follow the issuer, RFC 8414 §3.1 puts it before the issuer's path. Servers
// do either with either name.
func wellKnown(issuer string) []string {
	const openID, server = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	u, err := url.Parse(issuer)
	if err != nil {
		return []string{issuer + openID}
	}
	before := func(part string) string {
		other := *u
		other.Path, other.RawPath = part+u.Path, ""
		if u.RawPath != "" {
			other.RawPath = part + u.RawPath
		}
		return other.String()
	}
	if u.Path == "" {
		return []string{issuer + openID, before(server)}
	}
	return []string{issuer + openID, before(server), before(openID), issuer + server}
}

func get(ctx context.Context, client *rest.Client, address string) (*ServerMetadata, error) {
	resp, err := client.Do(ctx, rest.Request{Purpose: "oauth", Method: http.MethodGet, URL: address, Accept: "application/json", Retry: rest.RetrySafe, FollowRedirects: true})
	if err != nil {
		return nil, err
	}
	metadata := ServerMetadata{}
	if err := resp.JSON(&metadata.Raw); err != nil {
		return nil, err
	}
	metadata.read()
	metadata.Internal = resp.Internal
	return &metadata, nil
}
