package fw

import (
	"encoding/json"
	"testing"
)

// FuzzSameJSON: every value is the same as itself, and sameness goes both ways.
func FuzzSameJSON(f *testing.F) {
	for _, seed := range [][2]string{{`1`, `1.0`}, {`["a","b"]`, `["b","a"]`}, {`{}`, `null`}, {`9007199254740993`, `9007199254740992`}, {`{"a":1e400}`, `{"a":2}`}, {`[1,"1"]`, `["1",1]`}, {`"\u00e9"`, `"é"`}} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if !json.Valid(a) || !json.Valid(b) {
			return
		}
		if !SameJSON(a, a) {
			t.Errorf("%s is not the same as itself", a)
		}
		if SameJSON(a, b) != SameJSON(b, a) {
			t.Errorf("%s and %s are the same one way only", a, b)
		}
	})
}
