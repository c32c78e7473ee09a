package fw

import (
	"bytes"
	"context"
	"encoding/json"
	"math"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Pair is what was requested for one member and what the server made of it.
// As long as the server still says the latter, there is no drift, however it
// normalises.
type Pair struct {
	Requested  json.RawMessage `json:"requested"`
	Registered json.RawMessage `json:"registered,omitempty"`
}

// SameJSON compares two members by value: arrays of strings are sets, and
// null, "", [] and {} are absent.
func SameJSON(a, b json.RawMessage) bool {
	x, y := Compact(string(a)), Compact(string(b))
	empty := func(raw json.RawMessage) bool {
		switch string(raw) {
		case "", "null", `""`, "[]", "{}":
			return true
		}
		return false
	}
	if empty(x) || empty(y) {
		return empty(x) && empty(y)
	}
	if bytes.HasPrefix(x, []byte("[")) && bytes.HasPrefix(y, []byte("[")) {
		if p, q := Texts(x), Texts(y); p != nil && q != nil {
			return SameSet(p, q)
		}
	}
	v, okV := plain(x)
	w, okW := plain(y)
	if !okV || !okW {
		return bytes.Equal(x, y)
	}
	return bytes.Equal(Marshal(v), Marshal(w))
}

// plain reads JSON in which 1, 1.0 and 1e0 are one number, and large integers,
// which a float64 would take for each other, are not.
func plain(raw json.RawMessage) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	return numbers(value), true
}

func numbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		if err == nil && math.Abs(f) < 1<<53 {
			return f
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = numbers(v[name])
		}
	}
	return value
}

// Recall reads a value from private state; an absent one leaves it as it is.
func Recall(ctx context.Context, private Private, key string, into any) diag.Diagnostics {
	raw, diags := private.GetKey(ctx, key)
	if len(raw) == 0 {
		return diags
	}
	if err := json.Unmarshal(raw, into); err != nil {
		diags.AddError("The private state of the resource cannot be read", ProviderBug(err))
	}
	return diags
}

// Remember writes a value to private state.
func Remember(ctx context.Context, private Private, key string, value any) diag.Diagnostics {
	return private.SetKey(ctx, key, Marshal(value))
}

// PrivateKeys are all keys that a resource keeps in private state: its own, and those of this package.
func PrivateKeys(own ...string) []string { return append(own, configuredKey, importKey, ownerKey) }
