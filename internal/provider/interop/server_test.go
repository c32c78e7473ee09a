//go:build interop

package interop_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// peer is an authorization server as a test sees it from behind.
type peer interface {
	// clients returns what the server holds.
	clients() ([]map[string]any, error)
	// edit lets another actor change a client.
	edit(id string, patch map[string]any) error
	// lose makes the server forget every registration access token.
	lose() error
	// count tells how many requests of a method came to the registration endpoints.
	count(method string) (int, error)
}

// process is a server that is a program of its own.
type process struct {
	Issuer             string `json:"issuer"`
	InitialAccessToken string `json:"initial_access_token"`

	mu    sync.Mutex
	stdin io.WriteCloser
	lines *bufio.Reader
}

// start runs server.mjs, or authlib_server.py, with options; it ends with the test.
func start(t *testing.T, program string, options map[string]any) *process {
	t.Helper()
	if options == nil {
		options = map[string]any{}
	}
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	interpreter, install := "node", "Node, and npm ci in this folder"
	if program == authlib {
		interpreter, install = python(), "Python 3 with Authlib and Flask (Debian: python3-authlib and python3-flask)"
	}
	cmd := exec.CommandContext(t.Context(), interpreter, program, string(raw))
	var said bytes.Buffer
	cmd.Stderr = &said
	s := &process{}
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s did not start; it needs %s: %v", program, install, err)
	}
	t.Cleanup(func() {
		_ = s.stdin.Close()
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Errorf("%s did not end when its standard input closed", program)
			_ = cmd.Process.Kill()
			<-done
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", program, said.String())
		}
	})
	s.lines = bufio.NewReader(stdout)
	line, err := s.lines.ReadBytes('\n')
	if err != nil {
		t.Fatalf("%s did not start; it needs %s: %v", program, install, err)
	}
	if err := json.Unmarshal(line, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// python is the system's, which has its packages, unless PYTHON names another.
func python() string {
	if named := os.Getenv("PYTHON"); named != "" {
		return named
	}
	return "/usr/bin/python3"
}

// ask sends a command and decodes its result.
func (s *process) ask(command map[string]any, result any) error {
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

func (s *process) clients() ([]map[string]any, error) {
	var clients []map[string]any
	err := s.ask(map[string]any{"command": "clients"}, &clients)
	return clients, err
}

func (s *process) edit(id string, patch map[string]any) error {
	var done bool
	return s.ask(map[string]any{"command": "edit", "client_id": id, "patch": patch}, &done)
}

func (s *process) lose() error {
	var done bool
	return s.ask(map[string]any{"command": "lose"}, &done)
}

func (s *process) count(method string) (int, error) {
	var requests []string
	err := s.ask(map[string]any{"command": "requests"}, &requests)
	n := 0
	for _, r := range requests {
		if r == method {
			n++
		}
	}
	return n, err
}
