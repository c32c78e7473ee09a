package provider

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/journal"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/accesstoken"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/application"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/authorizationserver"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/certificate"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/client"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/clientcredentials"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/flag"
	functions "github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/function"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/keypair"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/organisation"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/softwarestatement"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/seal"
)

// Provider is the provider's implementation.
type Provider struct {
	version string
	options Options
	// ring has the keys that seal and open secrets, from when the provider is configured.
	ring atomic.Pointer[seal.Ring]
	// data is what resources get, from when the provider is configured.
	data atomic.Pointer[conn.Conn]
}

// Options are what tests set; the plugin binary leaves all but Traffic at their zero values.
type Options struct {
	// Getenv reads the environment; nil is os.Getenv.
	Getenv func(string) string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Run names the run of Terraform for the journal; empty is that of the parent process.
	Run string
	// Framework leaves all resources to the plugin framework, which is slower and must make no difference.
	Framework bool
	// Traffic counts the requests of the process; nil counts for nobody.
	Traffic *Traffic
}

var (
	_ provider.Provider                       = (*Provider)(nil)
	_ provider.ProviderWithFunctions          = (*Provider)(nil)
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
	_ provider.ProviderWithActions            = (*Provider)(nil)
	_ provider.ProviderWithListResources      = (*Provider)(nil)
)

// New returns a factory of providers, as the plugin framework knows them, of the
// given version, which a comment may follow, as in a User-Agent: "1.2.3
// (0123456789ab)". Server is what Terraform talks to.
func New(version string, options Options) func() provider.Provider {
	return func() provider.Provider { return &Provider{version: version, options: options} }
}

// Metadata implements provider.Provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "dcr"
	resp.Version, _, _ = strings.Cut(p.version, " ")
}

// Configure implements provider.Provider. It does no network I/O and accepts
// unknown values: what is missing is missed by a plan that is going to make a call.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model Model
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	env := newEnvironment(p.options.Getenv)
	env.ring = model.sealing(env, &resp.Diagnostics)
	p.ring.Store(env.ring)
	settings := model.settings(ctx, env, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	settings.HTTP.UserAgent = "terraform-provider-dcr/" + p.version + " terraform/" + req.TerraformVersion
	traffic := p.options.Traffic.begin(ctx)
	settings.HTTP.Observe, settings.HTTP.Conclude = traffic.observe, logConclusion
	settings.Noted = func(event string, entry journal.Entry) { logJournal(traffic.ctx, event, entry) }
	settings.Now, settings.Run, settings.Ring = p.options.Now, p.options.Run, env.ring
	p.data.Store(conn.New(settings))
	resp.ResourceData = p.data.Load()
	resp.DataSourceData, resp.EphemeralResourceData = resp.ResourceData, resp.ResourceData
	resp.ActionData, resp.ListResourceData = resp.ResourceData, resp.ResourceData
}

// Resources implements provider.Provider.
func (p *Provider) Resources(context.Context) []func() resource.Resource { return resources() }

// DataSources implements provider.Provider.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		organisation.NewDataSource,
		application.NewDataSource,
		application.NewListDataSource,
		flag.NewDataSource,
		authorizationserver.NewListDataSource,
		authorizationserver.NewDataSource,
	}
}

// Functions implements provider.ProviderWithFunctions.
func (p *Provider) Functions(context.Context) []func() function.Function { return functions.All() }

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		accesstoken.New,
		clientcredentials.New,
		keypair.New,
		softwarestatement.NewEphemeral,
	}
}

// Actions implements provider.ProviderWithActions, for Terraform 1.14 and later.
func (p *Provider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		application.NewUnlock,
		certificate.NewRevoke,
		softwarestatement.NewReissue,
		accesstoken.NewProbe,
	}
}

// ListResources implements provider.ProviderWithListResources, for Terraform 1.14 and later.
func (p *Provider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		application.NewList,
		certificate.NewTransportList,
		certificate.NewSigningList,
		certificate.NewPublicKeyList,
		client.NewList,
	}
}
