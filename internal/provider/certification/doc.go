// Package certification is the resource dcr_application_certification: that an
// application conforms to a profile, as the directory publishes it.
package certification
