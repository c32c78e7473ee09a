package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

const (
	ours    = "dcr"
	floor   = "floor"
	wide    = "wide"
	builtin = "terraform_data"
)

// subjects are what is measured.
func subjects() []string { return []string{ours, floor, wide, builtin} }

// steps are what is done with each, in this order.
func steps() []string { return []string{"create", "refresh", "update", "destroy"} }

// bench has the binaries, and where everything is.
type bench struct {
	folder, cli string
	sizes       map[string]int64
	// attributes are how many dcr_client has, and so the wide floor.
	attributes int
}

// setting is one combination.
type setting struct {
	N           int           `json:"n"`
	Latency     time.Duration `json:"latency_ns"`
	Parallelism int           `json:"parallelism"`
}

// result is what one step took.
type result struct {
	Subject string        `json:"subject"`
	Step    string        `json:"step"`
	Wall    time.Duration `json:"wall_ns"`
	CPU     time.Duration `json:"provider_cpu_ns"`
	// Terraform is the processor time of Terraform itself, which grows with the attributes of a schema, whoever serves it.
	Terraform   time.Duration  `json:"terraform_cpu_ns"`
	RSS         int64          `json:"provider_rss_bytes"`
	Requests    map[string]int `json:"requests"`
	Connections int            `json:"connections"`
}

// terraform runs a command in a folder, and returns the processor time of all of it.
func (b *bench) terraform(folder string, arguments ...string) (time.Duration, error) {
	cmd := exec.CommandContext(context.Background(), b.cli, append(arguments, "-no-color")...) //nolint:gosec // The user's choice.
	cmd.Dir = folder
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "DCR_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "TF_CLI_CONFIG_FILE="+filepath.Join(b.folder, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", usageFile+"="+filepath.Join(b.folder, "usage"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		text := out.String()
		return 0, fmt.Errorf("%s %s: %w\n%s", b.cli, strings.Join(arguments, " "), err, text[max(0, len(text)-2000):])
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// compare does everything with each subject in turns, beginning with another one each time.
func (b *bench) compare(s setting, repeat int) ([]result, error) {
	var all []result
	for turn := range repeat {
		for i := range subjects() {
			subject := subjects()[(i+turn)%len(subjects())]
			fmt.Fprintf(os.Stderr, "%d clients, latency %s, parallelism %d: %s, %d of %d\n", s.N, s.Latency, s.Parallelism, subject, turn+1, repeat)
			results, err := b.life(s, subject)
			if err != nil {
				return nil, err
			}
			all = append(all, results...)
		}
	}
	return all, nil
}

// life is all steps of one subject, with a server and a state of its own.
func (b *bench) life(s setting, subject string) ([]result, error) {
	sb, err := sandbox.Start(sandbox.Options{Latency: s.Latency, Servers: []sandbox.Temper{{Name: "bank", NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateNever, AllowSecondRegistration: true}}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = sb.Close() }() // What it held is not needed any more.
	states := backend()
	defer states.Close()
	folder, err := os.MkdirTemp(b.folder, subject+"-")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte(configuration(sb, subject, states.URL, s.N)), 0o600); err != nil {
		return nil, err
	}
	if _, err := b.terraform(folder, "init"); err != nil {
		return nil, err
	}
	parallel := fmt.Sprintf("-parallelism=%d", s.Parallelism)
	commands := map[string][]string{
		"create": {"apply", "-auto-approve", parallel}, "refresh": {"plan", parallel},
		"update": {"apply", "-auto-approve", parallel, "-var", "client_name=Second"}, "destroy": {"destroy", "-auto-approve", parallel, "-var", "client_name=Second"},
	}
	var all []result
	for _, step := range steps() {
		r, err := b.step(sb, folder, subject, step, commands[step])
		if err != nil {
			return nil, err
		}
		if err := r.economical(s.N); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (b *bench) step(sb *sandbox.Sandbox, folder, subject, step string, arguments []string) (result, error) {
	sb.Reset()
	started := time.Now()
	all, err := b.terraform(folder, arguments...)
	if err != nil {
		return result{}, err
	}
	stats := sb.Stats()
	r := result{Subject: subject, Step: step, Wall: time.Since(started), Requests: stats.Routes, Connections: stats.Connections}
	taken, err := usages(filepath.Join(b.folder, "usage"))
	for _, u := range taken {
		r.CPU += u.CPU
		r.RSS = max(r.RSS, u.RSS)
	}
	r.Terraform = all - r.CPU
	if err == nil && len(taken) == 0 && subject != builtin {
		return r, fmt.Errorf("%s of %s: no process said what it took", step, subject)
	}
	return r, err
}

// economical holds this provider to the requests that a step needs: two for a
// registration, which is read back, and two for an update, which a refresh precedes
// and a reading follows.
func (r result) economical(n int) error {
	if r.Subject != ours {
		return nil
	}
	want := map[string]map[string]int{
		"create": {"POST /register": n, "GET /register/{client_id}": n}, "refresh": {"GET /register/{client_id}": n},
		"update": {"PUT /register/{client_id}": n, "GET /register/{client_id}": 2 * n}, "destroy": {"DELETE /register/{client_id}": n, "GET /register/{client_id}": n},
	}[r.Step]
	const discovery = "GET /.well-known/openid-configuration"
	for route, count := range r.Requests {
		if most := want[route]; count > most && (route != discovery || count > 2) {
			return fmt.Errorf("%s: %s was sent %d times, at most %d are needed: %v", r.Step, route, count, most, r.Requests)
		}
	}
	return nil
}

// starts is what a process takes that serves the schema and nothing else: medians of processor time.
func (b *bench) starts() (map[string]time.Duration, error) {
	sb, err := sandbox.Start(sandbox.Options{Servers: []sandbox.Temper{{Name: "bank"}}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = sb.Close() }() // Nothing was asked of it.
	out := map[string]time.Duration{}
	for _, subject := range []string{ours, floor} {
		folder, err := os.MkdirTemp(b.folder, "start-")
		if err != nil {
			return nil, err
		}
		states := backend()
		config := configuration(sb, subject, states.URL, 1)
		states.Close()
		config = strings.Replace(config, "backend \"http\"", "backend \"local\"", 1)
		config = strings.Replace(config, "address = \""+states.URL+"/"+subject+"\"", "", 1)
		if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte(config), 0o600); err != nil {
			return nil, err
		}
		if _, err := b.terraform(folder, "init"); err != nil {
			return nil, err
		}
		var times []time.Duration
		for range 9 {
			if _, err := b.terraform(folder, "providers", "schema", "-json"); err != nil {
				return nil, err
			}
			taken, err := usages(filepath.Join(b.folder, "usage"))
			if err != nil {
				return nil, err
			}
			for _, u := range taken {
				times = append(times, u.CPU)
			}
		}
		slices.Sort(times)
		out[subject] = times[len(times)/2]
	}
	return out, nil
}
