package client

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// memory is what private state keeps of a registration. It holds no secret.
type memory struct {
	// Pairs keeps, for each member that was asked for, what was requested and
	// what the server made of it. As long as the server still says the latter,
	// there is no drift, however it normalises.
	Pairs map[string]fw.Pair `json:"pairs,omitempty"`
	// RotatesOnRead is set when a read inside apply was answered with another
	// registration access token. A plan throws away what its refresh learnt, so
	// reading such a registration in a plan would lose the token.
	RotatesOnRead bool `json:"rotates_on_read,omitempty"`
	// Learnt is set once it is known whether a read rotates.
	Learnt bool `json:"learnt,omitempty"`
	// Imported is set between import and the first read.
	Imported bool `json:"imported,omitempty"`
	// Tried is set when an import went on although its read failed: the client is in state.
	Tried bool `json:"tried,omitempty"`
	// Moved is set between a move from another provider's resource and the first
	// read or update: what state has is what that provider heard last.
	Moved bool `json:"moved,omitempty"`
	// Adopted is set between import and the first update: the server has what
	// nobody configured.
	Adopted bool `json:"adopted,omitempty"`
	// Refused is set while the server refuses the registration access token: for the plan
	// to act on, which alone knows the on_unauthorized that the configuration wants now.
	Refused *refusal `json:"refused,omitempty"`
	// Refusals counts the updates in a row whose token the server refused, and refused again
	// to read with. An update that is carried out, or a read that is answered, ends the row.
	Refusals int `json:"refusals,omitempty"`
	// Replaced is set when an answer was lost that may have had another token, until a token
	// is known to be good again. Being refused then says nothing of the client, which is
	// taken to exist.
	Replaced bool `json:"replaced,omitempty"`
	// Proven are the last few things that the server took the token with, the latest first, as
	// presents digests them. Other is set when it was refused with something else, and Shut when
	// the journal has of the client what cannot be read here: neither says anything of the client.
	Proven []string `json:"proven,omitempty"`
	Other  bool     `json:"other,omitempty"`
	Shut   bool     `json:"shut,omitempty"`
	// Kept is set when the journal had the client when its token was taken last, and Missing when it
	// had not when the token was refused: then that may have a newer one, wherever it is.
	Kept    bool `json:"kept,omitempty"`
	Missing bool `json:"missing,omitempty"`
	// Unreadable is set when the server answered that registrations cannot be read.
	Unreadable bool `json:"unreadable,omitempty"`
	// SecretInUpdate is set once the server wanted the client secret in an update.
	SecretInUpdate bool `json:"secret_in_update,omitempty"`
	// At is when token and secret were put into state, in nanoseconds since 1970;
	// what the journal heard later is newer.
	At int64 `json:"at,omitempty"`
	// Name tells this resource from others that have the same client; nobody else knows it.
	Name string `json:"name,omitempty"`
	// Shared is set while another resource has the same client.
	Shared bool `json:"shared,omitempty"`
	// Protected is deletion_protection at the last refresh: of a replacement that was asked
	// for, the plan of the successor is told the private state alone.
	Protected bool `json:"protected,omitempty"`
	// SecretSince is when the secret was issued, in seconds since 1970, and SecretDue
	// whether the last refresh found that it is to be renewed.
	SecretSince int64 `json:"secret_since,omitempty"`
	SecretDue   bool  `json:"secret_due,omitempty"`
	// NotRenewed is the expiry of a secret that an update was to renew and did not.
	NotRenewed int64 `json:"not_renewed,omitempty"`
	// Endpoints are the registration endpoint that was used, first, and the
	// others the server publishes.
	Endpoints []string `json:"endpoints,omitempty"`
	// Outside is set when a server on the open net published them.
	Outside bool `json:"outside,omitempty"`
	// Origins are the origins the server itself vouched for over TLS.
	Origins []string `json:"origins,omitempty"`
}

// refusal is what the last read was told that was refused.
type refusal struct {
	Told string `json:"told"`
	// Exists is set when the client is taken to exist: then nothing may register another one.
	Exists bool `json:"exists,omitempty"`
	// Known is set when the token endpoint says so.
	Known bool `json:"known,omitempty"`
	// Burnt is set when nothing is known but that a plan that was thrown away may have
	// lost the token, for which the client is taken to exist.
	Burnt bool `json:"burnt,omitempty"`
	// Unasked is set when the last refresh could not ask: the credentials in state do
	// not do any more, so what was told before may not be so any more either.
	Unasked bool `json:"unasked,omitempty"`
}

const memoryKey = "registration"

// PrivateKeys are all that the resource keeps in private state.
func PrivateKeys() []string { return fw.PrivateKeys(memoryKey) }

func recall(ctx context.Context, private fw.Private) (memory, diag.Diagnostics) {
	var m memory
	diags := fw.Recall(ctx, private, memoryKey, &m)
	return m, diags
}

func (m memory) store(ctx context.Context, private fw.Private) diag.Diagnostics {
	return fw.Remember(ctx, private, memoryKey, m)
}

// taken records that the server took the token, what it came with and whether the journal has the client: what was refused, or lost
// with an answer, before that says nothing any more.
func (m *memory) taken(with string, kept bool) {
	m.Kept = kept
	m.Refused, m.Refusals, m.Replaced, m.Other, m.Shut, m.Missing = nil, 0, false, false, false, false
	m.proven(with)
}

// proven records what the server took a token with.
func (m *memory) proven(with string) {
	const enough = 4
	before := slices.DeleteFunc(slices.Clone(m.Proven), func(p string) bool { return p == with })
	m.Proven = append([]string{with}, before...)
	m.Proven = m.Proven[:min(len(m.Proven), enough)]
}

// stays reports whether reading is known to leave the token as it is.
func (m memory) stays() bool { return m.Learnt && !m.RotatesOnRead }

// forgotten reports whether there is no private state: Terraform passes none to the removal
// of a tainted client that is replaced.
func (m memory) forgotten() bool {
	return m.Name == "" && m.At == 0 && len(m.Pairs) == 0 && len(m.Origins) == 0
}

// neverRead reports whether this is the read that an import is made of. A moved
// client is in state already, and so is one imported without being read.
func (m memory) neverRead() bool { return m.Imported && !m.Moved && !m.RotatesOnRead && !m.Tried }

// remember records for each requested member what the server registered. A
// member the answer leaves out has no registered value.
func (m *memory) remember(requested, registered dcr.Metadata) {
	m.Pairs = make(map[string]fw.Pair, len(requested))
	for name, value := range requested {
		m.Pairs[name] = fw.Pair{Requested: value, Registered: registered[name]}
	}
}

// overrides lists, one line each, the members that the server registered
// otherwise than asked, as show shows them.
func overrides(requested, registered dcr.Metadata, show func(json.RawMessage) string) string {
	var lines []string
	for name, want := range requested {
		got, answered := registered[name]
		switch {
		case dcr.Equal(name, want, got):
		case !answered:
			lines = append(lines, fmt.Sprintf("  %s: asked for %s, not in the server's answer", name, show(want)))
		default:
			lines = append(lines, fmt.Sprintf("  %s: asked for %s, registered as %s", name, show(want), show(got)))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// weakened lists what the server registered with less security than asked for:
// more scope, or a weaker authentication of the client.
func weakened(requested, registered dcr.Metadata, show func(json.RawMessage) string) string {
	var lines []string
	asked, got := fw.Texts(requested["scope"]), fw.Texts(registered["scope"])
	if more := without(strings.Fields(strings.Join(got, " ")), strings.Fields(strings.Join(asked, " "))); len(asked) > 0 && len(more) > 0 {
		lines = append(lines, fmt.Sprintf("  scope: also %s, which was not asked for", show(fw.Marshal(strings.Join(more, " ")))))
	}
	strength := func(raw json.RawMessage) int {
		words := fw.Texts(raw)
		switch {
		case len(words) != 1:
			return 3
		case words[0] == "none":
			return 0
		case strings.HasPrefix(words[0], "client_secret_"):
			return 1
		}
		return 2
	}
	const method = "token_endpoint_auth_method"
	if len(requested[method]) > 0 && strength(registered[method]) < strength(requested[method]) {
		lines = append(lines, fmt.Sprintf("  %s: asked for %s, registered as %s", method, show(requested[method]), show(registered[method])))
	}
	return strings.Join(lines, "\n")
}

func without(words, known []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(known, word) })
}
