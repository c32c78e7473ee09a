package client

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
)

const (
	sharedSummary = "Another resource has the same client"
	forgetOne     = "If one resource is to have the client, have Terraform forget the other one, which leaves the client at the authorization server: run terraform state rm with its address, or put a removed block with lifecycle { destroy = false } in place of its block and apply. Remove its block as well, because a block whose resource is not in state registers another client."
)

// shared finds out whether another resource has the same client, which a wrong
// import or a shared journal brings about: whoever goes first would take it from both.
func (r *Resource) shared(ctx context.Context, state Model, remembered *memory, resp *resource.ReadResponse) {
	unnamed := remembered.Name == ""
	if unnamed {
		remembered.Name = rand.Text()
	}
	twice := r.stays(state, *remembered).Others
	if twice {
		resp.Diagnostics.AddAttributeWarning(path.Root("client_id"), "Two resources have the same client",
			fmt.Sprintf("Another dcr_client has client_id %q as well: an update of the one is one of both, and neither can be removed or replaced.\n\n%s", state.Text("client_id"), forgetOne))
	}
	if unnamed || twice != remembered.Shared {
		remembered.Shared = twice
		resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	}
}

// stays tells the others that a resource has its client.
func (r *Resource) stays(state Model, remembered memory) conn.Sharing {
	if r.conn == nil || state.Text("client_id") == "" || remembered.Name == "" {
		return conn.Sharing{}
	}
	return r.conn.Holders.Stays(state.Text("registration_client_uri"), state.Text("client_id"), remembered.Name)
}

// checkRemoval tells the other resources that have the same client that this one is to
// remove it, and refuses that if there is one: the last refresh found it, or this process
// has seen it since.
func (r *Resource) checkRemoval(state Model, remembered memory, diags *diag.Diagnostics) {
	if r.conn == nil || state.Text("client_id") == "" || state.Text("deletion_policy") == "abandon" {
		return
	}
	shared := remembered.Shared
	if remembered.Name != "" {
		found := r.conn.Holders.Leaves(state.Text("registration_client_uri"), state.Text("client_id"), remembered.Name)
		shared = shared || found.Others
	}
	if shared {
		diags.AddAttributeError(path.Root("client_id"), sharedSummary,
			fmt.Sprintf("Two dcr_client resources have client_id %q, and one of them is to be removed or replaced: that would remove the client at the authorization server, and so take it from both. Nothing was sent.\n\n%s Then plan again.", state.Text("client_id"), forgetOne))
	}
}

// checkReplacement is checkRemoval for a plan that Terraform itself makes a replacement: of the
// client that goes, the plan of its successor is told the private state alone.
func (r *Resource) checkReplacement(remembered memory, diags *diag.Diagnostics) {
	if r.conn == nil || remembered.Name == "" {
		return
	}
	if remembered.Shared || r.conn.Holders.LeavesAgain(remembered.Name).Others {
		diags.AddError(sharedSummary,
			"The plan replaces a client that another dcr_client has as well: that would remove the client at the authorization server, and so take it from both. Nothing was sent.\n\n"+forgetOne+" Then plan again.")
	}
}

// checkOthers refuses the plan of a client that another resource, planned before, is to remove.
func (r *Resource) checkOthers(state Model, remembered memory, diags *diag.Diagnostics) {
	if r.stays(state, remembered).Leaving {
		diags.AddAttributeError(path.Root("client_id"), sharedSummary,
			fmt.Sprintf("The plan removes or replaces another dcr_client that has client_id %q as this one has: that would remove the client at the authorization server, and so take it from both. Nothing was sent.\n\n%s Then plan again.", state.Text("client_id"), forgetOne))
	}
}
