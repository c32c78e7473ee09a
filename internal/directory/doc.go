// Package directory is a client of a trust framework's directory (the Raidiam Connect
// API): an organisation's applications, their roles, certificates, certifications and
// software statements, and the public lists around them.
//
// It owns how this API speaks: which members a replacement may carry, which answers mean
// gone, which errors leave it open whether something was created, and how to find out. It
// refuses to know Terraform, how tokens are obtained, and what a statement's claims mean.
package directory
