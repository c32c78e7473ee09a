package acctest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
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

// answer is what came of a call.
type answer struct {
	value       *tfprotov6.DynamicValue
	private     []byte
	identity    *tfprotov6.ResourceIdentityData
	replaces    []*tftypes.AttributePath
	diagnostics []*tfprotov6.Diagnostic
	err         error
}

// told are diagnostics without what is random in them, in an order of their own: the
// framework goes through attributes in any.
func (twin) told(all []*tfprotov6.Diagnostic) []string {
	out := make([]string, 0, len(all))
	for _, d := range all {
		out = append(out, fmt.Sprintf("%s %s: %s: %s", d.Severity, d.Attribute, d.Summary, random().ReplaceAllString(d.Detail, "…")))
	}
	slices.Sort(out)
	return out
}

// same compares two answers.
func (p twin) same(call, kind string, own, framework answer) {
	p.t.Helper()
	if (own.err == nil) != (framework.err == nil) {
		p.t.Errorf("%s of %s ends with %v, and by the framework with %v", call, kind, own.err, framework.err)
		return
	}
	if a, b := p.told(own.diagnostics), p.told(framework.diagnostics); !slices.Equal(a, b) {
		p.t.Errorf("%s of %s says\n%s\nand by the framework\n%s", call, kind, strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	if (own.value == nil) != (framework.value == nil) {
		p.t.Errorf("%s of %s gives %v, and by the framework %v", call, kind, own.value, framework.value)
	}
	if a, b := p.open(kind, own.value), p.open(kind, framework.value); !a.Equal(b) {
		diff, err := a.Diff(b)
		p.t.Errorf("%s of %s gives another value than by the framework: %v %v", call, kind, diff, err)
	}
	if a, b := p.kept(own.private), p.kept(framework.private); !maps.Equal(a, b) {
		p.t.Errorf("%s of %s keeps\n%s\nand by the framework\n%s", call, kind, a, b)
	}
	if !reflect.DeepEqual(own.identity, framework.identity) {
		p.t.Errorf("%s of %s gives another identity than by the framework", call, kind)
	}
	if !reflect.DeepEqual(own.replaces, framework.replaces) {
		p.t.Errorf("%s of %s replaces for %v, and by the framework for %v", call, kind, own.replaces, framework.replaces)
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
	call := func(server tfprotov6.ProviderServer) (*tfprotov6.ValidateResourceConfigResponse, answer) {
		resp, err := server.ValidateResourceConfig(ctx, req)
		if err != nil {
			return nil, answer{err: err}
		}
		return resp, answer{diagnostics: resp.Diagnostics}
	}
	resp, own := call(p.ProviderServer)
	_, framework := call(p.framework)
	p.same("Validation", req.TypeName, own, framework)
	return resp, own.err
}

// ReadResource implements tfprotov6.ResourceServer. What is read is upgraded before, which has no effect.
func (p twin) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	p.upgrade(ctx, req.TypeName, req.CurrentState)
	call := func(server tfprotov6.ProviderServer) (*tfprotov6.ReadResourceResponse, answer) {
		resp, err := server.ReadResource(ctx, req)
		if err != nil {
			return nil, answer{err: err}
		}
		return resp, answer{value: resp.NewState, private: resp.Private, identity: resp.NewIdentity, diagnostics: resp.Diagnostics}
	}
	resp, own := call(p.ProviderServer)
	_, framework := call(p.framework)
	p.same("Reading", req.TypeName, own, framework)
	return resp, own.err
}

// upgrade has a state upgraded from its own version, as Terraform stores it.
func (p twin) upgrade(ctx context.Context, kind string, state *tfprotov6.DynamicValue) {
	p.t.Helper()
	plain, ok := plainValue(p.open(kind, state)).(map[string]any)
	if !ok {
		p.t.Fatalf("the state of %s is no object", kind)
	}
	plain["of_another_version"] = true
	stored, err := json.Marshal(plain)
	if err != nil {
		p.t.Fatal(err)
	}
	call := func(server tfprotov6.ProviderServer) answer {
		resp, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: kind, RawState: &tfprotov6.RawState{JSON: stored}})
		if err != nil {
			return answer{err: err}
		}
		return answer{value: resp.UpgradedState, diagnostics: resp.Diagnostics}
	}
	p.same("Upgrade", kind, call(p.ProviderServer), call(p.framework))
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (p twin) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	call := func(server tfprotov6.ProviderServer) (*tfprotov6.PlanResourceChangeResponse, answer) {
		resp, err := server.PlanResourceChange(ctx, req)
		if err != nil {
			return nil, answer{err: err}
		}
		return resp, answer{value: resp.PlannedState, private: resp.PlannedPrivate, identity: resp.PlannedIdentity, replaces: resp.RequiresReplace, diagnostics: resp.Diagnostics}
	}
	resp, own := call(p.ProviderServer)
	_, framework := call(p.framework)
	p.same("Planning", req.TypeName, own, framework)
	return resp, own.err
}
