package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/acctest"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/sandbox"
)

// What package direct does for the resources of many attributes is what the plugin
// framework does: here both do all of it, and acctest compares the answers.

// TestClientAsTheFramework: values of every type, set, changed, cleared, unknown and
// invalid, defaults, write-only values, drift, imports, replacements and removals.
func TestClientAsTheFramework(t *testing.T) {
	t.Parallel()
	temper := sandbox.Temper{NoStatement: true, NoMutualTLS: true, Rotate: sandbox.RotateNever, AllowSecondRegistration: true}
	first, second := temper, temper
	first.Name, second.Name = "bank", "other"
	sb := acctest.Sandbox(t, sandbox.Options{Servers: []sandbox.Temper{first, second}})
	const address = "dcr_client.this"
	for _, seal := range []bool{false, true} {
		ws := acctest.NewWorkspace(t, sb, nil).Twin()
		if seal {
			ws.With("sealing_key", acctest.SealingKey)
		}
		base := map[string]any{"issuer": sb.Server("bank").Issuer(), "redirect_uris": []string{"https://app.example.com/callback"}, "token_endpoint_auth_method": "client_secret_basic"}
		for i, change := range clientChanges(sb) {
			config := map[string]any{}
			for _, from := range []map[string]any{base, change} {
				for name, value := range from {
					config[name] = value
				}
			}
			ws.Set(address, config)
			ws.Configure()
			ws.Plan()
			if unknown(config) {
				continue
			}
			if r := ws.Apply(); i == 0 && len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			ws.Plan()
		}
		edited := fmt.Sprint(ws.State(address)["client_id"])
		if err := sb.Server("other").Edit(edited, func(metadata map[string]any) { metadata["client_name"], metadata["logo_uri"] = "Theirs", nil }); err != nil {
			t.Fatal(err)
		}
		ws.Plan()
		ws.Apply()
		uri, token := fmt.Sprint(ws.State(address)["registration_client_uri"]), fmt.Sprint(ws.State(address)["registration_access_token"])
		ws.Lose(address)
		ws.Import(address, fmt.Sprintf(`{"registration_client_uri":%q,"registration_access_token":%q,"client_id":%q}`, uri, token, edited))
		ws.Plan()
		ws.Apply()
		ws.Taint(address)
		ws.Plan()
		ws.Apply()
		if err := sb.Server("other").Delete(fmt.Sprint(ws.State(address)["client_id"])); err != nil {
			t.Fatal(err)
		}
		ws.Plan()
		ws.Destroy()
	}
}

func unknown(config map[string]any) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(config)), func(value any) bool { _, is := value.(acctest.Unknown); return is })
}

// clientChanges are configurations, one after the other, that are added to what every one has.
func clientChanges(sb *sandbox.Sandbox) []map[string]any {
	all := map[string]any{
		"client_name": "Minhas contas", "logo_uri": "https://app.example.com/logo.png", "contacts": []string{"a@example.com", "b@example.com"}, "default_max_age": 3600,
		"require_auth_time": true, "jwks": `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`,
		"additional_metadata": `{"b": 1, "a": [1.50]}`, "triggers": map[string]any{"one": "1", "two": "2"}, "timeouts": map[string]any{"create": "1m"}, "scope": "openid accounts",
	}
	with := func(name string, value any) map[string]any {
		out := map[string]any{}
		for n, v := range all {
			out[n] = v
		}
		out[name] = value
		return out
	}
	return []map[string]any{
		{}, all, with("additional_metadata", `{"a":[1.5],"b":1}`), with("client_name", acctest.Unknown{}), with("contacts", []string{"b@example.com", "c@example.com"}),
		with("triggers", map[string]any{"one": "2"}), with("timeouts", map[string]any{"read": "30s"}), with("default_max_age", nil), with("require_auth_time", false),
		with("jwks", nil), {"client_name": "Alone"}, with("deletion_protection", true), with("deletion_protection", nil), with("refresh", "never"), with("refresh", acctest.Unknown{}),
		// What is refused, or warned of.
		with("jwks_uri", "https://app.example.com/jwks"), with("additional_metadata", "{"), with("client_id", "mine"), with("refresh", "often"), with("redirect_uris", []string{}),
		with("timeouts", map[string]any{"create": "soon"}), with("default_max_age", -1), with("issuer", nil), with("request_signing", map[string]any{"lifetime": "1d"}), with("software_statement", "no"),
		with("initial_access_token_wo", "token"), with("initial_access_token_wo_version", 1), with("tls_client_auth_san_dns", "a.example.com"), with("secret_renew_before", "30d"),
		// Another server: the registration endpoint instead of the issuer is no move, another issuer is one.
		{"issuer": nil, "registration_endpoint": sb.Info().AuthorizationServers[0].RegistrationEndpoint}, {}, {"issuer": acctest.Unknown{}}, {"issuer": sb.Server("other").Issuer(), "logo_uri": "https://app.example.com/logo.png"},
	}
}

// TestApplicationAsTheFramework is the same for an application.
func TestApplicationAsTheFramework(t *testing.T) {
	t.Parallel()
	sb := acctest.Sandbox(t, sandbox.Options{})
	const address = "dcr_application.this"
	for _, seal := range []bool{false, true} {
		ws := acctest.NewWorkspace(t, sb, nil).Twin()
		if seal {
			ws.With("sealing_key", acctest.SealingKey)
		}
		base := map[string]any{"client_name": "Minhas contas", "version": 1.2, "redirect_uris": []string{"https://app.example.com/callback"}}
		role := func(status ...string) []any {
			var out []any
			for _, name := range status {
				out = append(out, map[string]any{"authorisation_domain": "Open Banking", "role": name})
			}
			return out
		}
		changes := []map[string]any{
			{}, {"roles": role("DADOS")}, {"roles": role("DADOS", "PAGTO"), "description": "More"}, {"roles": nil, "version": 1.20}, {"additional_metadata": `{"b":1,"a":2}`}, {"additional_metadata": `{"a":2,"b":1}`},
			{"status": "Suspended"}, {}, {"unlock": "when_needed", "client_name": acctest.Unknown{}}, {"deletion_protection": true}, {"deletion_protection": false},
			{"version": -1}, {"client_name": ""}, {"client_name": nil}, {"redirect_uris": []string{"no"}}, {"roles": []any{}}, {"roles": role("")}, {"roles": []any{map[string]any{"authorisation_domain": "Open Banking", "role": nil}}}, {"additional_metadata": "["}, {"id": "mine"}, {"unlock": "always"},
			{"logo_uri": "https://app.example.com/logo.png", "token_endpoint_auth_method": "client_secret_basic"}, {"logo_uri": acctest.Unknown{}},
		}
		for i, change := range changes {
			config := map[string]any{}
			for _, from := range []map[string]any{base, change} {
				for name, value := range from {
					config[name] = value
				}
			}
			ws.Set(address, config)
			ws.Configure()
			ws.Plan()
			if unknown(config) {
				continue
			}
			if r := ws.Apply(); i == 0 && len(r.Errors) > 0 {
				t.Fatal(r.Errors)
			}
			ws.Plan()
		}
		id := fmt.Sprint(ws.State(address)["id"])
		ws.Set(address, base)
		if err := sb.Directory().Lock(id); err != nil {
			t.Fatal(err)
		}
		ws.Plan()
		ws.Lose(address)
		ws.Import(address, id)
		ws.Plan()
		ws.Apply()
		ws.Taint(address)
		ws.Apply()
		if err := sb.Directory().Delete(fmt.Sprint(ws.State(address)["id"])); err != nil {
			t.Fatal(err)
		}
		ws.Plan()
		ws.Destroy()
	}
}
