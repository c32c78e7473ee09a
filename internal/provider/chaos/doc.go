// Package chaos holds a property test: whole onboardings live through random
// edits, faults, interruptions and other people's changes, and lose nothing. A
// life is drawn from its seed, each of its steps from a source of its own, so
// that a step can be left out without changing the others.
package chaos
