package client

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// recollect finds out by discovery where a client may be managed, if private state does not
// say it: Terraform passes none to the removal of a tainted client that is replaced. The
// server may be away: what the configuration names is trusted anyway.
func (r *Resource) recollect(ctx context.Context, state Model, remembered memory) memory {
	var named endpoint
	named.trust(state.Text("issuer"))
	named.trust(state.Text("registration_endpoint"))
	origin, err := rest.Origin(state.Text("registration_client_uri"))
	if err != nil || len(remembered.Origins) > 0 || slices.Contains(named.origins, origin) {
		return remembered
	}
	if len(named.origins) == 0 {
		// Only an import names no server, and its ID names this origin.
		remembered.Origins = []string{origin}
		return remembered
	}
	client, err := r.http(state)
	if err != nil {
		return remembered
	}
	ctx, cancel := context.WithTimeout(ctx, discoveryPatience)
	defer cancel()
	// What is published and does not lead to the client is no answer, and is asked for again.
	if place, err := r.locate(ctx, client, state); err == nil && slices.Contains(place.origins, origin) {
		remembered.Endpoints, remembered.Origins, remembered.Outside = place.all, place.origins, place.outside
	}
	return remembered
}

// relearn makes up for the private state of a client whose removal failed and of which
// Terraform brought none. It reads the registration as creation does, here where a token
// that reading replaces is kept, unless the removal did; what was registered, state has.
func (r *Resource) relearn(ctx context.Context, state Model, remembered memory, resp *resource.DeleteResponse) {
	if !resp.Diagnostics.HasError() {
		return
	}
	remembered = r.recollect(ctx, state, remembered)
	remembered.Name, remembered.Protected = rand.Text(), state.Flag("deletion_protection")
	if registered := state.registered(); registered != nil {
		remembered.remember(state.request(), registered)
	}
	if registrar, err := r.manager(state, remembered); err == nil && !remembered.Learnt && state.manageable() && !state.byClientCredentials() && state.Text("refresh") != "never" {
		ctx, cancel := state.deadline(ctx, "read", 2*time.Minute)
		defer cancel()
		reg, err := newest(ctx, r, state, state, func(m dcr.Management) (*dcr.Registration, error) { return registrar.ReadBack(ctx, m) })
		remembered.Unreadable, remembered.Replaced = dcr.Unsupported(err), err != nil && remembered.Replaced
		r.missed(state, &remembered)
		if err == nil {
			r.took(state, &remembered)
			remembered.Learnt, remembered.RotatesOnRead, remembered.At = true, state.rotated(reg, state.secret("registration_access_token")), r.conn.Now().UnixNano()
			state.identify(reg)
			resp.Diagnostics.Append(state.Into(ctx, &resp.State)...)
		}
	}
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}
