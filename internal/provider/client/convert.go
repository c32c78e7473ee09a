package client

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// encode turns an attribute value into the JSON that is sent. Null, unknown
// and empty values are not sent at all: servers refuse or misread them.
func (m member) encode(value attr.Value) (json.RawMessage, bool) {
	if !fw.Known(value) {
		return nil, false
	}
	switch v := value.(type) {
	case types.String:
		return marshal(v.ValueString()), v.ValueString() != ""
	case jsontypes.Normalized:
		return compact(v.ValueString()), v.ValueString() != ""
	case types.Bool:
		return marshal(v.ValueBool()), true
	case types.Int64:
		return marshal(v.ValueInt64()), true
	case types.Set:
		words := fw.Strings(v.Elements())
		return marshal(words), len(words) > 0
	}
	return nil, false
}

// decode turns the server's JSON into an attribute value, tolerating the
// shapes servers are known to answer with: an array of one for a string, a
// string for an array, numbers and booleans as strings. What cannot be read,
// and what is empty, is null.
func (m member) decode(raw json.RawMessage) attr.Value {
	switch m.kind {
	case flag:
		if b, err := strconv.ParseBool(strings.Trim(string(raw), `"`)); err == nil {
			return types.BoolValue(b)
		}
		return types.BoolNull()
	case number:
		if n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64); err == nil {
			return types.Int64Value(n)
		}
		return types.Int64Null()
	case set:
		return fw.StringSet(texts(raw))
	case document:
		if dcr.Equal(m.name, raw, nil) || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			return jsontypes.NewNormalizedNull()
		}
		return jsontypes.NewNormalizedValue(string(compact(string(raw))))
	default:
		if words := texts(raw); m.name == "scope" {
			return fw.StringOrNull(strings.Join(words, " "))
		} else if len(words) == 1 {
			return fw.StringOrNull(words[0])
		}
		return types.StringNull()
	}
}

// texts reads a string, or an array of strings.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		if one == "" {
			return nil
		}
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	return nil
}

// marshal encodes without escaping <, > and &, so that what is sent is what was written.
func marshal(v any) json.RawMessage {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSpace(buffer.Bytes())
}

func compact(text string) json.RawMessage {
	var buffer bytes.Buffer
	if err := json.Compact(&buffer, []byte(text)); err != nil {
		return nil
	}
	return buffer.Bytes()
}
