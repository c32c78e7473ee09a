// Package organisation is the data source dcr_organisation: the configured
// organisation and the roles it holds.
package organisation
