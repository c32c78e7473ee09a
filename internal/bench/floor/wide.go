package main

import (
	"context"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// wide is the client with the attributes of another provider's: what the framework
// itself takes for so many, without a validator or a default. In a plan, what is
// computed keeps its value, as in the client of six.
type wide struct {
	client
	attributes map[string]schema.Attribute
}

// Schema implements resource.Resource.
func (w *wide) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: w.attributes}
}

// Metadata implements resource.Resource.
func (*wide) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "wide_client"
}

// Create implements resource.Resource.
func (w *wide) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	m := model{Callback: callback}
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("registration_endpoint"), &m.Endpoint)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("client_name"), &m.Name)...)
	m.do(ctx, w.http, http.MethodPost, m.Endpoint, &resp.Diagnostics)
	resp.State.Raw = m.onto(req.Plan.Raw, &resp.Diagnostics)
}

// Read implements resource.Resource.
func (w *wide) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	m := stored(ctx, req.State.GetAttribute, &resp.Diagnostics)
	m.do(ctx, w.http, http.MethodGet, m.URI, &resp.Diagnostics)
	resp.State.Raw = m.onto(req.State.Raw, &resp.Diagnostics)
}

// Update implements resource.Resource.
func (w *wide) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	m := stored(ctx, req.State.GetAttribute, &resp.Diagnostics)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("client_name"), &m.Name)...)
	m.do(ctx, w.http, http.MethodPut, m.URI, &resp.Diagnostics)
	resp.State.Raw = m.onto(req.Plan.Raw, &resp.Diagnostics)
}

// Delete implements resource.Resource.
func (w *wide) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	m := stored(ctx, req.State.GetAttribute, &resp.Diagnostics)
	m.do(ctx, w.http, http.MethodDelete, m.URI, &resp.Diagnostics)
}

// callback is what every client of the benchmark has.
const callback = "https://app.example.com/callback"

// stored reads the few attributes that a request needs.
func stored(ctx context.Context, get func(context.Context, path.Path, any) diag.Diagnostics, diags *diag.Diagnostics) *model {
	m := &model{Callback: callback}
	for name, into := range map[string]*string{"client_name": &m.Name, "client_id": &m.ID, "registration_client_uri": &m.URI, "registration_access_token": &m.Token} {
		diags.Append(get(ctx, path.Root(name), into)...)
	}
	return m
}

// onto is a value with what the server answered, and nothing unknown.
func (m *model) onto(value tftypes.Value, diags *diag.Diagnostics) tftypes.Value {
	attributes := map[string]tftypes.Value{}
	if err := value.As(&attributes); err != nil {
		diags.AddError("The value cannot be read", err.Error())
		return value
	}
	for name, one := range attributes {
		if !one.IsKnown() {
			attributes[name] = tftypes.NewValue(one.Type(), nil)
		}
	}
	for name, answered := range map[string]string{"id": m.ID, "client_id": m.ID, "registration_client_uri": m.URI, "registration_access_token": m.Token, "client_name": m.Name} {
		attributes[name] = tftypes.NewValue(tftypes.String, answered)
	}
	return tftypes.NewValue(value.Type(), attributes)
}
