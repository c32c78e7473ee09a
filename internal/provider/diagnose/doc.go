// Package diagnose turns the errors of the protocol packages into diagnostics.
// It is the only catalogue of wordings: a summary says who did what, a detail
// says the fact, what it means and what to do, and the path points at the
// attribute to blame whenever one is to blame.
//
// It decides nothing: what an error means for a resource is the resource's
// business. No secret passes through it, because the errors carry none.
package diagnose
