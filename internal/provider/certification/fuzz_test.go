package certification

import "testing"

// FuzzImportID: an import ID that is taken is the two parts it is made of.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"", "a/b", "a/", "/b", "a/b/c", "a", "//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if application, certification, ok := parseImportID(id); ok && (application == "" || certification == "" || application+"/"+certification != id) {
			t.Errorf("%q is %q and %q", id, application, certification)
		}
	})
}
