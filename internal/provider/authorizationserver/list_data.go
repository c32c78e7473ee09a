package authorizationserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/rest"
)

// ListDataSource implements dcr_authorization_servers.
type ListDataSource struct{ conn *conn.Conn }

var _ datasource.DataSourceWithConfigure = (*ListDataSource)(nil)

// NewListDataSource returns the data source.
func NewListDataSource() datasource.DataSource { return &ListDataSource{} }

// Metadata implements datasource.DataSource.
func (d *ListDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_authorization_servers"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *ListDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// publicList is where the list comes from. Nothing about it needs the
// directory's API, its tokens or its certificates.
func publicList() diagnose.Target {
	return diagnose.Target{
		Actor:       "The participants server",
		URL:         "directory.participants_url",
		Certificate: "directory.client_certificate_pem",
		Key:         "directory.private_key_pem",
		CA:          "directory.ca_certificates_pem",
	}
}

// worded words an error of reading something public. When that is refused,
// advice about access tokens would lead astray.
func worded(target diagnose.Target, err error, action, next string) diag.Diagnostic {
	var status *rest.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusUnauthorized && status.Status != http.StatusForbidden && status.Status != http.StatusNotFound {
		return target.Diagnostic(err, action)
	}
	summary := target.Actor + " refused to " + action
	detail := status.Error() + ".\n\nIt is public, and the provider sends no access token for it: the URL is another's, or something between here and there does not let the request through.\n\n" + next
	if len(target.Anchor.Steps()) == 0 {
		return diag.NewErrorDiagnostic(summary, detail)
	}
	return diag.NewAttributeErrorDiagnostic(target.Anchor, summary, detail)
}

// Read reads the public list and filters it.
func (d *ListDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model ListModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	list, err := d.conn.Participants(ctx)
	if err != nil {
		resp.Diagnostics.Append(worded(publicList(), err, "list the participants", "Check directory.participants_url or directory.ecosystem, and any proxy."))
		return
	}
	leftOut := model.fill(list)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
	if len(leftOut) > 0 {
		resp.Diagnostics.AddWarning("Some authorization servers of the list were left out",
			fmt.Sprintf("%s%s.\n\nA client cannot be registered with an entry like that; only the organisation that published it can mend it.",
				strings.Join(leftOut[:min(len(leftOut), shownAtMost)], ";\n"), diagnose.More(len(leftOut), shownAtMost)))
	}
	resp.Diagnostics.Append(model.misspelt(list)...)
}

// shownAtMost is how many servers a warning names.
const shownAtMost = 20
