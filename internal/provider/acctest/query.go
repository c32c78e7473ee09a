package acctest

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Listed is one object that a list resource listed.
type Listed struct {
	Name string
	// Identity are the parts that are not null, and Attributes all, nil if they were not asked for.
	Identity   map[string]string
	Attributes map[string]any
}

// Query lists objects as terraform query does, on Terraform 1.14 and later.
func (w *Workspace) Query(name string, config map[string]any, include bool, limit int64) ([]Listed, *Result) {
	w.t.Helper()
	s := w.start()
	all, err := s.server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	identities, err := s.server.GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	lists, ok := s.server.(tfprotov6.ListResourceServer)
	if !ok {
		w.t.Fatal("the provider has no lists")
	}
	request := dynamic(w.t, w.encode(all.ListResourceSchemas[name].ValueType(), config))
	valid, err := lists.ValidateListResourceConfig(context.Background(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: request})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.result.add(name, valid.Diagnostics) {
		return nil, s.result
	}
	stream, err := lists.ListResource(context.Background(), &tfprotov6.ListResourceRequest{TypeName: name, Config: request, IncludeResource: include, Limit: limit})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []Listed
	for found := range stream.Results {
		if s.result.add(name, found.Diagnostics) {
			continue
		}
		one := Listed{Name: found.DisplayName, Identity: map[string]string{}}
		for part, value := range w.plain(found.Identity.IdentityData, identities.IdentitySchemas[name].ValueType()) {
			if value != nil {
				one.Identity[part] = fmt.Sprint(value)
			}
		}
		if include && found.Resource != nil {
			one.Attributes = w.plain(found.Resource, s.schemas[name].ValueType())
		}
		out = append(out, one)
	}
	return out, s.result
}

func (w *Workspace) plain(value *tfprotov6.DynamicValue, kind tftypes.Type) map[string]any {
	w.t.Helper()
	decoded, err := value.Unmarshal(kind)
	if err != nil {
		w.t.Fatal(err)
	}
	out, _ := plainValue(decoded).(map[string]any)
	return out
}

// Invoke runs an action as Terraform 1.14 and later do, and returns what it said on the way.
func (w *Workspace) Invoke(name string, config map[string]any) ([]string, *Result) {
	w.t.Helper()
	s := w.start()
	all, err := s.server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	actions, ok := s.server.(tfprotov6.ActionServer)
	if !ok || all.ActionSchemas[name] == nil {
		w.t.Fatalf("the provider has no action %s", name)
	}
	request := dynamic(w.t, w.encode(all.ActionSchemas[name].Schema.ValueType(), config))
	// Terraform validates while variables are unknown, and never again.
	unknown := map[string]any{}
	for attribute := range config {
		unknown[attribute] = Unknown{}
	}
	valid, err := actions.ValidateActionConfig(context.Background(), &tfprotov6.ValidateActionConfigRequest{ActionType: name, Config: dynamic(w.t, w.encode(all.ActionSchemas[name].Schema.ValueType(), unknown))})
	if err != nil {
		w.t.Fatal(err)
	}
	planned, err := actions.PlanAction(context.Background(), &tfprotov6.PlanActionRequest{ActionType: name, Config: request})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.result.add(name, valid.Diagnostics) || s.result.add(name, planned.Diagnostics) {
		return nil, s.result
	}
	stream, err := actions.InvokeAction(context.Background(), &tfprotov6.InvokeActionRequest{ActionType: name, Config: request})
	if err != nil {
		w.t.Fatal(err)
	}
	var said []string
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			said = append(said, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			s.result.add(name, event.Diagnostics)
		}
	}
	return said, s.result
}

// Draft is the configuration that Terraform writes of a listed resource: what is
// set and may be configured.
func (w *Workspace) Draft(address string, attributes map[string]any) map[string]any {
	w.t.Helper()
	draft := map[string]any{}
	for _, a := range w.start().schemas[typeOf(address)].Block.Attributes {
		if value := attributes[a.Name]; value != nil && (a.Optional || a.Required) && !a.WriteOnly && !a.Deprecated {
			draft[a.Name] = value
		}
	}
	return draft
}
