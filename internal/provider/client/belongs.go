package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// belongs reports whether the authorization server that a model names answers for an
// origin: whether that is the issuer's, or of an endpoint that was configured or that
// the issuer publishes. An error says that the issuer could not be asked.
func (r *Resource) belongs(ctx context.Context, m Model, origin string) (bool, error) {
	var own endpoint
	own.trust(m.Text("issuer"))
	own.trust(m.Text("registration_endpoint"))
	if m.Text("issuer") == "" || slices.Contains(own.origins, origin) {
		return slices.Contains(own.origins, origin), nil
	}
	// What the issuer publishes is of interest beside an endpoint that was configured, too.
	m.Values = maps.Clone(m.Values)
	m.Values["registration_endpoint"] = types.StringNull()
	server, err := r.look(ctx, m)
	if err != nil {
		return false, err
	}
	if server == nil {
		unknown := slices.DeleteFunc(identityAttributes(), func(name string) bool { return !m.Values[name].IsUnknown() })
		if m.writeOnly.keyUnknown {
			unknown = append(unknown, "private_key_pem_wo")
		}
		return false, &conn.UnknownError{Owner: conn.OwnerResource, Attributes: unknown}
	}
	for _, published := range []string{server.RegistrationEndpoint, server.MTLSEndpointAliases.RegistrationEndpoint, server.TokenEndpoint, server.MTLSEndpointAliases.TokenEndpoint} {
		own.trust(published)
	}
	return slices.Contains(own.origins, origin), nil
}

// misnamed reports whether a change of issuer or endpoint only corrects what an import
// or a move was given wrongly: the client is at the server that the plan names, and not
// at the one that state names. To replace it would cost its consents for nothing.
// Where the server cannot be asked yet, that is an error.
func (r *Resource) misnamed(ctx context.Context, state, plan Model, remembered memory, at path.Path, diags *diag.Diagnostics) bool {
	origin, err := rest.Origin(state.Text("registration_client_uri"))
	before, errBefore := rest.Origin(state.Text(state.attribute()))
	if r.conn == nil || err != nil || errBefore != nil || slices.Contains(remembered.Origins, before) {
		// At an origin that is remembered it was registered, or is managed.
		return false
	}
	now, err := r.belongs(ctx, plan, origin)
	if undecided(err) && r.checkIdentity(plan, "tell whether this moves the client", diags) {
		diags.AddAttributeError(at, "Whether this corrects an import or moves the client is not known yet",
			fmt.Sprintf("To tell, the server has to be asked, and that cannot be done yet: %v.\n\nA move would remove client %q, with every consent given to it. Apply what the credentials come from first, with -target, or plan with the private sealing key; then plan again. To destroy the client with the change still pending, run terraform destroy -refresh=false.", err, state.Text("client_id")))
	}
	if err != nil || !now {
		return false
	}
	old := plan
	old.Values = maps.Clone(plan.Values)
	for _, name := range []string{"issuer", "registration_endpoint"} {
		old.Values[name] = state.Values[name]
	}
	was, _ := r.belongs(ctx, old, origin)
	return !was
}

// undecided reports whether a server could not be asked only because its credentials are
// not known yet, or are sealed: the apply knows them.
func undecided(err error) bool {
	var (
		pending    *conn.UnknownError
		credential *conn.CredentialError
	)
	return errors.As(err, &pending) || errors.As(err, &credential)
}

// checkPlace makes sure, until an imported client is updated for the first time, that it is
// at the authorization server that the configuration names. Nothing else would notice:
// an import knows the registration_client_uri alone.
func (r *Resource) checkPlace(ctx context.Context, state, plan Model, remembered memory, diags *diag.Diagnostics) {
	origin, err := rest.Origin(state.Text("registration_client_uri"))
	if r.conn == nil || err != nil || !remembered.Imported && !remembered.Adopted || plan.Values["issuer"].IsUnknown() || plan.Values["registration_endpoint"].IsUnknown() {
		return
	}
	allowed := endpoint{}
	for _, one := range r.conn.Registration.AllowedOrigins {
		allowed.trust(one)
	}
	if slices.Contains(allowed.origins, origin) || slices.Contains(r.conn.Registration.Unknown, "allowed_management_origins") {
		return
	}
	at := path.Root(plan.attribute())
	its, err := r.belongs(ctx, plan, origin)
	switch {
	case its || undecided(err):
	case err != nil:
		problem := plan.undiscovered(err)
		diags.AddAttributeWarning(at, "Whether the imported client is at this authorization server could not be checked",
			fmt.Sprintf("Client %q is managed at %s. Whether that is of %s could not be looked up:\n\n%s\n\n%s\n\n"+
				"If it is of another server, updates go there with what is meant for this one. Plan again when the server can be asked, before you apply; this is told until the first update.",
				state.Text("client_id"), origin, plan.address(), problem.Summary(), problem.Detail()))
	case plan.Text("issuer") == "":
		diags.AddAttributeWarning(at, "Whether the imported client is at this authorization server could not be checked",
			fmt.Sprintf("Client %q is managed at %s, and registration_endpoint is at another origin. Without an issuer there is nothing that says whose origin it is.\n\n"+
				"If it is of another server, updates go there with what is meant for this one. If it is this server's, set issuer, or add the origin to registration.allowed_management_origins; this is told until the first update.", state.Text("client_id"), origin))
	default:
		diags.AddAttributeError(at, "The imported client is at another authorization server",
			fmt.Sprintf("Client %q was imported or moved with a registration_client_uri at %s. The configured %s is %q, which has no endpoint there.\n\n"+
				"Updates would go to the one server with what is meant for the other. Nothing was sent.\n\n"+
				"If the client is the right one, set %s to its server. If it is the wrong one, import that of this server, after terraform state rm where it is in state; clients in each other's place change with terraform state mv. "+
				"If the origin belongs to this server, add %q to registration.allowed_management_origins in the provider configuration.",
				state.Text("client_id"), origin, plan.attribute(), plan.address(), plan.attribute(), origin))
	}
}
