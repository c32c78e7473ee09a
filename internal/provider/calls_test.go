package provider_test

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

// BenchmarkClient is what the calls cost that Terraform makes for a client in each plan,
// without the request to its server: here, and by the plugin framework alone.
func BenchmarkClient(b *testing.B) {
	for name, framework := range map[string]bool{"direct": false, "framework": true} {
		server := provider.Server("test", provider.Options{Getenv: func(string) string { return "" }, Framework: framework})()
		schemas, err := server.GetProviderSchema(b.Context(), &tfprotov6.GetProviderSchemaRequest{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := server.ConfigureProvider(b.Context(), &tfprotov6.ConfigureProviderRequest{Config: whole(b, schemas.Provider, nil)}); err != nil {
			b.Fatal(err)
		}
		schema := schemas.ResourceSchemas["dcr_client"]
		config := map[string]any{"issuer": "https://bank.example.com", "client_name": "Minhas contas", "redirect_uris": []any{"https://app.example.com/callback"}, "refresh": "never"}
		state := map[string]any{
			"id": "1", "client_id": "1", "registration_client_uri": "https://bank.example.com/register/1", "registration_access_token": "token", "registered_metadata": `{"client_name":"Minhas contas"}`,
			"software_statement_max_age": "4m", "software_statement_use": "shared", "update_method": "PUT", "on_unauthorized": "error", "on_override": "warn", "deletion_policy": "delete",
			"deletion_protection": false, "request_format": "json", "management_auth": "registration_access_token",
		}
		for attribute, value := range config {
			state[attribute] = value
		}
		given, kept := whole(b, schema, config), whole(b, schema, state)
		stored, err := json.Marshal(state)
		if err != nil {
			b.Fatal(err)
		}
		// The name is by which a resource knows itself again.
		private, err := json.Marshal(map[string][]byte{"registration": []byte(`{"name":"one","learnt":true}`), "configured": []byte(`["client_name","issuer","redirect_uris","refresh"]`)})
		if err != nil {
			b.Fatal(err)
		}
		calls := map[string]func() ([]*tfprotov6.Diagnostic, error){
			"validate": func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := server.ValidateResourceConfig(b.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "dcr_client", Config: given})
				return resp.Diagnostics, err
			},
			"upgrade": func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := server.UpgradeResourceState(b.Context(), &tfprotov6.UpgradeResourceStateRequest{TypeName: "dcr_client", RawState: &tfprotov6.RawState{JSON: stored}})
				return resp.Diagnostics, err
			},
			"read": func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := server.ReadResource(b.Context(), &tfprotov6.ReadResourceRequest{TypeName: "dcr_client", CurrentState: kept, Private: private})
				return resp.Diagnostics, err
			},
			"plan": func() ([]*tfprotov6.Diagnostic, error) {
				resp, err := server.PlanResourceChange(b.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: "dcr_client", Config: given, PriorState: kept, ProposedNewState: kept, PriorPrivate: private})
				return resp.Diagnostics, err
			},
		}
		for call, run := range calls {
			b.Run(call+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if diagnostics, err := run(); err != nil || len(diagnostics) > 0 {
						b.Fatal(err, told(diagnostics))
					}
				}
			})
		}
	}
}

// whole is an object of a schema with the attributes that are given.
func whole(tb testing.TB, schema *tfprotov6.Schema, given map[string]any) *tfprotov6.DynamicValue {
	tb.Helper()
	typ, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		tb.Fatal("the schema is no object")
	}
	attributes := map[string]tftypes.Value{}
	for name, of := range typ.AttributeTypes {
		switch value := given[name].(type) {
		case []any:
			var elements []tftypes.Value
			for _, element := range value {
				elements = append(elements, tftypes.NewValue(tftypes.String, element))
			}
			attributes[name] = tftypes.NewValue(of, elements)
		default:
			attributes[name] = tftypes.NewValue(of, value)
		}
	}
	out, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, attributes))
	if err != nil {
		tb.Fatal(err)
	}
	return &out
}

func told(diagnostics []*tfprotov6.Diagnostic) []string {
	out := make([]string, len(diagnostics))
	for i, d := range diagnostics {
		out[i] = d.Summary + ": " + d.Detail
	}
	return out
}
