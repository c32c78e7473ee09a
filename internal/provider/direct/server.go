package direct

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Inner is the provider as the plugin framework serves it.
type Inner interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Resource is one that is served here.
type Resource struct {
	New func() resource.Resource
	// Keys are all that it keeps in private state.
	Keys []string
}

// Server serves some resources, and passes the calls for all others on.
type Server struct {
	Inner
	resources map[string]Resource
	// data is what the provider gives to its resources, nil before it is configured.
	data func() any

	mu    sync.Mutex
	kinds map[string]*kind
}

// New returns a server of the named resources in front of one that serves all.
func New(inner Inner, resources map[string]Resource, data func() any) *Server {
	return &Server{Inner: inner, resources: resources, data: data, kinds: map[string]*kind{}}
}

// kind is what is known of a resource; nil is for the framework.
func (s *Server) kind(ctx context.Context, typeName string) *kind {
	of, ok := s.resources[typeName]
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, looked := s.kinds[typeName]; looked {
		return found
	}
	found, err := newKind(ctx, typeName, of)
	if err != nil {
		found = nil // The framework serves it, more slowly; TestManyAttributes fails for it.
	}
	s.kinds[typeName] = found
	return found
}

// served is a resource that is served here, ready to be asked; a kind of nil is for the
// framework, as is one that cannot be configured.
func (s *Server) served(ctx context.Context, typeName string) (*kind, resource.Resource) {
	k := s.kind(ctx, typeName)
	if k == nil {
		return nil, nil
	}
	made := k.make()
	var resp resource.ConfigureResponse
	if configurable, ok := made.(resource.ResourceWithConfigure); ok {
		configurable.Configure(ctx, resource.ConfigureRequest{ProviderData: s.data()}, &resp)
	}
	if len(resp.Diagnostics) > 0 {
		return nil, nil
	}
	return k, made
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *Server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	k, made := s.served(ctx, req.TypeName)
	if k == nil {
		return s.Inner.ValidateResourceConfig(ctx, req)
	}
	var diags diag.Diagnostics
	config := k.open(req.Config, &diags)
	able := req.ClientCapabilities != nil && req.ClientCapabilities.WriteOnlyAttributesAllowed
	if len(diags) > 0 || !k.valid(ctx, made, config, able) {
		return s.Inner.ValidateResourceConfig(ctx, req)
	}
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

// UpgradeResourceState implements tfprotov6.ResourceServer. A state of this version is
// written as Terraform wants it; what is not in the schema any more is left out.
func (s *Server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	k := s.kind(ctx, req.TypeName)
	if k == nil || req.RawState == nil || req.Version != k.schema.GetVersion() {
		return s.Inner.UpgradeResourceState(ctx, req)
	}
	upgraded, ok := k.upgrade(req.RawState)
	if !ok {
		return s.Inner.UpgradeResourceState(ctx, req)
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: upgraded}, nil
}

// ReadResource implements tfprotov6.ResourceServer.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	k, made := s.served(ctx, req.TypeName)
	if k == nil {
		return s.Inner.ReadResource(ctx, req)
	}
	return k.read(ctx, made, req), nil
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s *Server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	k, made := s.served(ctx, req.TypeName)
	if k == nil {
		return s.Inner.PlanResourceChange(ctx, req)
	}
	return k.plan(ctx, made, req), nil
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	k, made := s.served(ctx, req.TypeName)
	if k == nil {
		return s.Inner.ApplyResourceChange(ctx, req)
	}
	return k.apply(ctx, made, req), nil
}

// Check says why a resource would be left to the framework, which is slower.
func Check(ctx context.Context, typeName string, of Resource) error {
	_, err := newKind(ctx, typeName, of)
	return err
}
