package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// check holds the value of a variable to the rules of its attribute, to which Terraform holds only
// what is in the configuration. PEM is read, and its faults told, by the plan that needs it.
func (g *group) check(variable, name, value string) {
	text, ok := directoryAttributes()[name].(schema.StringAttribute)
	held := []string{"api_url", "issuer", "keystore_url", "participants_url", "organisation_id", "client_id", "auth_method"}
	if !ok || !g.path.Equal(path.Root("directory")) || !slices.Contains(held, name) {
		return
	}
	for _, rule := range text.Validators {
		obey(rule, variable, g.path.AtName(name), value, g.diags)
	}
}

// obey applies a rule to a value of the environment.
func obey(rule validator.String, variable string, at path.Path, value string, diags *diag.Diagnostics) {
	var resp validator.StringResponse
	rule.ValidateString(context.Background(), validator.StringRequest{Path: at, ConfigValue: types.StringValue(value)}, &resp)
	for _, problem := range resp.Diagnostics.Errors() {
		diags.AddAttributeError(at, "The value of "+variable+" is not valid", problem.Detail()+"\n\nSet the environment variable to such a value, or unset it.")
	}
}
