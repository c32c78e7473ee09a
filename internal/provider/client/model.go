package client

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	defaultMaxAge = "4m"

	// The ways in which servers update registrations.
	methodPut   = "PUT"
	methodPatch = "PATCH"

	// How often a software statement may be sent.
	useShared = "shared"
	useSingle = "single"
)

// Model is the resource's value: attributes by name, because the client
// metadata comes from a table and not from sixty fields.
type Model struct {
	fw.Object
	// writeOnly is what neither plan nor state has.
	writeOnly writeOnly
	// provided is the initial access token of the provider, which is sent where the resource has none.
	provided rest.Secret
	// written is when the state was last written from an answer, in nanoseconds since 1970; 0 is not known.
	written int64
}

// writeOnly are secrets that only the configuration has, and only while something is applied.
type writeOnly struct {
	statement, token string
	// key is that of the client certificate, signingKey that of requests and assertions.
	key, signingKey rest.Secret
	// keyUnknown and signingUnknown are set while Terraform does not know them.
	keyUnknown, signingUnknown bool
}

// given adds the write-only secrets of the configuration.
func (m Model) given(ctx context.Context, config tfsdk.Config) Model {
	values := map[string]types.String{}
	for _, name := range []string{"software_statement_wo", "initial_access_token_wo", "private_key_pem_wo", "signing_key_pem_wo"} {
		var value types.String
		if config.GetAttribute(ctx, path.Root(name), &value).HasError() {
			return m
		}
		values[name] = value
	}
	m.writeOnly = writeOnly{
		statement: values["software_statement_wo"].ValueString(), token: values["initial_access_token_wo"].ValueString(),
		key: rest.Secret(values["private_key_pem_wo"].ValueString()), keyUnknown: values["private_key_pem_wo"].IsUnknown(),
		signingKey: rest.Secret(values["signing_key_pem_wo"].ValueString()), signingUnknown: values["signing_key_pem_wo"].IsUnknown(),
	}
	return m
}

// provide tells a plan the initial access token of the provider.
func (m Model) provide(token rest.Secret) Model {
	m.provided = token
	return m
}

// statement is the software statement to send, and the attribute that has it.
func (m Model) statement() (token, attribute string) {
	if m.writeOnly.statement != "" {
		return m.writeOnly.statement, "software_statement_wo"
	}
	return m.Text("software_statement"), "software_statement"
}

// modelOf takes a configuration, a plan or a state apart.
func modelOf(ctx context.Context, schema interface{ Type() attr.Type }, raw tftypes.Value, diags *diag.Diagnostics) Model {
	object, problems := fw.Get(ctx, schema, raw)
	diags.Append(problems...)
	return Model{Object: object}
}

// secrets are what no value of a server's may show: the client's, as they are and as they are written in JSON.
func (m Model) secrets() []rest.Secret {
	secrets := []rest.Secret{rest.Secret(m.writeOnly.statement), rest.Secret(m.writeOnly.token), m.provided}
	for _, name := range []string{"registration_access_token", "client_secret", "initial_access_token", "software_statement"} {
		secrets = append(secrets, m.secret(name))
	}
	for _, secret := range secrets {
		written := string(fw.Canonical(fw.Marshal(secret.Reveal())))
		secrets = append(secrets, rest.Secret(strings.TrimSuffix(strings.TrimPrefix(written, `"`), `"`)))
	}
	return secrets
}

// show is a value of the server's, fit to print. It is written anew first, because JSON has
// many ways to write a text, and cut last, because half a secret is not found.
func (m Model) show(raw json.RawMessage) string { return shown(raw, m.secrets()) }

func shown(raw json.RawMessage, secrets []rest.Secret) string {
	const most = 300
	text := rest.Words(string(fw.Canonical(dcr.Shown(raw))), secrets...)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// server names the authorization server, where a user has several.
func (m Model) server() string {
	for _, name := range []string{"issuer", "registration_endpoint", "registration_client_uri"} {
		if u, err := url.Parse(m.Text(name)); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return "the authorization server"
}

func (m Model) secret(name string) rest.Secret { return rest.Secret(m.Text(name)) }

func (m Model) maxAge() time.Duration {
	d, err := time.ParseDuration(m.Text("software_statement_max_age"))
	if err != nil {
		d, _ = time.ParseDuration(defaultMaxAge)
	}
	return d
}

// request returns the client metadata to ask for: exactly what is configured,
// nothing echoed and nothing added (RFC 7591 §2, RFC 7592 §2.2).
func (m Model) request() dcr.Metadata {
	metadata := dcr.Metadata{}
	for _, member := range members() {
		if raw, ok := fw.Encode(m.Values[member.name]); ok {
			metadata[member.name] = raw
		}
	}
	maps.Copy(metadata, m.additional())
	return metadata
}

func (m Model) additional() dcr.Metadata {
	var extra dcr.Metadata
	if text := m.Text("additional_metadata"); text != "" && json.Unmarshal([]byte(text), &extra) != nil {
		return nil
	}
	return extra
}

// management returns where and with what the registration is managed.
func (m Model) management() dcr.Management {
	return dcr.Management{URI: m.Text("registration_client_uri"), Token: m.secret("registration_access_token"), ClientID: m.Text("client_id")}
}

// manageable reports whether the registration can be managed (RFC 7592).
func (m Model) manageable() bool {
	return m.Text("registration_client_uri") != "" && (m.byClientCredentials() || m.Text("registration_access_token") != "")
}

// unrequested makes the state of an imported client say what its configuration
// says, where nothing has to be sent for that: a statement that only the import
// put there, if the configuration keeps none, and additional metadata that the
// server has as it is asked for.
func (m Model) unrequested(plan Model, remembered memory) {
	if len(remembered.Pairs) > 0 {
		return
	}
	if plan.Values["software_statement"].IsNull() {
		m.Values["software_statement"] = types.StringNull()
	}
	var registered dcr.Metadata
	if !fw.Known(plan.Values["additional_metadata"]) || !m.Values["additional_metadata"].IsNull() || json.Unmarshal([]byte(m.Text("registered_metadata")), &registered) != nil {
		return
	}
	for name, value := range plan.additional() {
		if !dcr.Equal(name, value, registered[name]) {
			return
		}
	}
	m.Values["additional_metadata"] = plan.Values["additional_metadata"]
}

// locate says where a client that begins to manage itself is managed.
func (m Model) locate(remembered memory) {
	switch {
	case m.Text("registration_client_uri") != "" || len(remembered.Endpoints) == 0:
		return
	case m.Values["management_auth"].IsUnknown():
		m.Values["registration_client_uri"] = types.StringUnknown()
		return
	case !m.byClientCredentials():
		return
	}
	m.Values["registration_client_uri"] = types.StringValue(dcr.ConfigurationURI(remembered.Endpoints[0], m.Text("client_id")))
}

// as is a copy of the model for a registration it does not have yet.
func (m Model) as(reg *dcr.Registration) Model {
	m.Values = maps.Clone(m.Values)
	for _, name := range learntNames() {
		m.Values[name] = fw.NullOf(m.Types[name])
	}
	m.identify(reg)
	m.describe(reg.Metadata)
	return m
}

// identify stores what a server's answer says of the registration itself. A
// token, secret or URI that the answer leaves out stays as it was: several
// servers name them at creation only (RFC 7592 §3 notwithstanding).
func (m Model) identify(reg *dcr.Registration) {
	m.Values["id"] = types.StringValue(reg.ClientID)
	m.Values["client_id"] = types.StringValue(reg.ClientID)
	secret := m.secret("client_secret")
	keep := func(name string, value types.String) {
		if !value.IsNull() || m.Values[name].IsUnknown() {
			m.Values[name] = value
		}
	}
	keep("client_secret", fw.StringOrNull(reg.ClientSecret.Reveal()))
	// A client that manages itself may have one as well: whoever goes back to it later needs the newest.
	if !m.byClientCredentials() || !m.Values["registration_access_token"].IsNull() {
		keep("registration_access_token", fw.StringOrNull(reg.RegistrationAccessToken.Reveal()))
	}
	if m.Text("registration_client_uri") == "" {
		keep("registration_client_uri", fw.StringOrNull(reg.RegistrationClientURI))
	}
	// It never changes; a server that says otherwise later must not contradict the plan.
	if m.Values["client_id_issued_at"].IsUnknown() {
		m.Values["client_id_issued_at"] = instant(reg.ClientIDIssuedAt)
	}
	switch {
	// An answer without the secret may say 0 for having none to say.
	case !reg.ClientSecret.Empty() && (reg.ExpirySaid || reg.ClientSecret != secret), reg.ClientSecretExpiresAt != 0 && !secret.Empty():
		m.Values["client_secret_expires_at"] = types.Int64Value(reg.ClientSecretExpiresAt)
	case m.Values["client_secret_expires_at"].IsUnknown():
		m.Values["client_secret_expires_at"] = types.Int64Null()
	}
}

func instant(seconds int64) types.Int64 {
	if seconds == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(seconds)
}

// describe stores the server's view of the client metadata, which is no secret:
// members of the server's own that are named like one stay out.
func (m Model) describe(registered dcr.Metadata) {
	m.Values["registered_metadata"] = jsontypes.NewNormalizedValue(dcr.Canonical(registered.Public()))
}

// carry fills what an answer cannot know from prior state: an update leaves
// tokens, secret and times unknown in the plan, and the server need not repeat them.
func (m Model) carry(prior Model) {
	for _, name := range learntNames() {
		if m.Values[name].IsUnknown() {
			m.Values[name] = prior.Values[name]
		}
	}
}

func learntNames() []string {
	return []string{"id", "client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at",
		"registration_access_token", "registration_client_uri", "registered_metadata"}
}

// observe applies a server's document to the state: an attribute whose
// registered value did not move keeps what the user configured, one that moved
// shows the server's, and one that only an import filled follows the server.
func (m Model) observe(registered dcr.Metadata, remembered memory) {
	for _, member := range members() {
		pair, known := remembered.Pairs[member.name]
		switch {
		case known && dcr.Equal(member.name, registered[member.name], pair.Registered):
			m.Values[member.name] = member.kind.Decode(pair.Requested)
		case known || fw.Known(m.Values[member.name]):
			m.Values[member.name] = member.kind.Decode(registered[member.name])
		}
	}
	if text := m.Text("additional_metadata"); text != "" {
		m.Values["additional_metadata"] = observeAdditional(m.additional(), registered, remembered)
	}
	m.describe(registered)
}

func observeAdditional(current, registered dcr.Metadata, remembered memory) attr.Value {
	out := dcr.Metadata{}
	for name, value := range current {
		pair, known := remembered.Pairs[name]
		switch {
		case known && dcr.Equal(name, registered[name], pair.Registered):
			out[name] = pair.Requested
		case known && !dcr.Equal(name, registered[name], nil):
			out[name] = registered[name]
		case !known && dcr.Equal(name, registered[name], value):
			out[name] = value
		case !known && !dcr.Equal(name, registered[name], nil):
			// Since an import, when the server had it as configured.
			out[name] = registered[name]
		}
	}
	return jsontypes.NewNormalizedValue(string(fw.Marshal(out)))
}

// adopt fills every attribute from the server's document, after an import. The
// server's own members that have no attribute stay in registered_metadata.
func (m Model) adopt(reg *dcr.Registration) {
	registered := reg.Metadata
	if _, err := jws.Parse(reg.SoftwareStatement); err == nil {
		m.Values["software_statement"] = types.StringValue(reg.SoftwareStatement)
	}
	m.Values["client_id_issued_at"] = instant(reg.ClientIDIssuedAt)
	for _, member := range members() {
		m.Values[member.name] = member.kind.Decode(registered[member.name])
	}
	m.describe(registered)
}
