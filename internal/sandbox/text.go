package sandbox

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
)

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// randomText returns n characters of the alphabet; rand.Read never fails.
func randomText(n int, alphabet string) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[randomBelow(len(alphabet))]
	}
	return string(out)
}

func randomBelow(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0
	}
	return int(v.Int64())
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// thumbprint is the base64url SHA-256 the directory uses as kid and x5t#S256.
func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// encodeJSON writes plain JSON: no HTML escapes, no trailing newline.
func encodeJSON(v any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

// decodeObject reads exactly one JSON object and keeps numbers as they were written.
func decodeObject(data []byte) (map[string]any, error) {
	var object map[string]any
	if err := decodeExact(data, &object); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, errors.New("the body is not a JSON object")
	}
	return object, nil
}

func decodeExact(data []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		return fmt.Errorf("the body is not the JSON expected: %w", err)
	}
	if decoder.More() {
		return errors.New("the body holds more than one JSON value")
	}
	return nil
}

// cloneObject copies a JSON object deeply.
func cloneObject(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for name, value := range in {
		out[name] = cloneValue(value)
	}
	return out
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return cloneObject(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = cloneValue(v[i])
		}
		return out
	case []string:
		return slices.Clone(v)
	default:
		return value
	}
}

func sameJSON(a, b any) bool {
	return bytes.Equal(encodeJSON(a), encodeJSON(b))
}

func textOf(object map[string]any, name string) string {
	text, _ := object[name].(string)
	return text
}

// textsOf reads a list of strings; anything else in the list is left out.
func textsOf(value any) []string {
	switch list := value.(type) {
	case []string:
		return slices.Clone(list)
	case []any:
		out := make([]string, 0, len(list))
		for _, item := range list {
			if text, ok := item.(string); ok {
				out = append(out, text)
			}
		}
		return out
	default:
		return nil
	}
}

// onlyTexts reads a list that holds strings and nothing else.
func onlyTexts(value any) ([]string, bool) {
	list := textsOf(value)
	items, isList := value.([]any)
	return list, list != nil && (!isList || len(items) == len(list))
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

func isOneOf(value string, allowed ...string) bool {
	return slices.Contains(allowed, value)
}

func toInt(value any) (int64, bool) {
	switch number := value.(type) {
	case json.Number:
		n, err := number.Int64()
		return n, err == nil
	case float64:
		return int64(number), number == float64(int64(number))
	case int64:
		return number, true
	case int:
		return int64(number), true
	default:
		return 0, false
	}
}
