package checked

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ValidateProviderConfig implements tfprotov6.ProviderServer.
func (s *Server) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	resp, err := s.Inner.ValidateProviderConfig(ctx, req)
	if err == nil {
		resp.Diagnostics = s.numbers(ctx, func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema { return all.Provider }, req.Config, resp.Diagnostics)
	}
	return resp, err
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *Server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := s.Inner.ValidateResourceConfig(ctx, req)
	if err == nil {
		resp.Diagnostics = s.numbers(ctx, func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
			return all.ResourceSchemas[req.TypeName]
		}, req.Config, resp.Diagnostics)
	}
	return resp, err
}

// ValidateEphemeralResourceConfig implements tfprotov6.EphemeralResourceServer.
func (s *Server) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	resp, err := s.Inner.ValidateEphemeralResourceConfig(ctx, req)
	if err == nil {
		resp.Diagnostics = s.numbers(ctx, func(all *tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema {
			return all.EphemeralResourceSchemas[req.TypeName]
		}, req.Config, resp.Diagnostics)
	}
	return resp, err
}

// numbers says of a number that is not whole, or out of range, that it is the configuration's
// mistake: Terraform knows one kind of number only, and the plugin framework takes what it
// cannot read for a mistake of the provider.
func (s *Server) numbers(ctx context.Context, find func(*tfprotov6.GetProviderSchemaResponse) *tfprotov6.Schema, config *tfprotov6.DynamicValue, said []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	if config == nil || !slices.ContainsFunc(said, unreadable) {
		return said
	}
	all, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || find(all) == nil {
		return said
	}
	raw, err := config.Unmarshal(find(all).ValueType())
	if err != nil {
		return said
	}
	var wrong []*tfprotov6.Diagnostic
	err = tftypes.Walk(raw, func(at *tftypes.AttributePath, value tftypes.Value) (bool, error) {
		if problem := numberProblem(value); problem != "" && slices.ContainsFunc(said, func(d *tfprotov6.Diagnostic) bool { return unreadable(d) && above(d.Attribute, at) }) {
			wrong = append(wrong, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Attribute: at, Summary: "The value of " + named(at) + " is not valid", Detail: problem})
		}
		return true, nil
	})
	if err != nil || len(wrong) == 0 {
		return said
	}
	return append(wrong, slices.DeleteFunc(slices.Clone(said), unreadable)...)
}

// unreadable reports whether a value could not be read.
func unreadable(d *tfprotov6.Diagnostic) bool {
	return d.Severity == tfprotov6.DiagnosticSeverityError &&
		slices.Contains([]string{"Configuration Read Error", "Value Conversion Error", "The provider failed at a value of its own"}, d.Summary)
}

// above reports whether one path leads to another, or to where that is.
func above(path, at *tftypes.AttributePath) bool {
	steps := at.Steps()
	for i, step := range path.Steps() {
		if i >= len(steps) || !step.Equal(steps[i]) {
			return false
		}
	}
	return len(path.Steps()) > 0
}

// named is a path as it is written in a configuration.
func named(at *tftypes.AttributePath) string {
	var names []string
	for _, step := range at.Steps() {
		if name, ok := step.(tftypes.AttributeName); ok {
			names = append(names, string(name))
		}
	}
	return strings.Join(names, ".")
}

// numberProblem is what is wrong with a value that may be a number; empty means nothing.
func numberProblem(value tftypes.Value) string {
	if !value.IsKnown() || value.IsNull() || !value.Type().Is(tftypes.Number) {
		return ""
	}
	n := new(big.Float)
	if err := value.As(&n); err != nil {
		return ""
	}
	if near, exact := n.Float64(); near == 0 && exact != big.Exact {
		return fmt.Sprintf("%s is too close to zero.\n\nExpected: zero, or a number that is not as small.", n.Text('g', 10))
	}
	if !n.IsInt() {
		return fmt.Sprintf("%s is not a whole number.\n\nExpected: a whole number.", n.Text('g', 10))
	}
	if _, exact := n.Int64(); exact != big.Exact {
		return fmt.Sprintf("%s is out of range.\n\nExpected: a number that fits into 64 bits.", n.Text('g', 10))
	}
	return ""
}
