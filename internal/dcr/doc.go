// Package dcr is a client of OAuth 2.0 Dynamic Client Registration (RFC 7591)
// and its management protocol (RFC 7592), written against servers as they are:
// it decodes their oddities, classifies what a failed request may have done,
// and never sends a registration access token anywhere but to its own
// registration_client_uri at a trusted origin.
//
// It keeps no state and knows no Terraform.
package dcr
