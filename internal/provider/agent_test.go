package provider_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"

	framework "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider"
)

// TestServersAreToldVersionAndCommit: an operator of a server finds the build behind a request, in the form of RFC 9110.
func TestServersAreToldVersionAndCommit(t *testing.T) {
	t.Parallel()
	agents := make(chan string, 100)
	bank := httptest.NewUnstartedServer(nil)
	bank.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]string{
			"issuer": bank.URL, "token_endpoint": bank.URL + "/token", "registration_endpoint": bank.URL + "/register",
		}); err != nil {
			t.Error(err)
		}
	})
	bank.StartTLS()
	defer bank.Close()
	factory := provider.New("1.2.3 (0123456789ab)", provider.Options{Getenv: func(string) string { return "" }})
	var metadata framework.MetadataResponse
	factory().Metadata(t.Context(), framework.MetadataRequest{}, &metadata)
	if metadata.Version != "1.2.3" {
		t.Errorf("the version is %q", metadata.Version)
	}
	server, err := providerserver.NewProtocol6WithError(factory())()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: bank.Certificate().Raw})
	settings := config(t, schema.Provider.ValueType(), map[string]any{"registration": map[string]any{"ca_certificates_pem": string(authority)}})
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: settings})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("%v, %v", err, configured)
	}
	const name = "dcr_authorization_server"
	read, err := server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: name, Config: config(t, schema.DataSourceSchemas[name].ValueType(), map[string]any{"issuer": bank.URL}),
	})
	if err != nil || len(read.Diagnostics) > 0 {
		t.Fatalf("%v, %v", err, read)
	}
	if len(agents) == 0 {
		t.Fatal("nothing was asked")
	}
	for range len(agents) {
		if got := <-agents; got != "terraform-provider-dcr/1.2.3 (0123456789ab) terraform/1.11.4" {
			t.Errorf("asked by %q", got)
		}
	}
}

// config is a configuration with these strings and objects of strings; the rest is null.
func config(t *testing.T, kind tftypes.Type, values map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	value, err := tfprotov6.NewDynamicValue(kind, object(t, kind, values))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

func object(t *testing.T, kind tftypes.Type, values map[string]any) tftypes.Value {
	t.Helper()
	shape, ok := kind.(tftypes.Object)
	if !ok {
		t.Fatalf("%v is no object", kind)
	}
	members := map[string]tftypes.Value{}
	for name, member := range shape.AttributeTypes {
		if nested, ok := values[name].(map[string]any); ok {
			members[name] = object(t, member, nested)
		} else {
			members[name] = tftypes.NewValue(member, values[name])
		}
	}
	return tftypes.NewValue(kind, members)
}
