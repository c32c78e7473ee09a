// Package softwarestatement is the resource dcr_software_statement: the signed
// JWT by which the directory vouches for an application.
//
// Issuing one locks the application, so nothing here asks for one but create
// and update. How statements are fetched, verified and shared is package
// conn's business.
package softwarestatement
