package function

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/pki"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// All lists the provider's functions.
func All() []func() function.Function {
	var out []func() function.Function
	for _, one := range []pure{thumbprint(), subject(), keySet(), info(), statement()} {
		out = append(out, func() function.Function { return one })
	}
	return out
}

// pure is a function of one argument.
type pure struct {
	name       string
	definition function.Definition
	run        func(ctx context.Context, req function.RunRequest, resp *function.RunResponse) *function.FuncError
}

var _ function.Function = pure{}

// Metadata implements function.Function.
func (p pure) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = p.name
}

// Definition implements function.Function.
func (p pure) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = p.definition
}

// Run implements function.Function.
func (p pure) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	resp.Error = function.ConcatFuncErrors(resp.Error, p.run(ctx, req, resp))
}

// errSealed is about what sealing_key sealed: Terraform gives functions no provider configuration, and so no key.
var errSealed = errors.New("it is sealed, and functions have no key. The resource has what it says in other attributes, such as claims and digest of dcr_software_statement; an ephemeral dcr_client_credentials opens it")

// text is a parameter that is a string.
func text(name, description string) function.StringParameter {
	return function.StringParameter{Name: name, MarkdownDescription: description}
}

// refused is an error about the argument. Errors of pki and jws never quote it.
func refused(err error) *function.FuncError {
	// Terraform puts the full stop.
	var pem *pki.PEMError
	switch {
	case errors.Is(err, pki.ErrNoBlock) && errors.As(err, &pem):
		return function.NewArgumentFuncError(0, "The value is "+pem.Error()+". If it is the name of a file, read it with file(...)")
	case errors.As(err, &pem):
		return function.NewArgumentFuncError(0, "The value is "+pem.Error())
	}
	return function.NewArgumentFuncError(0, "The value cannot be read: "+err.Error())
}

// converted is a function that turns one text into another.
func converted(name string, definition function.Definition, convert func(string) (string, error)) pure {
	return pure{name, definition, func(ctx context.Context, req function.RunRequest, resp *function.RunResponse) *function.FuncError {
		var given string
		if err := req.Arguments.Get(ctx, &given); err != nil {
			return err
		}
		out, err := convert(given)
		if err != nil {
			return refused(err)
		}
		return resp.Result.Set(ctx, out)
	}}
}

// described is a function that turns one text into an object.
func described(name string, definition function.Definition, members map[string]attr.Type, describe func(string) (map[string]attr.Value, error)) pure {
	definition.Return = function.ObjectReturn{AttributeTypes: members}
	return pure{name, definition, func(ctx context.Context, req function.RunRequest, resp *function.RunResponse) *function.FuncError {
		var given string
		if err := req.Arguments.Get(ctx, &given); err != nil {
			return err
		}
		values, err := describe(given)
		if seal.Is(given) {
			err = errSealed
		}
		if err != nil {
			return refused(err)
		}
		return resp.Result.Set(ctx, types.ObjectValueMust(members, values))
	}}
}
