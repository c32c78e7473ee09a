package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestTokenErrorWrapsTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
	}{{401, "invalid_client"}, {400, "invalid_client"}, {400, "invalid_scope"}, {400, "unauthorized_client"}, {403, "access_denied"}} {
		t.Run(fmt.Sprint(c.status, " ", c.code), func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			var hits atomic.Int64
			s.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
				hits.Add(1)
				answer(w, c.status, object{"error": c.code, "error_description": "words of the server"})
			})
			err := s.fetch(t, s.plain, credentials(), nil)
			failure := as[*oauth.TokenError](t, err)
			if failure.TokenEndpoint != s.URL+"/token" || failure.ClientID != "client-1" || failure.Method != oauth.AuthClientSecretPost || failure.Scope != "a b" {
				t.Errorf("%+v", failure)
			}
			answered := as[*rest.StatusError](t, err)
			if answered.Status != c.status || answered.Code != c.code || answered.Description != "words of the server" || hits.Load() != 1 {
				t.Errorf("%+v after %d requests", answered, hits.Load())
			}
			for _, part := range []string{"client-1", "a b", "client_secret_post", c.code, "words of the server"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
		})
	}
}

func TestAnswerWithoutAToken(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no access_token": `{"token_type":"Bearer"}`, "empty": `{"access_token":""}`, "null": `{"access_token":null}`, "a number": `{"access_token":987654321}`,
		"page": "<html>hidden</html>", "nothing": "", "list": `["hidden"]`, "odd expires_in": `{"access_token":"hidden","expires_in":"soon"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			err := s.fetch(t, s.plain, credentials(), nil)
			wraps[*oauth.TokenError](t, err)
			if failure := as[*rest.BodyError](t, err); failure.Status != 200 || failure.InteractionID == "" {
				t.Errorf("%+v", failure)
			}
			if strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "987654321") {
				t.Errorf("the error quotes the answer: %v", err)
			}
		})
	}
}

func TestTransportFailureIsATokenError(t *testing.T) {
	t.Parallel()
	s := serve(t)
	stranger := serve(t)
	err := s.fetch(t, stranger.plain, credentials(), nil)
	wraps[*oauth.TokenError](t, err)
	if failure := as[*rest.TransportError](t, err); failure.Phase != rest.PhaseTLS {
		t.Errorf("phase %q", failure.Phase)
	}
}

// Whatever the client proved itself with, a server that echoes all it was sent
// must not bring it into an error.
func TestErrorsNeverCarrySecrets(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	const word = "pässword &+%"
	for _, c := range []oauth.ClientCredentials{
		{Method: oauth.AuthClientSecretBasic, Secret: word},
		{Method: oauth.AuthClientSecretPost, Secret: word},
		{Method: oauth.AuthPrivateKeyJWT, SigningKeyPEM: keyPEM(t, key)},
	} {
		t.Run(string(c.Method), func(t *testing.T) {
			t.Parallel()
			c.ClientID = "client-1"
			s := serve(t)
			var echoed atomic.Value
			s.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
				if err := r.ParseForm(); err != nil {
					t.Error(err)
				}
				_, password, _ := r.BasicAuth()
				_, encoded, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				echo := []string{r.PostForm.Get("client_secret"), r.PostForm.Get("client_assertion"), password, encoded}
				echoed.Store(echo)
				answer(w, 400, object{"error": "invalid_client", "error_description": strings.Join(echo, " | "), "message": word})
			})
			err := s.fetch(t, s.plain, c, nil)
			failure := as[*rest.StatusError](t, err)
			text := fmt.Sprintf("%v %+v", err, *failure)
			secrets, ok := echoed.Load().([]string)
			if !ok {
				t.Fatal("the server echoed nothing")
			}
			if !c.Secret.Empty() {
				secrets = append(secrets, word)
			}
			for _, secret := range secrets {
				if secret != "" && strings.Contains(text, secret) {
					t.Errorf("%q is in %s", secret, text)
				}
			}
			if failure.Code != "invalid_client" || !strings.Contains(text, "[redacted]") {
				t.Errorf("%s", text)
			}
		})
	}
}
