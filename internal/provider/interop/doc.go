// Package interop runs dcr_client, through the real Terraform CLI, against
// authorization servers that are not ours. Its tests need Node and Python, and are built
// with the tag interop only: make interop.
package interop
