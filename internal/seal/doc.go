// Package seal encrypts single values for storage: each becomes a JWE in compact
// form (RFC 7516) that only the holder of a key opens. A ring has one key that
// seals and any number that open, so that keys can change while old values stay
// readable. It knows neither Terraform nor files.
package seal
