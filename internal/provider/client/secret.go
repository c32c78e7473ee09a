package client

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// unlearn makes unknown what the answer to an update may change.
func (m Model) unlearn() {
	m.Values["client_secret"] = types.StringUnknown()
	m.Values["client_secret_expires_at"] = types.Int64Unknown()
	if !m.byClientCredentials() || !m.Values["registration_access_token"].IsNull() {
		m.Values["registration_access_token"] = types.StringUnknown()
	}
	m.Values["registered_metadata"] = jsontypes.NewNormalizedUnknown()
}

// tokenNotice is how long before its end an expiring registration access token is told.
const tokenNotice = 14 * 24 * time.Hour

// expires tells of a registration access token that ends soon: with it ends the
// management of the client, and nothing in the protocol announces it.
func (m Model) expires(now time.Time, diags *diag.Diagnostics) {
	end, says := dcr.Expiry(m.secret("registration_access_token"))
	if !says || m.byClientCredentials() || now.Before(end.Add(-tokenNotice)) {
		return
	}
	diags.AddAttributeWarning(path.Root("registration_access_token"), "The registration access token expires soon",
		fmt.Sprintf("The token of client %q says that it expires at %s. Without it the client cannot be managed.\n\n"+
			"Most servers issue another at each update: change triggers and apply. If this one does not, ask its operator for a new token and import the client with it.", m.Text("client_id"), end.UTC().Format(time.RFC3339)))
}

// expired says that the secret with which a client gets its own tokens is over,
// which explains a refusal; empty if it is not.
func (m Model) expired(now time.Time) string {
	end, ends := m.secretEnd()
	if !m.byClientCredentials() || !m.bySecret() || !ends || now.Before(end) || m.Text("client_secret") == "" {
		return ""
	}
	return fmt.Sprintf("The client secret in state expired at %s, which explains it: the client is likely to exist.", end.UTC().Format(time.RFC3339))
}

// outlived says that the registration access token in state is over, which explains a
// refusal: it says nothing of the client then. Empty if it is not, or does not say.
func (m Model) outlived(now time.Time) string {
	end, says := dcr.Expiry(m.secret("registration_access_token"))
	if !says || m.byClientCredentials() || now.Before(end) {
		return ""
	}
	return fmt.Sprintf("The registration access token in state says that it expired at %s, which explains it: the client is likely to exist.", end.UTC().Format(time.RFC3339))
}

// secretEnd is when the client secret expires (RFC 7591 §3.2.1); false when it never does.
func (m Model) secretEnd() (time.Time, bool) {
	seconds, ok := m.Values["client_secret_expires_at"].(types.Int64)
	if !ok || seconds.ValueInt64() <= 0 {
		return time.Time{}, false
	}
	return time.Unix(seconds.ValueInt64(), 0), true
}

// bySecret reports whether a client authenticates with its secret.
func (m Model) bySecret() bool {
	return !slices.Contains([]oauth.AuthMethod{oauth.AuthPrivateKeyJWT, oauth.AuthTLSClient, authSelfSigned, "none"}, m.authMethod())
}

// needsSecret reports whether a client has use for its secret: it authenticates with it, or
// something is signed or encrypted with it (OpenID Connect Core 1.0 §10). One that had another
// way before keeps the secret in state: that a server leaves it out does not say that it is none.
func (m Model) needsSecret() bool {
	symmetric := func(metadata dcr.Metadata) bool {
		for name := range metadata {
			for _, algorithm := range fw.Texts(metadata[name]) {
				if strings.HasSuffix(name, "_alg") && (strings.HasPrefix(algorithm, "HS") || strings.HasPrefix(algorithm, "A") || algorithm == "dir") {
					return true
				}
			}
		}
		return false
	}
	return m.bySecret() || symmetric(m.request()) || symmetric(m.registered())
}

// due reports whether the secret is to be renewed. It is asked at refresh and
// nowhere else, so that a saved plan and its apply agree. A secret that does not
// live as long as secret_renew_before is renewed at half its life.
func (m Model) due(remembered memory, now time.Time) bool {
	end, expires := m.secretEnd()
	before, err := fw.ParseDuration(m.Text("secret_renew_before"))
	if !expires || err != nil {
		return false
	}
	if life := end.Sub(time.Unix(remembered.SecretSince, 0)); remembered.SecretSince > 0 && before >= life {
		before = life / 2
	}
	return !now.Before(end.Add(-before))
}

// renews reports whether the plan has the secret renewed, which an update asks
// the server for (RFC 7592 §2.2). A secret that it did not renew before is not
// asked for again. What expires is told in any case.
func (m Model) renews(state Model, remembered memory, now time.Time, diags *diag.Diagnostics) bool {
	end, expires := state.secretEnd()
	if !expires || !m.needsSecret() {
		return false
	}
	due := remembered.SecretDue && m.Text("secret_renew_before") != ""
	if due && state.manageable() && remembered.NotRenewed != end.Unix() {
		return true
	}
	if due || !now.Before(end) {
		verb := "expires"
		if !now.Before(end) {
			verb = "has expired"
		}
		detail := fmt.Sprintf("The client secret of client %q %s (%s).", state.Text("client_id"), verb, end.UTC().Format(time.RFC3339))
		switch {
		case !state.manageable():
			detail += "\n\nThe registration cannot be managed from here, so no other can be asked for. Have the server's operator issue one."
		case remembered.NotRenewed == end.Unix():
			detail += "\n\nAn update did not make the server renew it. Have the server's operator issue another, or replace the client, which loses the consents given to it."
		default:
			detail += "\n\nSet secret_renew_before to have it renewed by an update in time."
		}
		diags.AddAttributeWarning(path.Root("client_secret_expires_at"), "The client secret needs renewal", detail)
	}
	return false
}

// renewed looks whether an update that was to renew the secret did.
func (m Model) renewed(state Model, remembered *memory, now time.Time, diags *diag.Diagnostics) {
	before, had := state.secretEnd()
	after, expires := m.secretEnd()
	if m.Text("client_secret") != state.Text("client_secret") || had && after.After(before) {
		remembered.SecretSince, remembered.SecretDue = now.Unix(), false
		return
	}
	var told diag.Diagnostics
	if !expires || !m.renews(state, *remembered, now, &told) {
		return
	}
	remembered.NotRenewed = before.Unix()
	m.renews(state, *remembered, now, diags)
}
