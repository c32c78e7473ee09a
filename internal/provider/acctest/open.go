package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Open opens an ephemeral resource as Terraform does once all of its
// configuration is known, and returns its attributes.
func (w *Workspace) Open(name string, config map[string]any) (map[string]any, *Result) {
	w.t.Helper()
	s := w.start()
	ctx := context.Background()
	all, err := s.server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	schema := all.EphemeralResourceSchemas[name]
	if schema == nil {
		w.t.Fatalf("the provider has no ephemeral %s", name)
	}
	request := dynamic(w.t, w.encode(schema.ValueType(), config))
	valid, err := s.server.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: name, Config: request})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.result.add(name, valid.Diagnostics) {
		return nil, s.result
	}
	opened, err := s.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: name, Config: request})
	if err != nil {
		w.t.Fatal(err)
	}
	if s.result.add(name, opened.Diagnostics) {
		return nil, s.result
	}
	return w.plain(opened.Result, schema.ValueType()), s.result
}
