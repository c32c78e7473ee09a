// Package interop runs one conformance suite for dcr_client, through the real
// Terraform CLI, against authorization servers that are not ours, and against
// the sandbox in every temper, so that it behaves as they do. Its tests need Node
// and Python, and are built with the tag interop only: make interop.
package interop
