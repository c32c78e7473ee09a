package client

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Resource implements dcr_client.
type Resource struct{ conn *conn.Conn }

var (
	_ resource.ResourceWithConfigure        = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan       = (*Resource)(nil)
	_ resource.ResourceWithImportState      = (*Resource)(nil)
	_ resource.ResourceWithMoveState        = (*Resource)(nil)
	_ resource.ResourceWithConfigValidators = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig   = (*Resource)(nil)
)

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata implements resource.Resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_client"
}

// Configure implements resource.ResourceWithConfigure.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *Resource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		fw.Conflicting("jwks", "jwks_uri"),
		fw.Conflicting("software_statement", "software_statement_wo"),
		fw.Conflicting("initial_access_token", "initial_access_token_wo"),
		fw.Conflicting("private_key_pem", "private_key_pem_wo"),
		fw.Conflicting("signing_key_pem", "signing_key_pem_wo"),
		fw.Conflicting("tls_client_auth_subject_dn", "tls_client_auth_san_dns",
			"tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email"),
	}
}

// Create registers the client. The POST is sent once; once the server said
// yes, nothing fails any more: an error would taint the client, and the next
// apply would delete it and register another.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan := modelOf(ctx, req.Plan.Schema, req.Plan.Raw, &resp.Diagnostics).given(ctx, req.Config).provide(r.conn.Registration.InitialAccessToken)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := plan.deadline(ctx, "create", 5*time.Minute)
	defer cancel()
	order, ok := r.prepare(ctx, plan, &resp.Diagnostics)
	if !ok {
		return
	}
	remembered := memory{Name: rand.Text(), SecretSince: r.conn.Now().Unix(), Protected: plan.Flag("deletion_protection"),
		Endpoints: order.endpoint.all, Origins: order.endpoint.origins, Outside: order.endpoint.outside}
	reg, ok := r.register(ctx, plan, order, &remembered, &resp.Diagnostics)
	if !ok {
		return
	}
	remembered.At = r.conn.Now().UnixNano()
	plan.identify(reg)
	plan.describe(reg.Metadata)
	remembered.remember(plan.request(), reg.Metadata)
	resp.Diagnostics.Append(plan.Into(ctx, &resp.State)...)
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	notes(reg, &resp.Diagnostics)
	r.verify(ctx, plan, &remembered, order.registrar, &resp.Diagnostics)
	plan.reportOverrides(remembered, diag.SeverityWarning, &resp.Diagnostics)
	r.trouble(&resp.Diagnostics)
	remembered.Kept = r.conn.Journal.Given()
	remembered.At = r.conn.Now().UnixNano()
	resp.Diagnostics.Append(plan.Into(ctx, &resp.State)...)
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}

// Update sends the configured metadata, if the change needs a call at all.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan := modelOf(ctx, req.Plan.Schema, req.Plan.Raw, &resp.Diagnostics).given(ctx, req.Config).provide(r.conn.Registration.InitialAccessToken)
	state := modelOf(ctx, req.State.Schema, req.State.Raw, &resp.Diagnostics)
	remembered, diags := recall(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	state.unrequested(plan, remembered)
	state.written = remembered.At
	if !plan.sends(state) {
		plan.note(ctx, state, remembered, req, resp)
		return
	}
	ctx, cancel := plan.deadline(ctx, "update", 5*time.Minute)
	defer cancel()
	remembered = r.recollect(ctx, plan.known(state), remembered)
	order, ok := r.reprepare(ctx, plan, remembered, &resp.Diagnostics)
	if !ok {
		return
	}
	asked := remembered
	reg, err := r.amend(ctx, order, plan, state, &remembered, &resp.Diagnostics)
	if err != nil {
		alive := r.survived(ctx, order, plan, state, &remembered, err)
		r.trouble(&resp.Diagnostics)
		plan.spoken(&state, &remembered, err, &resp.Diagnostics)
		resp.Diagnostics.Append(state.Into(ctx, &resp.State)...)
		resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
		resp.Diagnostics.Append(plan.known(state).unamended(err, alive, remembered, r.conn.Journal, order.sent(r.conn.Now(), state)))
		return
	}
	remembered.At = r.conn.Now().UnixNano()
	remembered.Protected = plan.Flag("deletion_protection")
	plan.replaced(state, reg, &remembered)
	plan.locate(remembered)
	resp.Diagnostics.Append(plan.Into(ctx, &resp.State)...)
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
	notes(reg, &resp.Diagnostics)
	r.journalUpdate(plan, remembered, order)
	r.verify(ctx, plan, &remembered, order.registrar, &resp.Diagnostics)
	plan.reportUpdate(state, asked, &remembered, r.conn.Now(), &resp.Diagnostics)
	r.trouble(&resp.Diagnostics)
	remembered.At = r.conn.Now().UnixNano()
	resp.Diagnostics.Append(plan.Into(ctx, &resp.State)...)
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
}

// note records a change that needs no call.
func (m Model) note(ctx context.Context, state Model, remembered memory, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	m.carry(state)
	m.locate(remembered)
	remembered.Protected = m.Flag("deletion_protection")
	resp.Diagnostics.Append(m.Into(ctx, &resp.State)...)
	if fw.Changed(m.Values, state.Values, accessAttributes()...) {
		// What was refused was tried with other credentials.
		remembered.Refused, remembered.Refusals = nil, 0
	}
	if m.Text("on_unauthorized") != state.Text("on_unauthorized") {
		// What was refused before the decision does not carry it out alone.
		remembered.Refusals = min(remembered.Refusals, 1)
	}
	resp.Diagnostics.Append(remembered.store(ctx, resp.Private)...)
	resp.Diagnostics.Append(fw.MarkConfigured(ctx, resp.Private, req.Config)...)
}

// now is the provider's clock; zero, which no secret has expired by, before the provider is configured.
func (r *Resource) now() time.Time {
	if r.conn == nil {
		return time.Time{}
	}
	return r.conn.Now()
}

// deadline applies the timeouts attribute.
func (m Model) deadline(ctx context.Context, operation string, fallback time.Duration) (context.Context, context.CancelFunc) {
	limit := fallback
	// Of one that is not given the library would write a line to the log.
	if value, ok := m.Values["timeouts"].(timeouts.Value); ok && fw.Known(value) && fw.Known(value.Attributes()[operation]) {
		var diags diag.Diagnostics
		switch operation {
		case "create":
			limit, diags = value.Create(ctx, fallback)
		case "read":
			limit, diags = value.Read(ctx, fallback)
		case "update":
			limit, diags = value.Update(ctx, fallback)
		default:
			limit, diags = value.Delete(ctx, fallback)
		}
		if diags.HasError() {
			limit = fallback
		}
	}
	return context.WithTimeout(ctx, limit)
}
