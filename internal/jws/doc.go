// Package jws reads and checks software statements (RFC 7591 §2.3): signed JWTs in
// compact serialization (RFC 7515 §7.1).
//
// It owns which algorithms are acceptable, what two statements have in common, and
// which of them is fresh. It refuses to know where a statement or a key set comes from.
package jws
