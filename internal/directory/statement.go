package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Assertion has the directory issue a software statement (RFC 7591 §2.3) for an
// application. That locks the application. The compact JWS is returned unverified.
func (c *Client) Assertion(ctx context.Context, id string) (string, error) {
	address := c.applicationURL(id, "assertion")
	response, err := c.send(ctx, exchange{
		method: http.MethodGet, url: address,
		accept: "application/jwt, application/json;q=0.9, */*;q=0.1", retry: rest.RetrySafe, locks: true,
	})
	if err != nil {
		return "", fmt.Errorf("issue software statement of application %s: %w", id, gone(err))
	}
	token := compact(response.Body)
	if token == "" {
		return "", fmt.Errorf("issue software statement of application %s: %w", id, &rest.BodyError{
			Method: http.MethodGet, URL: address, Status: response.Status,
			ContentType: response.Header.Get("Content-Type"), InteractionID: response.InteractionID,
			Reason: "it is not a JWT in compact form",
		})
	}
	return token, nil
}

// compact takes a compact JWS out of an answer: raw text, or a JSON string. Empty when
// the answer is something else.
func compact(body []byte) string {
	text := strings.TrimSpace(string(body))
	var quoted string
	if json.Unmarshal([]byte(text), &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return ""
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return ""
		}
	}
	return text
}

// ApplicationKeysURL is the public key set of an application in the keystore, empty
// without a keystore.
func (c *Client) ApplicationKeysURL(id string) string {
	return c.keystoreURL(c.options.OrganisationID, id, "application.jwks")
}

// TransportKeysURL is the public set of an application's transport certificates, empty
// without a keystore.
func (c *Client) TransportKeysURL(id string) string {
	return c.keystoreURL(c.options.OrganisationID, id, "transport.jwks")
}

// keystoreURL is a place in the keystore. The configured URL may name the directory's own
// key set, whose folder is then the keystore.
func (c *Client) keystoreURL(segments ...string) string {
	base := c.options.KeystoreURL
	if base == "" {
		return ""
	}
	if strings.HasSuffix(base, ".jwks") {
		base = base[:strings.LastIndexByte(base, '/')]
	}
	return base + joinPath(segments...)
}

func (c *Client) statementKeysURL() string {
	if strings.HasSuffix(c.options.KeystoreURL, ".jwks") {
		return c.options.KeystoreURL
	}
	return c.keystoreURL("openbanking.jwks")
}

// StatementKeys gives the keys the directory signs software statements with. They are
// read once; refresh reads them again, for a statement signed with a newer key.
func (c *Client) StatementKeys(ctx context.Context, refresh bool) (jose.JSONWebKeySet, error) {
	if c.options.KeystoreURL == "" {
		return jose.JSONWebKeySet{}, ErrNoKeystore
	}
	if refresh {
		return share(ctx, c, "newer keys", c.readStatementKeys)
	}
	if cached := c.cachedStatementKeys(); cached != nil {
		return *cached, nil
	}
	return share(ctx, c, "keys", func(ctx context.Context) (jose.JSONWebKeySet, error) {
		if cached := c.cachedStatementKeys(); cached != nil {
			return *cached, nil // Read between the caller's look and this.
		}
		return c.readStatementKeys(ctx)
	})
}

func (c *Client) cachedStatementKeys() *jose.JSONWebKeySet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys
}

func (c *Client) readStatementKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	address := c.statementKeysURL()
	response, err := c.options.HTTP.Do(ctx, rest.Request{
		Purpose: purpose, Method: http.MethodGet, URL: address, Retry: rest.RetrySafe, FollowRedirects: true,
		Accept: "application/jwk-set+json, application/json;q=0.9, */*;q=0.1",
	})
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("read the directory's signing keys: %w", err)
	}
	keys, err := decodeKeys(response.Body)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("read the directory's signing keys from %s: %w", address, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = &keys
	return keys, nil
}

// decodeKeys reads a JWK set (RFC 7517 §5), leaving out keys that cannot be used: one
// unusual key must not hide the one that is needed.
func decodeKeys(body []byte) (jose.JSONWebKeySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(body), &set); err != nil || set.Keys == nil {
		return jose.JSONWebKeySet{}, errors.New("it is not a JWK set")
	}
	var keys jose.JSONWebKeySet
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(raw); err == nil && key.IsPublic() {
			keys.Keys = append(keys.Keys, key)
		}
	}
	if len(keys.Keys) == 0 {
		return jose.JSONWebKeySet{}, fmt.Errorf("none of its %d keys is a usable public key", len(set.Keys))
	}
	return keys, nil
}
