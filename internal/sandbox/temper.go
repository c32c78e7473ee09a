package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// temperFields is a Temper without its methods.
type temperFields Temper

// temperJSON writes durations the readable way ("5m").
type temperJSON struct {
	temperFields
	StatementMaxAge string `json:"statement_max_age,omitempty"`
	SecretLifetime  string `json:"secret_lifetime,omitempty"`
	TokenLifetime   string `json:"token_lifetime,omitempty"`
}

// MarshalJSON writes durations as strings.
func (t Temper) MarshalJSON() ([]byte, error) {
	out := temperJSON{temperFields: temperFields(t)}
	if t.StatementMaxAge != 0 {
		out.StatementMaxAge = t.StatementMaxAge.String()
	}
	if t.SecretLifetime != 0 {
		out.SecretLifetime = t.SecretLifetime.String()
	}
	if t.TokenLifetime != 0 {
		out.TokenLifetime = t.TokenLifetime.String()
	}
	return encodeJSON(out), nil
}

// UnmarshalJSON changes the members that are given, reads durations from strings and refuses unknown members.
func (t *Temper) UnmarshalJSON(data []byte) error {
	in := temperJSON{temperFields: temperFields(*t)}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("sandbox: temper: %w", err)
	}
	changed := Temper(in.temperFields)
	for _, given := range []struct {
		text   string
		target *time.Duration
	}{{in.StatementMaxAge, &changed.StatementMaxAge}, {in.SecretLifetime, &changed.SecretLifetime}, {in.TokenLifetime, &changed.TokenLifetime}} {
		if given.text == "" {
			continue
		}
		parsed, err := time.ParseDuration(given.text)
		if err != nil {
			return fmt.Errorf("sandbox: temper: %w", err)
		}
		*given.target = parsed
	}
	*t = changed
	return nil
}
