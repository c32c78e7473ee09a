// Package conn is what the configured provider hands to every resource: one
// HTTP pool, one discovery cache, the directory client and the broker of fresh
// software statements.
//
// It builds clients only when a call needs them, so that configuring the
// provider does no network I/O and tolerates values that are not known yet.
// Problems are Go errors that package diagnose turns into diagnostics.
package conn
