package fw

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Part is one attribute of an identity: an attribute of the resource that is a string.
type Part struct {
	Name, Description string
	// Optional parts may be missing in an import, and from the state.
	Optional bool
}

// Identity says what tells a resource from all others, for Terraform 1.12 and
// later. Older ones do not ask for it.
type Identity struct {
	Parts []Part
	// ImportID makes of the parts what terraform import takes.
	ImportID func(parts map[string]string) string
	// Mutable is set where a part changes during the resource's life.
	Mutable bool
}

// Identified gives resources an identity of attributes of their state, which
// is then always what the state says.
func Identified(inner func() resource.Resource, identity Identity) func() resource.Resource {
	return func() resource.Resource { return &identified{Resource: inner(), identity: identity} }
}

// identified passes everything on and sets the identity after each operation
// that sets the state.
type identified struct {
	resource.Resource
	identity Identity
}

var (
	_ resource.ResourceWithIdentity         = (*identified)(nil)
	_ resource.ResourceWithConfigure        = (*identified)(nil)
	_ resource.ResourceWithModifyPlan       = (*identified)(nil)
	_ resource.ResourceWithImportState      = (*identified)(nil)
	_ resource.ResourceWithMoveState        = (*identified)(nil)
	_ resource.ResourceWithConfigValidators = (*identified)(nil)
	_ resource.ResourceWithValidateConfig   = (*identified)(nil)
)

// Metadata implements resource.Resource.
func (r *identified) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	r.Resource.Metadata(ctx, req, resp)
	resp.ResourceBehavior.MutableIdentity = r.identity.Mutable
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *identified) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	attributes := map[string]identityschema.Attribute{}
	for _, part := range r.identity.Parts {
		attributes[part.Name] = identityschema.StringAttribute{RequiredForImport: !part.Optional, OptionalForImport: part.Optional, Description: part.Description}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: attributes}
}

// set copies the parts from a state; one that was removed has none.
func (r *identified) set(ctx context.Context, state tfsdk.State, into *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	if into == nil || state.Raw.IsNull() {
		return
	}
	var attributes map[string]tftypes.Value
	if err := state.Raw.As(&attributes); err != nil {
		diags.Append(Failed("tell what identifies the resource", err))
		return
	}
	parts := map[string]tftypes.Value{}
	for _, part := range r.identity.Parts {
		parts[part.Name] = attributes[part.Name]
		if !parts[part.Name].IsKnown() {
			parts[part.Name] = tftypes.NewValue(tftypes.String, nil)
		}
	}
	into.Raw = tftypes.NewValue(into.Schema.Type().TerraformType(ctx), parts)
}

// Create implements resource.Resource.
func (r *identified) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.Resource.Create(ctx, req, resp)
	r.set(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

// Read implements resource.Resource.
func (r *identified) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	r.Resource.Read(ctx, req, resp)
	state := resp.State
	if state.Raw.IsNull() {
		state = req.State
	}
	r.set(ctx, state, resp.Identity, &resp.Diagnostics)
}

// Update implements resource.Resource.
func (r *identified) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.Resource.Update(ctx, req, resp)
	r.set(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

// ImportState imports by ID, or by the identity in place of it.
func (r *identified) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if req.ID == "" && req.Identity != nil && !req.Identity.Raw.IsNull() {
		parts := map[string]string{}
		for _, part := range r.identity.Parts {
			var value types.String
			resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(part.Name), &value)...)
			parts[part.Name] = value.ValueString()
		}
		req.ID = r.identity.ImportID(parts)
	}
	if inner, ok := r.Resource.(resource.ResourceWithImportState); ok && !resp.Diagnostics.HasError() {
		inner.ImportState(ctx, req, resp)
	}
}

// MoveState implements resource.ResourceWithMoveState.
func (r *identified) MoveState(ctx context.Context) []resource.StateMover {
	inner, ok := r.Resource.(resource.ResourceWithMoveState)
	if !ok {
		return nil
	}
	movers := inner.MoveState(ctx)
	for i, mover := range movers {
		move := mover.StateMover
		movers[i].StateMover = func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			move(ctx, req, resp)
			r.set(ctx, resp.TargetState, resp.TargetIdentity, &resp.Diagnostics)
		}
	}
	return movers
}

// Configure implements resource.ResourceWithConfigure.
func (r *identified) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if inner, ok := r.Resource.(resource.ResourceWithConfigure); ok {
		inner.Configure(ctx, req, resp)
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *identified) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if inner, ok := r.Resource.(resource.ResourceWithModifyPlan); ok {
		inner.ModifyPlan(ctx, req, resp)
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *identified) ConfigValidators(ctx context.Context) []resource.ConfigValidator {
	if inner, ok := r.Resource.(resource.ResourceWithConfigValidators); ok {
		return inner.ConfigValidators(ctx)
	}
	return nil
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (r *identified) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if inner, ok := r.Resource.(resource.ResourceWithValidateConfig); ok {
		inner.ValidateConfig(ctx, req, resp)
	}
}
