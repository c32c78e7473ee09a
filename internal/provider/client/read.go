package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// Read finds drift. It makes no call where a call could lose the token.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state := modelOf(ctx, req.State.Schema, req.State.Raw, &resp.Diagnostics)
	remembered, diags := recall(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.known(state)
	state.written = remembered.At
	r.shared(ctx, state, &remembered, resp)
	if due := state.due(remembered, r.now()); due != remembered.SecretDue {
		remembered.SecretDue = due
		resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	}
	if !state.reads(remembered, r.conn.Journal, &resp.Diagnostics) {
		r.trouble(&resp.Diagnostics)
		return
	}
	ctx, cancel := state.deadline(ctx, "read", 2*time.Minute)
	defer cancel()
	registrar, err := r.manager(state, remembered)
	if err != nil {
		resp.Diagnostics.Append(state.target().Unrefreshed(err, "read the registration"))
		return
	}
	reg, err := newest(ctx, r, state, state, func(m dcr.Management) (*dcr.Registration, error) {
		m.Stable = state.byClientCredentials() || remembered.Learnt && !remembered.RotatesOnRead
		return registrar.Read(ctx, m)
	})
	if err != nil {
		r.unread(ctx, err, state, remembered, resp)
		return
	}
	// The token that was read with, which need not be the one that state had.
	before := state.secret("registration_access_token")
	if kept, ok := r.conn.Journal.Newest(state.management()); ok && reg.ClientSecret.Empty() && kept.AnsweredAt.After(time.Unix(0, remembered.At)) && remembered.At != 0 {
		state.secretOf(kept)
	}
	r.conn.Journal.Read(state.Text("client_id"), state.Text("registration_client_uri"))
	r.identified(ctx, state, reg, &remembered, resp)
	remembered.Lost, remembered.Refused, remembered.Replaced, remembered.Moved = "", false, false, false
	if remembered.Imported {
		state.adopt(reg)
		remembered.Imported, remembered.Adopted = false, true
	} else {
		state.observe(reg.Metadata, remembered)
	}
	remembered.SecretDue = state.due(remembered, r.now())
	rotated := state.rotated(reg, before)
	remembered.Learnt, remembered.RotatesOnRead = true, remembered.RotatesOnRead || rotated
	resp.Diagnostics.Append(state.Into(ctx, &resp.State)...)
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	state.expires(r.now(), &resp.Diagnostics)
	if rotated && !r.conn.Journal.Keeps() {
		resp.Diagnostics.AddWarning("The registration access token was replaced by reading", rotationWarning(state))
	}
	r.trouble(&resp.Diagnostics)
}

// identified takes over what an answer identifies a client with. Of an import, it is the first to say which client it is.
func (r *Resource) identified(ctx context.Context, state Model, reg *dcr.Registration, remembered *memory, resp *resource.ReadResponse) {
	unknown := state.Text("client_id") == ""
	state.identify(reg)
	if unknown {
		r.shared(ctx, state, remembered, resp)
	}
}

// reads decides whether a refresh may call the server. A journal, if it can be written,
// keeps a token that a discarded plan would lose.
func (m Model) reads(remembered memory, journal *conn.Journal, diags *diag.Diagnostics) bool {
	switch {
	case !m.manageable() || m.Text("refresh") == "never":
		return false
	case remembered.Refused && !remembered.Unreadable && m.Text("on_unauthorized") == "recreate":
		// Of a token that was refused, reading can lose nothing.
		return true
	case remembered.neverRead():
		return true
	case m.relies(remembered) && journal.Given() && !journal.Keeps():
		m.unkept(diags)
		return false
	case m.Text("refresh") == "always":
		return true
	case remembered.Moved && !m.byClientCredentials() && !journal.Given():
		m.unseen(diags)
		return false
	case remembered.Imported && !remembered.RotatesOnRead:
		return true
	case remembered.Unreadable:
		diags.AddWarning("Drift was not looked for",
			fmt.Sprintf("The authorization server does not let the registration of client %q be read, as it said at the last attempt.\n\n"+
				"The next update tries again. With refresh = \"never\" this is not told.", m.Text("client_id")))
		return false
	case m.byClientCredentials():
		return true
	case !remembered.Learnt && !remembered.RotatesOnRead && !journal.Given():
		diags.AddWarning("Drift was not looked for",
			fmt.Sprintf("The registration of client %q could not be read back when it was written, so it is not known whether the authorization server replaces the registration access token at every read. If it does, reading in a plan would lose the token for good.\n\n"+
				"The next update finds out. To find out without one, set journal_path, which keeps such a token, and run terraform apply -refresh-only; or set refresh = \"always\" and apply, run terraform apply -refresh-only, then set refresh = \"auto\" again. While it is \"always\", a plan that is not applied could lose the token.", m.Text("client_id")))
		return false
	case !remembered.RotatesOnRead:
		return true
	}
	diags.AddWarning("Drift was not looked for",
		fmt.Sprintf("The authorization server replaces the registration access token of client %q at every read, and a plan throws away what its refresh learns: reading here could lose the token for good.\n\n"+
			"To look for drift once: set refresh = \"always\" and apply, run terraform apply -refresh-only, which keeps the new token, then set refresh = \"auto\" again. While it is \"always\", a plan that is not applied loses the token.", m.Text("client_id")))
	return false
}

// relies reports whether a journal is what lets a plan read a registration.
func (m Model) relies(remembered memory) bool {
	switch {
	case m.byClientCredentials():
		return false
	case m.Text("refresh") == "always":
		return remembered.RotatesOnRead || !remembered.Learnt
	}
	return !remembered.RotatesOnRead && !remembered.Learnt && !remembered.Unreadable
}

// unkept tells that a plan cannot rely on the journal.
func (m Model) unkept(diags *diag.Diagnostics) {
	diags.AddWarning("Drift was not looked for",
		fmt.Sprintf("The authorization server may replace the registration access token of client %q when it is read, and the journal, which would keep the new one, cannot be written: reading in a plan could lose the token for good.\n\n"+
			"Make the folder of journal_path writable, as the warning about the journal says, and plan again.", m.Text("client_id")))
}

// rotated reports whether an answer replaced the registration access token.
func (m Model) rotated(reg *dcr.Registration, before rest.Secret) bool {
	return !m.byClientCredentials() && !reg.RegistrationAccessToken.Empty() && reg.RegistrationAccessToken != before
}

// risks tells before it is too late that plans are going to replace the token.
func (m Model) risks(state Model, remembered memory, journal *conn.Journal, diags *diag.Diagnostics) {
	if m.Text("refresh") != "always" || state.Text("refresh") == "always" || !remembered.RotatesOnRead || m.byClientCredentials() || journal.Keeps() {
		return
	}
	diags.AddAttributeWarning(path.Root("refresh"), "Every plan is going to replace the registration access token",
		fmt.Sprintf("The authorization server replaces the registration access token of client %q at every read. With refresh = \"always\" and no journal, a plan that is not applied loses the new one for good.\n\n"+
			"Set journal_path, which keeps it. Without, run nothing but terraform apply (or apply -refresh-only) until refresh is \"auto\" again.", m.Text("client_id")))
}

func rotationWarning(m Model) string {
	after := "From then on, refresh = \"auto\" does not read this registration any more."
	if m.Text("refresh") == "always" {
		after = "With refresh = \"always\", the next plan replaces it again: set journal_path, which keeps it, or refresh = \"auto\"."
	}
	return fmt.Sprintf("The authorization server answered the read of client %q with a new registration access token; the old one no longer works. The new one is kept only if this run is applied.\n\n"+
		"If this is terraform plan, run terraform apply (or apply -refresh-only) next. %s", m.Text("client_id"), after)
}

// unread reports a failed read and keeps state. What a refused token means is
// for on_unauthorized to say: the state's value removes the client from state,
// and everything else is left to the plan, which knows the configuration's.
func (r *Resource) unread(ctx context.Context, err error, state Model, remembered memory, resp *resource.ReadResponse) {
	r.trouble(&resp.Diagnostics)
	target := state.target()
	if !diagnose.Refused(err) {
		problem := target.Registration(err, "read the registration", diagnose.Sent{Now: r.conn.Now()})
		if (goesOn(err, state) || r.unlisted(err)) && state.Text("client_id") != "" {
			remembered.Unreadable, remembered.Tried, remembered.Unasked = dcr.Unsupported(err), true, remembered.Lost != ""
			problem = diag.NewWarningDiagnostic("Drift was not looked for", problem.Summary()+"\n\n"+problem.Detail()+"\n\nState is taken to be true for this plan.")
			resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
		}
		resp.Diagnostics.Append(problem)
		return
	}
	if remembered.neverRead() && state.Text("on_unauthorized") == "error" {
		// An error keeps what cannot be managed out of state.
		resp.Diagnostics.Append(target.UnreadImport(err))
		return
	}
	at := path.Root("registration_access_token")
	if state.byClientCredentials() {
		at = path.Root("management_auth")
	}
	probe := r.exists(ctx, state, err)
	remembered.Replaced = remembered.Replaced && !state.byClientCredentials()
	probe.Exists = probe.Exists || remembered.Replaced
	if remembered.Replaced {
		probe.Sentence = strings.TrimSpace(probe.Sentence + " The answer to the client's last update was lost, and may have had a new token.")
	}
	target.Recreate = target.Recreate || probe.Exists
	summary, fact, detail := target.Lost(err, probe.Sentence)
	expired := state.expired(r.now())
	if expired != "" {
		detail = strings.Replace(detail, "\n\n", " "+expired+"\n\n", 1)
	}
	switch policy := state.Text("on_unauthorized"); {
	case policy == "recreate" && !probe.Exists && (!state.byClientCredentials() || remembered.Lost != "" && expired == ""):
		resp.Diagnostics.AddAttributeWarning(at, summary, strings.Replace(detail, " State was kept.", "", 1)+"\n\nBecause of on_unauthorized = \"recreate\", the registration of client "+strconv.Quote(state.Text("client_id"))+" leaves state and a new client is planned. To keep it instead, set on_unauthorized = \"error\" and run terraform apply -refresh=false, which records that before the next refresh.")
		r.conn.Journal.Refused(state.Text("client_id"), state.Text("registration_client_uri"))
		resp.State.RemoveResource(ctx)
		return
	case policy == "recreate" && !probe.Exists && expired == "":
		resp.Diagnostics.AddAttributeWarning(at, summary, detail+"\n\nBecause of on_unauthorized = \"recreate\", the first apply records this, with the credentials there are then; if the next run is refused likewise, the registration leaves state and a new client is planned.")
	case policy == "recreate" && !probe.Exists:
		resp.Diagnostics.AddAttributeWarning(at, summary, detail+"\n\nNo new client is planned in spite of on_unauthorized = \"recreate\".")
	case policy == "warn":
		resp.Diagnostics.AddAttributeWarning(at, summary, detail)
	default:
		resp.Diagnostics.AddAttributeWarning(at, summary, fact+"\n\nState was kept.")
	}
	remembered.Lost, remembered.Exists, remembered.Unasked = detail, probe.Exists, false
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}

// unlisted reports whether an origin is not trusted only because the provider's
// list of origins is not known yet.
func (r *Resource) unlisted(err error) bool {
	var origin *dcr.OriginError
	return errors.As(err, &origin) && slices.Contains(r.conn.Registration.Unknown, "allowed_management_origins")
}

// goesOn reports whether a plan can do without this read: the server does not
// let registrations be read, or the credentials in state do not do, which the
// configuration may be about to replace.
func goesOn(err error, m Model) bool {
	var incapable *conn.IncapableError
	if errors.As(err, &incapable) {
		return true
	}
	var status *rest.StatusError
	if errors.As(err, &status) {
		return dcr.Unsupported(err) || status.Status == http.StatusForbidden ||
			status.Code == "invalid_client" && m.Text("client_certificate_pem") != ""
	}
	var transport *rest.TransportError
	return errors.As(err, &transport) && transport.Phase == rest.PhaseRefused && m.Text("client_certificate_pem") != ""
}

// decide stops a plan for a client whose token the server refuses, unless the
// configuration says otherwise.
func (m Model) decide(state Model, remembered memory, diags *diag.Diagnostics) {
	policy := m.Text("on_unauthorized")
	switch {
	case remembered.Lost == "" || m.Text("refresh") == "never" || policy == "warn":
		return
	case m.Text("deletion_policy") == "abandon":
		return
	case policy == "recreate" && !remembered.Exists:
		if state.Text("on_unauthorized") != "recreate" {
			diags.AddAttributeWarning(path.Root("on_unauthorized"), "The client is registered anew by the apply after this one",
				fmt.Sprintf("The authorization server refuses the token of client %q, and on_unauthorized = \"recreate\" is new. This apply records it; the refresh of the next one, if it is refused likewise, removes the client from state and plans another, which has another client_id: every consent given to the old one is lost.\n\n"+
					"Apply twice to have that. To keep the client, undo the change before you apply.", m.Text("client_id")))
		}
		return
	case (m.byClientCredentials() || state.byClientCredentials() || remembered.Unasked) && fw.Changed(m.Values, state.Values, accessAttributes()...):
		// It was refused, or could not be asked, with what the configuration is about to replace.
		return
	}
	told := remembered.Lost
	if policy == "recreate" {
		told = unrecreated(told, remembered)
	}
	if m.byClientCredentials() {
		diags.AddAttributeError(path.Root("management_auth"), diagnose.UnheardSummary, told)
		return
	}
	diags.AddAttributeError(path.Root("registration_access_token"), diagnose.LostSummary, told)
}

// unrecreated says why no other client is registered. The refresh knew the state's policy only.
func unrecreated(told string, remembered memory) string {
	sentence := "No new client is planned in spite of on_unauthorized = \"recreate\", because the token endpoint knows this one."
	if remembered.Replaced {
		sentence = "No new client is planned in spite of on_unauthorized = \"recreate\", because the answer to its last update was lost, which may have replaced the token. " +
			"If the server's operator finds no such client any more, run terraform state rm and apply, which registers another."
	}
	if before, after, found := strings.Cut(told, diagnose.RecreateAdvice); found {
		return before + sentence + " " + after
	}
	return told + "\n\n" + sentence
}
