package checked_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/checked"
)

// scripted answers validation as told, and counts what gets through.
type scripted struct {
	checked.Inner
	severity tfprotov6.DiagnosticSeverity
	broken   error
	through  int
}

func (s *scripted) ValidateActionConfig(context.Context, *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return &tfprotov6.ValidateActionConfigResponse{Diagnostics: []*tfprotov6.Diagnostic{{Severity: s.severity, Summary: "said"}}}, s.broken
}

func (s *scripted) PlanAction(context.Context, *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	s.through++
	return &tfprotov6.PlanActionResponse{}, nil
}

func (s *scripted) InvokeAction(context.Context, *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	s.through++
	return &tfprotov6.InvokeActionServerStream{Events: func(func(tfprotov6.InvokeActionEvent) bool) {}}, nil
}

func (s *scripted) ValidateListResourceConfig(context.Context, *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return &tfprotov6.ValidateListResourceConfigResponse{Diagnostics: []*tfprotov6.Diagnostic{{Severity: s.severity, Summary: "said"}}}, s.broken
}

func (s *scripted) ListResource(context.Context, *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	s.through++
	return &tfprotov6.ListResourceServerStream{Results: func(func(tfprotov6.ListResourceResult) bool) {}}, nil
}

// TestLists: the same for lists.
func TestLists(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, c := range []*scripted{{severity: tfprotov6.DiagnosticSeverityError}, {severity: tfprotov6.DiagnosticSeverityWarning}, {broken: broken}} {
		stream, err := checked.New(c).ListResource(context.Background(), &tfprotov6.ListResourceRequest{})
		if !errors.Is(err, c.broken) {
			t.Errorf("the error is %v", err)
		}
		if c.broken != nil {
			continue
		}
		said := 0
		for result := range stream.Results {
			said += len(result.Diagnostics)
		}
		if wrong := c.severity == tfprotov6.DiagnosticSeverityError; wrong && (c.through != 0 || said != 1) || !wrong && (c.through != 1 || said != 0) {
			t.Errorf("%v: %d calls went through, and %d diagnostics", c.severity, c.through, said)
		}
	}
}

// TestActions: what is not valid is neither planned nor invoked, and says why;
// a warning, which validation gave already, stops nothing.
func TestActions(t *testing.T) {
	t.Parallel()
	ctx, broken := context.Background(), errors.New("broken")
	for _, c := range []*scripted{{severity: tfprotov6.DiagnosticSeverityError}, {severity: tfprotov6.DiagnosticSeverityWarning}, {broken: broken}} {
		server := checked.New(c)
		planned, planErr := server.PlanAction(ctx, &tfprotov6.PlanActionRequest{})
		stream, err := server.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{})
		if !errors.Is(err, c.broken) || !errors.Is(planErr, c.broken) {
			t.Errorf("%v and %v are the errors", planErr, err)
		}
		if c.broken != nil {
			continue
		}
		said := len(planned.Diagnostics)
		for event := range stream.Events {
			if completed, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType); ok {
				said += len(completed.Diagnostics)
			}
		}
		if wrong := c.severity == tfprotov6.DiagnosticSeverityError; wrong && (c.through != 0 || said != 2) || !wrong && (c.through != 2 || said != 0) {
			t.Errorf("%v: %d calls went through, and %d diagnostics", c.severity, c.through, said)
		}
	}
}
