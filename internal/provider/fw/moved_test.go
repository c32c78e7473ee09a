package fw_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		want map[string]map[string]string
	}{
		"JSON in a string": {`{"id":"a","api_response":"{\"client_id\":\"a\",\"n\":1}"}`, map[string]map[string]string{"a": {"client_id": `"a"`, "n": "1"}}},
		"a value of any type, whose type says the members' names": {`{"output":{"type":["object",{"client_id":"string","n":"number"}],"value":{"client_id":"a","n":1.50}}}`,
			map[string]map[string]string{"a": {"client_id": `"a"`, "n": "1.50"}}},
		"the last read before the creation, which fills up": {`{"create_response":"{\"client_id\":\"a\",\"token\":\"old\",\"secret\":\"s\",\"uri\":\"u\"}","api_response":"{\"client_id\":\"a\",\"token\":\"new\",\"uri\":null}"}`,
			map[string]map[string]string{"a": {"client_id": `"a"`, "token": `"new"`, "secret": `"s"`, "uri": `"u"`}}},
		"what was asked comes last":    {`{"data":"{\"client_id\":\"a\",\"n\":1}","header":{"client_id":"a","n":"2"}}`, map[string]map[string]string{"a": {"client_id": `"a"`, "n": `"2"`}}},
		"several":                      {`{"output":{"type":"dynamic","value":[{"client_id":"a"},{"x":{"client_id":"b"}}]}}`, map[string]map[string]string{"a": {"client_id": `"a"`}, "b": {"client_id": `"b"`}}},
		"an empty or another key":      {`{"output":{"client_id":""},"input":{"client_id":7},"x":"{broken"}`, map[string]map[string]string{}},
		"an attribute called value":    {`{"value":{"client_id":"a"},"type":"x"}`, map[string]map[string]string{"a": {"client_id": `"a"`}}},
		"no object":                    {`[1]`, map[string]map[string]string{}},
		"nothing":                      {``, map[string]map[string]string{}},
		"JSON in JSON in JSON":         {`{"input":"[\"{\\\"client_id\\\":\\\"a\\\"}\"]"}`, map[string]map[string]string{"a": {"client_id": `"a"`}}},
		"deeper than anybody keeps it": {`{"o":[[[[[[[[[[[[[[[[[[[{"client_id":"a"}]]]]]]]]]]]]]]]]]]]}`, map[string]map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]map[string]string{}
			for id, answer := range fw.Answers([]byte(c.raw), "client_id") {
				got[id] = map[string]string{}
				for member, value := range answer {
					got[id][member] = string(value)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzAnswers: what is found is JSON, has the key it is found under, and is the same each time.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{`{"api_response":"{\"client_id\":\"a\",\"registration_client_uri\":\"https://bank.example/a\"}"}`, `{"output":{"type":"dynamic","value":[{"client_id":"a"},"[{}]"]}}`, `{"a":{"client_id":"x","b":null}}`, `[]`, `{"client_id":"{\"client_id\":\"b\"}"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		found := fw.Answers(raw, "client_id")
		if !cmp.Equal(found, fw.Answers(raw, "client_id")) {
			t.Error("two looks find different answers")
		}
		for id, answer := range found {
			var said string
			if json.Unmarshal(answer["client_id"], &said) != nil || said != id {
				t.Errorf("%q was found under %q", answer["client_id"], id)
			}
			for name, value := range answer {
				if !json.Valid(value) {
					t.Errorf("%s is not JSON: %q", name, value)
				}
			}
		}
	})
}
