// Package checked stands in front of the provider, at the protocol, and holds
// actions and lists to what their schemas allow. Terraform validates the
// configuration of an action only while variables are unknown, and neither what
// is planned nor what is invoked afterwards.
package checked

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Inner is the provider as the plugin framework serves it.
type Inner interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Server passes every call on, and plans and invokes no action, and makes no list,
// that is not valid.
type Server struct{ Inner }

var _ Inner = (*Server)(nil)

// New returns a server in front of another.
func New(inner Inner) *Server { return &Server{Inner: inner} }

// PlanAction implements tfprotov6.ActionServer.
func (s *Server) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	wrong, err := s.wrong(ctx, req.ActionType, req.Config)
	if err != nil || wrong != nil {
		return &tfprotov6.PlanActionResponse{Diagnostics: wrong}, err
	}
	return s.Inner.PlanAction(ctx, req)
}

// InvokeAction implements tfprotov6.ActionServer. A value may be known only now.
func (s *Server) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	wrong, err := s.wrong(ctx, req.ActionType, req.Config)
	if err != nil {
		return nil, err
	}
	if wrong == nil {
		return s.Inner.InvokeAction(ctx, req)
	}
	return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
		yield(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{Diagnostics: wrong}})
	}}, nil
}

// wrong is what the validators say of a configuration, if there is an error.
func (s *Server) wrong(ctx context.Context, name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
	resp, err := s.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: name, Config: config})
	if err != nil {
		return nil, err
	}
	return errorsOf(resp.Diagnostics), nil
}

// ListResource implements tfprotov6.ListResourceServer.
func (s *Server) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	resp, err := s.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: req.TypeName, Config: req.Config})
	if err != nil {
		return nil, err
	}
	wrong := errorsOf(resp.Diagnostics)
	if wrong == nil {
		return s.Inner.ListResource(ctx, req)
	}
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		yield(tfprotov6.ListResourceResult{Diagnostics: wrong})
	}}, nil
}

// errorsOf is what was said, if there is an error among it.
func errorsOf(said []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	if slices.ContainsFunc(said, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }) {
		return said
	}
	return nil
}
