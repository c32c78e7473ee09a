package application

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
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
	if got := tellingNames(flags); !maps.Equal(got, map[string]string{"1": "pilot", "pilot-2": "5"}) {
		t.Errorf("names only one flag has are %q", got)
	}
}

// TestFlagWords shows flags as they were written.
func TestFlagWords(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ids     []string
		wording map[string]string
		want    []string
	}{
		"by ID":             {[]string{"1", "2"}, nil, []string{"1", "2"}},
		"by name":           {[]string{"1", "2"}, map[string]string{"1": "pilot"}, []string{"2", "pilot"}},
		"others' of a name": {[]string{"1", "2"}, map[string]string{"1": "pilot", "3": "gone"}, []string{"2", "pilot"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := Model{}
			m.Values = map[string]attr.Value{"flags": flagWords(tc.ids, tc.wording)}
			if got := m.Strings("flags"); !slices.Equal(got, tc.want) {
				t.Errorf("shown are %q, want %q", got, tc.want)
			}
		})
	}
	if !flagWords(nil, nil).IsNull() {
		t.Error("no flags are not null")
	}
}

// TestFlagWording remembers how flags are written, looked up or not.
func TestFlagWording(t *testing.T) {
	t.Parallel()
	before := map[string]string{"1": "pilot", "2": "2", "9": "gone"}
	for name, tc := range map[string]struct {
		words []string
		ids   map[string]string
		want  map[string]string
	}{
		"looked up":         {[]string{"pilot", "2"}, map[string]string{"pilot": "1", "2": "2"}, map[string]string{"1": "pilot", "2": "2"}},
		"another of a name": {[]string{"pilot"}, map[string]string{"pilot": "4"}, map[string]string{"4": "pilot"}},
		"not looked up":     {[]string{"pilot", "2"}, nil, map[string]string{"1": "pilot", "2": "2"}},
		"by ID from now on": {[]string{"1"}, nil, map[string]string{"1": "1"}},
		"none":              {nil, nil, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := Model{flagIDs: tc.ids}
			m.Values = map[string]attr.Value{"flags": fw.StringSet(tc.words)}
			if got := m.flagWording(before); !maps.Equal(got, tc.want) {
				t.Errorf("remembered is %q, want %q", got, tc.want)
			}
		})
	}
}
