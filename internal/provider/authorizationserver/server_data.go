package authorizationserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/oauth"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
)

// DataSource implements dcr_authorization_server.
type DataSource struct{ conn *conn.Conn }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

// Metadata implements datasource.DataSource.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_authorization_server"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Read reads the discovery document.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var issuer types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("issuer"), &issuer)...)
	if resp.Diagnostics.HasError() {
		return
	}
	server, err := d.fetch(ctx, issuer.ValueString())
	if err != nil {
		resp.Diagnostics.Append(worded(diagnose.AuthorizationServer("issuer", nil, nil), err, "read the discovery document",
			"Check that issuer is the server's issuer identifier, without "+wellKnown+", and any proxy."))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, object(issuer.ValueString(), server))...)
}

// fetch discovers with the identity that dcr_client has by default, and shares its cache.
func (d *DataSource) fetch(ctx context.Context, issuer string) (*oauth.ServerMetadata, error) {
	registration := d.conn.Registration
	identity := registration.Identity
	var unknown []string
	for _, attribute := range registration.Unknown {
		switch attribute {
		case "*", "ca_certificates_pem":
			unknown = append(unknown, attribute)
		case "client_certificate_pem", "private_key_pem":
			// The document is public; a certificate that is only being made must not keep it from being read.
			identity.CertificatePEM, identity.PrivateKeyPEM = "", ""
		}
	}
	if len(unknown) > 0 {
		return nil, &conn.UnknownError{Owner: conn.OwnerRegistration, Attributes: unknown}
	}
	client, err := d.conn.HTTP(identity, conn.OwnerRegistration)
	if err != nil {
		return nil, err
	}
	return d.conn.Discovery().Fetch(ctx, client, issuer)
}
