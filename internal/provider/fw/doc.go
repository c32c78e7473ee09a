// Package fw holds what every resource needs of the plugin framework and the
// framework does not bring: attribute builders whose descriptions and
// validators come from the same data, conversions that decide null, unknown
// and empty in one place, and the plan rule for optional attributes.
package fw
