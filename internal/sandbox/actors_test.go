package sandbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

func TestDirectoryActors(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.Options{Servers: []sandbox.Temper{}})
	directory := w.Directory()
	if _, err := directory.Create(map[string]any{"ClientName": "x"}); err == nil || !strings.Contains(err.Error(), "Version") {
		t.Errorf("a bad application: %v", err)
	}
	id, err := directory.Create(applicationBody())
	if err != nil {
		t.Fatal(err)
	}
	if err := directory.Edit(id, func(view map[string]any) { view["Version"], view["OpenidFederationEnabled"] = 2, true }); err != nil {
		t.Fatal(err)
	}
	read := w.want(200, ask{method: "GET", url: w.api("softwarestatements", id), token: w.info.AccessToken}).object(t)
	if read["Version"] != 2.0 || read["FederationEndpoint"] == nil {
		t.Errorf("%v %v", read["Version"], read["FederationEndpoint"])
	}
	if claims := verifyStatement(t, w, w.statement(id)); claims["software_version"] != "2.00" {
		t.Errorf("software_version %v", claims["software_version"])
	}
	roles := w.want(200, ask{method: "GET", url: w.api("softwarestatements", id, "authorityclaims"), token: w.info.AccessToken}).list(t)
	if role, _ := roles[0].(map[string]any); len(roles) != 1 || role["Role"] != "DADOS" {
		t.Errorf("roles %v", roles)
	}
	for name, err := range map[string]error{
		"edit": directory.Edit("x", func(map[string]any) {}), "delete": directory.Delete("x"), "lock": directory.Lock("x"),
		"revoke": directory.Revoke("x", ""), "role": directory.SetRole("x", "d", "r", "Active"),
	} {
		if !errors.Is(err, sandbox.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerActors(t *testing.T) {
	t.Parallel()
	w, created := plainWorld(t, sandbox.Temper{})
	server, id := w.Server("bank-1"), str(t, created, "client_id")
	if server.Issuer() != w.info.AuthorizationServers[0].Issuer {
		t.Error("Issuer is not the one of Info")
	}
	if err := server.Edit(id, func(view map[string]any) { view["registration_access_token"] = "chosen" }); err != nil {
		t.Fatal(err)
	}
	read := manage(t, "GET", created)
	read.token = "chosen"
	w.want(200, read)
	if err := server.Delete(id); err != nil {
		t.Fatal(err)
	}
	w.want(401, read)
	if err := server.RotateToken(id); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("rotate: %v", err)
	}
}

func TestStateIsWrittenWithoutClose(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	options := sandbox.Options{Servers: []sandbox.Temper{}, StateFile: file}
	w := start(t, options)
	id := w.application()
	var written []byte
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(string(written), id); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the application is not in the state file")
		}
		var err error
		if written, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if shape, err := os.Stat(file); err != nil || shape.Mode().Perm() != 0o600 {
		t.Errorf("the state file is not its owner's alone: %v, %v", shape.Mode(), err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// As a crash leaves it: without what Close writes.
	if err := os.WriteFile(file, written, 0o600); err != nil { //nolint:gosec // G703: the file is the test's own.
		t.Fatal(err)
	}
	again := start(t, options)
	if _, known := again.Directory().Application(id); !known || again.info.APIURL != w.info.APIURL {
		t.Error("a crash loses the application, or moves things")
	}
}

func TestABrokenStateFileIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"cut short": `{"ports":[1`, "empty": "", "something else": `{"version":4,"resources":[]}`, "edited": `{"organisation_id":"a","authority":{"root":"b"}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			sb, err := sandbox.Start(sandbox.Options{StateFile: file})
			if err == nil {
				_ = sb.Close()
				t.Fatal("it is taken")
			}
			if !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "move it away") {
				t.Error(err)
			}
			if kept, err := os.ReadFile(file); err != nil || string(kept) != text {
				t.Errorf("the file was touched: %q, %v", kept, err)
			}
		})
	}
}
