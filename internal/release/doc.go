// Package release checks what .ci/release built in dist: names, contents, checksums, signatures and bills of materials,
// that another clone gives the same bytes, and that Terraform and the sandbox run from the archives. The tests have the
// build tag snapshot and take minutes; make snapshot-check runs them.
package release
