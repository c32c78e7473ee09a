package acctest

import (
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Twin has everything that is validated, read or planned from now on done a second
// time by a provider that the plugin framework serves alone, and the answers compared.
// Servers must not answer a second read otherwise than the first.
func (w *Workspace) Twin() *Workspace {
	w.twin = true
	return w
}

// twin asks two providers the same.
type twin struct {
	tfprotov6.ProviderServer
	framework tfprotov6.ProviderServer
	t         *testing.T
	schemas   map[string]*tfprotov6.Schema
}

// told are diagnostics without what is random in them.
func (twin) told(all []*tfprotov6.Diagnostic) []tfprotov6.Diagnostic {
	var out []tfprotov6.Diagnostic
	for _, d := range all {
		out = append(out, tfprotov6.Diagnostic{Severity: d.Severity, Summary: d.Summary, Detail: random().ReplaceAllString(d.Detail, "…"), Attribute: d.Attribute})
	}
	return out
}

// same compares two answers.
func (p twin) same(call, kind string, values [2]*tfprotov6.DynamicValue, private [2][]byte, identity [2]*tfprotov6.ResourceIdentityData, diagnostics [2][]*tfprotov6.Diagnostic) {
	p.t.Helper()
	if a, b := p.told(diagnostics[0]), p.told(diagnostics[1]); !reflect.DeepEqual(a, b) {
		p.t.Errorf("%s of %s says\n%+v\nand by the framework\n%+v", call, kind, a, b)
	}
	if a, b := p.open(kind, values[0]), p.open(kind, values[1]); !a.Equal(b) {
		diff, err := a.Diff(b)
		p.t.Errorf("%s of %s gives another value than by the framework: %v %v", call, kind, diff, err)
	}
	if a, b := p.kept(private[0]), p.kept(private[1]); !reflect.DeepEqual(a, b) {
		p.t.Errorf("%s of %s keeps\n%s\nand by the framework\n%s", call, kind, a, b)
	}
	if !reflect.DeepEqual(identity[0], identity[1]) {
		p.t.Errorf("%s of %s gives another identity than by the framework", call, kind)
	}
}

// kept is private state, likewise.
func (p twin) kept(raw []byte) map[string]string {
	p.t.Helper()
	var encoded map[string][]byte
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &encoded); err != nil {
			p.t.Fatal(err)
		}
	}
	out := map[string]string{}
	for key, value := range encoded {
		out[key] = random().ReplaceAllString(string(value), "…")
	}
	return out
}

// random is what is another one in each request.
func random() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
}

func (p twin) open(kind string, value *tfprotov6.DynamicValue) tftypes.Value {
	p.t.Helper()
	typ := p.schemas[kind].ValueType()
	if value == nil {
		return tftypes.NewValue(typ, nil)
	}
	raw, err := value.Unmarshal(typ)
	if err != nil {
		p.t.Fatal(err)
	}
	return canonical(raw)
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (p twin) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	if _, err := p.framework.ConfigureProvider(ctx, req); err != nil {
		return nil, err
	}
	return p.ProviderServer.ConfigureProvider(ctx, req)
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (p twin) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := p.ProviderServer.ValidateResourceConfig(ctx, req)
	other, errOther := p.framework.ValidateResourceConfig(ctx, req)
	if err == nil && errOther == nil {
		p.same("Validation", req.TypeName, [2]*tfprotov6.DynamicValue{}, [2][]byte{}, [2]*tfprotov6.ResourceIdentityData{}, [2][]*tfprotov6.Diagnostic{resp.Diagnostics, other.Diagnostics})
	}
	return resp, err
}

// ReadResource implements tfprotov6.ResourceServer.
func (p twin) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := p.ProviderServer.ReadResource(ctx, req)
	other, errOther := p.framework.ReadResource(ctx, req)
	if err == nil && errOther == nil {
		p.same("Reading", req.TypeName, [2]*tfprotov6.DynamicValue{resp.NewState, other.NewState}, [2][]byte{resp.Private, other.Private},
			[2]*tfprotov6.ResourceIdentityData{resp.NewIdentity, other.NewIdentity}, [2][]*tfprotov6.Diagnostic{resp.Diagnostics, other.Diagnostics})
	}
	return resp, err
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (p twin) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := p.ProviderServer.PlanResourceChange(ctx, req)
	other, errOther := p.framework.PlanResourceChange(ctx, req)
	if err == nil && errOther == nil {
		p.same("Planning", req.TypeName, [2]*tfprotov6.DynamicValue{resp.PlannedState, other.PlannedState}, [2][]byte{resp.PlannedPrivate, other.PlannedPrivate},
			[2]*tfprotov6.ResourceIdentityData{resp.PlannedIdentity, other.PlannedIdentity}, [2][]*tfprotov6.Diagnostic{resp.Diagnostics, other.Diagnostics})
		if !reflect.DeepEqual(resp.RequiresReplace, other.RequiresReplace) {
			p.t.Errorf("Planning %s replaces for %v, and by the framework for %v", req.TypeName, resp.RequiresReplace, other.RequiresReplace)
		}
	}
	return resp, err
}
