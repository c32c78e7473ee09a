// Package released lets go of what belongs to a call once the call is over. The
// plugin framework keeps the context of every call for as long as the process
// lives, and with it all that hangs from it: some 30 kB each, which at a thousand
// resources is more than the provider needs for everything else.
package released

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Server is a server whose calls for single resources leave nothing behind. Calls
// that are made once a process, and those that answer with a stream, are left alone.
type Server struct{ Inner }

// Inner is all that a provider serves.
type Inner interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// New returns a server in front of another.
func New(inner Inner) *Server { return &Server{inner} }

// held is a context that can be let go. Before that it is what it holds, and after
// that a context that is over and knows nothing.
type held struct {
	target atomic.Pointer[context.Context]
}

func hold(ctx context.Context) *held {
	h := &held{}
	h.target.Store(&ctx)
	return h
}

func (h *held) release() {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	h.target.Store(&over)
}

// Deadline implements context.Context.
func (h *held) Deadline() (time.Time, bool) { return (*h.target.Load()).Deadline() }

// Done implements context.Context.
func (h *held) Done() <-chan struct{} { return (*h.target.Load()).Done() }

// Err implements context.Context.
func (h *held) Err() error { return (*h.target.Load()).Err() }

// Value implements context.Context.
func (h *held) Value(key any) any { return (*h.target.Load()).Value(key) }

func during[Request, Response any](ctx context.Context, call func(context.Context, Request) (Response, error), req Request) (Response, error) {
	h := hold(ctx)
	defer h.release()
	return call(h, req)
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *Server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, s.Inner.ValidateResourceConfig, req)
}

// UpgradeResourceState implements tfprotov6.ResourceServer.
func (s *Server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, s.Inner.UpgradeResourceState, req)
}

// UpgradeResourceIdentity implements tfprotov6.ResourceServer.
func (s *Server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return during(ctx, s.Inner.UpgradeResourceIdentity, req)
}

// ReadResource implements tfprotov6.ResourceServer.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, s.Inner.ReadResource, req)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s *Server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, s.Inner.PlanResourceChange, req)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return during(ctx, s.Inner.ApplyResourceChange, req)
}

// ImportResourceState implements tfprotov6.ResourceServer.
func (s *Server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return during(ctx, s.Inner.ImportResourceState, req)
}

// MoveResourceState implements tfprotov6.ResourceServer.
func (s *Server) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return during(ctx, s.Inner.MoveResourceState, req)
}

// ValidateDataResourceConfig implements tfprotov6.DataSourceServer.
func (s *Server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return during(ctx, s.Inner.ValidateDataResourceConfig, req)
}

// ReadDataSource implements tfprotov6.DataSourceServer.
func (s *Server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return during(ctx, s.Inner.ReadDataSource, req)
}

// CallFunction implements tfprotov6.FunctionServer.
func (s *Server) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return during(ctx, s.Inner.CallFunction, req)
}

// OpenEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (s *Server) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return during(ctx, s.Inner.OpenEphemeralResource, req)
}
