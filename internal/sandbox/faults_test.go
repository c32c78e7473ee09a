package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const postApplication = "POST /organisations/{OrganisationId}/softwarestatements"

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault     sandbox.Fault
		status    int // 0: no answer
		committed bool
		look      func(reply) bool
	}{
		{fault: sandbox.Fault{Kind: "status", Status: 429, RetryAfter: "7"}, status: 429, look: func(r reply) bool { return r.header.Get("Retry-After") == "7" }},
		{fault: sandbox.Fault{Kind: "status"}, status: 503},
		{fault: sandbox.Fault{Kind: "delay", Delay: 10 * time.Millisecond}, status: 201, committed: true},
		{fault: sandbox.Fault{Kind: "non_json"}, status: 502, look: func(r reply) bool { return !json.Valid([]byte(r.text)) }},
		{fault: sandbox.Fault{Kind: "non_json", Status: 201}, status: 201, committed: true},
		{fault: sandbox.Fault{Kind: "truncated"}, committed: true},
		{fault: sandbox.Fault{Kind: "commit_then_drop"}, committed: true},
		{fault: sandbox.Fault{Kind: "drop"}},
		{fault: sandbox.Fault{Kind: "redirect", Location: "https://elsewhere.example/"}, status: 307, look: func(r reply) bool {
			return r.header.Get("Location") == "https://elsewhere.example/"
		}},
		{fault: sandbox.Fault{Kind: "reset"}},
		{fault: sandbox.Fault{Kind: "commit_then_reset"}, committed: true},
		{fault: sandbox.Fault{Kind: "go_away"}, status: 201, committed: true},
		{fault: sandbox.Fault{Kind: "malformed"}, committed: true},
		{fault: sandbox.Fault{Kind: "oversized"}, status: 201, committed: true, look: func(r reply) bool { return len(r.text) > 2<<20 }},
	} {
		t.Run(test.fault.Kind, func(t *testing.T) {
			t.Parallel()
			w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
			test.fault.Route = postApplication
			w.Inject(test.fault)
			request := ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: applicationBody()}
			got, err := w.try(request)
			if test.status == 0 && err == nil || test.status != 0 && (err != nil || got.status != test.status) {
				t.Errorf("status %d, %v", got.status, err)
			}
			if test.look != nil && !test.look(got) {
				t.Errorf("not the answer of the fault: %.80s", got.text)
			}
			if committed := len(w.Directory().Applications()) == 1; committed != test.committed {
				t.Errorf("committed: %v", committed)
			}
			if seen := w.Requests(postApplication); len(seen) != 1 || seen[0].Fault != test.fault.Kind {
				t.Errorf("history: %+v", seen)
			}
			w.want(201, request) // once and no more
		})
	}
}

// TestMalformed: what is quoted is what was sent, or nobody would notice that it is printed.
func TestMalformed(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	w.Inject(sandbox.Fault{Kind: sandbox.FaultMalformed})
	if _, err := w.try(ask{method: "GET", url: w.api("softwarestatements"), token: "what-was-sent"}); err == nil || !strings.Contains(err.Error(), "what-was-sent") {
		t.Errorf("the client says %v", err)
	}
}

// TestUpgrade: what follows a switch of protocols ends with the client, or with the sandbox.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	w.Inject(sandbox.Fault{Kind: sandbox.FaultUpgrade, Times: 2})
	for range 2 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.api("softwarestatements"), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := w.http.Do(request)
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%+v, %v", resp, err)
		}
		defer func() { _ = resp.Body.Close() }() // The sandbox ends one of them.
	}
	done := make(chan error, 1)
	go func() { done <- w.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the sandbox does not end")
	}
}

// TestHandshakeFaults: a certificate that is spoiled once, at the server that is meant.
func TestHandshakeFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, says string }{{sandbox.FaultExpiredCertificate, "expired"}, {sandbox.FaultWrongCertificate, "doesn't contain any IP SANs"}} {
		for _, second := range []bool{false, true} {
			w := start(t, sandbox.Options{Servers: []sandbox.Temper{}, HTTP2: second})
			request := ask{method: "POST", url: w.api("softwarestatements"), token: w.info.AccessToken, body: applicationBody()}
			w.Inject(sandbox.Fault{Kind: test.kind, Server: "keystore"}, sandbox.Fault{Kind: test.kind, Server: "directory", Route: "ignored"})
			if _, err := w.try(request); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", test.kind, err)
			}
			if w.Pending() != 1 || len(w.Directory().Applications()) != 0 {
				t.Errorf("%s: %d faults are pending", test.kind, w.Pending())
			}
			w.want(201, request)
		}
	}
}

func TestFaultsAreAddressedAndCounted(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{}, {}}})
	discovery := func(i int) ask {
		return ask{method: "GET", url: w.info.AuthorizationServers[i].Issuer + "/.well-known/openid-configuration"}
	}
	w.Inject(sandbox.Fault{Server: "bank-2", Route: "GET /.well-known/openid-configuration", Skip: 1, Times: 2, Kind: "status"})
	w.want(200, discovery(0))
	for _, status := range []int{200, 503, 503, 200} {
		w.want(status, discovery(1))
	}
	w.Inject(sandbox.Fault{Server: "keystore", Times: -1, Kind: "status", Status: 500})
	for range 3 {
		w.want(500, ask{method: "GET", url: w.info.KeystoreURL + "/openbanking.jwks"})
	}
	w.Reset()
	w.want(200, ask{method: "GET", url: w.info.KeystoreURL + "/openbanking.jwks"})
}

func TestChaosIsRepeatable(t *testing.T) {
	t.Parallel()
	run := func() string {
		w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
		w.Inject(sandbox.Fault{Kind: "chaos", Rate: 0.4, Seed: 42})
		var out strings.Builder
		for range 20 {
			// POST with a bad token: no connection is dropped and nothing is created.
			got, err := w.try(ask{method: "POST", url: w.api("softwarestatements"), token: "wrong", body: applicationBody()})
			if err != nil {
				t.Fatal(err)
			}
			out.WriteString(got.header.Get("Retry-After") + ",")
		}
		return out.String()
	}
	first, second := run(), run()
	if first != second || !strings.Contains(first, "1") || !strings.Contains(first, ",,") {
		t.Errorf("%s\n%s", first, second)
	}
}

func TestFaultJSON(t *testing.T) {
	t.Parallel()
	faults, err := sandbox.ParseFaults([]byte(`{"server":"bank-1","route":"POST /register","kind":"delay","delay":"2s","times":3}`))
	if err != nil || len(faults) != 1 || faults[0].Delay != 2*time.Second || faults[0].Times != 3 {
		t.Fatalf("%+v, %v", faults, err)
	}
	data, err := json.Marshal(faults)
	if err != nil || !strings.Contains(string(data), `"delay":"2s"`) {
		t.Errorf("%s, %v", data, err)
	}
	if again, err := sandbox.ParseFaults(data); err != nil || again[0] != faults[0] {
		t.Errorf("%+v, %v", again, err)
	}
	for _, wrong := range []string{`{}`, `{"kind":"gremlin"}`, `{"kind":"delay","delay":"x"}`, `{"kind":"chaos"}`, `{"kind":"drop","rout":"x"}`, `[`} {
		if _, err := sandbox.ParseFaults([]byte(wrong)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	t.Parallel()
	sb, err := sandbox.Start(sandbox.Options{Servers: []sandbox.Temper{}})
	if err != nil {
		t.Fatal(err)
	}
	w := attach(t, sb)
	sb.Inject(sandbox.Fault{Kind: "delay", Delay: time.Hour})
	done := make(chan error, 1)
	go func() {
		_, err := w.try(ask{method: "GET", url: w.info.ParticipantsURL})
		done <- err
	}()
	for sb.Count("GET /participants") == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := sb.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("the request survived Close")
	}
}
