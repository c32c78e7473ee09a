package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

func TestDiscoveryFindsBothForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ issuer, published, document string }{
		"OpenID":                  {"", "", "/.well-known/openid-configuration"},
		"OpenID with path":        {"/tenant", "/tenant", "/tenant/.well-known/openid-configuration"},
		"RFC 8414":                {"", "", "/.well-known/oauth-authorization-server"},
		"RFC 8414 with path":      {"/a/tenant", "/a/tenant", "/.well-known/oauth-authorization-server/a/tenant"},
		"OpenID before the path":  {"/tenant", "/tenant", "/.well-known/openid-configuration/tenant"},
		"RFC 8414 after the path": {"/oauth2/default", "/oauth2/default", "/oauth2/default/.well-known/oauth-authorization-server"},
		"a path with a slash":     {"/a%2Fb", "/a%2Fb", "/.well-known/oauth-authorization-server/a%2Fb"},
		"slash in configuration":  {"/", "", "/.well-known/openid-configuration"},
		"slash in the document":   {"", "/", "/.well-known/openid-configuration"},
		"slashes, RFC 8414":       {"/tenant/", "/tenant/", "/.well-known/oauth-authorization-server/tenant"},
		"slash after a path only": {"/tenant", "/tenant/", "/tenant/.well-known/openid-configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.HandleFunc("GET "+c.document, func(w http.ResponseWriter, _ *http.Request) {
				answer(w, 200, object{"issuer": s.URL + c.published, "authorization_endpoint": "https://as/auth", "token_endpoint": "https://as/token",
					"registration_endpoint": "https://as/reg", "jwks_uri": "https://as/keys", "mtls_endpoint_aliases": object{"token_endpoint": "https://mtls/token", "registration_endpoint": "https://mtls/reg"},
					"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}, "grant_types_supported": []string{"client_credentials"},
					"response_types_supported": []string{"code"}, "scopes_supported": []string{"openid"}, "extra": 12345678901234567})
			})
			found, err := oauth.NewDiscovery().Fetch(t.Context(), s.plain, s.URL+c.issuer)
			must(t, err)
			if found.Issuer != s.URL+c.published || found.AuthorizationEndpoint != "https://as/auth" || found.TokenEndpoint != "https://as/token" ||
				found.RegistrationEndpoint != "https://as/reg" || found.JWKSURI != "https://as/keys" ||
				found.MTLSEndpointAliases != (oauth.Endpoints{TokenEndpoint: "https://mtls/token", RegistrationEndpoint: "https://mtls/reg"}) {
				t.Errorf("%+v", found)
			}
			for i, list := range [][]string{found.TokenEndpointAuthMethodsSupported, found.GrantTypesSupported, found.ResponseTypesSupported, found.ScopesSupported} {
				if len(list) != 1 {
					t.Errorf("list %d is %q", i, list)
				}
			}
			if string(found.Raw["extra"]) != "12345678901234567" {
				t.Errorf("extra is %s", found.Raw["extra"])
			}
		})
	}
}

// Whatever stands at the first place, if it is not the issuer's document, that may be at the other.
func TestDiscoveryLooksElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		found  bool
	}{
		"bad request": {400, `{"error":"invalid_request"}`, true}, "forbidden": {403, "<Error/>", true}, "wrong method": {405, "", true}, "a page for all": {200, "<html>", true},
		"the document of another": {200, `{"issuer":"https://other.example"}`, true}, "failing": {500, "", false}, "busy": {429, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.HandleFunc("GET /tenant/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			s.HandleFunc("GET /.well-known/oauth-authorization-server/tenant", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"issuer": s.URL + "/tenant"}) })
			_, err := oauth.NewDiscovery().Fetch(t.Context(), s.plain, s.URL+"/tenant")
			if (err == nil) != c.found {
				t.Errorf("found is %v", err)
			}
		})
	}
}

func TestDiscoveryRefusesAnotherIssuer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"issuer": "https://attacker.example", "token_endpoint": "https://attacker.example/token"})
	})
	found, err := oauth.NewDiscovery().Fetch(t.Context(), s.plain, s.URL)
	failure := as[*oauth.IssuerError](t, err)
	if found != nil || failure.Configured != s.URL || failure.Published != "https://attacker.example" {
		t.Errorf("%+v %+v", found, failure)
	}
}

// TestDiscoveryTellsOfAnotherIssuer: a document that names another issuer tells more than that
// there is none at another place, whichever is asked first.
func TestDiscoveryTellsOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.HandleFunc("GET /.well-known/oauth-authorization-server/tenant", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"issuer": s.URL + "/Tenant"}) })
	_, err := oauth.NewDiscovery().Fetch(t.Context(), s.plain, s.URL+"/tenant")
	if failure := as[*oauth.IssuerError](t, err); failure.Published != s.URL+"/Tenant" {
		t.Error(failure)
	}
}

// TestLookThatWasBrokenOff: that a caller was cancelled says nothing of the server to the next one,
// and that one waited too long does: the next one need not.
func TestLookThatWasBrokenOff(t *testing.T) {
	t.Parallel()
	s := serve(t)
	release := make(chan struct{})
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		<-release
		answer(w, 200, object{"issuer": s.URL})
	})
	discovery := oauth.NewDiscovery()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := discovery.Look(over, s.plain, s.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("who was cancelled got %v", err)
	}
	patient := oauth.NewDiscovery()
	brief, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	_, late := patient.Look(brief, s.plain, s.URL)
	if _, err := patient.Look(t.Context(), s.plain, s.URL); !errors.Is(late, context.DeadlineExceeded) || !errors.Is(err, late) {
		t.Errorf("after %v the next one got %v", late, err)
	}
	close(release)
	_, err := discovery.Look(t.Context(), s.plain, s.URL)
	must(t, err)
}

// TestDiscoveryErrorsAreBounded: a server does not decide how long an error is.
func TestDiscoveryErrorsAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"issuer": "https://ä.example/" + strings.Repeat("ä", 100_000)})
	})
	_, err := oauth.NewDiscovery().Fetch(t.Context(), s.plain, s.URL)
	if failure := as[*oauth.IssuerError](t, err); len(failure.Error()) > 2000 || !utf8.ValidString(failure.Published) {
		t.Errorf("%d bytes: %.300s", len(failure.Error()), failure)
	}
}

func TestDiscoveryFailuresAreTypedAndNotCached(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var status atomic.Int64
	var body atomic.Pointer[string]
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte(*body.Load()))
	})
	discovery := oauth.NewDiscovery()
	fetch := func(code int64, text string) error {
		status.Store(code)
		body.Store(&text)
		_, err := discovery.Fetch(t.Context(), s.plain, s.URL)
		return err
	}
	for _, code := range []int64{404, 403, 500} {
		if got := as[*rest.StatusError](t, fetch(code, "")).Status; got != int(code) {
			t.Errorf("status %d, want %d", got, code)
		}
	}
	for _, text := range []string{"", "<html>", `[]`} {
		wraps[*rest.BodyError](t, fetch(200, text))
	}
	wraps[*oauth.IssuerError](t, fetch(200, `{"issuer":1}`))
	must(t, fetch(200, `{"issuer":"`+s.URL+`"}`))
	must(t, fetch(500, "")) // It is known now.
}

// A member that is not what it should be costs nothing but itself.
func TestDiscoveryIsTolerant(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, object{"issuer": s.URL, "registration_endpoint": s.URL + "/register", "scopes_supported": "openid", "grant_types_supported": 7, "mtls_endpoint_aliases": []string{}, "jwks_uri": nil, "token_endpoint": object{}})
	})
	found, err := oauth.NewDiscovery().Fetch(t.Context(), s.plain, s.URL)
	must(t, err)
	if found.RegistrationEndpoint != s.URL+"/register" || len(found.ScopesSupported) != 1 || found.ScopesSupported[0] != "openid" || found.TokenEndpoint != "" || found.GrantTypesSupported != nil || !found.Internal {
		t.Errorf("read is %+v", found)
	}
}

// Who can do without does not ask a server that failed a second time; who cannot, does, and
// what that finds is for all.
func TestLook(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var asked atomic.Int64
	s.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer(w, 200, object{"issuer": s.URL})
	})
	discovery := oauth.NewDiscovery()
	for range 3 {
		_, err := discovery.Look(t.Context(), s.plain, s.URL)
		wraps[*rest.StatusError](t, err)
	}
	_, err := discovery.Fetch(t.Context(), s.plain, s.URL)
	must(t, err)
	found, err := discovery.Look(t.Context(), s.plain, s.URL)
	must(t, err)
	if asked.Load() != 2 || found.Issuer != s.URL {
		t.Errorf("the server was asked %d times, and found is %+v", asked.Load(), found)
	}
}

// A client that does not trust the server does not fail one that does.
func TestDiscoveryOfTwoClientsIsApart(t *testing.T) {
	t.Parallel()
	s := serve(t)
	document := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"issuer": s.URL}) })
	s.Handle("GET /.well-known/openid-configuration", document)
	entered, release := make(chan struct{}), make(chan struct{})
	pool := rest.NewPool(rest.Options{Observe: func(context.Context, rest.Exchange) { close(entered); <-release }})
	t.Cleanup(pool.CloseIdleConnections)
	stranger, err := pool.Client(rest.Identity{})
	must(t, err)
	discovery := oauth.NewDiscovery()
	failed := make(chan error, 1)
	go func() { _, err := discovery.Fetch(t.Context(), stranger, s.URL); failed <- err }()
	<-entered // The stranger's flight failed, and is not over yet.
	healthy, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = discovery.Fetch(healthy, s.plain, s.URL)
	close(release)
	must(t, err)
	if got := as[*rest.TransportError](t, <-failed).Phase; got != rest.PhaseTLS {
		t.Errorf("the stranger failed in phase %q", got)
	}
}

func TestDiscoveryFetchesOnceForAnyNumberOfCallers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var hits atomic.Int64
	release, arrived := make(chan struct{}), make(chan struct{}, 100)
	s.HandleFunc("GET /{tenant}/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		arrived <- struct{}{}
		<-release
		answer(w, 200, object{"issuer": s.URL + "/" + r.PathValue("tenant")})
	})
	discovery := oauth.NewDiscovery()
	first, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() { _, err := discovery.Fetch(first, s.plain, s.URL+"/a"); gaveUp <- err }()
	<-arrived
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			issuer := s.URL + "/a"
			if i%2 == 0 {
				issuer += "/"
			}
			if _, err := discovery.Fetch(t.Context(), s.plain, issuer); err != nil {
				t.Error(err)
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
		t.Errorf("fetched %d times, want once", hits.Load())
	}
	_, err := discovery.Fetch(t.Context(), s.plain, s.URL+"/b")
	must(t, err)
	if hits.Load() != 2 {
		t.Error("another issuer was answered from the cache of the first")
	}
}
