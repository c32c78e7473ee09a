package application

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// secretMethod is the only token_endpoint_auth_method that comes with a secret.
const secretMethod = "client_secret_basic"

// mayTellSecret reports whether the answer to the planned change may hold a
// client secret. Directories tell one once, so none may be lost for having been
// planned otherwise.
func (m Model) mayTellSecret(state Model) bool {
	const method = "token_endpoint_auth_method"
	if !m.Values[method].Equal(state.Values[method]) {
		return true
	}
	secret := m.Text(method) == secretMethod || fw.Known(state.Values["client_secret"])
	// Somebody may lock the application between plan and apply.
	return secret && (len(m.changes(state)) > 0 || m.needsUnlock(state) || m.changesRoles(state) && m.mayUnlock())
}

// heldSecret is the secret the application has after an update whose answer
// tells none: the one from before, as long as its method is that of a secret.
func (m Model) heldSecret(app *directory.Application, state Model) attr.Value {
	method := m.Text("token_endpoint_auth_method")
	if app.TokenEndpointAuthMethod != nil {
		method = *app.TokenEndpointAuthMethod
	}
	if method != "" && method != secretMethod {
		return types.StringNull()
	}
	return state.Values["client_secret"]
}

// keep takes over from the state what the plan left unknown, for an update
// that sends nothing.
func (m Model) keep(state Model) {
	for name := range computed() {
		if m.Values[name].IsUnknown() {
			m.Values[name] = state.Values[name]
		}
	}
}
