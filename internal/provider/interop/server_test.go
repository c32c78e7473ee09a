//go:build interop

package interop_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// server is a running node oidc-provider.
type server struct {
	Issuer string `json:"issuer"`

	mu    sync.Mutex
	stdin io.WriteCloser
	lines *bufio.Reader
}

// start runs server.mjs with options; it ends with the test.
func start(t *testing.T, options map[string]any) *server {
	t.Helper()
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "server.mjs", string(raw))
	s := &server{}
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("node did not start (is it installed, and was npm ci run?): %v", err)
	}
	t.Cleanup(func() {
		_ = s.stdin.Close()
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("the server did not end when its standard input closed")
			_ = cmd.Process.Kill()
		}
	})
	s.lines = bufio.NewReader(stdout)
	line, err := s.lines.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	if err := json.Unmarshal(line, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a command and decodes its result.
func (s *server) ask(command map[string]any, result any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := s.stdin.Write(append(raw, '\n')); err != nil {
		return err
	}
	line, err := s.lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("%v: %s", command["command"], answer.Error)
	}
	return json.Unmarshal(answer.Result, result)
}

// clients returns the clients the server holds.
func (s *server) clients() ([]map[string]any, error) {
	var clients []map[string]any
	err := s.ask(map[string]any{"command": "clients"}, &clients)
	return clients, err
}

// edit lets another actor change a client at the server.
func (s *server) edit(id string, patch map[string]any) error {
	var done bool
	return s.ask(map[string]any{"command": "edit", "client_id": id, "patch": patch}, &done)
}

// count tells how often a route was called.
func (s *server) count(route string) (int, error) {
	var requests []string
	err := s.ask(map[string]any{"command": "requests"}, &requests)
	n := 0
	for _, r := range requests {
		if r == route {
			n++
		}
	}
	return n, err
}
