package application

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Unlock implements the action dcr_unlock_application.
type Unlock struct{ conn *conn.Conn }

var _ action.ActionWithConfigure = (*Unlock)(nil)

// NewUnlock returns the action.
func NewUnlock() action.Action { return &Unlock{} }

// Metadata implements action.Action.
func (a *Unlock) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_unlock_application"
}

// Schema implements action.Action.
func (a *Unlock) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Unlocks an application that a software statement has locked, for changes made elsewhere, with the provider's `directory.administrator_access_token` if there is one. The next software statement locks it again. Changes made here need no action: `unlock = \"when_needed\"` of `dcr_application` does it.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{Required: true, MarkdownDescription: "The ID of the application.", Validators: []validator.String{fw.Segment()}},
		},
	}
}

// Configure implements action.ActionWithConfigure.
func (a *Unlock) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Invoke unlocks it; one that is open already stays so without a request to change it.
func (a *Unlock) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var id types.String
	if resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("application_id"), &id)...); resp.Diagnostics.HasError() {
		return
	}
	client, err := a.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "unlock the application"))
		return
	}
	app, err := client.Application(ctx, id.ValueString())
	if errors.Is(err, directory.ErrGone) {
		resp.Diagnostics.Append(diagnose.NoApplication(id.ValueString(), "Nothing was unlocked."))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the application"))
		return
	}
	if !app.Locked {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("%s is not locked", app.ClientName)})
		return
	}
	if _, err := client.Unlock(ctx, id.ValueString()); err != nil {
		resp.Diagnostics.Append(target().Unlock(err, a.conn.KnowsAdministrator()))
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("unlocked %s; the next software statement locks it again", app.ClientName)})
}
