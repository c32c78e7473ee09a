// Package journal keeps registrations on disk beside Terraform's state: what
// was sent and never answered, what was answered before any state had it, and
// the newest registration access token (RFC 7592 §3) of each client. A crash, a
// state that could not be written, or a plan that was thrown away then loses
// nothing. It knows files, and neither HTTP nor Terraform.
package journal
