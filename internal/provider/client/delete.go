package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
)

// Delete removes the client (RFC 7592 §2.3) and makes sure that it is gone.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state := modelOf(ctx, req.State.Schema, req.State.Raw, &resp.Diagnostics)
	remembered, diags := recall(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	state.written = remembered.At
	if remembered.forgotten() {
		defer func(ctx context.Context) { r.relearn(ctx, state, remembered, resp) }(ctx)
	}
	if state.protect("destroys", &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	if !state.removable(&resp.Diagnostics) {
		return
	}
	if r.checkRemoval(state, remembered, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	r.tellLeft(state, remembered, &resp.Diagnostics)
	ctx, cancel := state.deadline(ctx, "delete", 5*time.Minute)
	defer cancel()
	err := r.remove(ctx, state, remembered)
	// The read that makes sure may have replaced the token in an answer that was lost.
	r.doubts(state, &remembered)
	var alive *dcr.AliveError
	if errors.As(err, &alive) && alive.Registration != nil {
		r.alive(ctx, alive.Registration, state, &remembered, resp)
	}
	r.trouble(&resp.Diagnostics)
	// Whose token was refused before cannot learn anything from its being refused again.
	var unverified *dcr.UnverifiedError
	if errors.As(err, &unverified) && remembered.Refused == nil && remembered.Refusals == 0 && !state.unsure(remembered, r.conn.Journal) {
		resp.Diagnostics.AddWarning("The removal could not be fully verified",
			"The answer to the DELETE was lost. The server has refused the registration access token since, as it does for a removed client: "+sentence(unverified.Err)+" The client was forgotten here."+
				"\n\nIf it should still be there, the server's operator finds it by its client_id "+state.Text("client_id")+".")
		return
	}
	if err != nil {
		resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
		resp.Diagnostics.Append(state.target().Removal(err, r.removing(state)))
		return
	}
	r.conn.Holders.Removed(state.Text("registration_client_uri"), state.Text("client_id"))
	r.conn.Journal.Forget(state.Text("client_id"), state.Text("registration_client_uri"))
	r.trouble(&resp.Diagnostics)
}

// alive keeps what the read said that found a client alive after its removal failed. It may
// have replaced the token, and shows whether reading does.
func (r *Resource) alive(ctx context.Context, reg *dcr.Registration, state Model, remembered *memory, resp *resource.DeleteResponse) {
	before := state.secret("registration_access_token")
	state.identify(reg)
	remembered.Learnt, remembered.RotatesOnRead, remembered.At = true, remembered.RotatesOnRead || state.rotated(reg, before), r.conn.Now().UnixNano()
	r.took(state, remembered)
	resp.Diagnostics.Append(state.Into(ctx, &resp.State)...)
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}

// unsure reports whether there are other reasons for a refusal than that the client is removed. Of a client without private
// state nothing is known that speaks for or against its token.
func (m Model) unsure(remembered memory, journal *conn.Journal) bool {
	return remembered.doubtful() || remembered.unproven() && !remembered.forgotten() || m.Text("refresh") == "always" && m.burns(remembered, journal)
}

// removable reports whether the server is to be asked to remove the client, and can be.
func (m Model) removable(diags *diag.Diagnostics) bool {
	switch {
	case m.Text("deletion_policy") == "abandon":
		diags.AddWarning("The client was left at the authorization server",
			fmt.Sprintf("Because of deletion_policy = \"abandon\", client_id %q was forgotten here and not removed there.", m.Text("client_id")))
	case !m.manageable():
		given, way := m.missing()
		diags.AddAttributeError(path.Root("deletion_policy"), "The client cannot be removed from here",
			"The authorization server gave "+given+" (RFC 7592 §3), so it cannot be asked to remove the client.\n\n"+
				way+"If the server lets clients manage themselves, set management_auth = \"client_credentials\". Otherwise have the server's operator remove it, or leave it; then set deletion_policy = \"abandon\", apply, and destroy again.")
	default:
		return true
	}
	return false
}

// remove asks the server to remove a client.
func (r *Resource) remove(ctx context.Context, state Model, remembered memory) error {
	registrar, err := r.manager(state, r.recollect(ctx, state, remembered))
	if err != nil {
		return err
	}
	_, err = newest(ctx, r, state, state, func(m dcr.Management) (struct{}, error) {
		m.Stable = m.Stable || remembered.stays()
		return struct{}{}, registrar.Remove(ctx, m)
	})
	return err
}

// removing says which client is to be removed, and where.
func (r *Resource) removing(state Model) diagnose.Sent {
	server := cmp.Or(state.Text("issuer"), state.Text("registration_endpoint"), state.Text("registration_client_uri"))
	return diagnose.Sent{Now: r.conn.Now(), ClientID: state.Text("client_id"), Server: server}
}

// tellLeft names the clients of this server that only the journal knows: once
// nothing is configured there any more, nothing else would.
func (r *Resource) tellLeft(state Model, remembered memory, diags *diag.Diagnostics) {
	if len(remembered.Endpoints) == 0 {
		return
	}
	// A journal that cannot be read is told when this removal is written to it.
	_, left, err := r.conn.Journal.Left(state.places(remembered.Endpoints), nil)
	if err != nil {
		return
	}
	left = slices.DeleteFunc(left, func(e journal.Entry) bool { return e.ClientID == state.Text("client_id") })
	state.tellOthers(left, "Removing this client leaves that one.", diags)
}
