package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dcr-sandbox")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v: %s", err, output)
	}
	return binary
}

// launch runs the binary until stop is called and returns what it wrote.
func launch(t *testing.T, binary string, arguments ...string) (info sandbox.Info, stop func()) {
	t.Helper()
	return launchTelling(t, io.Discard, binary, arguments...)
}

// launchTelling is launch with a place for stderr, to be read when stop has returned.
func launchTelling(t *testing.T, stderr io.Writer, binary string, arguments ...string) (info sandbox.Info, stop func()) {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), binary, arguments...)
	command.Stderr = stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("no ready line: %v", err)
	}
	path, isReady := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "ready ")
	if !isReady {
		t.Fatalf("first line %q", line)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	return info, func() {
		t.Helper()
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(lines)
		if err != nil || len(rest) > 0 {
			t.Errorf("more on stdout: %q, %v", rest, err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("did not end cleanly: %v", err)
		}
	}
}

func httpClient(t *testing.T, folder string) *http.Client {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "client.pem"), filepath.Join(folder, "client.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	data, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil || !roots.AppendCertsFromPEM(data) {
		t.Fatalf("ca.pem: %v", err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func do(t *testing.T, client *http.Client, method, url, token, body string, status int) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("%s %s: status %d instead of %d, %v", method, url, response.StatusCode, status, err)
	}
	return data
}

func TestStandaloneSurvivesARestart(t *testing.T) {
	t.Parallel()
	binary, folder := build(t), t.TempDir()
	out, state := filepath.Join(folder, "out"), filepath.Join(folder, "state.json")
	arguments := []string{"-authorization-servers", "2", "-out", out, "-state", state, "-statements=false", "-rotate", "never", "-initial-access-token", "let-me-in"}
	info, stop := launch(t, binary, arguments...)
	if len(info.AuthorizationServers) != 2 {
		t.Fatalf("%d authorization servers", len(info.AuthorizationServers))
	}
	client := httpClient(t, out)
	metadata := `{"redirect_uris":["https://app.example/cb"]}`
	created := map[string]any{}
	answer := do(t, client, http.MethodPost, info.AuthorizationServers[0].RegistrationEndpoint, "let-me-in", metadata, http.StatusCreated)
	if err := json.Unmarshal(answer, &created); err != nil {
		t.Fatal(err)
	}
	stop()
	again, stop := launch(t, binary, arguments...)
	defer stop()
	if again.APIURL != info.APIURL || again.AccessToken != info.AccessToken || again.AuthorizationServers[1] != info.AuthorizationServers[1] {
		t.Error("the restart moved things")
	}
	uri, _ := created["registration_client_uri"].(string)
	token, _ := created["registration_access_token"].(string)
	read := map[string]any{}
	if err := json.Unmarshal(do(t, client, http.MethodGet, uri, token, "", http.StatusOK), &read); err != nil {
		t.Fatal(err)
	}
	if read["client_id"] != created["client_id"] {
		t.Error("the registration did not survive")
	}
	api := info.APIURL + "/organisations/" + info.OrganisationID
	do(t, client, http.MethodGet, api, info.AccessToken, "", http.StatusOK)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	sb, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sb.Close() }()
	folder := filepath.Join(t.TempDir(), "deep", "out")
	if _, err := writeFiles(sb, folder); err != nil {
		t.Fatal(err)
	}
	shape, err := os.Stat(filepath.Join(folder, "client.key"))
	if err != nil {
		t.Fatal(err)
	}
	if shape.Mode().Perm() != 0o600 {
		t.Errorf("client.key has mode %v", shape.Mode())
	}
	provider, err := os.ReadFile(filepath.Join(folder, "provider.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{
		`source = "registry.terraform.io/dcr-onboarding/dcr"`, `file("${path.module}/client.key")`, `"` + sb.Info().APIURL + `"`,
		"administrator_access_token", "registration = {",
	} {
		if !strings.Contains(string(provider), wanted) {
			t.Errorf("provider.tf lacks %s", wanted)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	faults := filepath.Join(t.TempDir(), "faults.json")
	if err := os.WriteFile(faults, []byte(`[{"kind":"status","route":"POST /register","skip":1,"delay":"2s"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		arguments []string
		faults    int
		wrong     bool
	}{
		"no out":        {wrong: true},
		"stray":         {arguments: []string{"-out", "x", "stray"}, wrong: true},
		"negative":      {arguments: []string{"-out", "x", "-authorization-servers", "-1"}, wrong: true},
		"chaos too big": {arguments: []string{"-out", "x", "-chaos", "2"}, wrong: true},
		"unknown":       {arguments: []string{"-nonsense"}, wrong: true},
		"odd log":       {arguments: []string{"-out", "x", "-log-format", "yaml"}, wrong: true},
		"odd directory": {arguments: []string{"-out", "x", "-directory", `{"lock":1}`}, wrong: true},
		"plain":         {arguments: []string{"-out", "x"}},
		"faulty":        {arguments: []string{"-out", "x", "-faults", faults, "-chaos", "0.5", "-seed", "7"}, faults: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := parseFlags(test.arguments, io.Discard)
			if (err != nil) != test.wrong {
				t.Fatalf("error %v", err)
			}
			if test.wrong {
				return
			}
			armed, err := f.allFaults()
			if err != nil || len(armed) != test.faults {
				t.Errorf("%d faults, %v", len(armed), err)
			}
		})
	}
}

func TestDirectoryFlags(t *testing.T) {
	t.Parallel()
	f, err := parseFlags([]string{
		"-out", "x", "-strict-lock", "-hide-deleted", "-unlock-allowed", "anyone", "-directory", `{"locked_status":403,"statement_lifetime":"5m","crowd":3}`,
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	got := f.options()
	if !got.StrictLock || !got.HideDeleted || got.UnlockAllowed != sandbox.UnlockByAnyone {
		t.Errorf("lock %v, hide %v, unlock %q", got.StrictLock, got.HideDeleted, got.UnlockAllowed)
	}
	if temper := got.Directory; temper.LockedStatus != 403 || temper.StatementLifetime != 5*time.Minute || temper.Crowd != 3 {
		t.Errorf("temper %+v", temper)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	got, err := quote(`a"${b}%{c}`)
	if err != nil || got != `"a\"$${b}%%{c}"` {
		t.Errorf("%s, %v", got, err)
	}
}
