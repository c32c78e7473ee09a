package provider_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

// TestNumbers: a number that the provider cannot read is the configuration's mistake, said
// at the attribute, and one that it can read is left alone, with a fraction or without.
func TestNumbers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := provider.Server("test", provider.Options{})()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		value float64
		want  string
	}{
		{"max_retries", 3, ""},
		{"max_retries", 1.5, "1.5 is not a whole number.\n\nExpected: a whole number."},
		{"max_retries", 1e30, "1e+30 is out of range.\n\nExpected: a number that fits into 64 bits."},
		{"requests_per_second", 0.5, ""},
	} {
		resp, err := server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config(t, schemas.Provider.ValueType(), map[string]any{tc.name: tc.value})})
		if err != nil {
			t.Fatal(err)
		}
		sayOne(t, resp.Diagnostics, "The value of "+tc.name+" is not valid", tc.want)
	}
	bits := config(t, schemas.EphemeralResourceSchemas["dcr_key_pair"].ValueType(), map[string]any{"rsa_bits": 2048.5})
	resp, err := server.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: "dcr_key_pair", Config: bits})
	if err != nil {
		t.Fatal(err)
	}
	sayOne(t, resp.Diagnostics[:1], "The value of rsa_bits is not valid", "2048.5 is not a whole number.\n\nExpected: a whole number.")
}

func sayOne(t *testing.T, said []*tfprotov6.Diagnostic, summary, want string) {
	t.Helper()
	switch {
	case want == "" && len(said) > 0:
		t.Errorf("%s: %s", said[0].Summary, said[0].Detail)
	case want != "" && (len(said) != 1 || said[0].Summary != summary || said[0].Detail != want || said[0].Attribute == nil):
		t.Errorf("%v is said, and not %s: %s", said, summary, want)
	}
}
