// Package direct serves resources of many attributes. What it does for them is what the
// plugin framework does, with the framework's own types and the same methods of the
// resource; but the framework looks up each attribute by copying the map of all of them,
// several times in each call, so that a call takes a time that grows with the square of
// their number: for a client of some hundred attributes twenty times what all else takes.
// Here each attribute is visited once.
//
// It is meant to make no difference, and tests hold it to that. What differs: private
// state that cannot be read is an error and not forgotten; a call that fails early gives
// back the state and the private state it was given; the framework's own lines in the log
// are missing; and what only an edited state or a bug can have, such as a set with the
// same element twice or a text that should be JSON and is not, is not looked for.
//
// Only what is common is done here. What a configuration that is not valid is told, an
// import, a move and an upgrade from another version are the framework's business; and so
// is a resource whose schema has what this package does not know (see newKind).
package direct
