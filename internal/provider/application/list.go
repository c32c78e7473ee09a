package application

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// List implements the list resource dcr_application.
type List struct{ Resource }

var _ list.ListResourceWithConfigure = (*List)(nil)

// NewList returns the list resource.
func NewList() list.ListResource { return &List{} }

// ListResourceConfigSchema implements list.ListResource.
func (l *List) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the organisation's applications, with one request.",
		Attributes: map[string]schema.Attribute{
			"status":        schema.StringAttribute{Optional: true, MarkdownDescription: "The status of those to list. " + fw.OneOf([]string{directory.StatusActive, directory.StatusSuspended}) + " Defaults to both; inactive ones are gone for good and are never listed.", Validators: []validator.String{stringvalidator.OneOf(directory.StatusActive, directory.StatusSuspended)}},
			"name_contains": schema.StringAttribute{Optional: true, MarkdownDescription: "A part of the `client_name`, in any case. Defaults to all."},
		},
	}
}

// List implements list.ListResource.
func (l *List) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var diags diag.Diagnostics
	found := l.find(ctx, fw.Given(ctx, req, "status", &diags), fw.Given(ctx, req, "name_contains", &diags), &diags)
	stream.Results = fw.Listing(ctx, req, found, diags)
}

func (l *List) find(ctx context.Context, status, name string, diags *diag.Diagnostics) []fw.Found {
	client, err := l.conn.Directory()
	if err != nil {
		diags.Append(target().Diagnostic(err, "list the applications"))
		return nil
	}
	applications, err := client.Applications(ctx)
	if err != nil {
		diags.Append(target().Diagnostic(err, "list the applications"))
		return nil
	}
	var found []fw.Found
	for _, app := range applications {
		if app.Status == directory.StatusInactive || status != "" && app.Status != status || !strings.Contains(strings.ToLower(app.ClientName), strings.ToLower(name)) {
			continue
		}
		found = append(found, fw.Found{Name: app.ClientName, Parts: map[string]string{"id": app.ID}})
	}
	return found
}
