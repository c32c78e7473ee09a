package diagnose_test

import (
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// selfManaged is a server at which a client manages itself.
func selfManaged() diagnose.Target {
	target := diagnose.AuthorizationServer("issuer", []string{"signing_key_pem"}, map[string]path.Path{"scope": path.Root("scope")})
	target.OwnToken = true
	return target
}

func TestOwnTokenMessages(t *testing.T) {
	t.Parallel()
	const tokens = "https://bank.example/token"
	refused := func(code int, body func(*rest.StatusError)) error {
		return &oauth.TokenError{TokenEndpoint: tokens, ClientID: "one", Method: oauth.AuthPrivateKeyJWT, Scope: "cdr:registration", Err: status("POST", tokens, code, body)}
	}
	say := func(name, at string, err error) spoken {
		return spoken{name, at, selfManaged().Registration(err, "update the client", diagnose.Sent{})}
	}
	key := &oauth.KeyError{Field: "signing_key_pem", Reason: "is not in PEM form"}
	golden(t, "owntoken", []spoken{
		say("invalid_client", "management_auth", refused(401, oauthError("invalid_client", "who?"))),
		say("invalid_scope", "management_scope", refused(400, oauthError("invalid_scope", ""))),
		say("unauthorized_client", "grant_types", refused(400, oauthError("unauthorized_client", ""))),
		say("invalid_request", "management_auth", refused(400, oauthError("invalid_request", "no"))),
		say("401 without a code", "management_auth", refused(401, words())),
		say("404", "management_auth", refused(404, words())),
		say("503", "", refused(503, words())),
		say("no token", "issuer", &oauth.TokenError{TokenEndpoint: tokens, ClientID: "one", Method: oauth.AuthTLSClient, Err: &rest.BodyError{Method: "POST", URL: tokens, Status: 200, Reason: "the answer has no access_token"}}),
		say("not reached", "issuer", &oauth.TokenError{TokenEndpoint: tokens, ClientID: "one", Method: oauth.AuthTLSClient, Err: &rest.TransportError{Method: "POST", URL: tokens, Phase: rest.PhaseDial, Err: errors.New("connection refused")}}),
		say("no token endpoint", "", &oauth.TokenError{ClientID: "one", Method: oauth.AuthTLSClient, Err: errors.New("there is no token endpoint")}),
		say("the resource's key", "signing_key_pem", &oauth.TokenError{ClientID: "one", Method: oauth.AuthPrivateKeyJWT, Err: key}),
		{"the provider's key", "", bank().Registration(key, "sign the registration request", diagnose.Sent{})},
		say("incapable", "management_auth", &conn.IncapableError{Method: "client_secret_jwt", Reason: "the provider does not speak that"}),
		say("refused with a token", "management_auth", status("PUT", client, 401, oauthError("invalid_token", ""))),
		say("403 with a token", "", status("PUT", client, 403, oauthError("insufficient_scope", ""))),
		{"removal, invalid_client", "management_auth", selfManaged().Removal(refused(401, oauthError("invalid_client", "")), diagnose.Sent{})},
		{"removal, refused with a token", "management_auth", selfManaged().Removal(status("DELETE", client, 401), diagnose.Sent{})},
		{"removal, 503 of the token endpoint", "", selfManaged().Removal(refused(503, words()), diagnose.Sent{})},
	})
}

// Only invalid_client is a refusal of the client itself.
func TestRefused(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"invalid_client": true, "invalid_request": false, "": false} {
		err := error(&oauth.TokenError{Err: status("POST", endpoint, 401, oauthError(code, ""))})
		if diagnose.Refused(err) != want || diagnose.Known(err) {
			t.Errorf("%q: refused %v, known %v", code, diagnose.Refused(err), diagnose.Known(err))
		}
	}
	if err := status("GET", client, 401); !diagnose.Refused(err) || !diagnose.Known(err) {
		t.Error("a token that was refused is not taken for that")
	}
}

// What a client that gets a token for somebody else to use is told.
func TestClientTokenMessages(t *testing.T) {
	t.Parallel()
	const tokens = "https://bank.example/token"
	say := func(name, at string, err error) spoken { return spoken{name, at, bank().ClientToken(err)} }
	refused := func(code int, body func(*rest.StatusError)) error {
		return &oauth.TokenError{TokenEndpoint: tokens, ClientID: "one", Method: oauth.AuthClientSecretBasic, Scope: "accounts", Err: status("POST", tokens, code, body)}
	}
	golden(t, "clienttoken", []spoken{
		say("invalid_client", "client_id", refused(401, oauthError("invalid_client", ""))),
		say("invalid_scope", "scope", refused(400, oauthError("invalid_scope", "not yours"))),
		say("unauthorized_client", "client_id", refused(400, oauthError("unauthorized_client", ""))),
		say("404", "client_id", refused(404, words())),
		say("no discovery document", "issuer", &oauth.TokenError{ClientID: "one", Method: oauth.AuthTLSClient, Err: status("GET", "https://bank.example/.well-known/openid-configuration", 404, words())}),
		say("502", "", refused(502, words())),
		say("incapable", "token_endpoint_auth_method", &conn.IncapableError{Method: "private_key_jwt", Reason: "there is no signing_key_pem"}),
		say("a key", "", &oauth.TokenError{ClientID: "one", Method: oauth.AuthPrivateKeyJWT, Err: &oauth.KeyError{Field: "signing_key_pem", Reason: "is not in PEM form"}}),
	})
}
