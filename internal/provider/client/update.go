package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// amend sends an update and finds out what became of it: with the client secret
// or without it, as the server wants, and by reading the registration where the
// answer was lost. A token that this replaces is in state, whatever comes after.
func (r *Resource) amend(ctx context.Context, o order, plan, state Model, remembered *memory, diags *diag.Diagnostics) (*dcr.Registration, error) {
	actor, lost := plan.known(state), false
	// Whatever fails after it: the new token may have been in an answer that was lost.
	defer func() { remembered.Replaced = remembered.Replaced || lost && !state.byClientCredentials() }()
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
	reg, err := send()
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
	read, errRead := newest(ctx, r, state, actor, func(m dcr.Management) (*dcr.Registration, error) { return o.registrar.Read(ctx, m) })
	if errRead != nil {
		if dcr.Refused(errRead) && !actor.byClientCredentials() {
			return nil, &replacedError{lost: err, refused: errRead}
		}
		return nil, err
	}
	lost = false
	state.retell(read, plan)
	actor.retell(read, plan)
	// What changes nothing, such as a renewal of the secret, leaves no trace to find.
	if fw.Changed(plan.Values, state.Values, metadataNames()...) && o.carriedOut(read, state) {
		detail := sentence(err) + "\n\nRead again, the registration is as it was asked for: the update was carried out."
		if state.Text("client_secret") != "" && read.ClientSecret.Empty() {
			detail += " If this server issues another client secret at each update, that was in the lost answer: change triggers and apply, which asks for another."
		}
		diags.AddWarning("The answer to the update was lost", detail)
		return read, nil
	}
	return again()
}

// replacedError tells that the answer to an update was lost, and that the server
// refuses the token since.
type replacedError struct{ lost, refused error }

// Error says what was lost.
func (e *replacedError) Error() string { return e.lost.Error() }

// Unwrap returns what was lost.
func (e *replacedError) Unwrap() error { return e.lost }

// unamended words an update that failed.
func (m Model) unamended(err error, alive bool, remembered memory, journal *conn.Journal, sent diagnose.Sent) diag.Diagnostic {
	var replaced *replacedError
	if errors.As(err, &replaced) {
		return m.target().Replaced(replaced.lost, replaced.refused)
	}
	const there = "Read with the same token, the registration is there: the client was not deleted. The server, or something before it, refuses the update."
	problem := m.target().Registration(err, "update the client", sent)
	switch recreate := m.Text("on_unauthorized") == "recreate"; {
	case alive && recreate:
		return diagnose.Again(problem, there+" No other is registered in spite of on_unauthorized = \"recreate\".")
	case alive:
		return diagnose.Again(problem, there)
	case !diagnose.Refused(err) || !recreate:
		return problem
	case m.byClientCredentials():
		return diagnose.Again(problem, m.twice())
	case m.outlived(sent.Now) != "":
		return diagnose.Again(problem, m.outlived(sent.Now)+" No other is registered in spite of on_unauthorized = \"recreate\".")
	case remembered.Refusals == 0:
		return diagnose.Again(problem, "Whether the client is there is not known. No other is registered in spite of on_unauthorized = \"recreate\", which acts once reading is refused as well. If every update is refused and no read is, ask the server's operator about the client.")
	case remembered.Replaced:
		return diagnose.Again(problem, "No other is registered in spite of on_unauthorized = \"recreate\", because the answer to an earlier update was lost, which may have replaced the token. If the server's operator finds no such client any more, run terraform state rm and apply, which registers another.")
	case m.Text("refresh") == "never":
		return diagnose.Again(problem, "Reading was refused as well. on_unauthorized = \"recreate\" acts on what refreshes are told, and with refresh = \"never\" there are none: to have another client registered, set refresh = \"auto\", take back the other changes and apply, and then apply once more.")
	}
	if m.Text("refresh") == "always" && m.burns(remembered, journal) {
		return diagnose.Again(problem, "Reading was refused as well. No other is registered in spite of on_unauthorized = \"recreate\", because the server may replace the token when it is read: then a plan that was thrown away explains the refusal. If the server's operator finds no such client any more, run terraform state rm and apply, which registers another.")
	}
	if remembered.Refusals == 1 && m.burns(remembered, journal) {
		return diagnose.Again(problem, "Reading was refused as well. No other is registered yet in spite of on_unauthorized = \"recreate\": the server may replace the token when it is read, so no plan can make sure without losing one that works. If the next apply is refused likewise, the run after it registers another. Apply again, twice.")
	}
	if m.burns(remembered, journal) {
		return diagnose.Again(problem, "Because of on_unauthorized = \"recreate\", the next run registers another client and does not read this one again, unless its token endpoint knows it. Apply again. If the refusals may have been in passing, set on_unauthorized = \"error\" and run terraform apply -refresh=false first.")
	}
	return diagnose.Again(problem, "Because of on_unauthorized = \"recreate\", the next run registers another client, if the server still refuses this one and its token endpoint does not know it. Apply again.")
}

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
		if m.Text("refresh") == "never" || remembered.Replaced {
			return
		}
		diags.AddAttributeWarning(path.Root(policy), "The decision to register the client anew was recorded",
			"The update was refused, as it is for a client that is gone. on_unauthorized = \"recreate\" counts from the next run on, if the server still refuses the credentials: the error below says when another client is registered.")
	}
}

// reportUpdate tells what became of an update that the server carried out.
func (m Model) reportUpdate(state Model, before memory, after *memory, now time.Time, diags *diag.Diagnostics) {
	m.reportOverrides(*after, diag.SeverityError, diags)
	m.reportIdle(state, *after, diags)
	m.reportKept(state, before, diags)
	if before.Adopted {
		m.reportOmitted(state, diags)
	}
	m.renewed(state, after, now, diags)
}

// reportIdle tells of a PATCH that was answered with success and changed nothing: there are servers
// that route it to nowhere.
func (m Model) reportIdle(state Model, asked memory, diags *diag.Diagnostics) {
	was, is := state.registered(), m.registered()
	if m.Text("update_method") != methodPatch || was == nil || dcr.Canonical(was) != dcr.Canonical(is) ||
		!fw.Changed(m.Values, state.Values, metadataNames()...) || fw.Changed(m.Values, state.Values, "registration_access_token", "client_secret") {
		return
	}
	before, missed := state.request(), false
	for name, value := range m.request() {
		// Only what was read after the update is beside what it asked for.
		if pair := asked.Pairs[name]; dcr.Canonical(dcr.Metadata{name: pair.Requested}) != dcr.Canonical(dcr.Metadata{name: value}) {
			return
		}
		missed = missed || !dcr.Equal(name, before[name], value) && !dcr.Equal(name, value, is[name])
	}
	if !missed {
		return // The server had of itself what is asked for by now, or keeps what was removed.
	}
	diags.AddAttributeWarning(path.Root("update_method"), "The update changed nothing",
		fmt.Sprintf("The authorization server answered the PATCH of client %q with success. The registration is as it was before, without anything that was asked for.\n\n"+
			"There are servers that take PATCH, which RFC 7592 does not have, and do nothing. The plan is empty from now on, as always when a server registers other values than asked for.\n\n"+
			"If this is one, set update_method = \"PUT\", change triggers, and apply: that sends all of the metadata.", m.Text("client_id")))
}

// reportKept tells which members that were asked for and an update left out the
// server still has as they were: servers that merge keep what is not sent (RFC
// 7592 §2.2 notwithstanding). What only an import put into state was never removed.
func (m Model) reportKept(state Model, asked memory, diags *diag.Diagnostics) {
	registered := m.registered()
	if m.Text("on_override") == "ignore" || registered == nil {
		return
	}
	before, after := state.request(), m.request()
	var lines []string
	for _, name := range before.Keys() {
		_, requested := asked.Pairs[name]
		if _, still := after[name]; requested && !still && !dcr.Equal(name, registered[name], nil) && dcr.Equal(name, registered[name], before[name]) {
			lines = append(lines, fmt.Sprintf("  %s: still %s", name, m.show(registered[name])))
		}
	}
	if len(lines) > 0 {
		diags.AddWarning("The authorization server kept what was removed",
			strings.Join(lines, "\n")+"\n\nEither the server keeps members that an update leaves out, or it takes them from the software statement or its defaults. What is not configured is the server's business, so this is no drift.\n\n"+
				"If the member has to go, set another value, or have the server's operator remove it.")
	}
}

func sentence(err error) string {
	text := strings.TrimRight(err.Error(), ".") + "."
	if id := rest.InteractionID(err); id != "" {
		text += " (x-fapi-interaction-id " + id + ")"
	}
	return text
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
		maps.Copy(changes, plan.request())
	}
	if statement, ok := o.metadata["software_statement"]; ok {
		changes["software_statement"] = statement
	}
	return o.registrar.Amend(ctx, management, changes)
}
