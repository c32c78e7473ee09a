// Package application is the resource dcr_application: what the directory API
// calls a software statement, with its roles.
//
// It owns when a locked application may be changed. How the directory replaces
// an application without losing what it does not know is package directory's
// business.
package application
