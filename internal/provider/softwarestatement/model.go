package softwarestatement

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

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
	m.IssuedAt = instant(s.IssuedAt)
	m.ExpiresAt = instant(s.ExpiresAt)
	m.KeyID = fw.StringOrNull(s.KeyID)
	m.ApplicationLocked = types.BoolValue(true)
}

func instant(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// forget makes what a new statement decides unknown.
func (m *Model) forget() {
	m.Assertion = types.StringUnknown()
	m.Claims = jsontypes.NewNormalizedUnknown()
	m.Digest = types.StringUnknown()
	m.IssuedAt = types.StringUnknown()
	m.ExpiresAt = types.StringUnknown()
	m.KeyID = types.StringUnknown()
	m.ApplicationLocked = types.BoolUnknown()
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

// stale compares what the statement says with what the application is now, and
// words each difference. Claims the statement does not have are not compared:
// directories differ in what they put into one.
func stale(claims string, app directory.Application, roles []directory.Role) []string {
	var said map[string]json.RawMessage
	if json.Unmarshal([]byte(claims), &said) != nil {
		return nil
	}
	var differences []string
	for _, c := range comparisons(app, roles) {
		raw, ok := said[c.claim]
		if !ok {
			continue
		}
		got := texts(raw)
		if fw.SameSet(got, c.values) || c.claim == versionClaim && sameNumber(got, c.values) {
			continue
		}
		differences = append(differences, fmt.Sprintf("%s says %s, the application has %s", c.claim, quote(got), quote(c.values)))
	}
	return differences
}

// texts reads a claim; numbers come bare and as strings.
func texts(raw json.RawMessage) []string {
	var number json.Number
	if json.Unmarshal(raw, &number) == nil && number != "" {
		return []string{number.String()}
	}
	return fw.Texts(raw)
}

// sameNumber compares versions, which statements write as 1.1, "1.1" and "1.10".
func sameNumber(a, b []string) bool {
	if len(a) != 1 || len(b) != 1 {
		return false
	}
	x, errX := strconv.ParseFloat(a[0], 64)
	y, errY := strconv.ParseFloat(b[0], 64)
	return errX == nil && errY == nil && x == y
}

const versionClaim = "software_version"

type comparison struct {
	claim  string
	values []string
}

func comparisons(app directory.Application, roles []directory.Role) []comparison {
	one := func(claim string, value *string) comparison {
		if value == nil || *value == "" {
			return comparison{claim: claim}
		}
		return comparison{claim: claim, values: []string{*value}}
	}
	var active []string
	for _, role := range roles {
		if role.Status == directory.StatusActive && !slices.Contains(active, role.Role) {
			active = append(active, role.Role)
		}
	}
	version := app.Version.String()
	return []comparison{
		{claim: "software_redirect_uris", values: app.RedirectURIs},
		{claim: "software_roles", values: active},
		one("software_client_name", &app.ClientName),
		one(versionClaim, &version),
		one("software_client_description", app.Description),
		one("software_client_uri", app.ClientURI),
		one("software_homepage_uri", app.HomepageURI),
		one("software_policy_uri", app.PolicyURI),
		one("software_tos_uri", app.TermsOfServiceURI),
		one("software_on_behalf_of", app.OnBehalfOf),
		one("software_environment", app.Environment),
		one("software_mode", app.Mode),
		one("software_logo_uri", &app.LogoURI),
		{claim: "software_api_webhook_uris", values: app.APIWebhookURIs},
		{claim: "software_origin_uris", values: app.OriginURIs},
	}
}

func quote(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	return string(fw.Marshal(values))
}
