package application

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
)

// DataSource implements the data source dcr_application.
type DataSource struct{ conn *conn.Conn }

var (
	_ datasource.DataSourceWithConfigure        = (*DataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*DataSource)(nil)
	_ datasource.DataSourceWithConfigure        = (*ListDataSource)(nil)
)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

// Metadata implements datasource.DataSource.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *DataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("client_name"))}
}

// Read finds the application and reads what belongs to it. It never asks for
// an assertion: that would lock the application.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var id, name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("id"), &id)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("client_name"), &name)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := d.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(diagnose.Directory(nil).Diagnostic(err, "read the application"))
		return
	}
	all, problem := look(ctx, client, id, name)
	if problem != nil {
		resp.Diagnostics.Append(problem)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, all.object(client))...)
}

func look(ctx context.Context, client *directory.Client, id, name types.String) (all found, problem diag.Diagnostic) {
	if id.IsNull() {
		all.app, problem = byName(ctx, client, name.ValueString())
	} else {
		all.app, problem = byID(ctx, client, id.ValueString())
	}
	if problem != nil {
		return all, problem
	}
	target := diagnose.Directory(nil)
	var err error
	if all.roles, err = client.Roles(ctx, all.app.ID); err != nil {
		return all, target.Diagnostic(err, "list the roles of the application")
	}
	if all.certificates, err = client.EveryCertificate(ctx, all.app.ID); err != nil {
		return all, target.Diagnostic(err, "list the certificates of the application")
	}
	if all.organisation, err = client.Organisation(ctx); err != nil {
		return all, target.Diagnostic(err, "read the organisation of the application")
	}
	// Older directories have no metadata of applications.
	if all.metadata, err = client.ApplicationMetadata(ctx, all.app.ID); err != nil && !errors.Is(err, directory.ErrGone) {
		return all, target.Diagnostic(err, "list the scopes of the application")
	}
	return all, nil
}

// ListDataSource implements the data source dcr_applications.
type ListDataSource struct{ conn *conn.Conn }

// NewListDataSource returns the data source.
func NewListDataSource() datasource.DataSource { return &ListDataSource{} }

// Metadata implements datasource.DataSource.
func (d *ListDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_applications"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *ListDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Read lists the applications and filters them, with one request.
func (d *ListDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model ListModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := d.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(diagnose.Directory(nil).Diagnostic(err, "list the applications"))
		return
	}
	all, err := client.Applications(ctx)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Directory(nil).Diagnostic(err, "list the applications"))
		return
	}
	if err := model.fill(client, all); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("client_name_regex"), "The regular expression is not valid",
			err.Error()+".\n\nGive an expression of RE2 syntax.")
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
	resp.Diagnostics.Append(model.misspelt(all)...)
}
