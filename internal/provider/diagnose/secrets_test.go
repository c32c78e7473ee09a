package diagnose_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

const (
	registrationToken = "registration-access-token-1"
	initialToken      = "initial-access-token-1"
	clientSecret      = "client-secret-1"
	softwareStatement = "eyJhbGciOiJQUzI1NiJ9.eyJzb2Z0d2FyZV9pZCI6Im9uZSJ9.c2lnbmF0dXJl"
	queryToken        = "query-token-1"
)

// gossip answers every request with everything it was told.
func gossip(status int, given, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", location)
		w.WriteHeader(status)
		code, told := given, fmt.Sprintf("you sent %s and %s to me", r.Header.Get("Authorization"), body)
		if code == "echo" {
			code = told
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"error": code, "error_description": told, "errors": []string{told}, "message": told})
	}
}

// No answer of a server that echoes what it was told carries a secret into a diagnostic.
func TestNoSecretPasses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status         int
		code, location string
	}{
		{400, "invalid_client_metadata", ""}, {400, "invalid_software_statement", ""}, {400, "unapproved_software_statement", ""}, {400, "invalid_redirect_uri", ""},
		{400, "access_denied", ""}, {401, "invalid_token", ""}, {403, "echo", ""}, {404, "echo", ""}, {405, "", ""}, {422, "", ""},
		{302, "", "https://evil.example/?access_token=" + registrationToken + "#" + queryToken}, {500, "server_error", ""}, {502, "echo", ""}, {200, "", ""},
	} {
		t.Run(fmt.Sprintf("%d %s", c.status, http.StatusText(c.status)), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewTLSServer(gossip(c.status, c.code, c.location))
			t.Cleanup(server.Close)
			for _, d := range everything(t, server) {
				for _, secret := range []string{registrationToken, initialToken, clientSecret, softwareStatement, queryToken} {
					if strings.Contains(d.Summary()+d.Detail(), secret) {
						t.Errorf("%s passes:\n%s\n%s", secret, d.Summary(), d.Detail())
					}
				}
			}
		})
	}
}

// everything makes each kind of call and words what comes of it.
func everything(t *testing.T, server *httptest.Server) []diag.Diagnostic {
	t.Helper()
	pool := rest.NewPool(rest.Options{})
	t.Cleanup(pool.CloseIdleConnections)
	connection, err := pool.Client(rest.Identity{CACertificatesPEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))})
	if err != nil {
		t.Fatal(err)
	}
	metadata := dcr.Metadata{}
	metadata.Set("software_statement", softwareStatement)
	metadata.Set("client_secret", clientSecret)
	registrar := dcr.New(dcr.Options{HTTP: connection, TrustedOrigins: []string{server.URL}})
	managed := dcr.Management{URI: server.URL + "/one?token=" + queryToken, Token: registrationToken, ClientID: "one"}
	elsewhere := dcr.Management{URI: "https://evil.example/one?token=" + queryToken, Token: registrationToken}

	_, posted := registrar.Register(t.Context(), dcr.RegisterRequest{Endpoint: server.URL + "/register", InitialAccessToken: initialToken, Metadata: metadata})
	_, read := registrar.Read(t.Context(), managed)
	_, put := registrar.Replace(t.Context(), managed, metadata)
	_, strayed := registrar.Read(t.Context(), elsewhere)
	removed := registrar.Remove(t.Context(), managed)
	_, token := oauth.FetchToken(t.Context(), oauth.TokenRequest{HTTP: connection, TokenEndpoint: server.URL + "/token",
		Credentials: oauth.ClientCredentials{ClientID: "one", Method: oauth.AuthClientSecretPost, Secret: clientSecret}})

	var out []diag.Diagnostic
	for _, err := range []error{posted, read, put, strayed, removed, token} {
		if err == nil {
			continue
		}
		lost := bank().Lost(err)
		lost.Known = diagnose.Probed(err).Sentence
		out = append(out, bank().Registration(err, "update the client", sent()), bank().Diagnostic(err, "update the client"), bank().Removal(err, sent()),
			dir().Statement(err, "issue a software statement"), dir().Unrefreshed(err, "read the application"), paragraphs(lost.Detail("")))
	}
	if len(out) < 12 {
		t.Fatalf("only %d diagnostics", len(out))
	}
	return out
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"accepted", nil, "The token endpoint accepted the client's own credentials just now, so the client exists: only the token was lost."},
		{"unknown client", &oauth.TokenError{Err: status("POST", endpoint, 401, oauthError("invalid_client", ""))},
			"The token endpoint, asked with the client's own credentials, answered invalid_client: the client was most likely deleted, unless the credentials in state are stale."},
		{"another refusal", status("POST", endpoint, 400, oauthError("invalid_scope", "")),
			"The token endpoint, asked with the client's own credentials, answered invalid_scope and not invalid_client: the client still exists and only the token was lost."},
		{"no code", status("POST", endpoint, 500), ""},
		{"no answer", errors.New("unreachable"), ""},
	} {
		got := diagnose.Probed(c.err)
		if got.Sentence != c.want || got.Exists != strings.Contains(c.want, "exists") {
			t.Errorf("%s: %q (exists: %v), want %q", c.name, got.Sentence, got.Exists, c.want)
		}
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	lost := bank().Lost(status("GET", client, 404))
	lost.Known = "Known."
	const line, id = "GET " + client + " answered 404 Not Found.", "The request's x-fapi-interaction-id is interaction-1."
	if got, want := lost.Brief("Kept."), line+"\n\n"+id+"\n\nKept."; lost.Summary != diagnose.LostSummary || got != want {
		t.Errorf("%q: %q, want %q", lost.Summary, got, want)
	}
	if got, want := lost.Detail("Kept."), line+"\n\n"+lost.Meaning+" Kept.\n\nKnown.\n\n"+lost.Next+"\n\n"+id; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := bank().Lost(errors.New("the answer was odd")).Fact; got != "the answer was odd." {
		t.Errorf("fact %q", got)
	}
}
