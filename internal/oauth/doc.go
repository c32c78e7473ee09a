// Package oauth finds authorization servers (OpenID Connect Discovery 1.0,
// RFC 8414) and fetches access tokens by client credentials (RFC 6749 §4.4)
// with mutual TLS (RFC 8705), private_key_jwt (RFC 7523) or a client secret.
//
// It knows neither the directory nor registrations.
package oauth
