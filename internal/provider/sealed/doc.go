// Package sealed stands between Terraform and the provider, at the protocol:
// every secret the provider puts into state or plan leaves as a JWE, and comes
// back opened. Resources, validators and plan rules see clear values only, and
// know nothing of it. What is a secret the schema says: a sensitive attribute.
package sealed
