package softwarestatement

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Model is the resource's value.
type Model struct {
	ApplicationID       types.String         `tfsdk:"application_id"`
	ApplicationRevision types.String         `tfsdk:"application_revision"`
	Triggers            types.Map            `tfsdk:"triggers"`
	UnlockOnDestroy     types.Bool           `tfsdk:"unlock_on_destroy"`
	ID                  types.String         `tfsdk:"id"`
	Assertion           types.String         `tfsdk:"assertion"`
	Claims              jsontypes.Normalized `tfsdk:"claims"`
	Digest              types.String         `tfsdk:"digest"`
	IssuedAt            types.String         `tfsdk:"issued_at"`
	ExpiresAt           types.String         `tfsdk:"expires_at"`
	KeyID               types.String         `tfsdk:"key_id"`
	ApplicationLocked   types.Bool           `tfsdk:"application_locked"`
}

// apply stores a statement the directory has just issued.
func (m *Model) apply(s *jws.Statement) {
	m.ID = m.ApplicationID
	m.Assertion = types.StringValue(s.Token)
	m.Claims = jsontypes.NewNormalizedValue(s.ClaimsJSON())
	m.Digest = types.StringValue(s.Digest())
	m.IssuedAt = fw.Instant(s.IssuedAt)
	m.ExpiresAt = fw.Instant(s.ExpiresAt)
	m.KeyID = fw.StringOrNull(s.KeyID)
	m.ApplicationLocked = types.BoolValue(true)
}

// forget makes what a new statement decides unknown. What is locked is so
// afterwards too, whether the statement is issued or has to wait.
func (m *Model) forget(state Model) {
	m.Assertion = types.StringUnknown()
	m.Claims = jsontypes.NewNormalizedUnknown()
	m.Digest = types.StringUnknown()
	m.IssuedAt = types.StringUnknown()
	m.ExpiresAt = types.StringUnknown()
	m.KeyID = types.StringUnknown()
	m.ApplicationLocked = state.ApplicationLocked
	if !state.ApplicationLocked.ValueBool() {
		m.ApplicationLocked = types.BoolUnknown()
	}
}

// keep takes what a statement decides from the state.
func (m *Model) keep(state Model) {
	m.Assertion, m.Claims, m.Digest = state.Assertion, state.Claims, state.Digest
	m.IssuedAt, m.ExpiresAt, m.KeyID = state.IssuedAt, state.ExpiresAt, state.KeyID
	m.ApplicationLocked = state.ApplicationLocked
}

// reissued reports whether the planned change needs a new statement.
func (m *Model) reissued(state Model) bool {
	return state.Assertion.IsNull() || !m.ApplicationRevision.Equal(state.ApplicationRevision) || !m.Triggers.Equal(state.Triggers)
}

// differences words how an application has changed since a statement was
// issued. Long values, such as logos, are not shown.
func differences(before, now directory.Content) []string {
	const shown = 200
	var out []string
	for _, member := range before.Changed(now) {
		text := func(content directory.Content) string {
			switch raw := content[member]; {
			case len(raw) == 0:
				return "nothing"
			case len(raw) > shown:
				return "something long"
			default:
				return string(raw)
			}
		}
		out = append(out, fmt.Sprintf("%s was %s and is %s", member, text(before), text(now)))
	}
	return out
}
