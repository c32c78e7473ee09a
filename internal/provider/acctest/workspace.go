package acctest

import (
	"context"
	"crypto/rand"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// Workspace drives the provider through the plugin protocol as Terraform does,
// in process: each Plan and Apply has a fresh provider, refreshes, plans and
// applies, and keeps state and private state. A cycle takes milliseconds, so
// that a test can go through hundreds. It also holds the provider to the rules
// Terraform has: what was planned is what comes out.
type Workspace struct {
	t        *testing.T
	ctx      context.Context //nolint:containedctx // The requests of a run share it, as those of Terraform do.
	settings map[string]any
	now      func() time.Time
	// unrefreshed is set for a run with -refresh=false.
	unrefreshed bool
	// twin has everything done twice.
	twin bool

	// order are the addresses as they were first set; what is referred to comes first.
	order  []string
	config map[string]map[string]any
	state  map[string]*held
	// kinds are the schemas of the resources, once somebody asked for them.
	kinds map[string]*tfprotov6.Schema
}

// held is a resource instance in state.
type held struct {
	value   tftypes.Value
	private []byte
	// identity is what Terraform 1.12 and later keep beside the value.
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
	// forced is set for what -replace names.
	forced bool
	// depends are the addresses the configuration referred to.
	depends []string
}

// NewWorkspace returns an empty workspace of a provider configured for the
// sandbox. Overrides replace attributes of directory; nil removes one.
func NewWorkspace(t *testing.T, sb *sandbox.Sandbox, overrides map[string]any) *Workspace {
	t.Helper()
	info := sb.Info()
	directory := map[string]any{
		"api_url": info.APIURL, "issuer": info.Issuer, "keystore_url": info.KeystoreURL, "participants_url": info.ParticipantsURL,
		"organisation_id": info.OrganisationID, "client_id": info.ClientID, "client_certificate_pem": sb.ClientCertificatePEM(),
		"private_key_pem": sb.ClientPrivateKeyPEM(), "ca_certificates_pem": sb.CACertificatesPEM(),
		"access_token": info.AccessToken, "administrator_access_token": info.AdministratorAccessToken,
	}
	for name, value := range overrides {
		directory[name] = value
	}
	w := &Workspace{
		t: t, ctx: context.Background(), now: time.Now, config: map[string]map[string]any{}, state: map[string]*held{},
		settings: map[string]any{"max_retries": 0, "directory": directory, "registration": map[string]any{"ca_certificates_pem": sb.CACertificatesPEM()}},
	}
	// Sealing must make no difference to anything: every other test, always the same, has it.
	if crc32.ChecksumIEEE([]byte(t.Name()))%2 == 0 {
		w.settings["sealing_key"] = SealingKey
	}
	return w
}

// SealingKey is the one of workspaces that seal.
const SealingKey = "a2V5IHRvIHNlYWwgdGhlIHN0YXRlcyBvZiB0ZXN0cyE="

// With sets an attribute of the provider beside directory.
func (w *Workspace) With(name string, value any) *Workspace {
	w.settings[name] = value
	return w
}

// Override replaces an attribute of directory from now on.
func (w *Workspace) Override(name string, value any) {
	if directory, ok := w.settings["directory"].(map[string]any); ok {
		directory[name] = value
	}
}

// Lose takes a resource out of state without destroying it, as a crash before
// the state is written does.
func (w *Workspace) Lose(address string) { delete(w.state, address) }

// Keep returns the state as it is, for Restore.
func (w *Workspace) Keep() map[string]*held { return maps.Clone(w.state) }

// Restore goes back to an earlier state, as after one that could not be written.
func (w *Workspace) Restore(state map[string]*held) { w.state = maps.Clone(state) }

// At sets the provider's clock.
func (w *Workspace) At(now func() time.Time) *Workspace {
	w.now = now
	return w
}

// Within has all that follows end with a context, as an interrupt does.
func (w *Workspace) Within(ctx context.Context) *Workspace {
	w.ctx = ctx
	return w
}

// Taint has a resource replaced by the next apply.
func (w *Workspace) Taint(address string) {
	if kept := w.state[address]; kept != nil {
		tainted := *kept
		tainted.tainted = true
		w.state[address] = &tainted
	}
}

// Untaint takes that back.
func (w *Workspace) Untaint(address string) {
	if kept := w.state[address]; kept != nil {
		good := *kept
		good.tainted = false
		w.state[address] = &good
	}
}

// Replace has a resource replaced by the next apply, as -replace does.
func (w *Workspace) Replace(address string) {
	if kept := w.state[address]; kept != nil {
		forced := *kept
		forced.forced = true
		w.state[address] = &forced
	}
}

// Set configures a resource: its address and its attributes by name, as Go
// values, Unknown or Ref. What it refers to has to be set before.
func (w *Workspace) Set(address string, attributes map[string]any) {
	if !slices.Contains(w.order, address) {
		w.order = append(w.order, address)
	}
	w.config[address] = attributes
}

// Remove takes a resource out of the configuration.
func (w *Workspace) Remove(address string) { delete(w.config, address) }

// State returns a resource's attributes, opened, nil when it is not in state.
func (w *Workspace) State(address string) map[string]any {
	w.t.Helper()
	out := w.Resting(address)
	key, _ := w.settings["sealing_key"].(string)
	ring, err := seal.New(key)
	if err != nil {
		return out
	}
	for name, value := range out {
		if text, ok := value.(string); ok && seal.Is(text) {
			if out[name], err = ring.Open(text); err != nil {
				out[name] = text
			}
		}
	}
	return out
}

// Resting returns a resource's attributes as they are in state, sealed or not.
func (w *Workspace) Resting(address string) map[string]any {
	kept := w.state[address]
	if kept == nil {
		return nil
	}
	out, _ := plainValue(kept.value).(map[string]any)
	return out
}

// session is one run of the provider.
type session struct {
	*Workspace
	server   tfprotov6.ProviderServer
	provider *tfprotov6.Schema
	schemas  map[string]*tfprotov6.Schema
	result   *Result
	// planned are the values others may refer to.
	planned map[string]tftypes.Value
	// failed are the resources that could not be read, planned or applied, and what depends on them.
	failed map[string]bool
}

// launch is a provider that is not configured.
func (w *Workspace) launch() *session {
	w.t.Helper()
	options := provider.Options{Getenv: func(string) string { return "" }, Now: w.now, Run: rand.Text()}
	server := provider.Server("test", options)()
	schema, err := server.GetProviderSchema(w.ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.twin {
		options.Framework = true
		server = twin{ProviderServer: server, framework: provider.Server("test", options)(), t: w.t, schemas: schema.ResourceSchemas}
	}
	return &session{Workspace: w, server: server, provider: schema.Provider, schemas: schema.ResourceSchemas, planned: map[string]tftypes.Value{}, failed: map[string]bool{}, result: newResult()}
}

func (w *Workspace) start() *session {
	w.t.Helper()
	s := w.launch()
	value := w.encode(s.provider.ValueType(), w.settings)
	configured, err := s.server.ConfigureProvider(w.ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: dynamic(w.t, value)})
	if err != nil {
		w.t.Fatal(err)
	}
	s.result.add("provider", configured.Diagnostics)
	return s
}

// Configure configures a provider and validates what is configured, and nothing else.
func (w *Workspace) Configure() *Result {
	w.t.Helper()
	s := w.start()
	for _, address := range s.order {
		config := w.encode(s.schemas[typeOf(address)].ValueType(), s.config[address])
		resp, err := s.server.ValidateResourceConfig(w.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeOf(address), Config: dynamic(w.t, config)})
		if err != nil {
			w.t.Fatal(err)
		}
		s.result.add(address, resp.Diagnostics)
	}
	return s.result
}

// Plan refreshes and plans; nothing of it is kept.
func (w *Workspace) Plan() *Result {
	w.t.Helper()
	kept := w.state
	defer func() { w.state = kept }()
	s := w.start()
	s.planAll()
	return s.result
}

// Destroy removes everything from the configuration and applies that.
func (w *Workspace) Destroy() *Result {
	w.t.Helper()
	w.config = map[string]map[string]any{}
	return w.Apply()
}

// sequence is the order of work: what is configured as it was set, then what
// is no longer configured, the last first.
func (s *session) sequence() []string {
	var first, then []string
	for _, address := range s.order {
		if s.config[address] != nil {
			first = append(first, address)
		} else if s.state[address] != nil {
			then = append([]string{address}, then...)
		}
	}
	return append(first, then...)
}

func (s *session) refresh() {
	s.t.Helper()
	if s.unrefreshed {
		return
	}
	fresh := make(map[string]*held, len(s.state))
	for address, kept := range s.state {
		copied := *kept
		fresh[address] = &copied
	}
	s.state = fresh
	for _, address := range s.order {
		if s.state[address] != nil {
			s.read(address)
		}
	}
}

// read is one ReadResource.
func (s *session) read(address string) {
	s.t.Helper()
	kept := s.state[address]
	if kept == nil {
		return
	}
	resp, err := s.server.ReadResource(s.ctx, &tfprotov6.ReadResourceRequest{
		TypeName: typeOf(address), CurrentState: dynamic(s.t, kept.value), Private: kept.private, CurrentIdentity: kept.identity})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.result.add(address, resp.Diagnostics) {
		s.failed[address] = true
		return
	}
	now := s.decode(address, resp.NewState)
	s.result.Drift[address] = changed(kept.value, now)
	if now.IsNull() {
		delete(s.state, address)
		return
	}
	s.state[address] = &held{value: now, private: resp.Private, identity: resp.NewIdentity, tainted: kept.tainted, forced: kept.forced, depends: kept.depends}
}

func (s *session) decode(address string, value *tfprotov6.DynamicValue) tftypes.Value {
	s.t.Helper()
	decoded, err := value.Unmarshal(s.schemas[typeOf(address)].ValueType())
	if err != nil {
		s.t.Fatalf("%s: %v", address, err)
	}
	return canonical(decoded)
}

func typeOf(address string) string { return address[:strings.IndexByte(address, '.')] }

func dynamic(t *testing.T, value tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		t.Fatal(err)
	}
	return &encoded
}
