// Package provider is the Terraform provider "dcr": its schema, its
// configuration from attributes and environment, and the list of its resources.
// It alone, with the packages below it, knows Terraform.
package provider
