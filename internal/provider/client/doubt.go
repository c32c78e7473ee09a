package client

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
)

// presents digests what a client is managed with besides its token: 16 hexadecimal digits, from which nothing
// secret is to be had. A server refuses a token from a certificate that is not the client's as it refuses one of
// no client (RFC 6750 §3.1), and a key that is not the client's likewise.
func (r *Resource) presents(m Model) string {
	identity, _ := r.identity(m)
	parts := []string{identity.CertificatePEM}
	if leaf, _ := pem.Decode([]byte(identity.CertificatePEM)); leaf != nil {
		parts[0] = string(leaf.Bytes)
	}
	if m.byClientCredentials() {
		// A key that is not known is no reason to fail here: nothing was asked with it.
		key, id, _ := r.signingKey(m)
		parts = append(parts, strings.TrimSpace(key.Reveal()), id, m.Text("token_endpoint"), m.Text("management_scope"))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// doubts takes over what excuses a refusal of what a client was asked about with: an answer that was lost, here or
// by what the journal knows, what the journal has and does not give, and other credentials than before.
func (r *Resource) doubts(m Model, remembered *memory) {
	remembered.Other = len(remembered.Proven) > 0 && !slices.Contains(remembered.Proven, r.presents(m))
	remembered.Shut = r.conn.Journal.Shut(m.management())
	remembered.Missing = remembered.Kept && !remembered.Shut && !r.conn.Journal.Has(m.management())
	r.missed(m, remembered)
}

// took records that the server took what a client is managed with, and whether the journal has the client.
func (r *Resource) took(m Model, remembered *memory) {
	at := m.management()
	remembered.taken(r.presents(m), r.conn.Journal.Has(at) || r.conn.Journal.Shut(at))
}

// missed takes over that an answer was lost which may have had another token or, of a client that gets its own with
// a secret, another secret.
func (r *Resource) missed(m Model, remembered *memory) {
	remembered.Replaced = remembered.Replaced || m.replaceable() && r.conn.Journal.Lost(m.management())
}

// replaceable reports whether an answer may replace what a client is managed with.
func (m Model) replaceable() bool { return !m.byClientCredentials() || m.bySecret() }

// excuses is what explains that the token of a client of an earlier run is refused, other than that the client is
// gone; empty if nothing does.
func (r *Resource) excuses(m Model, entry journal.Entry) string {
	remembered := memory{Proven: []string{entry.Presented}}
	if entry.Presented == "" {
		// Of an earlier version: the server gave the token, and nothing says for what.
		remembered.Proven[0] = r.presents(m)
	}
	r.doubts(m, &remembered)
	return cmp.Or(m.outlived(r.now()), remembered.explained(m.byClientCredentials()))
}

// doubtful reports whether something is known that explains a refusal of the token, other than that
// the client is gone, and excused also whether nothing speaks for the token.
func (m memory) doubtful() bool { return m.Replaced || m.Other || m.Shut || m.Missing }

func (m memory) excused() bool { return m.doubtful() || m.unproven() }

// unproven reports whether nobody knows of the server having taken the token, nor answered a read.
func (m memory) unproven() bool { return len(m.Proven) == 0 && !m.Learnt }

// excuse is that, of the client's own credentials or of its registration access token; empty if there is nothing.
func (m memory) excuse(own bool) string {
	what, replaced, identity, reasons := "this token", "the token", "certificate", []string{}
	if own {
		what, replaced, identity = "these credentials", "the client's secret", "certificate, key, scope or token endpoint"
	}
	if m.Replaced {
		reasons = append(reasons, "an answer that may have replaced "+replaced+" did not arrive")
	}
	if m.Other {
		reasons = append(reasons, "so far the server has answered another client "+identity+", and never this one")
	}
	if m.Shut {
		reasons = append(reasons, "the journal has something of the client that cannot be read or opened, which may be newer than "+what)
	}
	if m.Missing {
		reasons = append(reasons, "the journal that the last run kept the client in is not there now, or has it no more, and may have had something newer than "+what)
	}
	if len(reasons) == 0 && m.unproven() {
		reasons = append(reasons, "the server is not known to have ever taken "+what)
	}
	if len(reasons) == 0 {
		return ""
	}
	return strings.Join(reasons, ", and ") + "."
}

// advice is what can be done about an excuse without asking anybody.
func (m memory) advice(own bool) string {
	var ways []string
	if m.Other {
		ways = append(ways, "If this one is wrong, configure the right one and apply: nothing else is needed.")
	}
	if m.Shut {
		ways = append(ways, "Give the keys that the files of the journal were sealed with, in sealing_key or previous_sealing_keys, or mend the file, for example from a backup, and run this again.")
	}
	if m.Missing {
		ways = append(ways, "If that folder is still somewhere, have it where journal_path says, and run this again.")
	}
	switch {
	case m.doubtful() || !m.unproven():
	case own:
		ways = append(ways, "Configure the right key or certificate, or wait until the server has read where the key is published, and apply again.")
	default:
		ways = append(ways, "If a newer one is known, or it was mistyped, run terraform state rm and import the client with the right one.")
	}
	return strings.Join(ways, " ")
}

// explained is an excuse in sentences, with the advice.
func (m memory) explained(own bool) string {
	return strings.TrimSpace(told(m.excuse(own)) + " " + m.advice(own))
}

// told makes a sentence of an excuse.
func told(excuse string) string {
	if excuse == "" {
		return ""
	}
	return strings.ToUpper(excuse[:1]) + excuse[1:]
}
