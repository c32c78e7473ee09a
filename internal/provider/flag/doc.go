// Package flag is the data source dcr_flags: the labels a directory keeps for
// applications, organisations and authorization servers.
package flag
