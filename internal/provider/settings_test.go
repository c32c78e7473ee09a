package provider

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
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

// TestUnknownLimits: numbers that nobody knows yet are not nought, which means no retries and no limit.
func TestUnknownLimits(t *testing.T) {
	t.Parallel()
	environment := newEnvironment(func(name string) string { return map[string]string{"DCR_REQUESTS_PER_SECOND": "7"}[name] })
	var diags diag.Diagnostics
	m := Model{MaxRetries: types.Int64Unknown(), RequestsPerSecond: types.Float64Unknown(), RequestTimeout: types.StringNull()}
	for attribute, group := range map[*types.Object]map[string]attr.Type{&m.Directory: {}, &m.Registration: {}} {
		*attribute = types.ObjectNull(group)
	}
	got := m.settings(t.Context(), environment, &diags).HTTP
	if diags.HasError() || got.MaxRetries != 4 || got.RequestsPerSecond != 7 {
		t.Errorf("retries %d, requests per second %v, %v", got.MaxRetries, got.RequestsPerSecond, diags)
	}
}

// TestEcosystemIsOverruledAloud: variables go before what an ecosystem stands for, which is how a configuration
// is tried against the sandbox, and not without a word.
func TestEcosystemIsOverruledAloud(t *testing.T) {
	t.Parallel()
	const ecosystem = "open_finance_brasil"
	known, _ := directory.Ecosystem(ecosystem)
	environment := newEnvironment(func(name string) string {
		return map[string]string{"DCR_DIRECTORY_API_URL": "https://elsewhere.example", "DCR_DIRECTORY_ISSUER": "https://issuer.elsewhere.example"}[name]
	})
	for name, tc := range map[string]struct {
		given  map[string]string
		want   string
		warned bool
	}{
		"the variables":         {nil, "https://elsewhere.example https://issuer.elsewhere.example", false},
		"the ecosystem":         {map[string]string{"ecosystem": ecosystem}, "https://elsewhere.example https://issuer.elsewhere.example", true},
		"addresses beside it":   {map[string]string{"ecosystem": ecosystem, "api_url": "https://own.example", "issuer": known.Issuer}, "https://own.example " + known.Issuer, false},
		"an address on its own": {map[string]string{"api_url": "https://own.example"}, "https://own.example https://issuer.elsewhere.example", false},
	} {
		values, kinds := map[string]attr.Value{}, map[string]attr.Type{}
		for attribute := range directoryAttributes() {
			values[attribute], kinds[attribute] = types.StringNull(), types.StringType
			if value, ok := tc.given[attribute]; ok {
				values[attribute] = types.StringValue(value)
			}
		}
		var diags diag.Diagnostics
		got := Model{Directory: types.ObjectValueMust(kinds, values)}.directory(t.Context(), environment, &diags)
		if got.APIURL+" "+got.Issuer != tc.want || diags.HasError() || (len(diags) == 1) != tc.warned {
			t.Errorf("%s: %s %s, want %s; %v", name, got.APIURL, got.Issuer, tc.want, diags)
		}
	}
}

// TestVariableWithoutAValue: CI sets a variable to nothing for a secret that it does not have.
func TestVariableWithoutAValue(t *testing.T) {
	t.Setenv("DCR_SEALING_KEY", "")
	var diags diag.Diagnostics
	if (Model{PreviousSealingKeys: types.ListNull(types.StringType)}).sealing(newEnvironment(nil), &diags); !diags.HasError() || diags[0].Summary() != "The sealing key is empty" {
		t.Errorf("a key without a value is taken for none: %v", diags)
	}
}
