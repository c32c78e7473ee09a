package authorizationserver

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// object is the value of dcr_authorization_server. The issuer stays as it is
// configured: the document's may differ by a slash at the end.
func object(issuer string, server *oauth.ServerMetadata) types.Object {
	kinds := fw.DataTypes(metadata())
	values := make(map[string]attr.Value, len(kinds))
	for _, d := range metadata() {
		values[d.Name] = d.Kind.Decode(server.Raw[d.Name])
	}
	kinds["issuer"], values["issuer"] = types.StringType, types.StringValue(issuer)
	kinds["metadata"], values["metadata"] = fw.Document.Type(), jsontypes.NewNormalizedValue(string(fw.Canonical(fw.Marshal(server.Raw))))
	kinds["mtls_endpoint_aliases"], values["mtls_endpoint_aliases"] = types.MapType{ElemType: types.StringType}, aliases(server.Raw["mtls_endpoint_aliases"])
	return types.ObjectValueMust(kinds, values)
}

// aliases leaves out what is no text: one odd alias must not cost the others.
func aliases(raw json.RawMessage) types.Map {
	var published map[string]json.RawMessage
	if json.Unmarshal(raw, &published) != nil || len(published) == 0 {
		return types.MapNull(types.StringType)
	}
	values := map[string]attr.Value{}
	for name, value := range published {
		var endpoint string
		if json.Unmarshal(value, &endpoint) == nil && endpoint != "" {
			values[name] = types.StringValue(endpoint)
		}
	}
	return types.MapValueMust(types.StringType, values)
}
