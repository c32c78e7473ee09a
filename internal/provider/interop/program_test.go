//go:build interop

package interop_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// program is a process that is several servers. It starts when the first of
// them is wanted, and ends with the test it was made for.
type program struct {
	t         *testing.T
	authority *authority
	file      string

	mu      sync.Mutex
	started bool
	said    bytes.Buffer
	stdin   io.WriteCloser
	lines   *bufio.Reader
}

// tenant is one server of a program.
type tenant struct {
	*program
	ID                 int    `json:"tenant"`
	Issuer             string `json:"issuer"`
	Endpoint           string `json:"registration_endpoint"`
	InitialAccessToken string `json:"initial_access_token"`
}

// start adds a server with options.
func (p *program) start(t *testing.T, options map[string]any) *tenant {
	t.Helper()
	command := map[string]any{"command": "start", "tls": map[string]string{"cert": p.authority.server[0], "key": p.authority.server[1], "ca": p.authority.pem()}}
	maps.Copy(command, options)
	made := &tenant{program: p}
	if err := p.ask(command, made); err != nil {
		t.Fatal(err)
	}
	return made
}

// launch starts the process; its end of standard input is what ends it, so that
// it does not outlive the tests, however they end.
func (p *program) launch() error {
	interpreter := "node"
	if p.file == authlib {
		interpreter = python()
	}
	cmd := exec.Command(interpreter, p.file)
	cmd.Stderr = &p.said
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return p.absent(err)
	}
	p.lines = bufio.NewReader(stdout)
	p.t.Cleanup(func() {
		_ = p.stdin.Close()
		// Not for the process, which is quick, but for a machine that is not.
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			p.t.Errorf("%s did not end by itself, and well, when its standard input closed: %v", p.file, err)
		}
		kill.Stop()
		if p.t.Failed() {
			p.t.Logf("%s said:\n%s", p.file, p.said.String())
		}
	})
	return nil
}

// absent explains a program that does not run.
func (p *program) absent(err error) error {
	needs := "Node, and npm ci in this folder"
	if p.file == authlib {
		needs = "Python 3 with Authlib and Flask (Debian: python3-authlib and python3-flask; PYTHON names another interpreter)"
	}
	return fmt.Errorf("%s does not run; it needs %s: %w", p.file, needs, err)
}

// python is the system's, which has its packages, unless PYTHON names another.
func python() string {
	if named := os.Getenv("PYTHON"); named != "" {
		return named
	}
	return "/usr/bin/python3"
}

// ask sends a command and decodes its result.
func (p *program) ask(command map[string]any, result any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started {
		if err := p.launch(); err != nil {
			return err
		}
		p.started = true
	}
	raw, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := p.stdin.Write(append(raw, '\n')); err != nil {
		return p.absent(err)
	}
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		return p.absent(err)
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("%s: %v: %s", p.file, command["command"], answer.Error)
	}
	return json.Unmarshal(answer.Result, result)
}

func (s *tenant) clients() ([]map[string]any, error) {
	var clients []map[string]any
	return clients, s.ask(map[string]any{"command": "clients", "tenant": s.ID}, &clients)
}

func (s *tenant) edit(id string, patch map[string]any) error {
	return s.order(map[string]any{"command": "edit", "client_id": id, "patch": patch})
}

func (s *tenant) lose() error { return s.order(map[string]any{"command": "lose"}) }

func (s *tenant) wait(seconds int) error {
	return s.order(map[string]any{"command": "wait", "seconds": seconds})
}

func (s *tenant) order(command map[string]any) error {
	command["tenant"] = s.ID
	var done bool
	if err := s.ask(command, &done); err != nil || done {
		return err
	}
	return errors.New("the server did not do it")
}

func (s *tenant) count(method string) (int, error) {
	var requests []string
	err := s.ask(map[string]any{"command": "requests", "tenant": s.ID}, &requests)
	n := 0
	for _, r := range requests {
		if r == method {
			n++
		}
	}
	return n, err
}
