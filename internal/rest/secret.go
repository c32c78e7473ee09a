package rest

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that prints as [redacted] however it is printed. JSON
// decodes into it; encoding it gives the redacted text, so that no document can
// carry it by accident.
type Secret string

// Reveal returns the secret itself, for the one place that sends or stores it.
func (s Secret) Reveal() string { return string(s) }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s == "" }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// Format implements fmt.Formatter, so that no verb prints the secret.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
