package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// run runs Terraform on the example and returns its output and exit code.
func (s *stage) run(ctx context.Context, arguments ...string) (string, int, error) {
	shown := append([]string{filepath.Base(s.terraform)}, arguments...)
	command(shown...)
	options := []string{arguments[0], "-no-color"}
	if arguments[0] != "init" && arguments[0] != "output" {
		options = append(options, "-input=false")
	}
	arguments = append(options, arguments[1:]...)
	cmd := exec.CommandContext(ctx, s.terraform, arguments...) //nolint:gosec // The arguments are the demo's own.
	cmd.Dir = s.work
	cmd.Env = append(withoutTerraform(os.Environ()), "TF_CLI_CONFIG_FILE="+s.path("cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	cmd.Env = append(cmd.Env, s.env...)
	// An interrupt lets Terraform finish the request under way and write its state.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), exit.ExitCode(), nil
	}
	return out.String(), 0, err
}

// withoutTerraform drops variables that would change what the demo shows.
func withoutTerraform(environment []string) []string {
	var out []string
	for _, e := range environment {
		if !strings.HasPrefix(e, "TF_") && !strings.HasPrefix(e, "DCR_") {
			out = append(out, e)
		}
	}
	return out
}

// must runs Terraform and fails unless it exits with the wanted code.
func (s *stage) must(ctx context.Context, want int, arguments ...string) (string, error) {
	out, code, err := s.run(ctx, arguments...)
	if err != nil {
		return out, err
	}
	if code != want {
		quote(out)
		return out, fmt.Errorf("%s %s exited with %d, expected %d", filepath.Base(s.terraform), strings.Join(arguments, " "), code, want)
	}
	return out, nil
}

// apply applies without asking.
func (s *stage) apply(ctx context.Context) (string, error) {
	return s.must(ctx, 0, "apply", "-auto-approve")
}

// sealedError keeps the lines of an error that say what is wrong and what to do.
var sealedError = regexp.MustCompile(`Error: |is sealed with|Set sealing_key`)

// progress keeps the lines of an apply that say what was done.
func progress(output string) string {
	return keep(output, regexp.MustCompile(`(Creation|Modifications|Destruction) complete|^(Apply|Destroy) complete`))
}

// changes keeps the lines of a plan that say what would change, without the
// JSON documents that are only known after apply.
func changes(output string) string {
	var lines []string
	until := ""
	for line := range strings.SplitSeq(output, "\n") {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		switch {
		case until != "":
			if strings.HasPrefix(line, until+") ->") {
				until = ""
			}
		case strings.HasSuffix(line, "jsonencode("):
			until = indent + "  "
		default:
			lines = append(lines, line)
		}
	}
	return keep(strings.Join(lines, "\n"), regexp.MustCompile(`^  # \S+ (will|must)|^\s+[-+~] [a-z_]+ += .* -> |^\s+[-+~] "|^\s+~ redirect_uris|^Plan:|^No changes`))
}

func keep(output string, wanted *regexp.Regexp) string {
	var lines []string
	for line := range strings.SplitSeq(output, "\n") {
		if wanted.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
