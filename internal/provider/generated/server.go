// Package generated mends what Terraform makes configurations of, from version
// 1.14 on: what a state has is not always what a configuration may say.
package generated

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Inner is the provider as the plugin framework serves it.
type Inner interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Rule changes the attributes of one resource's configuration.
type Rule func(config map[string]tftypes.Value)

// Server passes every call on to the provider.
type Server struct {
	Inner
	rules map[string]Rule
}

// New returns a server in front of another, with rules by the names of resources.
func New(inner Inner, rules map[string]Rule) *Server { return &Server{Inner: inner, rules: rules} }

// GetProviderSchema says what the framework (1.19) implements and leaves out of its
// answer: that configurations can be asked for.
func (s *Server) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	resp, err := s.Inner.GetProviderSchema(ctx, req)
	if err == nil && resp.ServerCapabilities != nil {
		resp.ServerCapabilities.GenerateResourceConfig = true
	}
	return resp, err
}

// GenerateResourceConfig implements tfprotov6.ResourceServer: Terraform asks for
// it in plans with -generate-config-out.
func (s *Server) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	resp, err := s.Inner.GenerateResourceConfig(ctx, req)
	if err != nil {
		return nil, err
	}
	kind, err := s.kind(ctx, req.TypeName)
	if err != nil {
		return resp, err
	}
	resp.Config, err = s.mend(req.TypeName, kind, resp.Config)
	return resp, err
}

// ListResource implements tfprotov6.ListResourceServer: of what is listed,
// terraform query makes the configuration itself.
func (s *Server) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := s.Inner.ListResource(ctx, req)
	if err != nil {
		return nil, err
	}
	// Asked for once, and not for each of perhaps a thousand results.
	kind, err := s.kind(ctx, req.TypeName)
	if err != nil {
		return nil, err
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		for result := range results {
			mended, err := s.mend(req.TypeName, kind, result.Resource)
			if result.Resource = mended; err != nil {
				result.Diagnostics = append(result.Diagnostics, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError,
					Summary: "A listed resource could not be made", Detail: err.Error() + "\n\nThis is a bug in the provider. Nothing was changed; please report it."})
			}
			if !yield(result) {
				return
			}
		}
	}}, nil
}

// kind is the type of a resource whose configurations are mended, nil of any other.
func (s *Server) kind(ctx context.Context, name string) (tftypes.Type, error) {
	if s.rules[name] == nil {
		return nil, nil
	}
	all, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	return all.ResourceSchemas[name].ValueType(), nil
}

func (s *Server) mend(name string, kind tftypes.Type, value *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, error) {
	rule := s.rules[name]
	if rule == nil || value == nil {
		return value, nil
	}
	decoded, err := value.Unmarshal(kind)
	if err != nil {
		return value, fmt.Errorf("decode a configuration of %s: %w", name, err)
	}
	if decoded.IsNull() {
		return value, nil
	}
	var members map[string]tftypes.Value
	if err := decoded.As(&members); err != nil {
		return value, fmt.Errorf("take apart a configuration of %s: %w", name, err)
	}
	rule(members)
	mended, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, members))
	if err != nil {
		return value, fmt.Errorf("encode a configuration of %s: %w", name, err)
	}
	return &mended, nil
}
