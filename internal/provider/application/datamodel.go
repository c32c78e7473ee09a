package application

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// depict shows an application by the attributes of a type.
func depict(client *directory.Client, app *directory.Application, attributes map[string]attr.Type) map[string]attr.Value {
	out := make(map[string]attr.Value, len(attributes))
	for name, kind := range attributes {
		out[name] = fw.NullOf(kind)
	}
	for name, member := range members() {
		if _, wanted := attributes[name]; wanted && member != flagsMember {
			out[name] = decode(name, app.Raw[member])
		}
	}
	for name, value := range map[string]string{
		"id": app.ID, "status": app.Status, "organisation_id": app.OrganisationID, "created_at": app.CreatedAt, "federation_endpoint": app.FederationEndpoint,
		"jwks_uri": client.ApplicationKeysURL(app.ID), "transport_jwks_uri": client.TransportKeysURL(app.ID), "notification_webhook_status": app.NotificationWebhookStatus,
	} {
		if _, wanted := attributes[name]; wanted {
			out[name] = fw.StringOrNull(value)
		}
	}
	out["locked"] = types.BoolValue(app.Locked)
	return out
}

func flagTypes() map[string]attr.Type {
	return map[string]attr.Type{"id": types.StringType, "name": types.StringType, "value": types.StringType}
}

func flagSet(app *directory.Application) types.Set {
	var flags []directory.Flag
	if json.Unmarshal(app.Raw[flagsMember], &flags) != nil {
		flags = nil
	}
	elements := make([]attr.Value, len(flags))
	for i, flag := range flags {
		elements[i] = types.ObjectValueMust(flagTypes(), map[string]attr.Value{
			"id": types.StringValue(flag.ID), "name": fw.StringOrNull(flag.Name), "value": fw.StringOrNull(flag.Value)})
	}
	return types.SetValueMust(types.ObjectType{AttrTypes: flagTypes()}, elements)
}

func certificateTypes() map[string]attr.Type {
	out := map[string]attr.Type{}
	for _, name := range []string{"kid", "type", "status", "subject_dn", "not_before", "not_after", "certificate_pem"} {
		out[name] = types.StringType
	}
	return out
}

// certificateList shows certificates, sorted by type, expiry and key ID.
func certificateList(certificates []directory.Certificate) types.List {
	sorted := slices.Clone(certificates)
	slices.SortFunc(sorted, func(a, b directory.Certificate) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), expiry(a).Compare(expiry(b)), cmp.Compare(a.KeyID, b.KeyID))
	})
	elements := make([]attr.Value, len(sorted))
	for i, c := range sorted {
		values := map[string]string{"kid": c.KeyID, "type": c.Type, "status": c.Status}
		if c.Leaf != nil {
			values["subject_dn"], _ = pki.SubjectDN(c.Leaf)
			values["not_before"], values["not_after"] = c.Leaf.NotBefore.UTC().Format(time.RFC3339), c.Leaf.NotAfter.UTC().Format(time.RFC3339)
			values["certificate_pem"] = pki.CertificatePEM(c.Leaf)
		}
		object := map[string]attr.Value{}
		for name := range certificateTypes() {
			object[name] = fw.StringOrNull(values[name])
		}
		elements[i] = types.ObjectValueMust(certificateTypes(), object)
	}
	return types.ListValueMust(types.ObjectType{AttrTypes: certificateTypes()}, elements)
}

func expiry(c directory.Certificate) time.Time {
	if c.Leaf == nil {
		return time.Time{}
	}
	return c.Leaf.NotAfter
}

// scopeSet are the scopes among what roles bring.
func scopeSet(metadata []directory.Metadata) types.Set {
	var scopes []attr.Value
	for _, m := range metadata {
		if value := types.StringValue(m.Name); m.Type == "scope" && (m.Status == "" || m.Status == directory.StatusActive) && !slices.Contains(scopes, attr.Value(value)) {
			scopes = append(scopes, value)
		}
	}
	return types.SetValueMust(types.StringType, scopes)
}

// filter is what the user of dcr_applications wants to see.
type filter struct {
	statuses    []string
	name        *regexp.Regexp
	environment string
}

func newFilter(config fw.Object) filter {
	f := filter{statuses: config.Strings("status"), environment: config.Text("environment")}
	if len(f.statuses) == 0 {
		f.statuses = []string{directory.StatusActive, directory.StatusSuspended}
	}
	if text := config.Text("client_name_regex"); text != "" {
		// The schema has checked it.
		f.name, _ = regexp.Compile(text)
	}
	return f
}

func (f filter) matches(app *directory.Application) bool {
	environment := ""
	if app.Environment != nil {
		environment = *app.Environment
	}
	return slices.Contains(f.statuses, cmp.Or(app.Status, directory.StatusActive)) && (f.name == nil || f.name.MatchString(app.ClientName)) &&
		(f.environment == "" || f.environment == environment)
}

// nested is the object type of the elements of a nested attribute.
func nested(collection attr.Type) map[string]attr.Type {
	if typed, ok := collection.(types.MapType); ok {
		if object, ok := typed.ElemType.(types.ObjectType); ok {
			return object.AttributeTypes()
		}
	}
	return nil
}
