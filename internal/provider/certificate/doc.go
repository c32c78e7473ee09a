// Package certificate is what an application proves itself with: the resources
// dcr_transport_certificate and dcr_signing_certificate, which the directory
// issues from a request the user or the provider makes, and dcr_public_key,
// which it only publishes. They differ in what is uploaded; that a successor is
// in use before its predecessor is revoked is the same for all.
package certificate
