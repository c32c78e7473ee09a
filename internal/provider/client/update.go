package client

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// amend sends an update and finds out what became of it: with the client secret
// or without it, as the server wants, and by reading the registration where the
// answer was lost. A token that this replaces is in state, whatever comes after.
func (r *Resource) amend(ctx context.Context, o order, plan, state Model, remembered *memory, diags *diag.Diagnostics) (reg *dcr.Registration, err error) {
	actor, lost := plan.known(state), false
	// Whatever fails after it: the new token may have been in an answer that was lost.
	defer func() {
		if err == nil {
			r.took(actor, remembered)
		}
		remembered.Replaced = remembered.Replaced || lost && state.replaceable()
	}()
	send := func() (*dcr.Registration, error) {
		reg, err := newest(ctx, r, state, actor, func(m dcr.Management) (*dcr.Registration, error) {
			return o.update(ctx, m, plan, state, *remembered)
		})
		lost = err != nil && (lost || dcr.Lost(err))
		return reg, err
	}
	again := func() (*dcr.Registration, error) {
		// A statement that is taken once only may have been taken with the first try.
		if next, ok := r.anew(ctx, plan, *remembered, o, diags); ok {
			o = next
		}
		return send()
	}
	reg, err = send()
	if aboutSecret(err) && state.Text("client_secret") != "" && plan.Text("update_method") != methodPatch {
		before := remembered.SecretInUpdate
		remembered.SecretInUpdate = !before
		if second, errSecond := again(); !aboutSecret(errSecond) {
			reg, err = second, errSecond
		} else {
			// It is about something else, such as client_secret_jwt: nothing is learnt of what the server wants.
			remembered.SecretInUpdate = before
		}
	}
	if diagnose.Refused(err) && !diagnose.Known(err) && fw.Changed(plan.Values, state.Values, append(metadataNames(), accessAttributes()...)...) {
		// The server knows the credentials that are registered, which this update may be about to replace.
		actor = state
		if second, errSecond := again(); !diagnose.Refused(errSecond) {
			reg, err = second, errSecond
		}
	}
	if !dcr.Lost(err) {
		return reg, err
	}
	read, errRead := r.found(ctx, o, plan, state, actor, err, diags)
	if errRead != nil {
		return nil, errRead
	}
	if read == nil {
		// The first may be carried out yet, by a server that was slow: if this one is refused, its answer is lost all the same.
		return again()
	}
	lost = false
	return read, nil
}

// found reads what became of an update whose answer was lost: the registration as the update asks for it, or nil if it
// was not carried out.
func (r *Resource) found(ctx context.Context, o order, plan, state, actor Model, lost error, diags *diag.Diagnostics) (*dcr.Registration, error) {
	read, err := newest(ctx, r, state, actor, func(m dcr.Management) (*dcr.Registration, error) { return o.registrar.Read(ctx, m) })
	if err != nil && dcr.Refused(err) && !actor.byClientCredentials() {
		return nil, &replacedError{lost: lost, refused: err}
	}
	if err != nil {
		return nil, lost
	}
	state.retell(read, plan)
	actor.retell(read, plan)
	// What changes nothing, such as a renewal of the secret, leaves no trace to find.
	if !fw.Changed(plan.Values, state.Values, metadataNames()...) || !o.carriedOut(read, state) {
		return nil, nil
	}
	detail := sentence(lost) + "\n\nRead again, the registration is as it was asked for: the update was carried out."
	if state.Text("client_secret") != "" && read.ClientSecret.Empty() {
		detail += " If this server issues another client secret at each update, that was in the lost answer: change triggers and apply, which asks for another."
	}
	diags.AddWarning("The answer to the update was lost", detail)
	return read, nil
}

// replacedError tells that the answer to an update was lost, and that the server
// refuses the token since.
type replacedError struct{ lost, refused error }

// Error says what was lost.
func (e *replacedError) Error() string { return e.lost.Error() }

// Unwrap returns what was lost.
func (e *replacedError) Unwrap() error { return e.lost }

// anew is the order with a statement of its own for another try, where each is
// taken once only.
func (r *Resource) anew(ctx context.Context, plan Model, remembered memory, o order, diags *diag.Diagnostics) (order, bool) {
	if plan.Text("software_statement_use") != useSingle || o.statement == nil {
		return o, false
	}
	return r.reprepare(ctx, plan, remembered, diags)
}

// spoken keeps what a refused update is to be followed with. The server was reached
// as the plan says, so that is how it is reached from now on: a certificate that is
// of no use any more would keep every later refresh and removal from it. So is the
// decision to register a client that is gone anew, on which the next refresh acts.
func (m Model) spoken(state *Model, remembered *memory, err error, diags *diag.Diagnostics) {
	const policy = "on_unauthorized"
	var status *rest.StatusError
	if m.byClientCredentials() && diagnose.Refused(err) && m.Text(policy) == "recreate" {
		state.Values[policy], state.Values["refresh"] = m.Values[policy], m.Values["refresh"]
	}
	if diagnose.Refused(err) && m.Text(policy) != "recreate" && state.Text(policy) == "recreate" {
		// What was taken back is not to be carried out by the next refresh.
		state.Values[policy] = m.Values[policy]
	}
	if !errors.As(err, &status) || m.byClientCredentials() || state.byClientCredentials() {
		return
	}
	for _, name := range accessAttributes() {
		if value := m.Values[name]; value != nil && !value.IsUnknown() {
			state.Values[name] = value
		}
	}
	if remembered.Refusals == 0 || m.Text(policy) != "recreate" {
		return
	}
	// What is said about the next refresh is to be true of it.
	state.Values["refresh"] = m.Values["refresh"]
	if recorded := state.Text(policy) == "recreate"; !recorded {
		state.Values[policy] = m.Values[policy]
		// What was refused before the decision does not carry it out.
		remembered.Refusals = 1
		if m.Text("refresh") == "never" || remembered.excused() {
			return
		}
		diags.AddAttributeWarning(path.Root(policy), "The decision to register the client anew was recorded",
			"The update was refused, as it is for a client that is gone. on_unauthorized = \"recreate\" counts from the next run on, if the server still refuses the credentials: the error below says when another client is registered.")
	}
}

// carriedOut reports whether a registration is what an update asks for: it has
// what was sent, and not what was left out to be removed.
func (o order) carriedOut(reg *dcr.Registration, state Model) bool {
	for name, value := range state.request() {
		if _, sent := o.metadata[name]; !sent && !dcr.Equal(name, reg.Metadata[name], nil) && dcr.Equal(name, reg.Metadata[name], value) {
			return false
		}
	}
	for name, value := range o.metadata {
		if name != "software_statement" && !dcr.Equal(name, value, reg.Metadata[name]) {
			return false
		}
	}
	return true
}

// aboutSecret reports whether the server refused an update for a client secret
// that it misses, or does not want: servers do either (RFC 7592 §2.2 allows both).
func aboutSecret(err error) bool {
	var status *rest.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusBadRequest && status.Status != http.StatusForbidden {
		return false
	}
	return strings.Contains(strings.ToLower(strings.Join(append(status.Messages, status.Description), " ")), "secret")
}

// update sends the whole metadata by PUT (RFC 7592 §2.2), or what differs by
// PATCH. A PATCH without differences, which a trigger asks for, says everything
// once more.
func (o order) update(ctx context.Context, management dcr.Management, plan, state Model, remembered memory) (*dcr.Registration, error) {
	if plan.Text("update_method") != methodPatch {
		metadata := o.metadata
		if remembered.SecretInUpdate && state.Text("client_secret") != "" {
			metadata = metadata.Clone()
			metadata.Set("client_secret", state.Text("client_secret"))
		}
		return o.registrar.Replace(ctx, management, metadata)
	}
	// What nobody asked for, which an import put into state, is not taken away.
	before := dcr.Metadata{}
	for name, value := range state.request() {
		if _, asked := remembered.Pairs[name]; asked {
			before[name] = value
		}
	}
	changes := dcr.Difference(before, plan.request())
	if blind := remembered.RotatesOnRead || remembered.Unreadable || !remembered.Learnt || state.Text("refresh") == "never"; blind || len(changes) == 0 {
		// No refresh has compared the state with the server: all of it is said.
		changes = dcr.Whole(before, plan.request())
	}
	if statement, ok := o.metadata["software_statement"]; ok {
		changes["software_statement"] = statement
	}
	return o.registrar.Amend(ctx, management, changes)
}
