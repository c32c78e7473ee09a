package seal

import (
	"strings"
	"testing"
)

const fuzzKey = "a2V5IHRvIHNlYWwgdGhlIHN0YXRlcyBvZiB0ZXN0cyE="

// FuzzOpen: what is not sealed comes back as it is; what looks sealed opens or fails with one of the errors, which quote nothing.
func FuzzOpen(f *testing.F) {
	ring, err := New(fuzzKey)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := ring.Seal("hide-me-please")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "plain", "a.b.c.d.e", sealed, sealed[:len(sealed)-2], strings.Replace(sealed, "..", ".x.", 1), "eyJhbGciOiJkaXIifQ....", "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4R0NNIn0.a.b.c.d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ring, err := New(fuzzKey)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := ring.Open(text)
		switch {
		case err != nil && (plain != "" || len(text) > 30 && strings.Contains(err.Error(), text)):
			t.Errorf("%q, %v", plain, err)
		case err == nil && !Is(text) && plain != text:
			t.Errorf("%q opens to %q", text, plain)
		}
	})
}

// FuzzSeal: every value opens to itself, and to nothing once a character of it is another.
func FuzzSeal(f *testing.F) {
	for _, seed := range []string{"", "secret", "\x00\xff", strings.Repeat("long ", 500), "-----BEGIN PRIVATE KEY-----\n"} {
		f.Add(seed, uint(7))
	}
	f.Fuzz(func(t *testing.T, plain string, at uint) {
		writer, err := New(fuzzKey)
		if err != nil {
			t.Fatal(err)
		}
		if Is(plain) {
			return
		}
		sealed, err := writer.Seal(plain)
		if err != nil || !Is(sealed) {
			t.Fatalf("%q is sealed as %q, %v", plain, sealed, err)
		}
		reader, err := New(fuzzKey)
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := reader.Open(sealed); err != nil || opened != plain {
			t.Errorf("%q opens to %q, %v", plain, opened, err)
		}
		i := int(at % uint(len(sealed)))
		if sealed[i] == '.' {
			return
		}
		other := byte('A')
		if sealed[i] == 'A' {
			other = 'B'
		}
		changed := sealed[:i] + string(other) + sealed[i+1:]
		if opened, err := reader.Open(changed); err == nil && opened == plain && Is(changed) && !sameBits(sealed, i) {
			t.Errorf("with another character at %d it still opens", i)
		}
	})
}

// sameBits reports whether a character is the last of a part, some of whose bits mean nothing in base64.
func sameBits(sealed string, i int) bool {
	return i+1 == len(sealed) || sealed[i+1] == '.'
}
