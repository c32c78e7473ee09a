package certificate

import "testing"

// FuzzImportID: an import ID that is taken is the three parts it is made of.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"", "a/rtstransport/k", "a//k", "a/rtstransport/", "/rtstransport/k", "a/b/c/d", "a/../k", "a/RTS transport/k", "a/rtstransport/k\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		application, kind, key, ok := parseImportID(id)
		if !ok {
			return
		}
		if application == "" || kind == "" || key == "" || application+"/"+kind+"/"+key != id || !typeName().MatchString(kind) {
			t.Errorf("%q is %q, %q and %q", id, application, kind, key)
		}
	})
}
