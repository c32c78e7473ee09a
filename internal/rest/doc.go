// Package rest is the HTTP core of the protocol packages: mutual TLS, shared
// connections, rate limits, retries that depend on how far a request provably
// got, bounded bodies, and errors that keep the status whatever the body was.
//
// It knows no OAuth, no Terraform and no log library; an observer is told of
// every attempt, never of a header or a body.
package rest
