package fw

import (
	"bytes"
	"context"
	"encoding/json"

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
	var v, w any
	if json.Unmarshal(x, &v) != nil || json.Unmarshal(y, &w) != nil {
		return bytes.Equal(x, y)
	}
	return bytes.Equal(Marshal(v), Marshal(w))
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
