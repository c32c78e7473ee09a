package application

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// model is the resource's value with every attribute null but those given.
func model(t *testing.T, given map[string]attr.Value) Model {
	t.Helper()
	var resp resource.SchemaResponse
	(&Resource{}).Schema(t.Context(), resource.SchemaRequest{}, &resp)
	object, ok := resp.Schema.Type().(attr.TypeWithAttributeTypes)
	if !ok {
		t.Fatal("the schema is no object")
	}
	m := Model{Object: fw.Object{Types: object.AttributeTypes(), Values: map[string]attr.Value{}}}
	for name, kind := range m.Types {
		m.Values[name] = fw.NullOf(kind)
	}
	maps.Copy(m.Values, given)
	return m
}

func set(values ...string) types.Set { return fw.StringSet(values) }

func text(value string) types.String { return types.StringValue(value) }

func answer(t *testing.T, body string) *directory.Application {
	t.Helper()
	var app directory.Application
	if err := json.Unmarshal([]byte(body), &app); err != nil {
		t.Fatal(err)
	}
	return &app
}

// wire is a request as it looks on the wire.
func wire(t *testing.T, fields directory.Fields) string {
	t.Helper()
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestRequest(t *testing.T) {
	t.Parallel()
	least := map[string]attr.Value{"client_name": text("n"), "version": types.Float64Value(1), "redirect_uris": set("https://a.example.com")}
	with := func(name string, value attr.Value) map[string]attr.Value {
		out := maps.Clone(least)
		out[name] = value
		return out
	}
	const start = `{"ClientName":"n","LogoUri":"` + placeholderLogo + `","RedirectUri":["https://a.example.com"]`
	for name, tc := range map[string]struct {
		given map[string]attr.Value
		want  string
	}{
		"least":              {least, start + `,"Version":1}`},
		"null":               {with("description", types.StringNull()), start + `,"Version":1}`},
		"unknown":            {with("description", types.StringUnknown()), start + `,"Version":1}`},
		"empty set":          {with("origin_uris", types.SetValueMust(types.StringType, nil)), start + `,"Version":1}`},
		"fraction":           {with("version", types.Float64Value(1.25)), start + `,"Version":1.25}`},
		"false is a value":   {with("require_signed_request_object", types.BoolValue(false)), `{"ClientName":"n","LogoUri":"` + placeholderLogo + `","RedirectUri":["https://a.example.com"],"RequireSignedRequestObject":false,"Version":1}`},
		"sets are sorted":    {with("redirect_uris", set("https://b.example.com", "https://a.example.com")), `{"ClientName":"n","LogoUri":"` + placeholderLogo + `","RedirectUri":["https://a.example.com","https://b.example.com"],"Version":1}`},
		"JSON goes as text":  {with("additional_metadata", jsontypes.NewNormalizedValue(`{ "a": [1] }`)), `{"AdditionalSoftwareMetadata":"{\"a\":[1]}",` + start[1:] + `,"Version":1}`},
		"own logo":           {with("logo_uri", text("https://l.example.com")), `{"ClientName":"n","LogoUri":"https://l.example.com","RedirectUri":["https://a.example.com"],"Version":1}`},
		"roles keep a space": {with("roles", roleSet([]directory.Role{{AuthorisationDomain: "D ", Role: "R"}})), `{"ClientName":"n","LogoUri":"` + placeholderLogo + `","RedirectUri":["https://a.example.com"],"Roles":[{"AuthorisationDomain":"D ","Role":"R","Status":"Active"}],"Version":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wire(t, model(t, tc.given).request()); got != tc.want {
				t.Errorf("request is\n%s, want\n%s", got, tc.want)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	state := map[string]attr.Value{"client_name": text("n"), "description": text("d"), "logo_uri": text("https://l.example.com"), "redirect_uris": set("a", "b"), "status": text("Active")}
	for name, tc := range map[string]struct {
		plan map[string]attr.Value
		want string
	}{
		"nothing":           {nil, `{}`},
		"order of a set":    {map[string]attr.Value{"redirect_uris": set("b", "a")}, `{}`},
		"changed":           {map[string]attr.Value{"client_name": text("m")}, `{"ClientName":"m"}`},
		"removed":           {map[string]attr.Value{"description": types.StringNull()}, `{"Description":null}`},
		"added":             {map[string]attr.Value{"mode": text("Test")}, `{"Mode":"Test"}`},
		"logo removed":      {map[string]attr.Value{"logo_uri": types.StringNull()}, `{"LogoUri":"` + placeholderLogo + `"}`},
		"status":            {map[string]attr.Value{"status": text("Suspended")}, `{"Status":"Suspended"}`},
		"behaviour is ours": {map[string]attr.Value{"unlock": text("when_needed"), "deletion_protection": types.BoolValue(true)}, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := maps.Clone(state)
			maps.Copy(plan, tc.plan)
			if got := wire(t, model(t, plan).changes(model(t, state))); got != tc.want {
				t.Errorf("changes are %s, want %s", got, tc.want)
			}
		})
	}
}

// TestObserve is the matrix of design: null in state stays null, unless an
// import asks for all; what the directory rewrote is no drift; what moved is.
func TestObserve(t *testing.T) {
	t.Parallel()
	const body = `{"SoftwareStatementId":"id","ClientName":"n","Version":1.0,"LogoUri":"https://hosted/1.png","RedirectUri":["b","a"],"Description":"theirs",
		"Mode":"Live","AdditionalSoftwareMetadata":"{}","RequireSignedRequestObject":true,"OriginUri":[]}`
	pairs := func(registered string) memory {
		return memory{Pairs: map[string]fw.Pair{logoMember: {Requested: json.RawMessage(`"data:mine"`), Registered: json.RawMessage(registered)}}}
	}
	for name, tc := range map[string]struct {
		state  map[string]attr.Value
		memory memory
		want   map[string]attr.Value
	}{
		"unmanaged":    {nil, memory{}, map[string]attr.Value{"description": types.StringNull(), "mode": types.StringNull(), "logo_uri": types.StringNull(), "additional_metadata": jsontypes.NewNormalizedNull(), "roles": roleSet(nil)}},
		"import":       {nil, memory{}, map[string]attr.Value{"description": text("theirs"), "mode": text("Live"), "logo_uri": text("https://hosted/1.png"), "require_signed_request_object": types.BoolValue(true), "additional_metadata": jsontypes.NewNormalizedNull(), "origin_uris": set(), "version": types.Float64Value(1), "roles": roleSet([]directory.Role{{AuthorisationDomain: "D", Role: "R"}})}},
		"drift":        {map[string]attr.Value{"description": text("ours"), "redirect_uris": set("a")}, memory{}, map[string]attr.Value{"description": text("theirs"), "redirect_uris": set("a", "b")}},
		"gone":         {map[string]attr.Value{"environment": text("ours")}, memory{}, map[string]attr.Value{"environment": types.StringNull()}},
		"rewritten":    {map[string]attr.Value{"logo_uri": text("data:mine")}, pairs(`"https://hosted/1.png"`), map[string]attr.Value{"logo_uri": text("data:mine")}},
		"moved":        {map[string]attr.Value{"logo_uri": text("data:mine")}, pairs(`"https://hosted/0.png"`), map[string]attr.Value{"logo_uri": text("https://hosted/1.png")}},
		"moved back":   {map[string]attr.Value{"logo_uri": text("https://hosted/0.png")}, pairs(`"https://hosted/1.png"`), map[string]attr.Value{"logo_uri": text("data:mine")}},
		"no status":    {map[string]attr.Value{"status": text("Active")}, memory{}, map[string]attr.Value{"status": text("Active")}},
		"active roles": {map[string]attr.Value{"roles": roleSet([]directory.Role{{AuthorisationDomain: "D", Role: "Q"}})}, memory{}, map[string]attr.Value{"roles": roleSet([]directory.Role{{AuthorisationDomain: "D", Role: "R"}})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := model(t, tc.state)
			m.observe(answer(t, body), []directory.Role{{AuthorisationDomain: "D", Role: "R", Status: "Active"}, {AuthorisationDomain: "D", Role: "Q", Status: "Inactive"}}, tc.memory, name == "import")
			for attribute, want := range tc.want {
				if got := m.Values[attribute]; !got.Equal(want) {
					t.Errorf("%s is %s, want %s", attribute, got, want)
				}
			}
		})
	}
}

// TestSecretGoesWithItsMethod keeps a secret the directory tells only once, as
// long as it is one.
func TestSecretGoesWithItsMethod(t *testing.T) {
	t.Parallel()
	for body, kept := range map[string]bool{
		`{"SoftwareStatementId":"id"}`: true,
		`{"SoftwareStatementId":"id","TokenEndpointAuthMethod":"client_secret_basic"}`: true,
		`{"SoftwareStatementId":"id","TokenEndpointAuthMethod":"private_key_jwt"}`:     false,
	} {
		m := model(t, map[string]attr.Value{"client_secret": text("s")})
		m.observe(answer(t, body), nil, memory{}, false)
		if got := !m.Values["client_secret"].IsNull(); got != kept {
			t.Errorf("%s: the secret is kept: %t, want %t", body, got, kept)
		}
	}
}

// TestRememberKeepsWhatWasNotSent guards against hiding drift: a value that
// moved between refresh and update must not become the registered one.
func TestRememberKeepsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	m := model(t, map[string]attr.Value{"client_name": text("n"), "description": text("ours"), "mode": text("Live")})
	before := memory{Pairs: map[string]fw.Pair{
		"Description": {Requested: json.RawMessage(`"ours"`), Registered: json.RawMessage(`"Ours"`)},
		"PolicyUri":   {Requested: json.RawMessage(`"p"`), Registered: json.RawMessage(`"p"`)},
	}}
	got := m.remember(answer(t, `{"SoftwareStatementId":"id","ClientName":"N","Description":"theirs","Mode":"Live"}`), before, directory.Fields{nameMember: "n"})
	if pair := got.Pairs[nameMember]; string(pair.Requested) != `"n"` || string(pair.Registered) != `"N"` {
		t.Errorf("the name was sent, and is remembered as %s registered as %s", pair.Requested, pair.Registered)
	}
	if pair := got.Pairs["Description"]; string(pair.Registered) != `"Ours"` {
		t.Errorf("the description was not sent, and is remembered as registered as %s", pair.Registered)
	}
	if names := slices.Sorted(maps.Keys(got.Pairs)); fmt.Sprint(names) != "[ClientName Description]" {
		t.Errorf("remembered are %v", names)
	}
}

func TestRevision(t *testing.T) {
	t.Parallel()
	roles := []directory.Role{{AuthorisationDomain: "D", Role: "R"}, {AuthorisationDomain: "D", Role: "Q"}}
	base := revision(answer(t, `{"SoftwareStatementId":"id","ClientName":"n","Version":1,"RedirectUri":["a","b"],"AdditionalSoftwareMetadata":"{}"}`), roles, 0)
	for name, tc := range map[string]struct {
		body  string
		roles []directory.Role
		same  bool
	}{
		"order and notation": {`{"SoftwareStatementId":"id","RedirectUri":["b","a"],"Version":1.0,"ClientName":"n","Description":"","OriginUri":[],"PolicyUri":null}`, []directory.Role{roles[1], roles[0]}, true},
		"not stated":         {`{"SoftwareStatementId":"id","ClientName":"n","Version":1,"RedirectUri":["a","b"],"Status":"Suspended","Locked":true,"NotificationWebhook":"https://n.example.com","TokenEndpointAuthMethod":"tls_client_auth"}`, roles, true},
		"client ID":          {`{"SoftwareStatementId":"id","ClientName":"n","ClientId":"c","Version":1,"RedirectUri":["a","b"]}`, roles, false},
		"flag":               {`{"SoftwareStatementId":"id","ClientName":"n","Version":1,"RedirectUri":["a","b"],"Flags":[{"Id":"f"}]}`, roles, false},
		"name":               {`{"SoftwareStatementId":"id","ClientName":"m","Version":1,"RedirectUri":["a","b"]}`, roles, false},
		"version":            {`{"SoftwareStatementId":"id","ClientName":"n","Version":1.1,"RedirectUri":["a","b"]}`, roles, false},
		"redirect URI":       {`{"SoftwareStatementId":"id","ClientName":"n","Version":1,"RedirectUri":["a"]}`, roles, false},
		"added member":       {`{"SoftwareStatementId":"id","ClientName":"n","Version":1,"RedirectUri":["a","b"],"Description":"d"}`, roles, false},
		"role":               {`{"SoftwareStatementId":"id","ClientName":"n","Version":1,"RedirectUri":["a","b"]}`, roles[:1], false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := revision(answer(t, tc.body), tc.roles, 0); (got == base) != tc.same {
				t.Errorf("revision %s, base %s, want same: %t", got, base, tc.same)
			}
		})
	}
}

// TestSettle says what is unknown while an update is planned: a value that
// cannot change stays known, so that what depends on it is not replanned.
func TestSettle(t *testing.T) {
	t.Parallel()
	state := map[string]attr.Value{"id": text("id"), "client_name": text("n"), "redirect_uris": set("a"), "locked": types.BoolValue(true), "revision": text("r"),
		"client_secret": text("s"), "notification_webhook_status": text("Confirmed"), "roles": roleSet([]directory.Role{{AuthorisationDomain: "D", Role: "R"}})}
	for name, tc := range map[string]struct {
		plan map[string]attr.Value
		want []string
	}{
		"nothing":        {map[string]attr.Value{}, nil},
		"behaviour":      {map[string]attr.Value{"deletion_protection": types.BoolValue(true)}, nil},
		"stated":         {map[string]attr.Value{"client_name": text("m")}, []string{"client_secret", "revision"}},
		"status":         {map[string]attr.Value{"status": text("Suspended")}, []string{"client_secret"}},
		"webhook":        {map[string]attr.Value{"notification_webhook_uri": text("w")}, []string{"client_secret", "notification_webhook_status", "revision"}},
		"secret":         {map[string]attr.Value{"token_endpoint_auth_method": text("tls_client_auth")}, []string{"client_secret", "revision"}},
		"other roles":    {map[string]attr.Value{"roles": roleSet([]directory.Role{{AuthorisationDomain: "D", Role: "Q"}})}, []string{"client_secret", "revision"}},
		"roles cleared":  {map[string]attr.Value{"roles": roleSet(nil)}, []string{"client_secret", "revision"}},
		"may unlock":     {map[string]attr.Value{"unlock": text(unlockWhenNeeded), "description": text("d")}, []string{"client_secret", "locked", "revision"}},
		"unknown change": {map[string]attr.Value{"client_name": types.StringUnknown()}, []string{"client_name", "client_secret", "revision"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := maps.Clone(state)
			for attribute := range computed() {
				given[attribute] = types.StringUnknown()
			}
			maps.Copy(given, tc.plan)
			plan := model(t, given)
			plan.settle(model(t, state), false)
			var unknown []string
			for attribute, value := range plan.Values {
				if value.IsUnknown() {
					unknown = append(unknown, attribute)
				}
			}
			slices.Sort(unknown)
			if !slices.Equal(unknown, tc.want) {
				t.Errorf("unknown are %v, want %v", unknown, tc.want)
			}
		})
	}
}

// TestPlaceholder checks that what is sent for want of a logo is one, by the
// schema's own rule and by decoding it.
func TestPlaceholder(t *testing.T) {
	t.Parallel()
	for value, valid := range map[string]bool{placeholderLogo: true, "https://l.example.com/a.svg": true, "logo.png": false, "data:image/png;base64,*": false} {
		var resp validator.StringResponse
		logo().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("logo_uri"), ConfigValue: text(value)}, &resp)
		if resp.Diagnostics.HasError() == valid {
			t.Errorf("%s: valid is %t, want %t", value, !valid, valid)
		}
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(placeholderLogo, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
		t.Errorf("the placeholder does not decode: %v", err)
	}
}
