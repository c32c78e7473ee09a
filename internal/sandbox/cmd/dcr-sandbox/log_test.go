package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a line of the JSON log.
type entry struct {
	Time, Level, Msg, Server, Method, Path, Fault, Error string
	StatusPage                                           string `json:"status_page"`
	Status                                               int
}

func entries(t *testing.T, text string) []entry {
	t.Helper()
	var out []entry
	for line := range strings.Lines(text) {
		var read entry
		if err := json.Unmarshal([]byte(line), &read); err != nil || read.Time == "" || read.Level == "" {
			t.Fatalf("not a line of a log: %s: %v", line, err)
		}
		out = append(out, read)
	}
	return out
}

func TestJSONLog(t *testing.T) {
	t.Parallel()
	binary, folder := build(t), t.TempDir()
	var stderr bytes.Buffer
	info, stop := launchTelling(t, &stderr, binary, "-authorization-servers", "1", "-out", folder, "-statements=false",
		"-initial-access-token", "let-me-in", "-log-format", "json")
	client := httpClient(t, folder)
	do(t, client, http.MethodPost, info.ControlURL+"/faults", "", `{"kind":"status","status":503,"server":"keystore","body":"a-body"}`, http.StatusOK)
	created := map[string]any{}
	answer := do(t, client, http.MethodPost, info.AuthorizationServers[0].RegistrationEndpoint, "let-me-in", `{"redirect_uris":["https://app.example/cb"]}`, http.StatusCreated)
	if err := json.Unmarshal(answer, &created); err != nil {
		t.Fatal(err)
	}
	do(t, client, http.MethodGet, info.KeystoreURL+"/x?access_token=in-the-query", info.AccessToken, "", http.StatusServiceUnavailable)
	stop()
	read := entries(t, stderr.String())
	if len(read) != 5 {
		t.Fatalf("%d lines: %s", len(read), stderr.String())
	}
	if read[0].Msg != "listening" || read[0].StatusPage != info.ControlURL+"/" || read[4].Msg != "stopping" {
		t.Errorf("start %+v, end %+v", read[0], read[4])
	}
	for i, wanted := range []entry{
		{Level: "INFO", Server: "control", Method: "POST", Path: "/faults", Status: 200},
		{Level: "INFO", Server: "bank-1", Method: "POST", Path: read[2].Path, Status: 201},
		{Level: "WARN", Server: "keystore", Method: "GET", Path: "/x", Status: 503, Fault: "status"},
	} {
		wanted.Time, wanted.Msg = read[i+1].Time, "request"
		if read[i+1] != wanted {
			t.Errorf("%+v instead of %+v", read[i+1], wanted)
		}
	}
	secrets := []string{"let-me-in", "in-the-query", "a-body", "app.example", info.AccessToken, info.AdministratorAccessToken}
	for _, name := range []string{"client_secret", "registration_access_token"} {
		secret, _ := created[name].(string)
		secrets = append(secrets, secret)
	}
	for _, secret := range secrets {
		if secret == "" || strings.Contains(stderr.String(), secret) {
			t.Errorf("the log holds %.12q", secret)
		}
	}
}

func TestTextLogTellsStartAndEnd(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	info, stop := launchTelling(t, &stderr, build(t), "-authorization-servers", "0", "-out", t.TempDir())
	do(t, http.DefaultClient, http.MethodGet, info.ControlURL+"/", "", "", http.StatusOK)
	stop()
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "status_page="+info.ControlURL+"/ ") || !strings.Contains(lines[1], "stopping") {
		t.Errorf("%q", lines)
	}
}

func TestAFailureIsInTheJSONLog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), build(t), "-out", folder, "-state", filepath.Join(folder, "none", "state.json"), "-log-format", "json")
	command.Stderr = &stderr
	var ended *exec.ExitError
	if err := command.Run(); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Fatalf("ended with %v", err)
	}
	if read := entries(t, stderr.String()); len(read) != 1 || read[0].Level != "ERROR" || !strings.Contains(read[0].Error, "state file") {
		t.Errorf("%s", stderr.String())
	}
}
