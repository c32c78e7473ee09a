// Package authorizationserver is the data sources of authorization servers:
// dcr_authorization_servers filters the public list of participants, and
// dcr_authorization_server reads the metadata of one issuer.
package authorizationserver
