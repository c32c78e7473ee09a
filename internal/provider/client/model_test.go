package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/dcr"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

func strs(values ...string) types.Set {
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.SetValueMust(types.StringType, elements)
}

// TestMembersAreUnique guards the table: a name that stands twice would make
// one row win silently.
func TestMembersAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range members() {
		if seen[m.name] {
			t.Errorf("member %s stands twice in the table", m.name)
		}
		seen[m.name] = true
	}
	if len(seen) < 40 {
		t.Errorf("only %d members are known by name", len(seen))
	}
}

// blank is a model of the real schema with every attribute null but those given.
func blank(t *testing.T, values map[string]attr.Value) Model {
	t.Helper()
	var resp resource.SchemaResponse
	(&Resource{}).Schema(t.Context(), resource.SchemaRequest{}, &resp)
	m := Model{Object: fw.Object{Values: map[string]attr.Value{}, Types: map[string]attr.Type{}}}
	for name, a := range resp.Schema.Attributes {
		m.Types[name] = a.GetType()
		m.Values[name] = fw.NullOf(a.GetType())
	}
	for name, value := range values {
		if _, ok := m.Types[name]; !ok {
			t.Fatalf("the schema has no attribute %s", name)
		}
		m.Values[name] = value
	}
	return m
}

func metadataOf(t *testing.T, text string) dcr.Metadata {
	t.Helper()
	var m dcr.Metadata
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRequestHoldsOnlyWhatIsConfigured(t *testing.T) {
	t.Parallel()
	m := blank(t, map[string]attr.Value{
		"issuer":                  types.StringValue("https://as.example"),
		"client_id":               types.StringValue("abc"),
		"client_secret":           types.StringValue("never echoed"),
		"redirect_uris":           strs("https://b.example", "https://a.example"),
		"client_name":             types.StringValue("Name"),
		"additional_metadata":     jsontypes.NewNormalizedValue(`{"org_hooks":["https://h.example"],"limit":2.50}`),
		"registered_metadata":     jsontypes.NewNormalizedValue(`{"subject_type":"public"}`),
		"software_statement":      types.StringValue("added when it is sent"),
		"default_max_age":         types.Int64Unknown(),
		"require_auth_time":       types.BoolValue(false),
		"registration_client_uri": types.StringValue("https://as.example/reg/abc"),
	})
	got, err := json.Marshal(m.request())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"client_name":"Name","limit":2.50,"org_hooks":["https://h.example"],"redirect_uris":["https://a.example","https://b.example"],"require_auth_time":false}`
	if string(got) != want {
		t.Errorf("request\n got %s\nwant %s", got, want)
	}
}

func TestIdentifyKeepsWhatAnAnswerLeavesOut(t *testing.T) {
	t.Parallel()
	m := blank(t, map[string]attr.Value{
		"client_secret":             types.StringValue("secret-1"),
		"registration_access_token": types.StringValue("token-1"),
		"registration_client_uri":   types.StringValue("https://as.example/reg?x=y"),
		"client_id_issued_at":       types.Int64Value(100),
		"client_secret_expires_at":  types.Int64Value(0),
	})
	m.identify(&dcr.Registration{ClientID: "abc", RegistrationClientURI: "https://elsewhere.example/reg"})
	for name, want := range map[string]string{
		"client_id": "abc", "client_secret": "secret-1", "registration_access_token": "token-1",
		"registration_client_uri": "https://as.example/reg?x=y",
	} {
		if m.Text(name) != want {
			t.Errorf("%s = %q, want %q", name, m.Text(name), want)
		}
	}
	m.identify(&dcr.Registration{ClientID: "abc", RegistrationAccessToken: "token-2", ClientSecret: "secret-2", ClientSecretExpiresAt: 500})
	if m.Text("registration_access_token") != "token-2" || m.Text("client_secret") != "secret-2" || !m.Values["client_secret_expires_at"].Equal(types.Int64Value(500)) {
		t.Errorf("a new token, secret and expiry were not taken: %v", m.Values["client_secret_expires_at"])
	}
}

// TestReplacedKeepsTokens guards against losing a token that a PUT's answer
// does not repeat: the plan had it unknown.
func TestReplacedKeepsTokens(t *testing.T) {
	t.Parallel()
	state := blank(t, map[string]attr.Value{
		"client_id": types.StringValue("abc"), "registration_access_token": types.StringValue("token-1"),
		"client_secret": types.StringValue("secret-1"), "client_secret_expires_at": types.Int64Value(0),
		"registration_client_uri": types.StringValue("https://as.example/reg"),
	})
	for name, reg := range map[string]*dcr.Registration{
		"no token in the answer": {ClientID: "abc", Metadata: dcr.Metadata{}},
		"no body at all":         {Empty: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := blank(t, map[string]attr.Value{
				"client_id": types.StringValue("abc"), "registration_access_token": types.StringUnknown(),
				"client_secret": types.StringUnknown(), "client_secret_expires_at": types.Int64Unknown(),
				"registration_client_uri": types.StringValue("https://as.example/reg"),
			})
			var remembered memory
			plan.replaced(state, reg, &remembered)
			if plan.Text("registration_access_token") != "token-1" || plan.Text("client_secret") != "secret-1" {
				t.Errorf("token or secret lost")
			}
		})
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	requested := metadataOf(t, `{"redirect_uris":["https://a.example"],"scope":"openid accounts","client_name":"Mine","org_hooks":["https://h.example"]}`)
	registered := metadataOf(t, `{"redirect_uris":["https://a.example"],"scope":"accounts openid payments","client_name":"MINE","org_hooks":["https://h.example"],"subject_type":"public"}`)
	var remembered memory
	remembered.remember(requested, registered)
	state := map[string]attr.Value{
		"redirect_uris": strs("https://a.example"), "scope": types.StringValue("openid accounts"), "client_name": types.StringValue("Mine"),
		"additional_metadata": jsontypes.NewNormalizedValue(`{"org_hooks":["https://h.example"]}`),
	}
	tests := map[string]struct {
		answer string
		want   map[string]attr.Value
	}{
		"what the server made of it is no drift": {
			`{"redirect_uris":["https://a.example"],"scope":"payments openid accounts","client_name":"MINE","org_hooks":["https://h.example"],"subject_type":"pairwise"}`, state,
		},
		"moved values show": {
			`{"redirect_uris":["https://evil.example"],"scope":"openid","client_name":"MINE","org_hooks":["https://other.example"]}`,
			map[string]attr.Value{
				"redirect_uris": strs("https://evil.example"), "scope": types.StringValue("openid"), "client_name": types.StringValue("Mine"),
				"additional_metadata": jsontypes.NewNormalizedValue(`{"org_hooks":["https://other.example"]}`),
				"subject_type":        types.StringNull(),
			},
		},
		"dropped values show": {
			`{"redirect_uris":["https://a.example"],"client_name":"MINE"}`,
			map[string]attr.Value{"scope": types.StringNull(), "additional_metadata": jsontypes.NewNormalizedValue(`{}`)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := blank(t, state)
			m.observe(metadataOf(t, tt.answer), remembered)
			for attribute, want := range tt.want {
				if got := m.Values[attribute]; !got.Equal(want) {
					t.Errorf("%s = %s, want %s", attribute, got, want)
				}
			}
			// The drift goes away by itself when the server's value comes back.
			m.observe(registered, remembered)
			if got := m.Values["scope"]; !got.Equal(state["scope"]) {
				t.Errorf("after the server moved back, scope = %s", got)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	base := map[string]attr.Value{
		"issuer": types.StringValue("https://as.example"), "client_id": types.StringValue("abc"),
		"scope": types.StringValue("openid accounts"), "response_types": strs("code id_token"),
		"registration_access_token": types.StringValue("token"), "registration_client_uri": types.StringValue("https://as.example/reg"),
		"private_key_pem": types.StringValue("old"), "client_uri": types.StringValue("https://imported.example"),
	}
	with := func(changes map[string]attr.Value) map[string]attr.Value {
		out := map[string]attr.Value{}
		for k, v := range base {
			out[k] = v
		}
		for k, v := range changes {
			out[k] = v
		}
		return out
	}
	tests := map[string]struct {
		changes map[string]attr.Value
		sends   bool
	}{
		"nothing":            {nil, false},
		"same scope":         {map[string]attr.Value{"scope": types.StringValue("accounts openid")}, false},
		"same response type": {map[string]attr.Value{"response_types": strs("id_token code")}, false},
		"connection only":    {map[string]attr.Value{"private_key_pem": types.StringValue("new"), "refresh": types.StringValue("never")}, false},
		"unknown key":        {map[string]attr.Value{"private_key_pem": types.StringUnknown()}, false},
		"other scope":        {map[string]attr.Value{"scope": types.StringValue("openid")}, true},
		"unknown scope":      {map[string]attr.Value{"scope": types.StringUnknown()}, true},
		"unknown statement":  {map[string]attr.Value{"software_statement": types.StringUnknown()}, true},
		"triggers":           {map[string]attr.Value{"triggers": types.MapValueMust(types.StringType, map[string]attr.Value{"a": types.StringValue("1")})}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, plan := blank(t, base), blank(t, with(tt.changes))
			var remembered memory
			remembered.remember(state.request(), state.request())
			config := blank(t, with(tt.changes))
			config.Values["client_uri"] = types.StringNull()
			// The framework marks computed values unknown as soon as anything differs.
			for _, learnt := range learntNames() {
				plan.Values[learnt] = types.StringUnknown()
			}
			plan.settle(state, config, remembered)
			if got := plan.sends(state); got != tt.sends {
				t.Fatalf("sends = %v, want %v", got, tt.sends)
			}
			if got := plan.Values["registration_access_token"].IsUnknown(); got != tt.sends {
				t.Errorf("token unknown = %v, want %v", got, tt.sends)
			}
			if plan.Values["client_id"].IsUnknown() {
				t.Error("client_id became unknown; it never changes")
			}
			if got := fw.Known(plan.Values["client_uri"]); got == tt.sends {
				t.Errorf("an imported value the configuration does not name stays = %v, while a PUT is sent = %v", got, tt.sends)
			}
		})
	}
}

// TestFreshStatement makes no plan by itself, and is what is sent when
// something else makes one.
func TestFreshStatement(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	statement := func(iat int64) types.String {
		token, err := jwt.Signed(signer).Claims(map[string]any{"iss": "directory", "software_id": "one", "iat": iat}).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return types.StringValue(token)
	}
	old, fresh := statement(1000), statement(2000)
	for name, scope := range map[string]string{"alone": "openid", "with a change": "openid accounts"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := blank(t, map[string]attr.Value{"software_statement": old, "scope": types.StringValue("openid")})
			plan := blank(t, map[string]attr.Value{"software_statement": fresh, "scope": types.StringValue(scope)})
			var remembered memory
			remembered.remember(state.request(), state.request())
			plan.settle(state, plan, remembered)
			want := old
			if scope != "openid" {
				want = fresh
			}
			if got := plan.sends(state); got != (scope != "openid") || !plan.Values["software_statement"].Equal(want) {
				t.Errorf("sends = %v, and the statement is the fresh one: %v", got, plan.Values["software_statement"].Equal(fresh))
			}
		})
	}
}

// TestShown: however a server writes a secret or what turns a terminal into JSON, nobody sees it.
func TestShown(t *testing.T) {
	t.Parallel()
	secrets := Model{writeOnly: writeOnly{token: `the-"token"-of-a-bank`}}.secrets()
	for raw, want := range map[string]string{
		`"plain"`: `"plain"`,
		`"has the\u002d\"token\"-of-a-bank in it"`:                   `"has [redacted] in it"`,
		`["a\u202eb","\u009b31m",1.50]`:                              `["a b"," 31m",1.50]`,
		`{"b":1,"client_secret":"x","a":2}`:                          `{"a":2,"b":1}`,
		`"` + strings.Repeat("x", 290) + `the-\"token\"-of-a-bank" `: `"` + strings.Repeat("x", 290) + `[redacted…`,
	} {
		if got := shown(json.RawMessage(raw), secrets); got != want {
			t.Errorf("%s is shown as %s, not %s", raw, got, want)
		}
	}
}
