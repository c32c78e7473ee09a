//go:build browser

package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is a headless Chromium with one page, driven over the pipe of its DevTools protocol.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *os.File
	lines   *bufio.Reader
	session string
	calls   int
	events  []message
}

// message is what the browser writes: an answer when it has an ID, an event otherwise.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && name != "" {
			return path
		}
	}
	t.Fatal("there is no browser: install Chromium (Debian: apt-get install chromium), or name one in CHROMIUM")
	return ""
}

// openBrowser starts Chromium, which ends with the test. Names below rebound.example lead to this machine.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	hear, from := pipe(t)
	to, say := pipe(t)
	b := &browser{t: t, to: say, from: hear, lines: bufio.NewReader(hear)}
	command := exec.CommandContext(t.Context(), chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server",
		"--host-resolver-rules=MAP rebound.example 127.0.0.1", "--user-data-dir="+filepath.Join(t.TempDir(), "profile"), "--remote-debugging-pipe", "about:blank")
	command.ExtraFiles = []*os.File{to, from} // They become the descriptors 3 and 4.
	// All processes of the browser hold its stderr, so Wait returns when the last one has let go of the profile, too.
	command.Stderr, command.WaitDelay = &strings.Builder{}, 10*time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// How a browser ends that was told to is its own business; it hangs up when it has.
		_, _ = say.WriteString(`{"id":0,"method":"Browser.close"}` + "\x00")
		_, _ = io.Copy(io.Discard, b.lines)
		_ = command.Wait()
	})
	_, _ = to.Close(), from.Close()
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network", "Accessibility"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = read.Close(), write.Close() })
	return read, write
}

// call sends a command and waits for its answer.
func (b *browser) call(method string, parameters, into any) {
	b.t.Helper()
	b.calls++
	request := map[string]any{"id": b.calls, "method": method}
	if parameters != nil {
		request["params"] = parameters
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	data, err := json.Marshal(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(data, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		read := b.read()
		switch {
		case read.ID != b.calls:
			b.events = append(b.events, read)
		case read.Error != nil:
			b.t.Fatalf("%s: %s", method, read.Error)
		case into == nil:
			return
		default:
			if err := json.Unmarshal(read.Result, into); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
			return
		}
	}
}

func (b *browser) read() message {
	b.t.Helper()
	if err := b.from.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		b.t.Fatal(err)
	}
	data, err := b.lines.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser says no more: %v", err)
	}
	var read message
	if err := json.Unmarshal(data[:len(data)-1], &read); err != nil {
		b.t.Fatal(err)
	}
	return read
}

// open shows a page and returns when it is loaded.
func (b *browser) open(url string) {
	b.t.Helper()
	b.events = nil
	var shown struct{ ErrorText string }
	b.call("Page.navigate", map[string]any{"url": url}, &shown)
	if shown.ErrorText != "" {
		b.t.Fatalf("%s: %s", url, shown.ErrorText)
	}
	for len(b.seen("Page.loadEventFired")) == 0 {
		b.events = append(b.events, b.read())
	}
}

// seen are the parameters of the events of a kind since the page was opened.
func (b *browser) seen(method string) []string {
	var out []string
	for _, event := range b.events {
		if event.Method == method {
			out = append(out, string(event.Params))
		}
	}
	return out
}

// evaluate runs an expression in the page, awaiting promises.
func (b *browser) evaluate(expression string, into any) {
	b.t.Helper()
	var done struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &done)
	if done.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, done.ExceptionDetails)
	}
	if err := json.Unmarshal(done.Result.Value, into); err != nil {
		b.t.Fatalf("%s: %v: %s", expression, err, done.Result.Value)
	}
}

// resize makes the page so wide and light or dark.
func (b *browser) resize(width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// roles counts the page's nodes by the role that assistive technology is told.
func (b *browser) roles() map[string]int {
	b.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored bool
			Role    struct{ Value string }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	out := map[string]int{}
	for _, node := range tree.Nodes {
		if !node.Ignored {
			out[node.Role.Value]++
		}
	}
	return out
}

// screenshot keeps a picture of the whole page among the artifacts of the test (go test -artifacts).
func (b *browser) screenshot(name string) {
	b.t.Helper()
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
	file, err := os.Create(filepath.Join(b.t.ArtifactDir(), name))
	if err != nil {
		b.t.Fatal(err)
	}
	size, err := io.Copy(file, base64.NewDecoder(base64.StdEncoding, strings.NewReader(shot.Data)))
	if err != nil || size < 1000 || file.Close() != nil {
		b.t.Fatalf("%s: %d bytes, %v", name, size, err)
	}
}
