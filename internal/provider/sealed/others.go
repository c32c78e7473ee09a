package sealed

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// ValidateProviderConfig implements tfprotov6.ProviderServer.
func (s *Server) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	inner := *req
	var err error
	if inner.Config, err = s.blanked(ctx, "provider", func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.Provider }, req.Config); err != nil {
		return nil, err
	}
	return s.Inner.ValidateProviderConfig(ctx, &inner)
}

func dataSchema(name string) func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.DataSourceSchemas[name] }
}

// ReadDataSource implements tfprotov6.DataSourceServer.
func (s *Server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := s.Inner.ReadDataSource(ctx, req)
	if err != nil {
		return nil, err
	}
	c, err := s.begin(ctx, req.TypeName, dataSchema(req.TypeName), resp.State)
	if err == nil && c != nil {
		c.seal(&resp.State, c.afterRead(nil))
		err = c.err
	}
	return resp, err
}

func ephemeralSchema(name string) func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
		return all.EphemeralResourceSchemas[name]
	}
}

// ValidateEphemeralResourceConfig implements tfprotov6.EphemeralResourceServer.
func (s *Server) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	inner := *req
	var err error
	if inner.Config, err = s.blanked(ctx, req.TypeName, ephemeralSchema(req.TypeName), req.Config); err != nil {
		return nil, err
	}
	return s.Inner.ValidateEphemeralResourceConfig(ctx, &inner)
}

// OpenEphemeralResource implements tfprotov6.EphemeralResourceServer. Its result
// rests nowhere, and so is in clear.
func (s *Server) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	c, err := s.begin(ctx, req.TypeName, ephemeralSchema(req.TypeName), req.Config)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return s.Inner.OpenEphemeralResource(ctx, req)
	}
	inner := *req
	config := c.open(&inner.Config)
	if failed := c.errors(true); c.err != nil || len(failed) > 0 {
		return &tfprotov6.OpenEphemeralResourceResponse{Diagnostics: failed}, c.err
	}
	resp, err := s.Inner.OpenEphemeralResource(ctx, &inner)
	if err != nil {
		return nil, err
	}
	c.seal(&resp.Result, ephemeral(config))
	return resp, c.err
}

func actionSchema(name string) func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
		if action := all.ActionSchemas[name]; action != nil {
			return action.Schema
		}
		return nil
	}
}

// ValidateActionConfig implements tfprotov6.ActionServer.
func (s *Server) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	inner := *req
	var err error
	if inner.Config, err = s.blanked(ctx, req.ActionType, actionSchema(req.ActionType), req.Config); err != nil {
		return nil, err
	}
	return s.Inner.ValidateActionConfig(ctx, &inner)
}

// PlanAction implements tfprotov6.ActionServer.
func (s *Server) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	c, err := s.begin(ctx, req.ActionType, actionSchema(req.ActionType), req.Config)
	if err != nil {
		return nil, err
	}
	inner := *req
	if c != nil {
		c.open(&inner.Config)
		if failed := c.errors(true); c.err != nil || len(failed) > 0 {
			return &tfprotov6.PlanActionResponse{Diagnostics: failed}, c.err
		}
	}
	return s.Inner.PlanAction(ctx, &inner)
}

// InvokeAction implements tfprotov6.ActionServer. What cannot be opened fails in
// the plan before, unless it was not known then.
func (s *Server) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	c, err := s.begin(ctx, req.ActionType, actionSchema(req.ActionType), req.Config)
	if err != nil {
		return nil, err
	}
	inner := *req
	if c != nil {
		c.open(&inner.Config)
		if failed := c.errors(true); c.err != nil || len(failed) > 0 {
			return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
				yield(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{Diagnostics: failed}})
			}}, c.err
		}
	}
	return s.Inner.InvokeAction(ctx, &inner)
}

// ListResource implements tfprotov6.ListResourceServer.
func (s *Server) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := s.Inner.ListResource(ctx, req)
	if err != nil || !s.ring().Seals() {
		return stream, err
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		for result := range results {
			if !yield(s.sealListed(ctx, req.TypeName, result)) {
				return
			}
		}
	}}, nil
}

func (s *Server) sealListed(ctx context.Context, name string, result tfprotov6.ListResourceResult) tfprotov6.ListResourceResult {
	c, err := s.begin(ctx, name, resourceSchema(name), result.Resource)
	if err == nil && c != nil {
		c.seal(&result.Resource, func(_ string, _ bool, plain string) (string, error) { return c.ring.Seal(plain) })
		err = c.err
	}
	if err != nil {
		result.Resource = nil
		result.Diagnostics = append(result.Diagnostics, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError,
			Summary: "The secrets of what was listed cannot be sealed", Detail: err.Error() + "\n\nIt is listed without its attributes. Report this with the provider's version."})
	}
	return result
}
