package softwarestatement

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/jws"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	long := json.RawMessage(`"` + strings.Repeat("x", 300) + `"`)
	before := directory.Content{"ClientName": json.RawMessage(`"n"`), "Version": json.RawMessage(`1`), "LogoUri": long, "Flags": json.RawMessage(`["f"]`)}
	now := directory.Content{"ClientName": json.RawMessage(`"m"`), "Version": json.RawMessage(`1`), "LogoUri": json.RawMessage(`"l"`), "Roles": json.RawMessage(`["a/b"]`)}
	want := `ClientName was "n" and is "m"; Flags was ["f"] and is nothing; LogoUri was something long and is "l"; Roles was nothing and is ["a/b"]`
	if got := strings.Join(differences(before, now), "; "); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	if got := differences(before, before); len(got) > 0 {
		t.Errorf("found %q in what is the same", got)
	}
}

func TestReissued(t *testing.T) {
	t.Parallel()
	triggers := func(value string) types.Map {
		return types.MapValueMust(types.StringType, map[string]attr.Value{"t": types.StringValue(value)})
	}
	base := Model{Assertion: types.StringValue("jwt"), ApplicationRevision: types.StringValue("1"), Triggers: triggers("1")}
	for name, tc := range map[string]struct {
		change func(plan, state *Model)
		want   bool
	}{
		"same":             {func(*Model, *Model) {}, false},
		"imported":         {func(_, state *Model) { state.Assertion = types.StringNull() }, true},
		"other revision":   {func(plan, _ *Model) { plan.ApplicationRevision = types.StringValue("2") }, true},
		"unknown revision": {func(plan, _ *Model) { plan.ApplicationRevision = types.StringUnknown() }, true},
		"no revision":      {func(plan, _ *Model) { plan.ApplicationRevision = types.StringNull() }, true},
		"other trigger":    {func(plan, _ *Model) { plan.Triggers = triggers("2") }, true},
		"no trigger":       {func(plan, _ *Model) { plan.Triggers = types.MapNull(types.StringType) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, state := base, base
			tc.change(&plan, &state)
			if got := plan.reissued(state); got != tc.want {
				t.Errorf("a new statement is planned: %t, want %t", got, tc.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.FixedZone("", 3600))
	m := Model{ApplicationID: types.StringValue("id")}
	m.apply(&jws.Statement{Token: "jwt", KeyID: "signer", IssuedAt: at, Claims: map[string]any{"software_id": "id"}})
	for name, got := range map[string]attr.Value{
		"id": m.ID, "jwt": m.Assertion, "signer": m.KeyID, "2026-03-14T11:00:00Z": m.IssuedAt, `{"software_id":"id"}`: m.Claims.StringValue,
	} {
		if !got.Equal(types.StringValue(name)) {
			t.Errorf("got %s, want %q", got, name)
		}
	}
	if !m.ExpiresAt.IsNull() {
		t.Errorf("a statement without exp expires at %s", m.ExpiresAt)
	}
	if !m.ApplicationLocked.ValueBool() {
		t.Error("the application is not locked after a statement was issued")
	}
	if len(m.Digest.ValueString()) != 64 {
		t.Errorf("the digest is %s", m.Digest)
	}
}
