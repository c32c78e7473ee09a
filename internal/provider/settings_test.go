package provider

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// TestUnknownOrigins: an allow list that is not known in full is not taken for
// one that is short.
func TestUnknownOrigins(t *testing.T) {
	t.Parallel()
	const origin = "https://reg.bank.example"
	of := func(elements ...attr.Value) types.Set { return types.SetValueMust(types.StringType, elements) }
	for name, tc := range map[string]struct {
		origins types.Set
		want    []string
		unknown bool
	}{
		"known":           {of(types.StringValue(origin)), []string{origin}, false},
		"unknown element": {of(types.StringValue(origin), types.StringUnknown()), []string{origin}, true},
		"unknown set":     {types.SetUnknown(types.StringType), nil, true},
		"none":            {types.SetNull(types.StringType), []string{"https://environment.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]attr.Value{"allowed_management_origins": tc.origins}
			kinds := map[string]attr.Type{"allowed_management_origins": types.SetType{ElemType: types.StringType}}
			for attribute := range registrationAttributes() {
				if attribute != "allowed_management_origins" {
					values[attribute], kinds[attribute] = types.StringNull(), types.StringType
				}
			}
			environment := newEnvironment(func(name string) string {
				if name == "DCR_REGISTRATION_ALLOWED_MANAGEMENT_ORIGINS" {
					return "https://environment.example"
				}
				return ""
			})
			var diags diag.Diagnostics
			got := Model{Registration: types.ObjectValueMust(kinds, values)}.registration(t.Context(), environment, &diags)
			if diags.HasError() || !slices.Equal(got.AllowedOrigins, tc.want) || slices.Contains(got.Unknown, "allowed_management_origins") != tc.unknown {
				t.Errorf("origins %q, unknown %q, diagnostics %v", got.AllowedOrigins, got.Unknown, diags)
			}
		})
	}
}
