package organisation

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
)

// DataSource implements dcr_organisation.
type DataSource struct{ conn *conn.Conn }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

// Metadata implements datasource.DataSource.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_organisation"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Read reads the organisation and its roles.
func (d *DataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	target := diagnose.Directory(nil)
	client, err := d.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target.Diagnostic(err, "read the organisation"))
		return
	}
	organisation, err := client.Organisation(ctx)
	if err != nil {
		resp.Diagnostics.Append(target.Diagnostic(err, "read the organisation"))
		return
	}
	roles, err := client.OrganisationRoles(ctx)
	if err != nil {
		resp.Diagnostics.Append(target.Diagnostic(err, "list the roles of the organisation"))
		return
	}
	model := newModel(organisation, roles)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
