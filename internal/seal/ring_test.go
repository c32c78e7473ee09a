package seal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func jwkOf(t *testing.T, k any) string {
	t.Helper()
	text, err := jose.JSONWebKey{Key: k, KeyID: "users-own"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func symmetric(t *testing.T) string {
	t.Helper()
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func ring(t *testing.T, current string, previous ...string) *Ring {
	t.Helper()
	r, err := New(current, previous...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRoundTrip seals with keys of every kind, and opens in another process.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	plain := symmetric(t)
	raw, _ := base64.StdEncoding.DecodeString(plain)
	for name, c := range map[string]struct{ seals, opens, alg string }{
		"base64":      {plain, plain, "dir"},
		"base64url":   {base64.RawURLEncoding.EncodeToString(raw), " " + plain + "\n", "dir"},
		"oct":         {jwkOf(t, raw), plain, "dir"},
		"EC private":  {jwkOf(t, ec), jwkOf(t, ec), "ECDH-ES"},
		"EC public":   {jwkOf(t, &ec.PublicKey), jwkOf(t, ec), "ECDH-ES"},
		"RSA private": {jwkOf(t, rsaKey), jwkOf(t, rsaKey), "RSA-OAEP-256"},
		"RSA public":  {jwkOf(t, &rsaKey.PublicKey), jwkOf(t, rsaKey), "RSA-OAEP-256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := ring(t, c.seals)
			sealed, err := r.Seal("a secret")
			if err != nil {
				t.Fatal(err)
			}
			if !Is(sealed) || !In([]byte("x"+sealed)) || !r.Current(sealed) || strings.Contains(sealed, "secret") || KeyID(sealed) != r.KeyIDs()[0] {
				t.Fatalf("sealed is %s", sealed)
			}
			if again, _ := r.Seal(sealed); again != sealed {
				t.Error("a sealed value is sealed twice")
			}
			if opened, err := r.Open(sealed); err != nil || opened != "a secret" {
				t.Errorf("the process that sealed it opens %q, %v", opened, err)
			}
			other := ring(t, c.opens)
			if opened, err := other.Open(sealed); err != nil || opened != "a secret" {
				t.Errorf("another opens %q, %v", opened, err)
			}
			// An independent reader of the standard reads it, too.
			object, err := jose.ParseEncryptedCompact(sealed, []jose.KeyAlgorithm{jose.KeyAlgorithm(c.alg)}, []jose.ContentEncryption{jose.A256GCM})
			if err != nil || object.Header.Algorithm != c.alg {
				t.Errorf("the algorithm is %v, %v", object, err)
			}
			if strings.Contains(name, "public") {
				if _, err := ring(t, c.seals).Open(sealed); !errors.Is(err, ErrPublicOnly) {
					t.Errorf("the public part opens with %v", err)
				}
			}
			at := len(sealed) - 30
			changed := sealed[:at] + string(sealed[at]^1) + sealed[at+1:]
			if _, err := other.Open(changed); !errors.Is(err, ErrBroken) {
				t.Errorf("a changed value opens with %v", err)
			}
		})
	}
}

// TestRotation opens what earlier keys sealed, and knows that it is to be sealed anew.
func TestRotation(t *testing.T) {
	t.Parallel()
	old, now := symmetric(t), symmetric(t)
	sealed, err := ring(t, old).Seal("x")
	if err != nil {
		t.Fatal(err)
	}
	r := ring(t, now, old)
	if opened, err := r.Open(sealed); err != nil || opened != "x" || r.Current(sealed) || r.Current("x") {
		t.Errorf("opened %q, %v; current %v, %v", opened, err, r.Current(sealed), r.Current("x"))
	}
	off := ring(t, "", old)
	if off.Seals() || off.Current(sealed) || !off.Current("x") {
		t.Error("a ring without a key that seals wants values sealed")
	}
	if same, err := off.Seal("x"); err != nil || same != "x" {
		t.Errorf("it seals %q, %v", same, err)
	}
	for name, r := range map[string]*Ring{"another key": ring(t, now), "no key": nil} {
		if _, err := r.Open(sealed); !errors.Is(err, ErrNoKey) {
			t.Errorf("%s opens with %v", name, err)
		}
		if opened, err := r.Open("x"); err != nil || opened != "x" {
			t.Errorf("%s: what is not sealed opens as %q, %v", name, opened, err)
		}
	}
	if none := ring(t, ""); none != nil || none.Seals() || len(none.KeyIDs()) > 0 {
		t.Error("no keys are no ring")
	}
}

// TestBadKeys are refused without being quoted.
func TestBadKeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"hunter2hunter2", base64.StdEncoding.EncodeToString(make([]byte, 16)), "{", `{"kty":"oct","k":"c2hvcnQ"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "-----BEGIN PRIVATE KEY-----"} {
		_, err := New(text)
		if err == nil || strings.Contains(err.Error(), text) && len(text) > 3 || !strings.Contains(err.Error(), "openssl rand") {
			t.Errorf("%q gives %v", text, err)
		}
		var previous *PreviousError
		if _, err := New("", symmetric(t), text); !errors.As(err, &previous) || previous.Index != 1 {
			t.Errorf("as the second earlier key it gives %v", err)
		}
	}
}

// TestForeign JOSE objects are not sealed values.
func TestForeign(t *testing.T) {
	t.Parallel()
	encode := base64.RawURLEncoding.EncodeToString
	for _, text := range []string{"", "a.b.c.d.e", "eyJhbGciOi", encode([]byte(`{"alg":"dir","enc":"A256GCM"}`)) + "....", encode([]byte(`{"alg":"RS256","typ":"dcr-sealed"}`)) + ".a.b",
		encode([]byte(`{"alg":"`+strings.Repeat("x", 9000)+`","typ":"dcr-sealed"}`)) + "...."} {
		if In([]byte(encode([]byte(`{"alg":"PS256","kid":"x"}`))+".a.b")) || Is(text) || KeyID(text) != "" {
			t.Errorf("%.40q is taken for a sealed value", text)
		}
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := ring(t, symmetric(t))
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sealed, err := r.Seal("x")
			if err != nil {
				t.Error(err)
			}
			if opened, err := r.Open(sealed); err != nil || opened != "x" {
				t.Error(opened, err)
			}
		}()
	}
	wg.Wait()
}
