// Package transportcertificate is the resource dcr_transport_certificate: a
// certificate the directory issues to an application, from a request the user
// or the provider makes.
package transportcertificate
