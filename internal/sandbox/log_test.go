package sandbox_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// sink is where a log may be written while it is read.
type sink struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *sink) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(data)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestLogTellsEachRequestAndNoSecret(t *testing.T) {
	t.Parallel()
	var log sink
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{{InitialAccessToken: "initial-secret"}}, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	statement := w.statement(w.application())
	created := w.want(201, ask{
		method: "POST", url: w.info.AuthorizationServers[0].RegistrationEndpoint, token: "initial-secret", body: w.metadata(statement),
	}).object(t)
	w.want(200, manage(t, "GET", created))
	w.Inject(sandbox.Fault{Kind: sandbox.FaultStatus, Server: "keystore"})
	w.want(503, ask{method: "GET", url: w.info.KeystoreURL + "/" + statement + "/x?access_token=in-the-query"})
	w.want(404, ask{method: "DELETE", url: w.info.ControlURL + "/servers/bank-1/clients?client_id=in-the-query"})
	text := log.String()
	for _, secret := range append(w.Secrets(), "in-the-query", "redirect_uris") {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %.12s…", secret)
		}
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	wanted := []string{
		"INFO directory POST 201 ", "INFO directory GET 200 ", "INFO bank-1 POST 201 ", "INFO bank-1 GET 200 ", "WARN keystore GET 503 status",
		"INFO control DELETE 404 ",
	}
	if len(lines) != len(wanted) {
		t.Fatalf("%d lines: %s", len(lines), text)
	}
	for i, line := range lines {
		var entry struct {
			Time, Level, Server, Method, Path, Fault string
			Status                                   int
			Duration                                 *float64 `json:"duration_ms"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		status, _ := json.Marshal(entry.Status)
		if got := strings.Join([]string{entry.Level, entry.Server, entry.Method, string(status), entry.Fault}, " "); got != wanted[i] {
			t.Errorf("%q instead of %q", got, wanted[i])
		}
		if entry.Time == "" || entry.Duration == nil || !strings.HasPrefix(entry.Path, "/") {
			t.Errorf("incomplete: %s", line)
		}
	}
}
