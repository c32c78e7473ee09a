package flag

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// DataSource implements dcr_flags.
type DataSource struct{ conn *conn.Conn }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

// Metadata implements datasource.DataSource.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_flags"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Read lists the flags and filters them.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model Model
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := d.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(refusal(err))
		return
	}
	flags, err := client.Flags(ctx)
	if err != nil {
		resp.Diagnostics.Append(refusal(err))
		return
	}
	model.fill(flags)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
	if model.misspelt(flags) {
		resp.Diagnostics.Append(diagnose.Unmatched("name", model.Name.ValueString(), "the directory's flags", names(flags)))
	}
}

// refusal adds to a 403 what this list in particular needs: tokens the
// provider fetches by itself have another scope.
func refusal(err error) diag.Diagnostic {
	worded := diagnose.Directory(nil).Diagnostic(err, "list the flags")
	var status *rest.StatusError
	if errors.As(err, &status) && status.Status == http.StatusForbidden {
		return diag.NewErrorDiagnostic(worded.Summary(), worded.Detail()+"\n\nReading flags needs the scope directory:website too. Without such a token, write the IDs of the flags into the configuration.")
	}
	return worded
}
