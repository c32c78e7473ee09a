package direct

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// validate reports whether the validators of an attribute have nothing to say of its value.
type validate func(ctx context.Context, config validated, at path.Path, expression path.Expression, value attr.Value) bool

// validated is the configuration, and what the Terraform that asks can do.
type validated struct {
	tfsdk.Config
	able validator.ValidateSchemaClientCapabilities
}

// valid reports whether a configuration is certainly valid, and nothing is to be said of it.
// Whether it is not, and what that is called, is for the framework.
func (k *kind) valid(ctx context.Context, made resource.Resource, raw tftypes.Value, able bool) bool {
	given, err := values(raw)
	if err != nil || given == nil {
		return false
	}
	config := validated{tfsdk.Config{Raw: raw, Schema: k.schema}, validator.ValidateSchemaClientCapabilities{WriteOnlyAttributesAllowed: able}}
	for _, a := range k.attributes {
		if !a.valid(ctx, config, given[a.name]) {
			return false
		}
	}
	req := resource.ValidateConfigRequest{Config: config.Config, ClientCapabilities: resource.ValidateConfigClientCapabilities{WriteOnlyAttributesAllowed: able}}
	if ruled, ok := made.(resource.ResourceWithConfigValidators); ok {
		for _, rule := range ruled.ConfigValidators(ctx) {
			var resp resource.ValidateConfigResponse
			if rule.ValidateResource(ctx, req, &resp); len(resp.Diagnostics) > 0 {
				return false
			}
		}
	}
	var resp resource.ValidateConfigResponse
	if checked, ok := made.(resource.ResourceWithValidateConfig); ok {
		checked.ValidateConfig(ctx, req, &resp)
	}
	return len(resp.Diagnostics) == 0
}

func (a attribute) valid(ctx context.Context, config validated, raw tftypes.Value) bool {
	if raw.IsNull() {
		return !a.IsRequired() && (a.validate == nil || a.validate(ctx, config, path.Root(a.name), path.MatchRoot(a.name), a.nullValue))
	}
	// What is inside a nested attribute, and whether this Terraform knows write-only ones, is looked at by the framework.
	if _, nested := a.Attribute.(schema.NestedAttribute); nested || a.IsComputed() && !a.IsOptional() || a.IsWriteOnly() || a.GetDeprecationMessage() != "" {
		return false
	}
	value, err := a.typ.ValueFromTerraform(ctx, raw)
	if err != nil {
		return false
	}
	if checked, ok := value.(xattr.ValidateableAttribute); ok {
		var resp xattr.ValidateAttributeResponse
		if checked.ValidateAttribute(ctx, xattr.ValidateAttributeRequest{Path: path.Root(a.name)}, &resp); len(resp.Diagnostics) > 0 {
			return false
		}
	}
	return a.validate == nil || a.validate(ctx, config, path.Root(a.name), path.MatchRoot(a.name), value)
}

// validateOf finds the validators of an attribute, of the types that this provider has.
func validateOf(described any) (validate, error) {
	switch a := described.(type) {
	case interface{ StringValidators() []validator.String }:
		return quiet(a.StringValidators(), func(ctx context.Context, v validator.String, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
			given, ok := value.(basetypes.StringValuable)
			if !ok {
				return false
			}
			text, diags := given.ToStringValue(ctx)
			resp := validator.StringResponse{Diagnostics: diags}
			v.ValidateString(ctx, validator.StringRequest{Path: at, PathExpression: expression, ClientCapabilities: config.able, Config: config.Config, ConfigValue: text}, &resp)
			return len(resp.Diagnostics) == 0
		}), nil
	case interface{ BoolValidators() []validator.Bool }:
		return quiet(a.BoolValidators(), func(ctx context.Context, v validator.Bool, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
			given, ok := value.(basetypes.BoolValue)
			var resp validator.BoolResponse
			v.ValidateBool(ctx, validator.BoolRequest{Path: at, PathExpression: expression, ClientCapabilities: config.able, Config: config.Config, ConfigValue: given}, &resp)
			return ok && len(resp.Diagnostics) == 0
		}), nil
	case interface{ Int64Validators() []validator.Int64 }:
		return quiet(a.Int64Validators(), func(ctx context.Context, v validator.Int64, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
			given, ok := value.(basetypes.Int64Value)
			var resp validator.Int64Response
			v.ValidateInt64(ctx, validator.Int64Request{Path: at, PathExpression: expression, ClientCapabilities: config.able, Config: config.Config, ConfigValue: given}, &resp)
			return ok && len(resp.Diagnostics) == 0
		}), nil
	case interface{ Float64Validators() []validator.Float64 }:
		return quiet(a.Float64Validators(), func(ctx context.Context, v validator.Float64, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
			given, ok := value.(basetypes.Float64Value)
			var resp validator.Float64Response
			v.ValidateFloat64(ctx, validator.Float64Request{Path: at, PathExpression: expression, ClientCapabilities: config.able, Config: config.Config, ConfigValue: given}, &resp)
			return ok && len(resp.Diagnostics) == 0
		}), nil
	case interface{ SetValidators() []validator.Set }:
		return quiet(a.SetValidators(), func(ctx context.Context, v validator.Set, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
			given, ok := value.(basetypes.SetValue)
			var resp validator.SetResponse
			v.ValidateSet(ctx, validator.SetRequest{Path: at, PathExpression: expression, ClientCapabilities: config.able, Config: config.Config, ConfigValue: given}, &resp)
			return ok && len(resp.Diagnostics) == 0
		}), nil
	case interface{ ListValidators() []validator.List }:
		return quiet(a.ListValidators(), func(ctx context.Context, v validator.List, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
			given, ok := value.(basetypes.ListValue)
			var resp validator.ListResponse
			v.ValidateList(ctx, validator.ListRequest{Path: at, PathExpression: expression, ClientCapabilities: config.able, Config: config.Config, ConfigValue: given}, &resp)
			return ok && len(resp.Diagnostics) == 0
		}), nil
	case interface{ MapValidators() []validator.Map }:
		return left(a.MapValidators()), nil
	case interface{ ObjectValidators() []validator.Object }:
		return left(a.ObjectValidators()), nil
	}
	return nil, fmt.Errorf("validators of a %T are not known here", described)
}

// left leaves an attribute with such validators to the framework.
func left[V any](all []V) validate {
	if len(all) == 0 {
		return nil
	}
	return func(context.Context, validated, path.Path, path.Expression, attr.Value) bool { return false }
}

func quiet[V any](all []V, ask func(context.Context, V, validated, path.Path, path.Expression, attr.Value) bool) validate {
	if len(all) == 0 {
		return nil
	}
	return func(ctx context.Context, config validated, at path.Path, expression path.Expression, value attr.Value) bool {
		for _, v := range all {
			if !ask(ctx, v, config, at, expression, value) {
				return false
			}
		}
		return true
	}
}
