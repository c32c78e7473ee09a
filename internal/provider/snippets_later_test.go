package provider_test

import (
	"context"
	"errors"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/checked"
)

// configOf is an action or a list with the arguments of its config block, if it has one.
func configOf(block *hclsyntax.Block) *hclsyntax.Block {
	inner := *block
	inner.Body = &hclsyntax.Body{}
	for _, one := range block.Body.Blocks {
		if one.Type == "config" {
			inner.Body = one.Body
		}
	}
	return &inner
}

// validateLater validates what Terraform has from 1.14 on.
func (r *reader) validateLater(kind, name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
	server, ok := r.server.(checked.Inner)
	if !ok {
		return nil, errors.New("the provider has neither actions nor lists")
	}
	if kind == "list" {
		resp, err := server.ValidateListResourceConfig(context.Background(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: config})
		if err != nil {
			return nil, err
		}
		return resp.Diagnostics, nil
	}
	resp, err := server.ValidateActionConfig(context.Background(), &tfprotov6.ValidateActionConfigRequest{ActionType: name, Config: config})
	if err != nil {
		return nil, err
	}
	return resp.Diagnostics, nil
}
