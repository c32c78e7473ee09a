//go:build snapshot

package release_test

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// program is one of the two that are released.
type program struct{ name, binary, path string }

func (b build) programs() []program {
	const module = "github.com/dcr-onboarding/terraform-provider-dcr"
	return []program{
		{"terraform-provider-dcr", "terraform-provider-dcr_v" + b.Version, module},
		{"dcr-sandbox", "dcr-sandbox", module + "/internal/sandbox/cmd/dcr-sandbox"},
	}
}

// file is a file of an archive.
type file struct {
	fs.FileInfo
	content []byte
}

func unpack(t *testing.T, path string) map[string]file {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	out := map[string]file{}
	for _, entry := range archive.File {
		reader, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[entry.Name]; twice {
			t.Errorf("%s: %s is there twice", path, entry.Name)
		}
		out[entry.Name] = file{entry.FileInfo(), content}
	}
	return out
}

// eachArchive runs a test of every archive with the name of its binary.
func eachArchive(t *testing.T, test func(t *testing.T, b build, p program, platform, binary string, files map[string]file)) {
	t.Helper()
	b := load(t)
	for _, p := range b.programs() {
		for _, platform := range platforms() {
			t.Run(p.name+"_"+platform, func(t *testing.T) {
				t.Parallel()
				binary := p.binary
				if strings.HasPrefix(platform, "windows_") {
					binary += ".exe"
				}
				test(t, b, p, platform, binary, unpack(t, filepath.Join(dist, p.name+"_"+b.Version+"_"+platform+".zip")))
			})
		}
	}
}

// TestArchives: the binary, licence and changes of the commit, and nothing else; nothing tells when or by whom it was packed.
func TestArchives(t *testing.T) {
	t.Parallel()
	eachArchive(t, func(t *testing.T, b build, _ program, _, binary string, files map[string]file) {
		want := map[string]fs.FileMode{binary: 0o755, "LICENSE": 0o644, "CHANGELOG.md": 0o644}
		for name, mode := range want {
			got, found := files[name]
			switch {
			case !found:
				t.Errorf("%s is missing", name)
			case got.Mode() != mode:
				t.Errorf("%s has mode %v, not %v", name, got.Mode(), mode)
			case !got.ModTime().Equal(b.date):
				t.Errorf("%s is of %v, not of the commit's time %v", name, got.ModTime(), b.date)
			case name != binary && !bytes.Equal(got.content, run(t, "../..", nil, "git", "show", b.Commit+":"+name)):
				t.Errorf("%s is not that of the commit", name)
			}
		}
		for name := range files {
			if _, wanted := want[name]; !wanted {
				t.Errorf("%s does not belong into the archive", name)
			}
		}
	})
}

// TestBinaries: each is for its platform and of one compiler, and knows nothing of the folder it was built in.
func TestBinaries(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	compiler := toolchain(t)
	eachArchive(t, func(t *testing.T, b build, p program, platform, binary string, files map[string]file) {
		content := files[binary].content
		info, err := buildinfo.Read(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, setting := range info.Settings {
			got[setting.Key] = setting.Value
		}
		system, architecture, _ := strings.Cut(platform, "_")
		for key, want := range map[string]string{"GOOS": system, "GOARCH": architecture, "CGO_ENABLED": "0", "-trimpath": "true", "vcs.revision": ""} {
			if got[key] != want {
				t.Errorf("%s is %q, not %q", key, got[key], want)
			}
		}
		if info.GoVersion != compiler || info.Path != p.path {
			t.Errorf("of %s with %s, not of %s with %s", info.Path, info.GoVersion, p.path, compiler)
		}
		for text, want := range map[string]bool{b.Commit: true, b.Version: true, folder: false} {
			if bytes.Contains(content, []byte(text)) != want {
				t.Errorf("the binary contains %q: %v", text, !want)
			}
		}
	})
}

// TestBillsOfMaterials: each is of the binary in the archive beside it, and lists every module that was linked.
func TestBillsOfMaterials(t *testing.T) {
	t.Parallel()
	eachArchive(t, func(t *testing.T, b build, p program, platform, binary string, files map[string]file) {
		var bill struct {
			Format   string `json:"bomFormat"`
			Metadata struct {
				Component  struct{ Version string }
				Properties []struct{ Name, Value string }
			}
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(read(t, filepath.Join(dist, p.name+"_"+b.Version+"_"+platform+".cdx.json")), &bill); err != nil {
			t.Fatal(err)
		}
		hash := ""
		for _, property := range bill.Metadata.Properties {
			if property.Name == "cdx:gomod:binary:hash:SHA-256" {
				hash = property.Value
			}
		}
		if bill.Format != "CycloneDX" || bill.Metadata.Component.Version != "v"+b.Version || hash != sum(files[binary].content) {
			t.Errorf("a bill in %q of %q, of a binary with the checksum %q", bill.Format, bill.Metadata.Component.Version, hash)
		}
		listed := map[string]string{}
		for _, component := range bill.Components {
			listed[component.Name] = component.Version
		}
		info, err := buildinfo.Read(bytes.NewReader(files[binary].content))
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range info.Deps {
			if listed[module.Path] != module.Version {
				t.Errorf("%s %s is linked; listed is %q", module.Path, module.Version, listed[module.Path])
			}
		}
		if len(listed) != len(info.Deps)+1 || listed["std"] == "" {
			t.Errorf("%d modules and the standard library are linked; listed are %v", len(info.Deps), listed)
		}
		if p.name == "terraform-provider-dcr" && listed["github.com/hashicorp/terraform-plugin-framework"] == "" {
			t.Error("the plugin framework is not listed")
		}
	})
}
