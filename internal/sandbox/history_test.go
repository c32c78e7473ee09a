package sandbox_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestHistoryHoldsNoSecret(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{})
	created := w.register()
	plain, mutual := w.tokenEndpoints()
	w.want(200, ask{method: "POST", url: mutual, body: grant("client_id", w.info.ClientID)})
	w.want(401, ask{method: "POST", url: plain, body: grant("client_id", w.info.ClientID, "client_secret", w.ClientSecret())})
	update := manage(t, "PUT", created)
	nested := []any{map[string]any{"client_secret": created["client_secret"]}}
	update.body = map[string]any{"client_id": created["client_id"], "client_secret": created["client_secret"], "nested": nested}
	w.want(400, update)
	history := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/history"}).text
	objects := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/objects"}).text
	secrets := w.Secrets()
	for _, secret := range []string{w.ClientPrivateKeyPEM(), w.ClientSecret(), w.info.AccessToken, str(t, created, "registration_access_token"), str(t, created, "software_statement")} {
		if !slices.Contains(secrets, secret) {
			t.Errorf("a secret of %d characters is not listed", len(secret))
		}
	}
	for _, secret := range secrets {
		if strings.Contains(history, secret) || strings.Contains(objects, secret) {
			t.Errorf("a secret of %d characters is shown", len(secret))
		}
	}
	registered := w.Requests("POST /register")
	if len(registered) != 1 || !strings.Contains(registered[0].Body, "redirect_uris") || registered[0].Principal != created["client_id"] ||
		!strings.HasPrefix(registered[0].Effect, "registered client") || registered[0].Status != 201 || registered[0].Server != "bank-1" {
		t.Errorf("%+v", registered)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Latency: 20 * time.Millisecond})
	done := make(chan reply, 4)
	for range cap(done) {
		go func() {
			got, _ := w.try(ask{method: "GET", url: w.info.ParticipantsURL, client: w.client("", "")})
			done <- got
		}()
	}
	for range cap(done) {
		if got := <-done; got.status != 200 {
			t.Errorf("status %d", got.status)
		}
	}
	stats := w.want(200, ask{method: "GET", url: w.info.ControlURL + "/stats"}).object(t)
	routes, _ := stats["routes"].(map[string]any)
	if routes["GET /participants"] != 4.0 || stats["connections"] != 4.0 {
		t.Errorf("%v, %v connections", routes, stats["connections"])
	}
	if got := w.Stats(); got.MaxInFlight < 1 || got.MaxInFlight > 4 || got.Servers["participants"]["GET /participants"] != 4 {
		t.Errorf("%+v", got)
	}
	w.want(204, ask{method: "POST", url: w.info.ControlURL + "/reset"})
	if w.Count("GET /participants") != 0 || len(w.History()) != 0 {
		t.Error("reset does not reset")
	}
}

func TestInteractionIDIsEchoed(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	request := ask{method: "GET", url: w.api("softwarestatements"), token: w.info.AccessToken, header: map[string]string{"x-fapi-interaction-id": "abc-1"}}
	if got := w.want(200, request).header.Get("x-fapi-interaction-id"); got != "abc-1" {
		t.Errorf("%q", got)
	}
	if got := w.History(); got[0].InteractionID != "abc-1" {
		t.Errorf("%q", got[0].InteractionID)
	}
}

func TestStateFile(t *testing.T) {
	t.Parallel()
	options := sandbox.Options{Servers: []sandbox.Temper{{}}, StateFile: filepath.Join(t.TempDir(), "state.json")}
	first, err := sandbox.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	w := attach(t, first)
	id := w.application()
	made, _ := w.certificate(id)
	created := w.want(201, ask{method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, body: w.metadata(w.statement(id))}).object(t)
	old, _ := first.Directory().Application(id)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	w.http.CloseIdleConnections()
	again := start(t, options)
	if again.info.APIURL != w.info.APIURL || again.CACertificatesPEM() != w.CACertificatesPEM() {
		t.Fatal("the restart moved things")
	}
	again.want(200, manage(t, "GET", created))
	if view, _ := again.Directory().Application(id); len(view) != len(old) || view["Locked"] != true || view["ClientName"] != old["ClientName"] {
		t.Errorf("%d members instead of %d", len(view), len(old))
	}
	if held := again.Directory().Certificates(id); len(held) != 1 || held[0].Kid != made["kid"] {
		t.Error("the certificate is lost")
	}
	update := manage(t, "PUT", created)
	body := again.metadata(again.statement(id))
	body["client_id"] = created["client_id"]
	update.body = body
	again.want(200, update)
}

// TestFewerServers: one that is not there for a while is where it was when it comes back.
func TestFewerServers(t *testing.T) {
	t.Parallel()
	options := sandbox.Options{StateFile: filepath.Join(t.TempDir(), "state.json")}
	var places []string
	for _, servers := range []int{3, 1, 3} {
		options.Servers = make([]sandbox.Temper, servers)
		sb, err := sandbox.Start(options)
		if err != nil {
			t.Fatal(err)
		}
		if places == nil {
			for _, server := range sb.Info().AuthorizationServers {
				places = append(places, server.Issuer)
			}
		}
		for i, server := range sb.Info().AuthorizationServers {
			if server.Issuer != places[i] {
				t.Errorf("of %d servers, server %d is at %s, and was at %s", servers, i, server.Issuer, places[i])
			}
		}
		if err := sb.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSameSeedSamePaths(t *testing.T) {
	t.Parallel()
	path := func(seed int64) string {
		w := start(t, sandbox.Options{Seed: seed})
		_, rest, _ := strings.Cut(strings.TrimPrefix(w.info.AuthorizationServers[1].Issuer, "https://"), "/")
		return rest
	}
	first, again, other := path(7), path(7), path(8)
	if first != again || first == other {
		t.Error("the seed does not decide the paths")
	}
}
