package client

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
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
	r.journalKnown(state)
	state.written = remembered.At
	r.shared(ctx, state, &remembered, resp)
	due, protected := state.due(remembered, r.now()), state.Flag("deletion_protection")
	if due != remembered.SecretDue || protected != remembered.Protected {
		remembered.SecretDue, remembered.Protected = due, protected
		resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	}
	ctx, cancel := state.deadline(ctx, "read", 2*time.Minute)
	defer cancel()
	if r.givesUp(ctx, state, remembered, resp) {
		return
	}
	if !state.reads(remembered, r.conn.Journal, &resp.Diagnostics) {
		r.trouble(&resp.Diagnostics)
		return
	}
	remembered = r.recollect(ctx, state, remembered)
	registrar, err := r.manager(state, remembered)
	if err != nil {
		resp.Diagnostics.Append(state.target().Unrefreshed(err, "read the registration"))
		return
	}
	reg, err := newest(ctx, r, state, state, func(m dcr.Management) (*dcr.Registration, error) {
		m.Stable = m.Stable || remembered.stays()
		return registrar.Read(ctx, m)
	})
	if err != nil {
		r.unread(ctx, err, state, remembered, resp)
		return
	}
	r.answered(ctx, state, reg, remembered, resp)
}

// answered takes over what the server said of a registration.
func (r *Resource) answered(ctx context.Context, state Model, reg *dcr.Registration, remembered memory, resp *resource.ReadResponse) {
	// The token that was read with, which need not be the one that state had.
	before := state.secret("registration_access_token")
	// An import is not told the secret by anybody else.
	behind := func(kept journal.Entry) bool {
		return remembered.At == 0 && state.Text("client_secret") == "" || remembered.At != 0 && kept.AnsweredAt.After(time.Unix(0, remembered.At))
	}
	kept, has := r.conn.Journal.Newest(state.management())
	if has && reg.ClientSecret.Empty() && behind(kept) {
		state.secretOf(kept)
	}
	r.conn.Journal.Read(state.Text("client_id"), state.Text("registration_client_uri"))
	r.identified(ctx, state, reg, &remembered, resp)
	remembered.taken(r.presents(state), has || r.conn.Journal.Shut(state.management()))
	remembered.Moved, remembered.Unreadable = false, false
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
	case rest.CheckURL(m.Text("registration_client_uri")) != nil:
		m.unaddressed(diags)
		return false
	case remembered.Refusals > 0 && !remembered.Unreadable && m.Text("on_unauthorized") == "recreate" && (!m.burns(remembered, journal) || journal.Newer(m.management())):
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
			fmt.Sprintf("Whether the authorization server replaces the registration access token of client %q at every read is not known: that is found out inside an apply, and the read that does was not made or failed. If it does, reading in a plan would lose the token for good.\n\n"+
				"The next update finds out. To find out without one, set journal_path, which keeps such a token, and run terraform apply -refresh-only; or set refresh = \"always\" and apply, run terraform apply -refresh-only, then set refresh = \"auto\" again. While it is \"always\", a plan that is not applied could lose the token.", m.Text("client_id")))
		return false
	case !remembered.RotatesOnRead:
		return true
	}
	if journal.Keeps() {
		diags.AddWarning("Drift was not looked for",
			fmt.Sprintf("The authorization server replaces the registration access token of client %q at every read, which refresh = \"auto\" leaves alone.\n\n"+
				"The journal keeps a token that a plan throws away: to look for drift in every plan, set refresh = \"always\", and have the journal there in every run.", m.Text("client_id")))
		return false
	}
	diags.AddWarning("Drift was not looked for",
		fmt.Sprintf("The authorization server replaces the registration access token of client %q at every read, and a plan throws away what its refresh learns: reading here could lose the token for good.\n\n"+
			"To look for drift once: set refresh = \"always\" and apply, run terraform apply -refresh-only, which keeps the new token, then set refresh = \"auto\" again. While it is \"always\", a plan that is not applied loses the token.", m.Text("client_id")))
	return false
}

// burns reports whether a plan that reads and is discarded may have lost the token: the journal there is now need not
// be the one which that plan had, or have been there. Of a client of which it is not known whether reading replaces
// the token, only a plan with a journal reads.
func (m Model) burns(remembered memory, journal *conn.Journal) bool {
	switch {
	case m.byClientCredentials():
		return false
	case !remembered.RotatesOnRead && !remembered.Learnt:
		return m.Text("refresh") == "always" || !journal.Keeps()
	}
	return remembered.RotatesOnRead
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

// unaddressed tells that nothing can be sent to where the server says that the client is managed.
func (m Model) unaddressed(diags *diag.Diagnostics) {
	_, err := rest.Origin(m.Text("registration_client_uri"))
	problem := m.target().Registration(&dcr.AddressError{Err: err}, "read the registration", diagnose.Sent{})
	diags.AddAttributeWarning(path.Root("registration_client_uri"), "Drift was not looked for", problem.Summary()+"\n\n"+problem.Detail()+"\n\nState is taken to be true for this plan.")
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
			"Set journal_path, which keeps it. Without, run nothing but terraform apply (or apply -refresh-only) until refresh is \"auto\" again.", state.Text("client_id")))
}

func rotationWarning(m Model) string {
	after := "From then on, refresh = \"auto\" does not read this registration any more."
	if m.Text("refresh") == "always" {
		after = "With refresh = \"always\", the next plan replaces it again: set journal_path, which keeps it, or refresh = \"auto\"."
	}
	return fmt.Sprintf("The authorization server answered the read of client %q with a new registration access token; the old one no longer works. The new one is kept where state is written, as terraform import and every apply do, and lost with a plan that is not applied.\n\n"+
		"After terraform plan, run terraform apply (or apply -refresh-only) next. %s", m.Text("client_id"), after)
}
