// Package pki works on keys, certificate requests (RFC 2986), certificates (RFC 5280)
// and distinguished names (RFC 4514).
//
// It owns what a well-formed request of a trust framework looks like and how its parts
// are written. It refuses to know who issues certificates, and it never puts key
// material into an error.
package pki
