package client

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// ordinary are the values that members have without being named (RFC 7591 §2, OpenID Connect
// Dynamic Client Registration 1.0 §2, and the specifications that add to them).
func ordinary() dcr.Metadata {
	all := dcr.Metadata{
		"grant_types": json.RawMessage(`["authorization_code"]`), "response_types": json.RawMessage(`["code"]`), "token_endpoint_auth_method": json.RawMessage(`"client_secret_basic"`),
		"application_type": json.RawMessage(`"web"`), "id_token_signed_response_alg": json.RawMessage(`"RS256"`),
	}
	for _, name := range []string{
		"require_auth_time", "frontchannel_logout_session_required", "backchannel_logout_session_required", "backchannel_user_code_parameter",
		"tls_client_certificate_bound_access_tokens", "require_signed_request_object", "require_pushed_authorization_requests", "dpop_bound_access_tokens",
	} {
		all[name] = json.RawMessage("false")
	}
	return all
}

// registered is the server's view of the client metadata that state has.
func (m Model) registered() dcr.Metadata {
	var out dcr.Metadata
	if json.Unmarshal([]byte(m.Text("registered_metadata")), &out) != nil {
		return nil
	}
	return out
}

// names reports whether a configuration has a member, or may turn out to have it.
func (m Model) names(member string) bool {
	if value, known := m.Values[member]; known {
		return !value.IsNull()
	}
	_, has := m.additional()[member]
	return has || m.Values["additional_metadata"].IsUnknown()
}

// omits tells, before the first update of a client that was imported, what the
// registration has and the configuration does not name: a PUT replaces the whole
// metadata (RFC 7592 §2.2). What the software statement says is sent with it.
func (m Model) omits(state, config Model, claims map[string]any, diags *diag.Diagnostics) {
	if m.Text("update_method") == methodPatch {
		return
	}
	var lines []string
	registered := state.registered()
	for _, name := range registered.Keys() {
		value := registered[name]
		said := func(claim string) bool {
			stated, ok := claims[claim]
			return ok && dcr.Equal(name, fw.Marshal(stated), value)
		}
		if config.names(name) || dcr.Equal(name, value, nil) || dcr.Equal(name, value, ordinary()[name]) || said(name) || said("software_"+name) {
			continue
		}
		line := fmt.Sprintf("  %s: %s", name, m.shown(state, value))
		if _, known := m.Values[name]; !known {
			line += " (perhaps the server's own)"
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		// Terraform shows one warning of those that have the same summary.
		diags.AddWarning("The update at "+m.server()+" leaves out what the registration has",
			fmt.Sprintf("Client %q was imported, and is registered with what the configuration does not name:\n\n%s\n\n"+
				"An update replaces the whole metadata (RFC 7592 §2.2), so the authorization server takes these away or falls back to its own defaults.\n\n"+
				"Set what has to stay, under the same name, or in additional_metadata where there is no such attribute. What the server adds by itself needs nothing. This is told until the first update.", state.Text("client_id"), strings.Join(lines, "\n")))
	}
}

// shown is a value of the server's, without the secrets that there are now and were before.
func (m Model) shown(state Model, value json.RawMessage) string {
	return shown(value, append(m.secrets(), state.secrets()...))
}

// reportOmitted tells what the first update of an imported client changed by leaving it out.
func (m Model) reportOmitted(state Model, diags *diag.Diagnostics) {
	before, after, sent := state.registered(), m.registered(), m.request()
	var lines []string
	for _, name := range before.Keys() {
		if _, named := sent[name]; named || after == nil || dcr.Equal(name, before[name], after[name]) {
			continue
		}
		now := "is gone"
		if !dcr.Equal(name, after[name], nil) {
			now = "is " + m.shown(state, after[name])
		}
		lines = append(lines, fmt.Sprintf("  %s: was %s, %s", name, m.shown(state, before[name]), now))
	}
	if len(lines) > 0 {
		diags.AddWarning("The update changed what is not configured",
			fmt.Sprintf("The update of client %q left out what the configuration does not name, and the authorization server changed it:\n\n%s\n\n"+
				"Set what has to be as it was, under the same name, or in additional_metadata where there is no such attribute, and apply again.", state.Text("client_id"), strings.Join(lines, "\n")))
	}
}
