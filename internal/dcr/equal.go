package dcr

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Equal reports whether two values of a metadata member mean the same:
//   - null, "", [] and {} are all absent, and an array of one is its element;
//   - arrays of strings are sets, but for default_acr_values, whose order counts;
//   - scope, and each response type, is a set of words;
//   - URLs compare normalised, numbers by value, and key sets key by key.
func Equal(name string, a, b json.RawMessage) bool {
	if bytes.Equal(bytes.TrimSpace(a), bytes.TrimSpace(b)) {
		return true
	}
	x, y := value(a), value(b)
	if name == "jwks" {
		x, y = withoutEmptyKeys(x), withoutEmptyKeys(y)
	}
	if absent(x) || absent(y) {
		return absent(x) && absent(y)
	}
	switch textually := textual(x) && textual(y); {
	case name == "jwks":
		return sameSet(keys(a), keys(b))
	case !textually:
		return same(x, y)
	case name == "scope":
		return sameSet(words(x), words(y))
	case name == "default_acr_values":
		// In order of preference (OpenID Connect Dynamic Client Registration 1.0 §2).
		return slices.Equal(texts(x), texts(y))
	}
	return sameSet(normalised(name, x), normalised(name, y))
}

// withoutEmptyKeys takes a key set without keys for none at all.
func withoutEmptyKeys(v any) any {
	if set, ok := v.(map[string]any); ok && len(set) == 1 && absent(set["keys"]) {
		if _, hasKeys := set["keys"]; hasKeys {
			return nil
		}
	}
	return v
}

func value(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}

func absent(v any) bool {
	switch t := v.(type) {
	case nil:
		return true
	case string:
		return t == ""
	case []any:
		return len(t) == 0
	case map[string]any:
		return len(t) == 0
	}
	return false
}

// textual reports whether a value is a string or an array of strings.
func textual(v any) bool {
	switch t := v.(type) {
	case string:
		return true
	case []any:
		return !slices.ContainsFunc(t, func(e any) bool { _, ok := e.(string); return !ok })
	}
	return false
}

func texts(v any) []string {
	switch t := v.(type) {
	case string:
		return []string{t}
	case []any:
		out := make([]string, 0, len(t))
		for _, e := range t {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func words(v any) []string {
	var out []string
	for _, t := range texts(v) {
		out = append(out, strings.Fields(t)...)
	}
	return out
}

func normalised(name string, v any) []string {
	out := texts(v)
	for i, t := range out {
		if name == "response_types" {
			each := strings.Fields(t)
			slices.Sort(each)
			out[i] = strings.Join(each, " ")
		} else {
			out[i] = normalURL(t)
		}
	}
	return out
}

// normalURL is RFC 3986 §6.2.2 and §6.2.3 for http and https: lower-case scheme
// and host, no default port, and a path. Other text stays as it is.
func normalURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "https") && !strings.EqualFold(u.Scheme, "http") {
		return text
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

func sameSet(a, b []string) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(slices.Compact(x), slices.Compact(y))
}

// same compares JSON by value; numbers and booleans also against their text.
func same(x, y any) bool {
	if one, ok := x.([]any); ok && len(one) == 1 {
		if _, other := y.([]any); !other {
			return same(one[0], y)
		}
	}
	if one, ok := y.([]any); ok && len(one) == 1 {
		if _, other := x.([]any); !other {
			return same(x, one[0])
		}
	}
	switch a := x.(type) {
	case map[string]any:
		b, ok := y.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, present := b[k]; !present || !same(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := y.([]any)
		return ok && slices.EqualFunc(a, b, same)
	}
	_, numberX := x.(json.Number)
	_, numberY := y.(json.Number)
	return sameScalar(scalar(x), scalar(y), numberX || numberY)
}

func scalar(v any) string {
	switch t := v.(type) {
	case json.Number:
		return t.String()
	case bool:
		if t {
			return "true"
		}
		return "false"
	case string:
		return t
	}
	return "\x00"
}

// sameScalar compares text, and by value where at least one side is a number.
func sameScalar(a, b string, numeric bool) bool {
	if a == b {
		return a != "\x00"
	}
	if !numeric {
		return false
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && len(a) < 64 && len(b) < 64 && x.Cmp(y) == 0
}

// keys reduces a key set to kid and RFC 7638 thumbprint of each key, so that
// private members, order and certificates make no difference.
func keys(raw json.RawMessage) []string {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(raw, &set) != nil {
		return []string{string(raw)}
	}
	out := make([]string, len(set.Keys))
	for i, each := range set.Keys {
		var key jose.JSONWebKey
		out[i] = string(canonical(each))
		if key.UnmarshalJSON(each) == nil {
			if thumbprint, err := key.Thumbprint(crypto.SHA256); err == nil {
				out[i] = key.KeyID + " " + base64.RawURLEncoding.EncodeToString(thumbprint)
			}
		}
	}
	return out
}
