package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// client is a registration, as bare as it can be.
type client struct{ http *http.Client }

type model struct {
	Endpoint string `tfsdk:"registration_endpoint" json:"-"`
	Callback string `tfsdk:"redirect_uri" json:"-"`
	Name     string `tfsdk:"client_name" json:"client_name"`
	ID       string `tfsdk:"id" json:"client_id,omitempty"`
	URI      string `tfsdk:"registration_client_uri" json:"registration_client_uri,omitempty"`
	Token    string `tfsdk:"registration_access_token" json:"registration_access_token,omitempty"`
}

// Metadata implements resource.Resource.
func (*client) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "floor_client"
}

// Schema implements resource.Resource.
func (*client) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	computed := schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}}
	given := schema.StringAttribute{Required: true}
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"registration_endpoint": given, "redirect_uri": given, "client_name": given, "id": computed, "registration_client_uri": computed, "registration_access_token": computed,
	}}
}

// Configure implements resource.ResourceWithConfigure.
func (c *client) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	c.http, _ = req.ProviderData.(*http.Client)
}

// Create implements resource.Resource.
func (c *client) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m model
	// What is computed is unknown here, so only what is given is read.
	resp.Diagnostics.Append(given(ctx, req.Plan.GetAttribute, &m)...)
	m.do(ctx, c.http, http.MethodPost, m.Endpoint, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Read implements resource.Resource.
func (c *client) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	m.do(ctx, c.http, http.MethodGet, m.URI, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Update implements resource.Resource.
func (c *client) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	m.do(ctx, c.http, http.MethodPut, m.URI, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Delete implements resource.Resource.
func (c *client) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	m.do(ctx, c.http, http.MethodDelete, m.URI, &resp.Diagnostics)
}

// do sends one request and takes what the answer says.
func (m *model) do(ctx context.Context, with *http.Client, method, address string, diags *diag.Diagnostics) {
	if diags.HasError() {
		return
	}
	body := map[string]any{"client_name": m.Name, "redirect_uris": []string{m.Callback}}
	if m.ID != "" {
		body["client_id"] = m.ID
	}
	sent, err := json.Marshal(body)
	if err != nil {
		diags.AddError("The request cannot be made", err.Error())
		return
	}
	if method == http.MethodGet || method == http.MethodDelete {
		sent = nil
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(sent))
	if err != nil {
		diags.AddError("The request cannot be made", err.Error())
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if m.Token != "" {
		req.Header.Set("Authorization", "Bearer "+m.Token)
	}
	resp, err := with.Do(req)
	if err != nil {
		diags.AddError("The request failed", err.Error())
		return
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // It was read.
	if err == nil && resp.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s answered %d", method, address, resp.StatusCode)
	}
	if err == nil && len(answer) > 0 {
		err = json.Unmarshal(answer, m)
	}
	if err != nil {
		diags.AddError("The request failed", err.Error())
	}
}
