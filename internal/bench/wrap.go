package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// usageFile is the variable that tells where usages go; Terraform hands it on to its providers.
const usageFile = "DCR_BENCH_USAGE"

// usage is what one process of a provider took.
type usage struct {
	Provider string `json:"provider"`
	// CPU is user and system time, in nanoseconds; RSS the most memory it had, in bytes.
	CPU time.Duration `json:"cpu"`
	RSS int64         `json:"rss"`
}

// wrap stands in for a provider, whose name this program then has: it runs the real
// one beside it, and writes down what that took.
func wrap() (wrapped bool, code int) {
	name, found := strings.CutPrefix(filepath.Base(os.Args[0]), "terraform-provider-")
	if !found {
		return false, 0
	}
	name, _, _ = strings.Cut(name, "_")
	self, err := os.Executable()
	if err != nil {
		return true, fail(err)
	}
	cmd := exec.Command(filepath.Join(filepath.Dir(self), "real-"+name)) //nolint:gosec,noctx // Put there by build; it ends when Terraform says so.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return true, fail(err)
	}
	if err := note(name, cmd.ProcessState); err != nil {
		return true, fail(err)
	}
	return true, cmd.ProcessState.ExitCode()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 1
}

func note(name string, state *os.ProcessState) error {
	u := usage{Provider: name, CPU: state.UserTime() + state.SystemTime()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.RSS = r.Maxrss * 1024 // Linux counts kilobytes.
	}
	line, err := json.Marshal(u)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(os.Getenv(usageFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // Named by the run that started this.
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // The write is what may fail.
	_, err = file.Write(append(line, '\n'))
	return err
}

// usages reads what was noted, and forgets it.
func usages(file string) ([]usage, error) {
	opened, err := os.Open(file) //nolint:gosec // In the folder of this run.
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }() // It is only read.
	var all []usage
	for lines := bufio.NewScanner(opened); lines.Scan(); {
		var u usage
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, os.Remove(file)
}
