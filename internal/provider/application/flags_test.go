package application

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
)

func TestFlagLookup(t *testing.T) {
	t.Parallel()
	flags := []directory.Flag{
		{ID: "1", Name: "pilot", Type: applicationFlag, Status: "Active"}, {ID: "2", Name: "journey", Value: "data", Type: applicationFlag, Status: "Active"},
		{ID: "3", Name: "journey", Value: "payments", Type: applicationFlag, Status: "Active"}, {ID: "4", Name: "segment", Type: "Organisation", Status: "Active"},
		{ID: "5", Name: "retired", Type: applicationFlag, Status: "Inactive"}, {ID: "pilot-2", Name: "5"},
	}
	for word, want := range map[string]string{"pilot": "1", "1": "1", "2": "2", "5": "5", "pilot-2": "pilot-2", "journey": "", "segment": "", "retired": "", "nothing": ""} {
		ids, problems := flagLookup([]string{word}, flags)
		if ids[word] != want || (want == "") != (len(problems) == 1) {
			t.Errorf("%q is %q with problems %q, want %q", word, ids[word], problems, want)
		}
	}
	if got := tellingNames(flags); !slices.Equal(got, []string{"5", "pilot"}) {
		t.Errorf("names only one flag has are %q", got)
	}
}

func TestFlagWords(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`[{"Id":"1","Name":"pilot","UpdatedAt":"now"},{"Id":"2","Name":"journey"},"3"]`)
	for name, tc := range map[string]struct{ names, want []string }{
		"by ID":             {nil, []string{"1", "2", "3"}},
		"by name":           {[]string{"pilot"}, []string{"2", "3", "pilot"}},
		"by both":           {[]string{"journey", "2"}, []string{"1", "2", "3"}},
		"others' before":    {[]string{"gone"}, []string{"1", "2", "3"}},
		"identifier in use": {[]string{"1", "journey"}, []string{"1", "3", "journey"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := Model{}
			m.Values = map[string]attr.Value{"flags": flagWords(raw, tc.names)}
			if got := m.Strings("flags"); !slices.Equal(got, tc.want) {
				t.Errorf("shown are %q, want %q", got, tc.want)
			}
		})
	}
	if !flagWords(json.RawMessage(`[]`), nil).IsNull() || !flagWords(nil, nil).IsNull() {
		t.Error("no flags are not null")
	}
}
