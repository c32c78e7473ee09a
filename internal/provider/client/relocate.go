package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// relocated reports whether an address became another one. An import knows
// neither issuer nor endpoint, so going from null to a value is no move. A
// value that is not known yet is none either: it usually turns out the same,
// and Terraform stops an apply in which it does not.
func relocated(before, after types.String) bool {
	return fw.Known(before) && fw.Known(after) && !sameAddress(before.ValueString(), after.ValueString())
}

// sameAddress compares URLs in whose scheme and host case is nothing, and a port that
// the scheme means anyway (RFC 3986 §6.2.2.1, §6.2.3).
func sameAddress(a, b string) bool {
	plain := func(text string) string {
		text = strings.TrimSuffix(text, "/")
		u, err := url.Parse(text)
		origin, errOrigin := rest.Origin(text)
		if err != nil || errOrigin != nil {
			return text
		}
		u.Scheme, u.Host = "", ""
		return origin + u.String()
	}
	return plain(a) == plain(b)
}

// relocates names the attributes that move the client to another server, which makes
// the plan a replacement.
func (m Model) relocates(state Model, remembered memory) path.Paths {
	var moved path.Paths
	for _, name := range []string{"issuer", "registration_endpoint"} {
		before, okBefore := state.Values[name].(types.String)
		after, okAfter := m.Values[name].(types.String)
		if okBefore && okAfter && relocated(before, after) {
			moved = append(moved, path.Root(name))
		}
	}
	if name := m.moves(state, remembered); name != "" {
		moved = append(moved, path.Root(name))
	}
	return moved
}

// moves names the attribute that, by switching between issuer and
// registration_endpoint, sends the client to another server.
func (m Model) moves(state Model, remembered memory) string {
	issuer, endpoint := m.Values["issuer"], m.Values["registration_endpoint"]
	hadIssuer, hadEndpoint := !state.Values["issuer"].IsNull(), !state.Values["registration_endpoint"].IsNull()
	switch {
	case hadIssuer && !hadEndpoint && issuer.IsNull() && fw.Known(endpoint) && len(remembered.Endpoints) > 0:
		known := slices.ContainsFunc(remembered.Endpoints, func(e string) bool {
			return sameAddress(e, m.Text("registration_endpoint"))
		})
		if !known {
			return "registration_endpoint"
		}
	case hadEndpoint && !hadIssuer && endpoint.IsNull() && fw.Known(issuer):
		if origin, err := rest.Origin(m.Text("issuer")); err != nil || !slices.Contains(remembered.Origins, origin) && !sameHost(m.Text("issuer"), state.Text("registration_endpoint")) {
			return "issuer"
		}
	}
	return ""
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Hostname() != "" && x.Hostname() == y.Hostname()
}

// departs looks at the server that a plan moves the client to. What is found out by the
// plan of the successor is too late: Terraform tells only its errors, and what the
// apply would find out comes after the removal.
func (r *Resource) departs(ctx context.Context, state, plan Model, config tfsdk.Config, diags *diag.Diagnostics) {
	if diags.HasError() {
		return
	}
	if problem := r.unfound(ctx, plan); problem != nil {
		diags.Append(diagnose.Again(problem, fmt.Sprintf("The plan moves client %q of %s there, which would have removed it first. Nothing was sent. To destroy the client with the change still pending, run terraform destroy -refresh=false.", state.Text("client_id"), state.address())))
		return
	}
	diags.AddAttributeWarning(path.Root(plan.attribute()), "The client is replaced by one at another authorization server",
		fmt.Sprintf("Client %q of %s is to be removed, and another registered at %s, which will have another client_id: every consent given to the old one is lost.\n\n"+
			"If it is to stay until the new one is in use, add a resource for the other server beside this one, and remove this one later; lifecycle { create_before_destroy = true } registers the new one first. If the address is a mistake, nothing was sent yet.",
			state.Text("client_id"), state.address(), plan.address()))
	r.check(ctx, plan, config, "register the client", diags)
}

// unfound is why the server of a plan cannot be found; nil if it can, or is not known yet.
func (r *Resource) unfound(ctx context.Context, plan Model) diag.Diagnostic {
	server, err := r.look(ctx, plan)
	if server != nil && server.RegistrationEndpoint == "" && server.MTLSEndpointAliases.RegistrationEndpoint == "" {
		err = &noRegistrationError{issuer: plan.Text("issuer")}
	}
	var (
		pending    *conn.UnknownError
		credential *conn.CredentialError
	)
	// What is wrong with the credentials, check says, which knows those that only the apply can open.
	if err == nil || errors.As(err, &pending) || errors.As(err, &credential) {
		return nil
	}
	return plan.undiscovered(err)
}

// address is the one that was configured; of an import, whose server it is.
func (m Model) address() string { return cmp.Or(m.Text(m.attribute()), m.server()) }
