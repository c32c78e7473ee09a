package softwarestatement

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/conn"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/diagnose"
	"github.com/dcr-onboarding/terraform-provider-dcr/internal/provider/fw"
)

// Ephemeral implements the ephemeral dcr_software_statement.
type Ephemeral struct{ conn *conn.Conn }

var _ ephemeral.EphemeralResourceWithConfigure = (*Ephemeral)(nil)

// NewEphemeral returns the ephemeral resource.
func NewEphemeral() ephemeral.EphemeralResource { return &Ephemeral{} }

// ephemeralModel is its value.
type ephemeralModel struct {
	ApplicationID types.String         `tfsdk:"application_id"`
	Assertion     types.String         `tfsdk:"assertion"`
	Claims        jsontypes.Normalized `tfsdk:"claims"`
	Digest        types.String         `tfsdk:"digest"`
	IssuedAt      types.String         `tfsdk:"issued_at"`
	ExpiresAt     types.String         `tfsdk:"expires_at"`
	KeyID         types.String         `tfsdk:"key_id"`
}

// Metadata implements ephemeral.EphemeralResource.
func (e *Ephemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_software_statement"
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *Ephemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.conn = conn.From(req.ProviderData, &resp.Diagnostics)
}

// Schema implements ephemeral.EphemeralResource.
func (e *Ephemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	secret := text("The statement itself, a signed JWT.")
	secret.Sensitive = true
	claims := text("All claims, as a JSON object with sorted members.")
	claims.CustomType = jsontypes.NormalizedType{}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A software statement that is in neither plan nor state, for `software_statement_wo` of `dcr_client`, or for other tools. It is verified with the keys of the directory's keystore.\n\n" +
			"~> Terraform opens ephemeral resources in plans as well as in applies, and **issuing a statement locks the application**. Where a plan must not lock, use the resource `dcr_software_statement`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The ID of the application the directory vouches for.",
				Validators:          []validator.String{fw.Segment()},
			},
			"assertion":  secret,
			"claims":     claims,
			"digest":     text("A digest of what the statement says, the same for statements that differ only in when they were issued."),
			"issued_at":  text("When the statement was issued, in RFC 3339 form; null when it does not say."),
			"expires_at": text("When the statement expires, in RFC 3339 form; null when it does not say, as most."),
			"key_id":     text("The ID of the directory's key that signed the statement."),
		},
	}
}

// Open has the directory issue a statement, which locks the application.
func (e *Ephemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m ephemeralModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	s, err := e.conn.Statements.Fetch(ctx, m.ApplicationID.ValueString())
	if err != nil {
		if client, failed := e.conn.Directory(); failed == nil {
			if absent := diagnose.Absent(ctx, client, m.ApplicationID.ValueString(), err, "No statement was issued."); absent != nil {
				resp.Diagnostics.Append(absent)
				return
			}
		}
		problem, _ := target().Unissued(ctx, e.conn, m.ApplicationID.ValueString(), err, "issue a software statement")
		resp.Diagnostics.Append(problem)
		return
	}
	m.Assertion, m.Claims, m.Digest = types.StringValue(s.Token), jsontypes.NewNormalizedValue(s.ClaimsJSON()), types.StringValue(s.Digest())
	m.IssuedAt, m.ExpiresAt, m.KeyID = fw.Instant(s.IssuedAt), fw.Instant(s.ExpiresAt), fw.StringOrNull(s.KeyID)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}
