package dcr

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Metadata is a client metadata document (RFC 7591 §2) by member name. The
// JSON is kept as it was, so that numbers and unknown members survive.
type Metadata map[string]json.RawMessage

// Clone returns a copy that can be changed.
func (m Metadata) Clone() Metadata { return maps.Clone(m) }

// Keys returns the member names, sorted.
func (m Metadata) Keys() []string { return slices.Sorted(maps.Keys(m)) }

// Set sets a member. A value that cannot be encoded, which no string or number
// is, is left out.
func (m Metadata) Set(name string, value any) {
	if raw, err := encode(value); err == nil {
		m[name] = raw
	}
}

// encode does not escape <, > and &: what is sent is what was written.
func encode(value any) (json.RawMessage, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buffer.Bytes()), nil
}

// Public is the metadata without the members, also nested ones, that are named like a secret.
func (m Metadata) Public() Metadata {
	out := make(Metadata, len(m))
	for name, raw := range m {
		if Secretive(name) {
			continue
		}
		out[name] = Shown(raw)
	}
	return out
}

// Shown is the value of a member without what is named like a secret in it.
func Shown(raw json.RawMessage) json.RawMessage {
	if bytes.IndexByte(raw, '{') < 0 {
		return raw
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || !conceal(value) {
		return raw
	}
	out, err := encode(value)
	if err != nil {
		return json.RawMessage("null")
	}
	return out
}

// conceal removes what is named like a secret, and reports whether there was any.
func conceal(value any) bool {
	found := false
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if Secretive(name) {
				delete(value, name)
				found = true
			} else if conceal(inner) {
				found = true
			}
		}
	case []any:
		for _, inner := range value {
			if conceal(inner) {
				found = true
			}
		}
	}
	return found
}

// Canonical returns the document as one line of JSON with sorted members, the
// same text for the same content however the server ordered it.
func Canonical(m Metadata) string {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	for i, name := range m.Keys() {
		if i > 0 {
			buffer.WriteByte(',')
		}
		key, err := encode(name)
		if err != nil {
			continue
		}
		buffer.Write(key)
		buffer.WriteByte(':')
		buffer.Write(canonical(m[name]))
	}
	buffer.WriteByte('}')
	return buffer.String()
}

func canonical(raw json.RawMessage) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return json.RawMessage("null")
	}
	out, err := encode(value)
	if err != nil {
		return json.RawMessage("null")
	}
	return out
}
