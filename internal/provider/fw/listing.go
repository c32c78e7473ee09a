package fw

import (
	"context"
	"iter"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Found is one object that a list resource lists.
type Found struct {
	// Name is what people call it.
	Name string
	// Parts are those of its identity; empty ones are null.
	Parts map[string]string
	// Describe sets attributes, if they are wanted; nil leaves them to a read.
	Describe func(ctx context.Context, result *list.ListResult)
}

// Listing gives out what was found, up to the limit Terraform asks for, or what went wrong.
func Listing(ctx context.Context, req list.ListRequest, found []Found, diags diag.Diagnostics) iter.Seq[list.ListResult] {
	if diags.HasError() {
		return list.ListResultsStreamDiagnostics(diags)
	}
	if req.Limit > 0 && int64(len(found)) > req.Limit {
		found = slices.Clone(found[:req.Limit])
	}
	return func(push func(list.ListResult) bool) {
		for _, one := range found {
			result := req.NewListResult(ctx)
			result.DisplayName = one.Name
			for name, part := range one.Parts {
				result.Diagnostics.Append(result.Identity.SetAttribute(ctx, path.Root(name), StringOrNull(part))...)
			}
			if req.IncludeResource && one.Describe != nil {
				one.Describe(ctx, &result)
			}
			if !push(result) {
				return
			}
		}
	}
}

// Given reads a text of a list's configuration, which may be empty.
func Given(ctx context.Context, req list.ListRequest, name string, diags *diag.Diagnostics) string {
	var value types.String
	if !req.Config.Raw.IsNull() {
		diags.Append(req.Config.GetAttribute(ctx, path.Root(name), &value)...)
	}
	return value.ValueString()
}

// Wanted reads a switch of a list's configuration, which is off unless it is set.
func Wanted(ctx context.Context, req list.ListRequest, name string, diags *diag.Diagnostics) bool {
	var value types.Bool
	if !req.Config.Raw.IsNull() {
		diags.Append(req.Config.GetAttribute(ctx, path.Root(name), &value)...)
	}
	return value.ValueBool()
}
