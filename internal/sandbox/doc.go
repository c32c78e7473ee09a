// Package sandbox is a whole trust framework on loopback: a Raidiam-style directory with its
// authorization server, keystore and certificate authority, and any number of banks'
// authorization servers that speak RFC 7591 and RFC 7592. It is right where the
// specifications speak and deliberately unusual where they are silent, so that a client that
// works here has assumed nothing.
//
// It owns the wire behaviour of both sides, the faults it can be told to produce and the
// record of what was asked of it. It refuses to know the client: it shares no type, no JSON
// tag and no code with the rest of the module, so that one mistake cannot cancel out another.
// It is for tests and rehearsals; its keys are made at start and its listeners are loopback.
package sandbox
