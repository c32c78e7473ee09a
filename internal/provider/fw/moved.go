package fw

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// deepest is how far down an answer is looked for: what is deeper is nobody's way of keeping one.
const deepest = 16

// Answers finds what a server answered about its objects in the raw state of a
// resource of another provider: generic ones for REST keep answers as JSON in a
// string, or as a value of any type. The member named key tells the objects
// apart. Of one that is there several times, the last answer counts, and what
// that leaves out is taken from the others.
func Answers(raw []byte, key string) map[string]map[string]json.RawMessage {
	var attributes map[string]json.RawMessage
	found := map[string]map[string]json.RawMessage{}
	if json.Unmarshal(raw, &attributes) != nil {
		return found
	}
	for _, name := range slices.SortedFunc(maps.Keys(attributes), lastAnswerFirst) {
		answersIn(attributes[name], key, found, 0)
	}
	return found
}

// lastAnswerFirst orders attributes: what a read was answered, anything else, and
// what a creation was answered or asked with.
func lastAnswerFirst(a, b string) int {
	rank := func(name string) int {
		switch name {
		case "api_response", "output", "sensitive_output":
			return 0
		case "create_response":
			return 2
		case "input", "data", "body":
			return 3
		}
		return 1
	}
	if by := rank(a) - rank(b); by != 0 {
		return by
	}
	return strings.Compare(a, b)
}

func answersIn(raw json.RawMessage, key string, found map[string]map[string]json.RawMessage, depth int) {
	var text string
	var list []json.RawMessage
	var object map[string]json.RawMessage
	switch {
	case depth > deepest:
	case json.Unmarshal(raw, &text) == nil:
		if text = strings.TrimSpace(text); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			answersIn(json.RawMessage(text), key, found, depth+1)
		}
	case json.Unmarshal(raw, &list) == nil:
		for _, each := range list {
			answersIn(each, key, found, depth+1)
		}
	case json.Unmarshal(raw, &object) == nil:
		if value, dynamic := object["value"]; dynamic && len(object) == 2 && object["type"] != nil {
			// A value of any type: its type has the members' names, too.
			answersIn(value, key, found, depth+1)
			return
		}
		collect(object, key, found)
		for _, name := range slices.Sorted(maps.Keys(object)) {
			answersIn(object[name], key, found, depth+1)
		}
	}
}

// collect adds an object to what was found of it before.
func collect(object map[string]json.RawMessage, key string, found map[string]map[string]json.RawMessage) {
	var id string
	if json.Unmarshal(object[key], &id) != nil || id == "" {
		return
	}
	if found[id] == nil {
		found[id] = map[string]json.RawMessage{}
	}
	for name, value := range object {
		if known := found[id][name]; known == nil || string(known) == "null" {
			found[id][name] = value
		}
	}
}
