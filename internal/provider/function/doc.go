// Package function holds the provider's functions: pure conversions of what
// directories and authorization servers give and want, without a network.
package function
