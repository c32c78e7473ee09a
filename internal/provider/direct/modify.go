package direct

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// modify runs the plan modifiers of an attribute. It is nil where there are none.
type modify func(ctx context.Context, at path.Path, whole *resource.ModifyPlanRequest, config, plan, state attr.Value) (attr.Value, bool, diag.Diagnostics)

// modifyOf finds the plan modifiers of an attribute, of the types that this provider has.
func modifyOf(attribute any) (modify, error) {
	switch a := attribute.(type) {
	case interface{ StringPlanModifiers() []planmodifier.String }:
		return modifiers(a.StringPlanModifiers(), basetypes.StringValuable.ToStringValue, modifyString), nil
	case interface{ BoolPlanModifiers() []planmodifier.Bool }:
		return modifiers(a.BoolPlanModifiers(), basetypes.BoolValuable.ToBoolValue, modifyBool), nil
	case interface{ Int64PlanModifiers() []planmodifier.Int64 }:
		return modifiers(a.Int64PlanModifiers(), basetypes.Int64Valuable.ToInt64Value, modifyInt64), nil
	case interface{ Float64PlanModifiers() []planmodifier.Float64 }:
		return modifiers(a.Float64PlanModifiers(), basetypes.Float64Valuable.ToFloat64Value, modifyFloat64), nil
	case interface{ SetPlanModifiers() []planmodifier.Set }:
		return modifiers(a.SetPlanModifiers(), basetypes.SetValuable.ToSetValue, modifySet), nil
	case interface{ ListPlanModifiers() []planmodifier.List }:
		return modifiers(a.ListPlanModifiers(), basetypes.ListValuable.ToListValue, modifyList), nil
	case interface{ MapPlanModifiers() []planmodifier.Map }:
		return none(a.MapPlanModifiers())
	case interface{ ObjectPlanModifiers() []planmodifier.Object }:
		return none(a.ObjectPlanModifiers())
	}
	return nil, fmt.Errorf("plan modifiers of a %T are not known here", attribute)
}

func none[M any](modifiers []M) (modify, error) {
	if len(modifiers) > 0 {
		return nil, fmt.Errorf("%T are not known here", modifiers)
	}
	return nil, nil
}

// step is what one plan modifier is asked about one attribute.
type step[V any] struct {
	at                  path.Path
	whole               *resource.ModifyPlanRequest
	config, plan, state V
}

// outcome is what it says.
type outcome[V any] struct {
	plan    V
	replace bool
	diags   diag.Diagnostics
}

// modifiers asks one plan modifier after the other, each about what the one before made of it.
func modifiers[M any, Valuable any, V attr.Value](all []M, convert func(Valuable, context.Context) (V, diag.Diagnostics), ask func(context.Context, M, step[V]) outcome[V]) modify {
	if len(all) == 0 {
		return nil
	}
	return func(ctx context.Context, at path.Path, whole *resource.ModifyPlanRequest, config, plan, state attr.Value) (attr.Value, bool, diag.Diagnostics) {
		s := step[V]{at: at, whole: whole}
		var diags diag.Diagnostics
		for _, side := range []struct {
			from attr.Value
			into *V
		}{{config, &s.config}, {plan, &s.plan}, {state, &s.state}} {
			valuable, ok := side.from.(Valuable)
			if !ok {
				diags.Append(diag.WithPath(at, fw.Failed("plan the attribute", fmt.Errorf("a %T is not of the type of its plan modifiers", side.from))))
				return plan, false, diags
			}
			value, problems := convert(valuable, ctx)
			diags.Append(problems...)
			*side.into = value
		}
		replace := false
		for _, modifier := range all {
			if diags.HasError() {
				break
			}
			said := ask(ctx, modifier, s)
			diags.Append(said.diags...)
			s.plan, replace = said.plan, replace || said.replace
		}
		return s.plan, replace, diags
	}
}

func modifyString(ctx context.Context, m planmodifier.String, s step[basetypes.StringValue]) outcome[basetypes.StringValue] {
	w := s.whole
	resp := planmodifier.StringResponse{PlanValue: s.plan, Private: w.Private}
	m.PlanModifyString(ctx, planmodifier.StringRequest{Path: s.at, Config: w.Config, Plan: w.Plan, State: w.State, Private: w.Private, ConfigValue: s.config, PlanValue: s.plan, StateValue: s.state}, &resp)
	return outcome[basetypes.StringValue]{resp.PlanValue, resp.RequiresReplace, resp.Diagnostics}
}

func modifyBool(ctx context.Context, m planmodifier.Bool, s step[basetypes.BoolValue]) outcome[basetypes.BoolValue] {
	w := s.whole
	resp := planmodifier.BoolResponse{PlanValue: s.plan, Private: w.Private}
	m.PlanModifyBool(ctx, planmodifier.BoolRequest{Path: s.at, Config: w.Config, Plan: w.Plan, State: w.State, Private: w.Private, ConfigValue: s.config, PlanValue: s.plan, StateValue: s.state}, &resp)
	return outcome[basetypes.BoolValue]{resp.PlanValue, resp.RequiresReplace, resp.Diagnostics}
}

func modifyInt64(ctx context.Context, m planmodifier.Int64, s step[basetypes.Int64Value]) outcome[basetypes.Int64Value] {
	w := s.whole
	resp := planmodifier.Int64Response{PlanValue: s.plan, Private: w.Private}
	m.PlanModifyInt64(ctx, planmodifier.Int64Request{Path: s.at, Config: w.Config, Plan: w.Plan, State: w.State, Private: w.Private, ConfigValue: s.config, PlanValue: s.plan, StateValue: s.state}, &resp)
	return outcome[basetypes.Int64Value]{resp.PlanValue, resp.RequiresReplace, resp.Diagnostics}
}

func modifyFloat64(ctx context.Context, m planmodifier.Float64, s step[basetypes.Float64Value]) outcome[basetypes.Float64Value] {
	w := s.whole
	resp := planmodifier.Float64Response{PlanValue: s.plan, Private: w.Private}
	m.PlanModifyFloat64(ctx, planmodifier.Float64Request{Path: s.at, Config: w.Config, Plan: w.Plan, State: w.State, Private: w.Private, ConfigValue: s.config, PlanValue: s.plan, StateValue: s.state}, &resp)
	return outcome[basetypes.Float64Value]{resp.PlanValue, resp.RequiresReplace, resp.Diagnostics}
}

func modifySet(ctx context.Context, m planmodifier.Set, s step[basetypes.SetValue]) outcome[basetypes.SetValue] {
	w := s.whole
	resp := planmodifier.SetResponse{PlanValue: s.plan, Private: w.Private}
	m.PlanModifySet(ctx, planmodifier.SetRequest{Path: s.at, Config: w.Config, Plan: w.Plan, State: w.State, Private: w.Private, ConfigValue: s.config, PlanValue: s.plan, StateValue: s.state}, &resp)
	return outcome[basetypes.SetValue]{resp.PlanValue, resp.RequiresReplace, resp.Diagnostics}
}

func modifyList(ctx context.Context, m planmodifier.List, s step[basetypes.ListValue]) outcome[basetypes.ListValue] {
	w := s.whole
	resp := planmodifier.ListResponse{PlanValue: s.plan, Private: w.Private}
	m.PlanModifyList(ctx, planmodifier.ListRequest{Path: s.at, Config: w.Config, Plan: w.Plan, State: w.State, Private: w.Private, ConfigValue: s.config, PlanValue: s.plan, StateValue: s.state}, &resp)
	return outcome[basetypes.ListValue]{resp.PlanValue, resp.RequiresReplace, resp.Diagnostics}
}

// Inert is a plan modifier that makes null of what neither configuration nor state has,
// and so need not be asked.
type Inert interface{ Inert() bool }

// inert reports whether all plan modifiers of an attribute are.
func inert(attribute any) bool {
	switch a := attribute.(type) {
	case interface{ StringPlanModifiers() []planmodifier.String }:
		return allInert(a.StringPlanModifiers())
	case interface{ BoolPlanModifiers() []planmodifier.Bool }:
		return allInert(a.BoolPlanModifiers())
	case interface{ Int64PlanModifiers() []planmodifier.Int64 }:
		return allInert(a.Int64PlanModifiers())
	case interface{ SetPlanModifiers() []planmodifier.Set }:
		return allInert(a.SetPlanModifiers())
	case interface{ ListPlanModifiers() []planmodifier.List }:
		return allInert(a.ListPlanModifiers())
	}
	return false
}

func allInert[M any](modifiers []M) bool {
	for _, m := range modifiers {
		if is, ok := any(m).(Inert); !ok || !is.Inert() {
			return false
		}
	}
	return len(modifiers) > 0
}

// fallbackOf is the default of an attribute; nil where there is none.
func fallbackOf(attribute any) (func(context.Context) (tftypes.Value, error), error) {
	switch a := attribute.(type) {
	case interface{ StringDefaultValue() defaults.String }:
		given := a.StringDefaultValue()
		if given == nil {
			return nil, nil
		}
		return func(ctx context.Context) (tftypes.Value, error) {
			var resp defaults.StringResponse
			given.DefaultString(ctx, defaults.StringRequest{}, &resp)
			return resp.PlanValue.ToTerraformValue(ctx)
		}, nil
	case interface{ BoolDefaultValue() defaults.Bool }:
		given := a.BoolDefaultValue()
		if given == nil {
			return nil, nil
		}
		return func(ctx context.Context) (tftypes.Value, error) {
			var resp defaults.BoolResponse
			given.DefaultBool(ctx, defaults.BoolRequest{}, &resp)
			return resp.PlanValue.ToTerraformValue(ctx)
		}, nil
	case interface{ Int64DefaultValue() defaults.Int64 }:
		return unexpected(a.Int64DefaultValue())
	case interface{ Float64DefaultValue() defaults.Float64 }:
		return unexpected(a.Float64DefaultValue())
	case interface{ SetDefaultValue() defaults.Set }:
		return unexpected(a.SetDefaultValue())
	case interface{ ListDefaultValue() defaults.List }:
		return unexpected(a.ListDefaultValue())
	case interface{ MapDefaultValue() defaults.Map }:
		return unexpected(a.MapDefaultValue())
	case interface{ ObjectDefaultValue() defaults.Object }:
		return unexpected(a.ObjectDefaultValue())
	}
	return nil, fmt.Errorf("the default of a %T is not known here", attribute)
}

func unexpected(given any) (func(context.Context) (tftypes.Value, error), error) {
	if given != nil {
		return nil, fmt.Errorf("a %T is not known here", given)
	}
	return nil, nil
}
