package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const version = "0.1.0"

// build makes the providers as a release has them, and puts this program in front of each.
func (b *bench) build() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program, err := os.ReadFile(self) //nolint:gosec // This program.
	if err != nil {
		return err
	}
	b.sizes = map[string]int64{}
	for name, source := range map[string]string{ours: ".", floor: "./internal/bench/floor", wide: "./internal/bench/floor"} {
		folder := filepath.Join(b.folder, "mirror", "registry.terraform.io", "dcr-onboarding", name, version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return err
		}
		binary := filepath.Join(folder, "real-"+name)
		if _, err := run("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, source); err != nil {
			return err
		}
		info, err := os.Stat(binary)
		if err != nil {
			return err
		}
		b.sizes[name] = info.Size()
		if err := os.WriteFile(filepath.Join(folder, "terraform-provider-"+name+"_v"+version), program, 0o700); err != nil { //nolint:gosec // A program has to be executable.
			return err
		}
		if name != wide {
			continue
		}
		if b.attributes, err = describe(filepath.Join(folder, "schema.json")); err != nil {
			return err
		}
	}
	mirror := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(b.folder, "mirror"))
	return os.WriteFile(filepath.Join(b.folder, "cli.tfrc"), []byte(mirror), 0o600)
}

// describe writes the attributes of dcr_client where the wide floor looks for its own, and counts them.
func describe(file string) (int, error) {
	text, err := run("go", "run", "./internal/provider/schemas")
	if err != nil {
		return 0, err
	}
	var all struct {
		Providers map[string]struct {
			Resources map[string]struct {
				Block struct {
					Attributes map[string]json.RawMessage `json:"attributes"`
				} `json:"block"`
			} `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return 0, err
	}
	attributes := all.Providers[ours].Resources["dcr_client"].Block.Attributes
	described, err := json.Marshal(attributes)
	if err != nil {
		return 0, err
	}
	return len(attributes), os.WriteFile(file, described, 0o600)
}

// run runs a command of the toolchain in this repository, and returns what it printed.
func run(name string, arguments ...string) ([]byte, error) {
	cmd := exec.Command(name, arguments...) //nolint:gosec,noctx // Of this repository.
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, problems.Bytes())
	}
	return out.Bytes(), nil
}
