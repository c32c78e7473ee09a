package acctest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Golden compares text with what is kept in testdata under the package of the
// test. `go test ./the/package -args update` writes it anew.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if slices.Contains(os.Args, "update") {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file) //nolint:gosec // A name the test gives.
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was; if it is better now, run go test with -args update and read the difference.\ngot:\n%s", file, got)
	}
}
