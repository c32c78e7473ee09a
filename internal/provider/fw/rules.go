package fw

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Conflicting allows one of several attributes at the top of a configuration.
//
// It, and what else is here, are the rules of the validators module, asked only
// where they have something to say: for each of its names such a rule walks the
// whole configuration, which for a client was a fifth of all that Terraform waited for.
func Conflicting(names ...string) resource.ConfigValidator {
	return rule{resourcevalidator.Conflicting(expressions(names)...), names, func(given int) bool { return given < 2 }}
}

// ExactlyOneOf wants one of several attributes at the top of a configuration.
func ExactlyOneOf(names ...string) resource.ConfigValidator {
	return rule{resourcevalidator.ExactlyOneOf(expressions(names)...), names, func(given int) bool { return given == 1 }}
}

// RequiredTogether wants all of several attributes at the top of a configuration, or none.
func RequiredTogether(names ...string) resource.ConfigValidator {
	return rule{resourcevalidator.RequiredTogether(expressions(names)...), names, func(given int) bool { return given == 0 || given == len(names) }}
}

// AtLeastOneOf wants a text or another attribute at the top of a configuration.
func AtLeastOneOf(name string) validator.String {
	return sibling{stringvalidator.AtLeastOneOf(path.MatchRoot(name)), name}
}

// AlsoRequires wants another attribute at the top of a configuration beside a text.
func AlsoRequires(name string) validator.String {
	return sibling{stringvalidator.AlsoRequires(path.MatchRoot(name)), name}
}

// rule asks the validator unless the number of attributes that are given is fine. One
// that is not known yet counts as given: it can only make the validator look.
type rule struct {
	resource.ConfigValidator
	names []string
	fine  func(given int) bool
}

// ValidateResource implements resource.ConfigValidator.
func (r rule) ValidateResource(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	attributes := top(req.Config)
	given := 0
	for _, name := range r.names {
		value, ok := attributes[name]
		if !ok || !value.IsKnown() {
			r.ConfigValidator.ValidateResource(ctx, req, resp)
			return
		}
		if !value.IsNull() {
			given++
		}
	}
	if !r.fine(given) {
		r.ConfigValidator.ValidateResource(ctx, req, resp)
	}
}

// sibling asks the validator unless the other attribute is there.
type sibling struct {
	validator.String
	name string
}

// ValidateString implements validator.String.
func (s sibling) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if value, ok := top(req.Config)[s.name]; !ok || value.IsNull() {
		s.String.ValidateString(ctx, req, resp)
	}
}

// top are the attributes of a configuration; nil if it has none.
func top(config tfsdk.Config) map[string]tftypes.Value {
	var attributes map[string]tftypes.Value
	if config.Raw.IsNull() || !config.Raw.IsKnown() || config.Raw.As(&attributes) != nil {
		return nil
	}
	return attributes
}

func expressions(names []string) []path.Expression {
	out := make([]path.Expression, len(names))
	for i, name := range names {
		out[i] = path.MatchRoot(name)
	}
	return out
}
