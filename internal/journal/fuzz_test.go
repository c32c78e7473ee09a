package journal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzEntry reads files that somebody or something has changed: an error says
// which file it is and quotes nothing of it, and what is read is kept when written.
func FuzzEntry(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"client_id":"one","client_secret":"hide-me-please","registration_access_token":"hide-me-too-please"}`, `{"client_id":1}`,
		`{"client_id":"one"} x`, `{"sent_at":"yesterday","client_secret":"hide-me-please"}`, `{"run":"a","endpoint":"https://a","request":"b","metadata":{"a":[1e400]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		folder := t.TempDir()
		const name = "registration-0000.json"
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		j := Open(folder, "run")
		entry, err := j.read(name)
		if err != nil {
			if !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hide-me") {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if err := j.write(entry); err != nil {
			t.Fatal(err)
		}
		again, err := j.read(name)
		first, errFirst := json.Marshal(entry)
		second, errSecond := json.Marshal(again)
		if err != nil || errFirst != nil || errSecond != nil || string(first) != string(second) {
			t.Errorf("%s is %s when read again (%v)", first, second, err)
		}
	})
}
