// Command floor is the yardstick of the benchmarks: the least a provider of the
// plugin framework can do with exactly one HTTP request a step. It looks at
// nothing, checks nothing and loses whatever goes wrong. Its client has six
// attributes, or those of the schema.json that lies beside the program.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log"
	"net/http"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

func main() {
	// Quiet, as the provider that is measured is.
	if err := os.Setenv("TF_LOG_SDK", "off"); err != nil {
		log.Fatal(err)
	}
	p := &floor{name: "floor", client: func() resource.Resource { return &client{} }}
	attributes, err := beside()
	if err != nil {
		log.Fatal(err)
	}
	if attributes != nil {
		p = &floor{name: "wide", client: func() resource.Resource { return &wide{attributes: attributes} }}
	}
	serve := func() tfprotov6.ProviderServer { return released{providerserver.NewProtocol6(p)()} }
	if err := tf6server.Serve("registry.terraform.io/dcr-onboarding/"+p.name, serve); err != nil {
		log.Fatal(err)
	}
}

// floor is the provider.
type floor struct {
	name   string
	client func() resource.Resource
}

// Metadata implements provider.Provider.
func (p *floor) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = p.name
}

// Schema implements provider.Provider.
func (*floor) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"ca_certificates_pem": schema.StringAttribute{Required: true}}}
}

// Configure implements provider.Provider.
func (*floor) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var pem types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("ca_certificates_pem"), &pem)...)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(pem.ValueString()))
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, MaxIdleConnsPerHost: 100, ForceAttemptHTTP2: true}
	resp.ResourceData = &http.Client{Transport: transport}
}

// Resources implements provider.Provider.
func (p *floor) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{p.client}
}

// DataSources implements provider.Provider.
func (*floor) DataSources(context.Context) []func() datasource.DataSource { return nil }
