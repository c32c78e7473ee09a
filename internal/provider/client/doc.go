// Package client is the resource dcr_client: the registration of an
// application at one authorization server (RFC 7591) and its management
// (RFC 7592).
//
// It owns what Terraform must remember of a registration and when a call may
// be made at all. How the protocol is spoken is package dcr's business.
package client
