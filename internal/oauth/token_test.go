package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
)

const secretWord = "the-client-secret"

func credentials() oauth.ClientCredentials {
	return oauth.ClientCredentials{ClientID: "client-1", Method: oauth.AuthClientSecretPost, Secret: secretWord, Scope: "a b"}
}

// counting issues token-1, token-2, … with this expires_in.
func (s *server) counting(n *atomic.Int64, expiresIn any) {
	s.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		document := object{"access_token": fmt.Sprint("token-", n.Add(1)), "token_type": "Bearer"}
		if expiresIn != nil {
			document["expires_in"] = expiresIn
		}
		answer(w, 200, document)
	})
}

func (s *server) source(now func() time.Time) oauth.TokenSource {
	return oauth.NewTokenSource(oauth.SourceOptions{HTTP: s.plain, TokenEndpoint: s.URL + "/token", Credentials: credentials(), Now: now})
}

func expect(t *testing.T, source oauth.TokenSource, want string) {
	t.Helper()
	token, err := source.Token(t.Context())
	must(t, err)
	if token.Reveal() != want {
		t.Errorf("token %q, want %q", token.Reveal(), want)
	}
}

func TestTokenIsKeptUntilShortlyBeforeItExpires(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expiresIn any
		kept      time.Duration
	}{
		"an hour":                {3600, 54 * time.Minute},
		"five minutes":           {300, 270 * time.Second},
		"a minute":               {60, 30 * time.Second},
		"ten seconds":            {10, 5 * time.Second},
		"a string":               {"300", 270 * time.Second},
		"a fraction":             {10.5, 5250 * time.Millisecond},
		"not told":               {nil, 30 * time.Second},
		"zero":                   {0, 30 * time.Second},
		"negative":               {-5, 30 * time.Second},
		"more than can be right": {1e30, 21*time.Hour + 36*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := serve(t), newClock()
			var n atomic.Int64
			s.counting(&n, c.expiresIn)
			source := s.source(clock.Now)
			expect(t, source, "token-1")
			clock.Advance(c.kept - time.Millisecond)
			expect(t, source, "token-1")
			clock.Advance(time.Millisecond)
			expect(t, source, "token-2")
			expect(t, source, "token-2")
			if n.Load() != 2 {
				t.Errorf("%d fetches, want 2", n.Load())
			}
		})
	}
}

func TestInvalidateForgetsOnlyThatToken(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var n atomic.Int64
	s.counting(&n, 3600)
	source := s.source(nil)
	expect(t, source, "token-1")
	source.Invalidate("token-0")
	expect(t, source, "token-1")
	source.Invalidate("token-1")
	expect(t, source, "token-2")
	source.Invalidate("token-1") // A late caller must not cost the new one.
	expect(t, source, "token-2")
}

func TestOneFetchServesAllCallersAndOutlivesTheFirst(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var hits atomic.Int64
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	s.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		arrived <- struct{}{}
		<-release
		answer(w, 200, object{"access_token": "shared", "expires_in": 3600})
	})
	source := s.source(nil)
	first, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() { _, err := source.Token(first); gaveUp <- err }()
	<-arrived // The first caller's fetch is under way.
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if token, err := source.Token(t.Context()); err != nil || token.Reveal() != "shared" {
				t.Errorf("a waiting caller got %v", err)
			}
		})
	}
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled caller got %v", err)
	}
	close(release)
	group.Wait()
	if hits.Load() != 1 {
		t.Errorf("%d fetches, want 1", hits.Load())
	}
}

func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var hits atomic.Int64
	s.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) == 1 {
			answer(w, 400, object{"error": "invalid_scope"})
			return
		}
		answer(w, 200, object{"access_token": "later"})
	})
	source := s.source(nil)
	if _, err := source.Token(t.Context()); err == nil {
		t.Fatal("no error")
	}
	expect(t, source, "later")
}

func TestTokenEndpointChoice(t *testing.T) {
	t.Parallel()
	_, signer, _ := certificate(t)
	key := keyPEM(t, signer)
	for name, c := range map[string]struct {
		mutual, alias bool
		method        oauth.AuthMethod
		plain         string
		explicit      string
		want          string
	}{
		"no certificate, alias":            {false, true, oauth.AuthClientSecretPost, "/token", "", "/token"},
		"certificate, alias":               {true, true, oauth.AuthClientSecretPost, "/token", "", "/mtls/token"},
		"certificate, no alias":            {true, false, oauth.AuthClientSecretPost, "/token", "", "/token"},
		"certificate and explicit":         {true, true, oauth.AuthClientSecretPost, "/token", "/explicit", "/explicit"},
		"certificate, alias and assertion": {true, true, oauth.AuthPrivateKeyJWT, "/token", "", "/token"},
		"assertion and nothing but alias":  {true, true, oauth.AuthPrivateKeyJWT, "", "", "/mtls/token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			var discovered atomic.Int64
			s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
				discovered.Add(1)
				document := object{"issuer": s.URL}
				if c.plain != "" {
					document["token_endpoint"] = s.URL + c.plain
				}
				if c.alias {
					document["mtls_endpoint_aliases"] = object{"token_endpoint": s.URL + "/mtls/token"}
				}
				answer(w, 200, document)
			})
			s.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
				if got := len(r.TLS.PeerCertificates) > 0; got != c.mutual {
					t.Errorf("client certificate presented: %v, want %v", got, c.mutual)
				}
				answer(w, 200, object{"access_token": r.URL.Path})
			})
			options := oauth.SourceOptions{HTTP: s.plain, Discovery: oauth.NewDiscovery(), Issuer: s.URL, Credentials: credentials()}
			options.Credentials.Method, options.Credentials.SigningKeyPEM = c.method, key
			if c.mutual {
				options.HTTP = s.mutual
			}
			if c.explicit != "" {
				options.TokenEndpoint = s.URL + c.explicit
			}
			expect(t, oauth.NewTokenSource(options), c.want)
			if (discovered.Load() == 0) != (c.explicit != "") {
				t.Errorf("discovery was asked %d times", discovered.Load())
			}
		})
	}
}

func TestDiscoveryFailureIsATokenError(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"issuer": "https://other.example"})
	})
	_, err := oauth.NewTokenSource(oauth.SourceOptions{HTTP: s.plain, Discovery: oauth.NewDiscovery(), Issuer: s.URL, Credentials: credentials()}).Token(t.Context())
	wraps[*oauth.TokenError](t, err)
	wraps[*oauth.IssuerError](t, err)
}

func TestSourcesDoNotPrintTokens(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var n atomic.Int64
	s.counting(&n, 3600)
	fetched, static := s.source(nil), oauth.StaticToken("token-1")
	for _, source := range []oauth.TokenSource{fetched, static} {
		expect(t, source, "token-1")
		source.Invalidate("other")
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			for _, value := range []any{source, []oauth.TokenSource{source}, struct{ S oauth.TokenSource }{source}} {
				if text := fmt.Sprintf(verb, value); strings.Contains(text, "token-1") || strings.Contains(text, secretWord) || strings.Contains(text, fmt.Sprintf("%x", "token-1")) {
					t.Errorf("%s prints %s", verb, text)
				}
			}
		}
	}
	static.Invalidate("token-1")
	expect(t, static, "token-1")
}
