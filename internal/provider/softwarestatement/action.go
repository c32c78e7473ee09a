package softwarestatement

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// Reissue implements the action dcr_reissue_software_statement.
type Reissue struct{ conn *conn.Conn }

var _ action.ActionWithConfigure = (*Reissue)(nil)

// NewReissue returns the action.
func NewReissue() action.Action { return &Reissue{} }

// Metadata implements action.Action.
func (a *Reissue) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_reissue_software_statement"
}

// Schema implements action.Action.
func (a *Reissue) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Has the directory issue a software statement, which locks the application, and verifies it. Use it to lock an application again after `dcr_unlock_application`, or to try whether the directory issues statements that pass the check. It says when the statement was issued, the key it is signed with, and its digest, and throws it away: to renew the one in state, run `terraform apply -replace` of `dcr_software_statement`, or change its `triggers`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{Required: true, MarkdownDescription: "The ID of the application the directory vouches for.", Validators: []validator.String{fw.Segment()}},
		},
	}
}

// Configure implements action.ActionWithConfigure.
func (a *Reissue) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Invoke has it issued, which locks the application.
func (a *Reissue) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var id types.String
	if resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("application_id"), &id)...); resp.Diagnostics.HasError() {
		return
	}
	client, err := a.conn.Directory()
	if err == nil {
		_, err = client.Application(ctx, id.ValueString())
	}
	if errors.Is(err, directory.ErrGone) {
		resp.Diagnostics.Append(diagnose.NoApplication(id.ValueString(), "No statement was asked for."))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the application of the software statement"))
		return
	}
	s, err := a.conn.Statements.Fetch(ctx, id.ValueString())
	if err != nil {
		problem, _ := target().Unissued(ctx, a.conn, id.ValueString(), err, "issue a software statement")
		resp.Diagnostics.Append(problem)
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("issued at %s, signed with %s, digest %s; the application is locked", s.IssuedAt.UTC().Format(time.RFC3339), s.KeyID, s.Digest())})
}
