package sealed

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func resourceSchema(name string) func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
	return func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.ResourceSchemas[name] }
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *Server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	inner := *req
	var err error
	if inner.Config, err = s.blanked(ctx, req.TypeName, resourceSchema(req.TypeName), req.Config); err != nil {
		return nil, err
	}
	return s.Inner.ValidateResourceConfig(ctx, &inner)
}

// ReadResource implements tfprotov6.ResourceServer. What is in clear is sealed
// here, and what an earlier key sealed is sealed anew.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	c, err := s.begin(ctx, req.TypeName, resourceSchema(req.TypeName), req.CurrentState)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return s.Inner.ReadResource(ctx, req)
	}
	inner := *req
	before := c.open(&inner.CurrentState)
	kept := &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: req.CurrentIdentity}
	switch failed := c.errors(false); {
	case c.err != nil:
		return nil, c.err
	case len(failed) > 0:
		kept.Diagnostics = failed
		return kept, nil
	case c.closed() && usesItsSecrets(req.TypeName):
		kept.Diagnostics = []*tfprotov6.Diagnostic{unread(c)}
		return kept, nil
	}
	resp, err := s.Inner.ReadResource(ctx, &inner)
	if err != nil {
		return nil, err
	}
	c.seal(&resp.NewState, c.afterRead(before))
	resp.Diagnostics = append(resp.Diagnostics, c.clear()...)
	return resp, nil
}

// usesItsSecrets reports whether a resource cannot be read, changed or removed
// without the secrets in its state.
func usesItsSecrets(name string) bool { return name == "dcr_client" }

func unread(c *call) *tfprotov6.Diagnostic {
	return &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "The client was not read", Attribute: c.problems[0].path,
		Detail: c.explain(c.problems[0]) + " Until then drift of this client is not seen."}
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s *Server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	c, err := s.begin(ctx, req.TypeName, resourceSchema(req.TypeName), req.Config, req.PriorState, req.ProposedNewState)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return s.Inner.PlanResourceChange(ctx, req)
	}
	inner := *req
	config, before := c.open(&inner.Config), c.open(&inner.PriorState)
	c.open(&inner.ProposedNewState)
	if failed := c.errors(false); c.err != nil || len(failed) > 0 {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState, PlannedPrivate: req.PriorPrivate, Diagnostics: failed}, c.err
	}
	resp, err := s.Inner.PlanResourceChange(ctx, &inner)
	if err != nil {
		return nil, err
	}
	if failed := c.errors(true); len(failed) > 0 && anyError(resp.Diagnostics) {
		// What went wrong went wrong with a secret that stayed closed.
		resp.Diagnostics = failed
	}
	c.seal(&resp.PlannedState, c.afterPlan(config, before))
	return resp, c.err
}

func anyError(diagnostics []*tfprotov6.Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError })
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	c, err := s.begin(ctx, req.TypeName, resourceSchema(req.TypeName), req.Config, req.PriorState, req.PlannedState)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return s.Inner.ApplyResourceChange(ctx, req)
	}
	inner := *req
	before, planned := c.open(&inner.PriorState), c.open(&inner.PlannedState)
	c.open(&inner.Config)
	if failed := c.errors(usesItsSecrets(req.TypeName)); c.err != nil || len(failed) > 0 {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PriorState, Private: req.PlannedPrivate, Diagnostics: failed}, c.err
	}
	resp, err := s.Inner.ApplyResourceChange(ctx, &inner)
	if err != nil {
		return nil, err
	}
	c.seal(&resp.NewState, c.afterApply(planned, before))
	resp.Diagnostics = append(resp.Diagnostics, c.clear()...)
	return resp, nil
}

// clear tells that sealing failed where nothing may fail any more: a server said
// yes, and an error here would lose what it issued.
func (c *call) clear() []*tfprotov6.Diagnostic {
	if c.err == nil {
		return nil
	}
	return []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Secrets could not be sealed",
		Detail: c.err.Error() + "\n\nSo that nothing is lost, the state has them in clear; the next refresh seals them. Report this with the provider's version."}}
}

// ImportResourceState implements tfprotov6.ResourceServer.
func (s *Server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	resp, err := s.Inner.ImportResourceState(ctx, req)
	if err != nil || !s.ring().Seals() {
		return resp, err
	}
	for _, imported := range resp.ImportedResources {
		c, err := s.begin(ctx, imported.TypeName, resourceSchema(imported.TypeName), imported.State)
		if err != nil {
			return nil, err
		}
		if c != nil {
			if c.seal(&imported.State, c.afterRead(nil)); c.err != nil {
				return nil, c.err
			}
		}
	}
	return resp, nil
}

// MoveResourceState implements tfprotov6.ResourceServer. Terraform asks a provider
// that is not configured, and so has no key; the refresh that follows seals.
func (s *Server) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	resp, err := s.Inner.MoveResourceState(ctx, req)
	if err != nil || !s.ring().Seals() || resp.TargetState == nil {
		return resp, err
	}
	c, err := s.begin(ctx, req.TargetTypeName, resourceSchema(req.TargetTypeName), resp.TargetState)
	if err == nil && c != nil {
		c.seal(&resp.TargetState, c.afterRead(nil))
		err = c.err
	}
	return resp, err
}
