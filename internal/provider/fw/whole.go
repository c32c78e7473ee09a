package fw

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// wholeRule is a validator of collections that have no null element.
type wholeRule struct{}

// WholeSet refuses null elements: no request can say them, and what is left
// out silently differs from the configuration in every plan.
func WholeSet() validator.Set { return wholeRule{} }

// WholeList is WholeSet for lists.
func WholeList() validator.List { return wholeRule{} }

// Description says what a valid value is.
func (wholeRule) Description(context.Context) string { return "no element that is null" }

// MarkdownDescription says what a valid value is.
func (r wholeRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateSet applies the rule to known elements.
func (r wholeRule) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	r.check(ctx, req.Path, req.ConfigValue.Elements(), &resp.Diagnostics)
}

// ValidateList applies the rule to known elements.
func (r wholeRule) ValidateList(ctx context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	r.check(ctx, req.Path, req.ConfigValue.Elements(), &resp.Diagnostics)
}

func (r wholeRule) check(ctx context.Context, at path.Path, elements []attr.Value, diags *diag.Diagnostics) {
	for _, element := range elements {
		if element.IsNull() {
			diags.AddAttributeError(at, "The value of "+at.String()+" is not valid",
				fmt.Sprintf("An element is null, and would be left out without a word.\n\nExpected: %s. Leave it out, as compact(...) does with texts, and [for one in ... : one if one != null] with anything.", r.Description(ctx)))
			return
		}
	}
}
