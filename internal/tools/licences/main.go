// Command licences reads the licence of every module that is linked into the programs that are released, on every
// system they are released for, and fails if one may not be there. It needs no network once the modules are in the
// module cache. Its argument is the root of the repository.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// module is a module that is linked, and the folders of its packages that are, relative to its own.
type module struct {
	Path, Version, Dir string
	folders            map[string]bool
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	if len(arguments) != 1 {
		return errors.New("the argument is the root of the repository")
	}
	modules := map[string]*module{}
	for _, system := range []string{"darwin", "freebsd", "linux", "windows"} {
		if err := linked(ctx, arguments[0], system, modules); err != nil {
			return err
		}
	}
	var refused []string
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		found, err := licences(os.DirFS(m.Dir), slices.Sorted(maps.Keys(m.folders)))
		if err != nil {
			refused = append(refused, strings.TrimSpace(path+" "+m.Version)+": "+err.Error())
			continue
		}
		if _, err := fmt.Fprintf(out, "%-24s %s %s\n", strings.Join(found, ", "), path, m.Version); err != nil {
			return fmt.Errorf("list: %w", err)
		}
	}
	if len(refused) > 0 {
		return fmt.Errorf("%d of %d modules may not be released:\n  %s\nRemove the dependency, or have the licence judged and add it to allowed",
			len(refused), len(modules), strings.Join(refused, "\n  "))
	}
	return nil
}

// linked adds the modules that are linked on a system. The race detector and tests link more, and are not released.
func linked(ctx context.Context, root, system string, modules map[string]*module) error {
	command := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Module", ".", "./internal/sandbox/cmd/dcr-sandbox")
	command.Dir, command.Stderr = root, os.Stderr
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH=amd64")
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("go list for %s: %w", system, err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var found struct {
			Dir    string
			Module *module
		}
		if err := decoder.Decode(&found); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("go list for %s: %w", system, err)
		}
		if found.Module == nil { // The standard library, which comes with Go.
			continue
		}
		m := modules[found.Module.Path]
		if m == nil {
			m = found.Module
			m.folders = map[string]bool{}
			modules[m.Path] = m
		}
		folder, err := filepath.Rel(m.Dir, found.Dir)
		if err != nil {
			return fmt.Errorf("%s is outside of its module: %w", found.Dir, err)
		}
		m.folders[filepath.ToSlash(folder)] = true
	}
}
