package certificate

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Revoke implements the action dcr_revoke_certificate.
type Revoke struct{ conn *conn.Conn }

var _ action.ActionWithConfigure = (*Revoke)(nil)

// NewRevoke returns the action.
func NewRevoke() action.Action { return &Revoke{} }

// Metadata implements action.Action.
func (a *Revoke) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_revoke_certificate"
}

// Schema implements action.Action.
func (a *Revoke) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	word := []validator.String{fw.Segment()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes a certificate or public key of an application at the directory, for example one whose key is no longer secret. It cannot be undone. If a resource has it, the next plan issues a successor.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{Required: true, MarkdownDescription: "The ID of the application.", Validators: word},
			"type":           schema.StringAttribute{Required: true, MarkdownDescription: "The type by the directory's name for it, such as `rtstransport`, `rtssigning` or `sigkey`.", Validators: word},
			"kid":            schema.StringAttribute{Required: true, MarkdownDescription: "The key ID at the directory.", Validators: word},
			"reason":         schema.StringAttribute{Optional: true, MarkdownDescription: "The reason. " + fw.OneOf(reasons()) + " Defaults to `unspecified`.", Validators: []validator.String{stringvalidator.OneOf(reasons()...)}},
		},
	}
}

// Configure implements action.ActionWithConfigure.
func (a *Revoke) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Invoke revokes it. What is not there, or no longer active, is an error or told:
// somebody who revokes a key has to know whether it was that one.
func (a *Revoke) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	given := map[string]string{}
	for _, name := range []string{"application_id", "type", "kid", "reason"} {
		var value types.String
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(name), &value)...)
		given[name] = value.ValueString()
	}
	if given["reason"] == "" {
		given["reason"] = reasons()[0]
	}
	client, err := a.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "revoke the certificate"))
		return
	}
	found, err := client.Certificate(ctx, given["application_id"], given["type"], given["kid"])
	switch {
	case errors.Is(err, directory.ErrGone):
		resp.Diagnostics.AddAttributeError(path.Root("kid"), "The certificate is not there",
			fmt.Sprintf("The directory has no %s with kid %q of application %s. Nothing was revoked.\n\nCheck application_id, type and kid.", given["type"], given["kid"], given["application_id"]))
		return
	case err != nil:
		resp.Diagnostics.Append(target().Diagnostic(err, "read the certificate"))
		return
	case !found.Active():
		resp.SendProgress(action.InvokeProgressEvent{Message: given["kid"] + " is not active any more"})
		return
	}
	if err := client.RevokeCertificate(ctx, given["application_id"], given["type"], given["kid"], given["reason"]); err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "revoke the certificate"))
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: "revoked " + given["kid"] + " as " + given["reason"]})
}
