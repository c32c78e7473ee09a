//go:build snapshot

package release_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const dist = "../../dist"

// build is what goreleaser says of dist, which the commit is asked for too.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	date    time.Time
}

func load(t *testing.T) build {
	t.Helper()
	var b build
	if err := json.Unmarshal(read(t, filepath.Join(dist, "metadata.json")), &b); err != nil {
		t.Fatal(err)
	}
	date, err := time.Parse(time.RFC3339, strings.TrimSpace(string(run(t, "..", nil, "git", "show", "-s", "--format=%cI", b.Commit))))
	if err != nil {
		t.Fatal(err)
	}
	b.date = date
	return b
}

// toolchain is the Go that .ci/release compiles with, whatever runs this test.
func toolchain(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile(`GOTOOLCHAIN=(go[0-9.]+)`).FindSubmatch(read(t, "../../.ci/release"))
	if match == nil {
		t.Fatal(".ci/release names no GOTOOLCHAIN")
	}
	return string(match[1])
}

func (b build) snapshot() bool { return strings.Contains(b.Version, "-snapshot.g"+b.Commit[:12]) }

// platforms are the ones that are promised, as os_arch.
func platforms() []string {
	return []string{
		"darwin_amd64", "darwin_arm64", "freebsd_386", "freebsd_amd64", "freebsd_arm", "freebsd_arm64",
		"linux_386", "linux_amd64", "linux_arm", "linux_arm64", "windows_386", "windows_amd64", "windows_arm64",
	}
}

// names are those of an archive or a bill of materials for every platform.
func (b build) names(program, extension string) []string {
	var out []string
	for _, platform := range platforms() {
		out = append(out, program+"_"+b.Version+"_"+platform+extension)
	}
	return out
}

func (b build) registry() string { return "terraform-provider-dcr_" + b.Version }

// summed are the files that each checksum file has to list, and no others.
func (b build) summed() map[string][]string {
	return map[string][]string{
		b.registry() + "_SHA256SUMS": append(b.names("terraform-provider-dcr", ".zip"), b.registry()+"_manifest.json"),
		"dcr-others_" + b.Version + "_SHA256SUMS": slices.Concat(
			b.names("dcr-sandbox", ".zip"), b.names("dcr-sandbox", ".cdx.json"), b.names("terraform-provider-dcr", ".cdx.json")),
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// run runs a program and returns what it printed; it must succeed.
func run(t *testing.T, folder string, environment []string, name string, arguments ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), environment...)
	var stdout, all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &tee{&stdout, &all}, &all
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, all.Bytes())
	}
	return stdout.Bytes()
}

// tee keeps standard output apart and in its place among the rest.
type tee struct{ own, all *bytes.Buffer }

func (w *tee) Write(data []byte) (int, error) {
	w.all.Write(data)
	return w.own.Write(data)
}

func sum(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

// TestTheCommit: what is checked is the commit that is checked out.
func TestTheCommit(t *testing.T) {
	t.Parallel()
	b := load(t)
	if head := strings.TrimSpace(string(run(t, "..", nil, "git", "rev-parse", "HEAD"))); head != b.Commit {
		t.Fatalf("dist is of %s, HEAD is %s: run make snapshot", b.Commit, head)
	}
	if changed := run(t, "..", nil, "git", "status", "--porcelain"); len(changed) > 0 {
		t.Errorf("dist may hold what no commit has:\n%s", changed)
	}
	if tags := string(run(t, "..", nil, "git", "tag", "--points-at", b.Commit)); !b.snapshot() && !strings.Contains(tags, "v"+b.Version) {
		t.Errorf("version %s is neither a snapshot of %s nor one of its tags %q", b.Version, b.Commit, tags)
	}
}

// TestFiles: everything that is promised is there, and nothing else.
func TestFiles(t *testing.T) {
	t.Parallel()
	b := load(t)
	want := []string{"artifacts.json", "config.yaml", "metadata.json"} // Goreleaser's own.
	for file, listed := range b.summed() {
		want = append(append(want, listed...), file)
		if os.Getenv("GPG_FINGERPRINT") != "" {
			want = append(want, file+".sig")
		}
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		if !entry.IsDir() {
			got = append(got, entry.Name())
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("dist holds\n%s\ninstead of\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestChecksums: a registry refuses a release whose checksums name what it does not take.
func TestChecksums(t *testing.T) {
	t.Parallel()
	for file, want := range load(t).summed() {
		var got []string
		for line := range strings.Lines(string(read(t, filepath.Join(dist, file)))) {
			hash, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			if !found {
				t.Fatalf("%s: odd line %q", file, line)
			}
			got = append(got, name)
			if found := sum(read(t, filepath.Join(dist, filepath.Base(name)))); found != hash {
				t.Errorf("%s: %s has the checksum %s, not %s", file, name, found, hash)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s lists\n%s\ninstead of\n%s", file, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestSignatures: both checksum files are signed by the key that was asked for, or none by any.
func TestSignatures(t *testing.T) {
	t.Parallel()
	fingerprint := os.Getenv("GPG_FINGERPRINT")
	for file := range load(t).summed() {
		signature := filepath.Join(dist, file+".sig")
		if fingerprint == "" {
			if _, err := os.Stat(signature); err == nil {
				t.Errorf("%s is there without GPG_FINGERPRINT", signature)
			}
			continue
		}
		status := string(run(t, ".", nil, "gpg", "--batch", "--status-fd", "1", "--verify", signature, filepath.Join(dist, file)))
		_, valid, _ := strings.Cut(status, "[GNUPG:] VALIDSIG ") // The key that signed, and at the end the one it belongs to.
		if line, _, _ := strings.Cut(valid, "\n"); !slices.Contains(strings.Fields(line), fingerprint) {
			t.Errorf("%s is not of %s:\n%s", signature, fingerprint, status)
		}
	}
}

// TestManifest: the registry reads the protocol version from it.
func TestManifest(t *testing.T) {
	t.Parallel()
	b := load(t)
	var manifest struct {
		Version  int `json:"version"`
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(read(t, filepath.Join(dist, b.registry()+"_manifest.json")), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Version != 1 || !slices.Equal(manifest.Metadata.ProtocolVersions, []string{"6.0"}) {
		t.Errorf("manifest %+v", manifest)
	}
}
