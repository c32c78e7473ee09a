package application

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

const (
	unlockNever      = "never"
	unlockWhenNeeded = "when_needed"
)

// Model is the resource's value.
type Model struct {
	fw.Object
	// flagIDs are the IDs of flags that are written by name.
	flagIDs map[string]string
}

func newModel(ctx context.Context, object types.Object) Model {
	return Model{Object: fw.NewObject(ctx, object)}
}

// memory is what private state keeps of an application.
type memory struct {
	// Pairs keeps requested and registered values by directory member.
	Pairs map[string]fw.Pair `json:"pairs,omitempty"`
	// Unlocked counts how often the provider unlocked the application. It is part of
	// the revision, so that the statement that locks it again is issued.
	Unlocked int `json:"unlocked,omitempty"`
	// Flags are the words by which the user wrote flags, by the flag's ID.
	Flags map[string]string `json:"flags,omitempty"`
	// Overdue tells that the revision in state is the one from before a suspension,
	// during which the directory issues no statement, and is another by now.
	Overdue bool `json:"overdue,omitempty"`
	// Protected is deletion_protection at the last refresh: of a replacement that was asked for, the plan of
	// the successor is told the private state alone.
	Protected bool `json:"protected,omitempty"`
}

const memoryKey = "application"

// PrivateKeys are all that the resource keeps in private state.
func PrivateKeys() []string { return fw.PrivateKeys(memoryKey) }

const (
	nameMember      = "ClientName"
	clientIDMember  = "ClientId"
	versionMember   = "Version"
	redirectsMember = "RedirectUri"
	statusMember    = "Status"
	extraMember     = "AdditionalSoftwareMetadata"
	logoMember      = "LogoUri"
)

// members maps every attribute that is sent to its directory member.
func members() map[string]string {
	out := map[string]string{"client_name": nameMember, "version": versionMember, "redirect_uris": redirectsMember, "additional_metadata": extraMember, "client_id": clientIDMember}
	for _, f := range fields() {
		out[f.name] = f.json
	}
	return out
}

// encode is what one attribute sends. Additional metadata is JSON in a string,
// and flags are IDs.
func (m Model) encode(name string) (json.RawMessage, bool) {
	raw, ok := fw.Encode(m.Values[name])
	switch {
	case ok && name == "additional_metadata":
		return fw.Marshal(string(raw)), true
	case ok && name == "flags":
		var ids []string
		for _, word := range m.Strings(name) {
			ids = append(ids, m.flagID(word))
		}
		return fw.Marshal(ids), true
	}
	return raw, ok
}

// differs reports whether an update has to send an attribute.
func (m Model) differs(state Model, name string) bool {
	if name == "flags" && fw.Known(m.Values[name]) && fw.Known(state.Values[name]) {
		return !m.sameFlags(state)
	}
	return !m.Values[name].Equal(state.Values[name])
}

// kinds are those of the attributes with plain conversion.
func kinds() map[string]fw.Kind {
	out := map[string]fw.Kind{}
	for _, f := range fields() {
		out[f.name] = f.kind
	}
	return out
}

// decode is the attribute for a member of the directory's answer.
func decode(kinds map[string]fw.Kind, name string, raw json.RawMessage) attr.Value {
	switch name {
	case "version":
		var number json.Number
		if json.Unmarshal([]byte(strings.Trim(string(raw), `"`)), &number) == nil {
			if f, err := number.Float64(); err == nil {
				return types.Float64Value(f)
			}
		}
		return types.Float64Null()
	case "redirect_uris":
		return fw.Set.Decode(raw)
	case "additional_metadata":
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return fw.Document.Decode(raw)
		}
		return fw.Document.Decode(json.RawMessage(text))
	}
	// What the table does not name is a text, which is the zero kind.
	return kinds[name].Decode(raw)
}

// request is the body of a creation: what is configured, and the logo the
// directory requires.
func (m Model) request() directory.Fields {
	out := directory.Fields{logoMember: placeholderLogo}
	for name, member := range members() {
		if raw, ok := m.encode(name); ok {
			out[member] = raw
		}
	}
	// As text: an error about a lost answer quotes the name.
	out[nameMember] = m.Text("client_name")
	if roles := m.roles(); len(roles) > 0 {
		out["Roles"] = roleFields(roles)
	}
	return out
}

// changes is what an update sends: the members that differ, nil for those the
// user removed. The logo cannot be removed; the placeholder takes its place.
func (m Model) changes(state Model) directory.Fields {
	out := directory.Fields{}
	for name, member := range members() {
		if !m.differs(state, name) {
			continue
		}
		out[member] = nil
		if raw, ok := m.encode(name); ok {
			out[member] = raw
		} else if member == logoMember {
			out[member] = placeholderLogo
		}
	}
	if status := m.Text("status"); status != state.Text("status") {
		out[statusMember] = status
	}
	return out
}

// remember records what was requested and what the directory made of it. What
// was not sent keeps the pair it had: had it moved meanwhile, taking over the
// answer's value would hide that from every later read.
func (m Model) remember(app *directory.Application, before memory, sent directory.Fields) memory {
	out := memory{Pairs: map[string]fw.Pair{}, Unlocked: before.Unlocked, Flags: m.flagWording(before.Flags)}
	for name, member := range members() {
		raw, ok := m.encode(name)
		if !ok {
			continue
		}
		pair, known := before.Pairs[member]
		if _, now := sent[member]; now {
			pair, known = fw.Pair{Requested: raw, Registered: registered(app, member)}, true
		}
		if known {
			out.Pairs[member] = pair
		}
	}
	return out
}

// registered is what the directory made of a member. Of flags it is the IDs:
// their descriptions and dates are not the application's.
func registered(app *directory.Application, member string) json.RawMessage {
	if member == flagsMember {
		return fw.Marshal(identifiers(app.Flags))
	}
	return app.Raw[member]
}

// observe applies what the directory has to the state. Attributes nobody
// manages stay null; after an import all are filled.
func (m Model) observe(app *directory.Application, roles []directory.Role, remembered memory, importing bool) {
	before := m.Values["revision"]
	kinds := kinds()
	for name, member := range members() {
		pair, known := remembered.Pairs[member]
		asBefore := known && fw.SameJSON(registered(app, member), pair.Registered)
		switch {
		case !known && !importing && !fw.Known(m.Values[name]):
		case member == flagsMember && asBefore:
			m.Values[name] = flagWords(fw.Texts(pair.Requested), remembered.Flags)
		case member == flagsMember:
			m.Values[name] = flagWords(identifiers(app.Flags), remembered.Flags)
		case asBefore && member == extraMember && string(pair.Requested) == `"{}"`:
			// Nothing, but the user wrote it.
			m.Values[name] = jsontypes.NewNormalizedValue("{}")
		case asBefore:
			m.Values[name] = decode(kinds, name, pair.Requested)
		default:
			m.Values[name] = decode(kinds, name, app.Raw[member])
		}
	}
	if importing || fw.Known(m.Values["roles"]) {
		m.Values["roles"] = roleSet(active(roles))
	}
	if app.Status != "" {
		m.Values["status"] = types.StringValue(app.Status)
	}
	if method := app.TokenEndpointAuthMethod; method != nil && *method != secretMethod {
		m.Values["client_secret"] = types.StringNull()
	}
	m.describe(app, active(roles), remembered.Unlocked)
	if app.Status == directory.StatusSuspended && fw.Known(before) {
		m.Values["revision"] = before
	}
}

// describe stores what only the directory decides.
func (m Model) describe(app *directory.Application, roles []directory.Role, unlocked int) {
	m.Values["id"] = types.StringValue(app.ID)
	m.Values["organisation_id"] = fw.StringOrNull(app.OrganisationID)
	m.Values["client_id"] = fw.StringOrNull(app.ClientID)
	m.Values["federation_endpoint"] = fw.StringOrNull(app.FederationEndpoint)
	m.Values["created_at"] = fw.StringOrNull(app.CreatedAt)
	m.Values["notification_webhook_status"] = fw.StringOrNull(app.NotificationWebhookStatus)
	m.Values["locked"] = types.BoolValue(app.Locked)
	m.Values["revision"] = types.StringValue(revision(app, roles, unlocked))
	if !app.ClientSecret.Empty() {
		m.Values["client_secret"] = types.StringValue(app.ClientSecret.Reveal())
	}
}

// resolve is describe for an update: only what the plan left unknown is
// filled. A value that moved meanwhile is found by the next read.
func (m Model) resolve(app *directory.Application, roles []directory.Role, state Model, unlocked int) {
	planned := maps.Clone(m.Values)
	m.Values["client_secret"] = m.heldSecret(app, state)
	m.describe(app, roles, unlocked)
	for _, name := range append(slices.Collect(maps.Keys(computed())), "client_id") {
		if !planned[name].IsUnknown() {
			m.Values[name] = planned[name]
		}
	}
}

// place stores where the keystore publishes the application's keys.
func (m Model) place(client *directory.Client) {
	m.Values["jwks_uri"] = fw.StringOrNull(client.ApplicationKeysURL(m.Text("id")))
	m.Values["transport_jwks_uri"] = fw.StringOrNull(client.TransportKeysURL(m.Text("id")))
}

// subject stores the subject of a certificate request; the organisation may be
// nil when it could not be read.
func (m Model) subject(organisationID string, organisation *directory.Organisation) {
	values := map[string]attr.Value{
		"country": types.StringNull(), "organization": types.StringNull(),
		"organizational_unit": types.StringValue(organisationID), "common_name": types.StringValue(m.Text("id")),
	}
	if organisation != nil {
		country := organisation.CountryOfRegistration
		if country == "" {
			country = organisation.Country
		}
		values["country"], values["organization"] = fw.StringOrNull(country), fw.StringOrNull(organisation.Name)
	}
	m.Values["certificate_subject"] = types.ObjectValueMust(subjectTypes(), values)
}

// revision digests what a software statement may say of the application, and
// how often it was unlocked to be changed.
func revision(app *directory.Application, roles []directory.Role, unlocked int) string {
	return directory.NewContent(app, roles).Digest(unlocked)
}
