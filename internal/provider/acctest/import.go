package acctest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Import takes over an object by its import ID.
func (w *Workspace) Import(address, id string) *Result {
	w.t.Helper()
	return w.take(address, &tfprotov6.ImportResourceStateRequest{TypeName: typeOf(address), ID: id})
}

// ImportAll takes over objects by their import IDs in one run, address by address, as
// import blocks do.
func (w *Workspace) ImportAll(ids map[string]string, addresses ...string) *Result {
	w.t.Helper()
	s := w.start()
	for _, address := range addresses {
		s.take(address, &tfprotov6.ImportResourceStateRequest{TypeName: typeOf(address), ID: ids[address]})
	}
	return s.result
}

// ImportBy takes over an object by its identity.
func (w *Workspace) ImportBy(address string, parts map[string]string) *Result {
	w.t.Helper()
	members, types := map[string]tftypes.Value{}, map[string]tftypes.Type{}
	for name, part := range parts {
		members[name], types[name] = tftypes.NewValue(tftypes.String, part), tftypes.String
	}
	identity := dynamic(w.t, tftypes.NewValue(tftypes.Object{AttributeTypes: types}, members))
	return w.take(address, &tfprotov6.ImportResourceStateRequest{TypeName: typeOf(address), Identity: &tfprotov6.ResourceIdentityData{IdentityData: identity}})
}

// Move has an object taken over from the raw state of another provider's resource,
// as a moved block does. Terraform asks a provider for it that is not configured.
func (w *Workspace) Move(address, from string, attributes map[string]any) *Result {
	w.t.Helper()
	raw, err := json.Marshal(attributes)
	if err != nil {
		w.t.Fatal(err)
	}
	s := w.launch()
	resp, err := s.server.MoveResourceState(w.ctx, &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.terraform.io/other/other", SourceTypeName: from, SourceState: &tfprotov6.RawState{JSON: raw}, TargetTypeName: typeOf(address)})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.result.add(address, resp.Diagnostics) {
		return s.result
	}
	w.state[address] = &held{value: s.decode(address, resp.TargetState), private: resp.TargetPrivate, identity: resp.TargetIdentity}
	if !slices.Contains(w.order, address) {
		w.order = append(w.order, address)
	}
	return s.result
}

// Identity is what tells a resource in state from all others.
func (w *Workspace) Identity(address string) map[string]string {
	w.t.Helper()
	kept := w.state[address]
	if kept == nil || kept.identity == nil {
		return nil
	}
	s := w.start()
	schemas, err := s.server.GetResourceIdentitySchemas(w.ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	value, err := kept.identity.IdentityData.Unmarshal(schemas.IdentitySchemas[typeOf(address)].ValueType())
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	plain, _ := plainValue(value).(map[string]any)
	for name, part := range plain {
		if part != nil {
			out[name] = fmt.Sprint(part)
		}
	}
	return out
}

func (w *Workspace) take(address string, req *tfprotov6.ImportResourceStateRequest) *Result {
	w.t.Helper()
	s := w.start()
	s.take(address, req)
	return s.result
}

func (s *session) take(address string, req *tfprotov6.ImportResourceStateRequest) {
	s.t.Helper()
	w, before := s.Workspace, len(s.result.Errors)
	resp, err := s.server.ImportResourceState(w.ctx, req)
	if err != nil {
		w.t.Fatal(err)
	}
	s.result.add(address, resp.Diagnostics)
	for _, imported := range resp.ImportedResources {
		w.state[address] = &held{value: s.decode(address, imported.State), private: imported.Private, identity: imported.Identity}
	}
	if !slices.Contains(w.order, address) {
		w.order = append(w.order, address)
	}
	if s.read(address); len(s.result.Errors) > before {
		delete(w.state, address)
	}
}
