package fw

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ProviderBug is the detail of a diagnostic that no configuration can cause.
func ProviderBug(err error) string {
	return fmt.Sprintf("%v\n\nThis is a bug in the provider. Nothing was lost; please report it with the steps that led here.", err)
}

// Failed is an error that no configuration can cause: the provider could not do what
// it does with every value.
func Failed(what string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The provider failed at a value of its own",
		fmt.Sprintf("%s: %v.\n\nThis is a bug in the provider; please report it with the steps that led here. If something was being applied, it may have been carried out: look for it at the server before applying again.", what, err))
}

// StringOrNull turns an empty string, which the protocols treat as absent, into null.
func StringOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// StringSet returns a set of strings; an empty slice gives null, because the
// protocols do not tell an empty list from an absent one.
func StringSet(values []string) types.Set {
	if len(values) == 0 {
		return types.SetNull(types.StringType)
	}
	seen := make(map[string]bool, len(values))
	elements := make([]attr.Value, 0, len(values))
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			elements = append(elements, types.StringValue(v))
		}
	}
	return types.SetValueMust(types.StringType, elements)
}

// Strings returns the known elements of a set or list of strings, sorted so
// that requests are the same for the same set.
func Strings(elements []attr.Value) []string {
	out := InOrder(elements)
	sort.Strings(out)
	return out
}

// InOrder returns the known elements of a list of strings.
func InOrder(elements []attr.Value) []string {
	out := make([]string, 0, len(elements))
	for _, e := range elements {
		if s, ok := e.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out = append(out, s.ValueString())
		}
	}
	return out
}

// Known reports whether a value is neither null nor unknown.
func Known(v attr.Value) bool { return v != nil && !v.IsNull() && !v.IsUnknown() }

// FullyKnown reports whether a value has no unknown part.
func FullyKnown(v attr.Value) bool {
	raw, err := v.ToTerraformValue(context.Background())
	return err == nil && raw.IsFullyKnown()
}

// SameSet reports whether two slices hold the same strings, order and
// repetition aside.
func SameSet(a, b []string) bool {
	set := func(in []string) map[string]bool {
		m := make(map[string]bool, len(in))
		for _, v := range in {
			m[v] = true
		}
		return m
	}
	x, y := set(a), set(b)
	if len(x) != len(y) {
		return false
	}
	for v := range x {
		if !y[v] {
			return false
		}
	}
	return true
}

// StringList returns a list of strings in the given order.
func StringList(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.ListValueMust(types.StringType, elements)
}

// Instant returns a time as RFC 3339 text in UTC, null for the zero time.
func Instant(at time.Time) types.String {
	if at.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(at.UTC().Format(time.RFC3339))
}
