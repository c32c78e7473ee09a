package application

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/directory"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Data implements the data source dcr_application.
type Data struct{ conn *conn.Conn }

// ListData implements the data source dcr_applications.
type ListData struct{ conn *conn.Conn }

var (
	_ datasource.DataSourceWithConfigure        = (*Data)(nil)
	_ datasource.DataSourceWithConfigValidators = (*Data)(nil)
	_ datasource.DataSourceWithConfigure        = (*ListData)(nil)
)

// NewData returns the data source dcr_application.
func NewData() datasource.DataSource { return &Data{} }

// NewListData returns the data source dcr_applications.
func NewListData() datasource.DataSource { return &ListData{} }

// Metadata implements datasource.DataSource.
func (d *Data) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application"
}

// Metadata implements datasource.DataSource.
func (d *ListData) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_applications"
}

// Schema implements datasource.DataSource.
func (d *Data) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = oneSchema()
}

// Schema implements datasource.DataSource.
func (d *ListData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = allSchema()
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *Data) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *ListData) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *Data) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("client_name"))}
}

// Read finds one application and what belongs to it.
func (d *Data) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	config := fw.NewObject(ctx, object)
	client, err := d.conn.Directory()
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read the application"))
		return
	}
	app := find(ctx, client, config, &resp.Diagnostics)
	if app == nil {
		return
	}
	out := fw.Object{Types: config.Types, Values: depict(client, app, config.Types)}
	if err := belongings(ctx, client, app, out.Values); err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "read what belongs to the application"))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, out.Resolved())...)
}

// belongings reads what the directory keeps beside an application.
func belongings(ctx context.Context, client *directory.Client, app *directory.Application, values map[string]attr.Value) error {
	roles, errRoles := client.Snapshot().Roles(ctx, app.ID)
	certificates, errCertificates := client.Snapshot().Certificates(ctx, app.ID)
	metadata, errMetadata := client.ApplicationMetadata(ctx, app.ID)
	values["roles"], values["flags"] = roleSet(active(roles)), flagSet(app)
	values["certificates"], values["scopes"] = certificateList(certificates), scopeSet(metadata)
	return errors.Join(errRoles, errCertificates, errMetadata)
}

// find looks an application up by its ID or its name; nil when that failed.
func find(ctx context.Context, client *directory.Client, config fw.Object, diags *diag.Diagnostics) *directory.Application {
	if id := config.Text("id"); id != "" {
		app, err := client.Snapshot().Application(ctx, id)
		if errors.Is(err, directory.ErrGone) {
			diags.AddAttributeError(path.Root("id"), "The directory has no such application",
				fmt.Sprintf("There is no application %s in the organisation, or it is inactive, which is what the directory makes of deleted ones.\n\nCheck the id, and directory.organisation_id in the provider configuration.", id))
			return nil
		}
		if err != nil {
			diags.Append(diag.WithPath(path.Root("id"), target().Diagnostic(err, "read the application")))
			return nil
		}
		return app
	}
	all, err := client.Applications(ctx)
	if err != nil {
		diags.Append(target().Diagnostic(err, "list the applications"))
		return nil
	}
	name := config.Text("client_name")
	var named, others []string
	var found *directory.Application
	for i := range all {
		app := &all[i]
		switch line := fmt.Sprintf("  %s: %q", app.ID, app.ClientName); {
		case !app.Active():
		case app.ClientName == name:
			named, found = append(named, line), app
		default:
			others = append(others, line)
		}
	}
	switch {
	case len(named) == 0:
		slices.Sort(others)
		diags.AddAttributeError(path.Root("client_name"), "The directory has no such application",
			fmt.Sprintf("No application of the organisation that is not inactive is named %q. There are:\n%s\n\nNames are compared to the letter.", name, strings.Join(append(others, ""), "\n")))
		return nil
	case len(named) > 1:
		diags.AddAttributeError(path.Root("client_name"), "Several applications have this name",
			fmt.Sprintf("%q is the name of:\n%s\n\nLook the application up by its id.", name, strings.Join(named, "\n")))
		return nil
	}
	return found
}

// Read lists the applications.
func (d *ListData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.Config.Get(ctx, &object)...)
	if resp.Diagnostics.HasError() {
		return
	}
	out := fw.NewObject(ctx, object)
	client, err := d.conn.Directory()
	var all []directory.Application
	if err == nil {
		all, err = client.Applications(ctx)
	}
	if err != nil {
		resp.Diagnostics.Append(target().Diagnostic(err, "list the applications"))
		return
	}
	wanted, attributes := newFilter(out), nested(out.Types["applications"])
	applications := map[string]attr.Value{}
	for i := range all {
		if wanted.matches(&all[i]) {
			applications[all[i].ID] = types.ObjectValueMust(attributes, depict(client, &all[i], attributes))
		}
	}
	ids := slices.Sorted(maps.Keys(applications))
	elements := make([]attr.Value, len(ids))
	for i, id := range ids {
		elements[i] = types.StringValue(id)
	}
	out.Values["ids"] = types.ListValueMust(types.StringType, elements)
	out.Values["applications"] = types.MapValueMust(types.ObjectType{AttrTypes: attributes}, applications)
	resp.Diagnostics.Append(resp.State.Set(ctx, out.Resolved())...)
}
