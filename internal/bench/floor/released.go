package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// given reads the attributes that a configuration gives.
func given(ctx context.Context, get func(context.Context, path.Path, any) diag.Diagnostics, m *model) (diags diag.Diagnostics) {
	diags.Append(get(ctx, path.Root("registration_endpoint"), &m.Endpoint)...)
	diags.Append(get(ctx, path.Root("redirect_uri"), &m.Callback)...)
	diags.Append(get(ctx, path.Root("client_name"), &m.Name)...)
	return diags
}

// released lets the context of a call go when it returns; the framework keeps it.
type released struct{ tfprotov6.ProviderServer }

type held struct {
	target atomic.Pointer[context.Context]
}

func during[Request, Response any](ctx context.Context, call func(context.Context, Request) (Response, error), req Request) (Response, error) {
	h := &held{}
	h.target.Store(&ctx)
	defer func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		h.target.Store(&over)
	}()
	return call(h, req)
}

// Deadline implements context.Context.
func (h *held) Deadline() (time.Time, bool) { return (*h.target.Load()).Deadline() }

// Done implements context.Context.
func (h *held) Done() <-chan struct{} { return (*h.target.Load()).Done() }

// Err implements context.Context.
func (h *held) Err() error { return (*h.target.Load()).Err() }

// Value implements context.Context.
func (h *held) Value(key any) any { return (*h.target.Load()).Value(key) }

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s released) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, s.ProviderServer.ValidateResourceConfig, req)
}

// UpgradeResourceState implements tfprotov6.ResourceServer.
func (s released) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, s.ProviderServer.UpgradeResourceState, req)
}

// ReadResource implements tfprotov6.ResourceServer.
func (s released) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, s.ProviderServer.ReadResource, req)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s released) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, s.ProviderServer.PlanResourceChange, req)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s released) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return during(ctx, s.ProviderServer.ApplyResourceChange, req)
}
