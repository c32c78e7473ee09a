package client

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
)

// presents digests what a client is managed with besides its token: 16 hexadecimal digits, from which nothing
// secret is to be had. A server refuses a token from a certificate that is not the client's as it refuses one of
// no client (RFC 6750 §3.1), and a key that is not the client's likewise.
func (r *Resource) presents(m Model) string {
	identity, _ := r.identity(m)
	parts := []string{identity.CertificatePEM}
	if m.byClientCredentials() {
		// A key that is not known is no reason to fail here: nothing was asked with it.
		key, id, _ := r.signingKey(m)
		parts = append(parts, key.Reveal(), id, m.Text("token_endpoint"), m.Text("management_scope"))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// doubts takes over what excuses a refusal of the token a client was asked about with: an answer that was lost, here
// or by what the journal knows, and other credentials than those that the token was last taken with.
func (r *Resource) doubts(m Model, remembered *memory) {
	remembered.Other = remembered.Proven != "" && remembered.Proven != r.presents(m)
	r.missed(m, remembered)
}

// excuses is what explains that the token of a client of an earlier run is refused, other than that the client is
// gone; empty if nothing does.
func (r *Resource) excuses(m Model, entry journal.Entry) string {
	remembered := memory{Proven: entry.Presented}
	r.doubts(m, &remembered)
	return cmp.Or(m.outlived(r.now()), told(remembered.excuse()))
}

// missed takes over that an answer was lost which may have had another token.
func (r *Resource) missed(m Model, remembered *memory) {
	remembered.Replaced = !m.byClientCredentials() && (remembered.Replaced || r.conn.Journal.Lost(m.management()))
}

// excused reports whether a refusal of the token has another reason, as far as is known, than
// that the client is gone.
func (m memory) excused() bool { return m.Replaced || m.Other }

// excuse is that reason.
func (m memory) excuse() string {
	switch {
	case m.Replaced:
		return "an answer of the server was lost that may have replaced the token."
	case m.Other:
		return "the server was last asked successfully with another client certificate or key, which may explain the refusal."
	}
	return ""
}

// told makes a sentence of an excuse.
func told(excuse string) string {
	if excuse == "" {
		return ""
	}
	return strings.ToUpper(excuse[:1]) + excuse[1:]
}
