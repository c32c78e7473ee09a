package client

import (
	"errors"
	"fmt"
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
	case m.outlived(sent.Now) != "":
		return diagnose.Again(problem, m.outlived(sent.Now)+" No other is registered in spite of on_unauthorized = \"recreate\".")
	case remembered.excused():
		return diagnose.Again(problem, "No other is registered in spite of on_unauthorized = \"recreate\", because "+strings.TrimSpace(remembered.excuse(m.byClientCredentials())+" "+remembered.advice(m.byClientCredentials()))+" If the server's operator finds no such client any more, run terraform state rm and apply, which registers another.")
	case m.byClientCredentials():
		return diagnose.Again(problem, m.twice())
	case remembered.Refusals == 0:
		return diagnose.Again(problem, "Whether the client is there is not known. No other is registered in spite of on_unauthorized = \"recreate\", which acts once reading is refused as well. If every update is refused and no read is, ask the server's operator about the client.")
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
