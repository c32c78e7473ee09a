package client

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// byClientCredentials reports whether the client manages itself with access
// tokens of its own.
func (m Model) byClientCredentials() bool { return m.Text("management_auth") == authClientCredentials }

// accessAttributes are what the client's own access tokens are fetched with.
func accessAttributes() []string {
	return append(identityAttributes(), "private_key_pem_wo_version", "signing_key_pem", "signing_key_pem_wo_version", "signing_key_id", "management_auth", "management_scope", "token_endpoint")
}

// known is a copy of a plan with what the state knows of the registration: the
// client as it is, reached as it is to be.
func (m Model) known(state Model) Model {
	m.Values = maps.Clone(m.Values)
	for _, name := range learntNames() {
		if name != "registration_client_uri" || m.Values[name].IsUnknown() {
			m.Values[name] = state.Values[name]
		}
	}
	return m
}

// credentials are the client's own, as it is registered. Its errors are a
// *conn.IncapableError or a *conn.UnknownError.
func (r *Resource) credentials(m Model, client *rest.Client) (oauth.ClientCredentials, error) {
	own := oauth.ClientCredentials{ClientID: m.Text("client_id"), Method: m.authMethod()}
	lacks := ""
	switch own.Method {
	case oauth.AuthTLSClient, authSelfSigned:
		own.Method = oauth.AuthTLSClient // The request is the same (RFC 8705 §2).
		if !client.HasCertificate() {
			lacks = "there is no client certificate"
		}
	case oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost:
		if own.Secret = m.secret("client_secret"); own.Secret.Empty() {
			lacks = "there is no client secret"
		}
	case oauth.AuthPrivateKeyJWT:
		var err error
		if own.SigningKeyPEM, own.SigningKeyID, err = r.signingKey(m); err != nil {
			return own, err
		}
		if own.Algorithm = m.Text("token_endpoint_auth_signing_alg"); own.Algorithm == "" {
			own.Algorithm = m.signingText("algorithm")
		}
		if own.SigningKeyPEM.Empty() {
			lacks = "there is no signing_key_pem, here or in the provider's registration attribute"
		}
	default:
		lacks = "the provider does not speak that"
	}
	if lacks != "" {
		return own, &conn.IncapableError{Method: string(m.authMethod()), Reason: lacks}
	}
	return own, nil
}

// access gives out the client's own access tokens.
func (r *Resource) access(m Model) (oauth.TokenSource, error) {
	client, err := r.http(m)
	if err != nil {
		return nil, err
	}
	own, err := r.credentials(m, client)
	if err != nil {
		return nil, err
	}
	own.Scope = m.Text("management_scope")
	return r.conn.ClientTokens(client, m.Text("issuer"), m.Text("token_endpoint"), own), nil
}

// newest makes a call with what manages the registration. For a client that manages itself
// that is an access token of the actor's own. For others it is the registration access token
// in state and, if the server refuses that, the one the journal heard last: once it did, it
// is the state's.
func newest[T any](ctx context.Context, r *Resource, state, actor Model, call func(dcr.Management) (T, error)) (T, error) {
	if actor.byClientCredentials() {
		return self(ctx, r, actor, call)
	}
	management := state.management()
	result, err := call(management)
	if !dcr.Refused(err) {
		return result, err
	}
	kept, ok := r.conn.Journal.Newest(management)
	newer := rest.Secret(kept.RegistrationAccessToken)
	if !ok || newer.Empty() || newer == management.Token {
		return result, err
	}
	management.Token = newer
	again, errAgain := call(management)
	var unverified *dcr.UnverifiedError
	if dcr.Refused(errAgain) && !errors.As(errAgain, &unverified) {
		return result, err
	}
	state.token(newer)
	state.secretOf(kept)
	return again, errAgain
}

// self makes a call with an access token of the client's own. One that is refused may have
// been revoked since it was fetched: then another is tried, once.
func self[T any](ctx context.Context, r *Resource, actor Model, call func(dcr.Management) (T, error)) (T, error) {
	var result T
	tokens, err := r.access(actor)
	if err != nil {
		return result, err
	}
	for last := false; ; last = true {
		management := actor.management()
		token, errToken := tokens.Token(ctx)
		var unverified *dcr.UnverifiedError
		if errors.As(err, &unverified) && diagnose.Refused(errToken) {
			// A removal whose answer was lost, and a token endpoint that knows the client no more.
			return result, err
		}
		if errToken != nil {
			return result, errToken
		}
		management.Token, management.Stable = token, !actor.replaceable()
		result, err = call(management)
		if actor.replaceable() && dcr.Lost(err) {
			// If the answer had another secret, this token is no proof of the one there is.
			tokens.Invalidate(management.Token)
		}
		var status *rest.StatusError
		var alive *dcr.AliveError
		if last || !errors.As(err, &status) || status.Status != http.StatusUnauthorized || errors.As(err, &alive) {
			return result, err
		}
		tokens.Invalidate(management.Token)
	}
}

// token replaces the registration access token.
func (m Model) token(token rest.Secret) {
	m.Values["registration_access_token"] = types.StringValue(token.Reveal())
}

// secretOf takes over a client secret that the journal heard later than the state.
func (m Model) secretOf(kept journal.Entry) {
	older := m.written != 0 && !kept.SecretAt.IsZero() && !kept.SecretAt.After(time.Unix(0, m.written))
	if kept.ClientSecret != "" && !older {
		m.clientSecret(rest.Secret(kept.ClientSecret), kept.ClientSecretExpiresAt)
	}
}

// retell takes over what a read told while an update is under way.
func (m Model) retell(read *dcr.Registration, plan Model) {
	if !read.RegistrationAccessToken.Empty() && !plan.byClientCredentials() {
		m.token(read.RegistrationAccessToken)
	}
	if !read.ClientSecret.Empty() && (read.ExpirySaid || read.ClientSecret != m.secret("client_secret")) {
		m.clientSecret(read.ClientSecret, read.ClientSecretExpiresAt)
	}
}

func (m Model) clientSecret(secret rest.Secret, expires int64) {
	m.Values["client_secret"] = types.StringValue(secret.Reveal())
	m.Values["client_secret_expires_at"] = types.Int64Value(expires)
}
